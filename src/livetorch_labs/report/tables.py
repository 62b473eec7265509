"""Tables for people and for grade books: one row a student or an exercise, Canvas, Moodle.

``spreadsheets.write_csv`` writes them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from ..results import SubmissionResult
from .text import feedback_text, number, submission_text

_NAME_AND_ID = re.compile(r"(?P<name>[^_]+)_(?P<id>\d+)")


def grades_rows(results: Sequence[SubmissionResult]) -> list[list[object]]:
    """Student, status, points, max_points, then a column for each exercise: ``grades.csv``."""
    ordered = sorted(results, key=lambda result: result.student)
    exercises = list(dict.fromkeys(part.id for row in ordered for part in row.exercises))
    rows: list[list[object]] = [["student", "status", "points", "max_points", *exercises]]
    for row in ordered:
        earned = {part.id: number(part.points) for part in row.exercises}
        head = [row.student, row.status, number(row.points), number(row.max_points)]
        rows.append([*head, *(earned.get(name, "0") for name in exercises)])
    return rows


def exercise_rows(
    results: Sequence[SubmissionResult], show_hidden: bool = False
) -> list[list[object]]:
    """One row for each student and exercise, with the feedback in words.

    A student of whom no exercise is known has one row, with an empty exercise.
    """
    rows: list[list[object]] = [
        ["student", "status", "exercise", "title", "points", "max_points", "feedback"]
    ]
    for result in results:
        who = [result.student, result.status]
        if not result.exercises:
            points = [number(result.points), number(result.max_points)]
            rows.append([*who, "", "", *points, submission_text(result)])
            continue
        for exercise in result.exercises:
            points = [number(exercise.points), number(exercise.max_points)]
            feedback = feedback_text(result, exercise, show_hidden)
            rows.append([*who, exercise.id, exercise.title, *points, feedback])
    return rows


def canvas_rows(results: Sequence[SubmissionResult], assignment: str) -> list[list[object]]:
    """Rows for Canvas: Gradebook, Import.

    The columns are those of Canvas's own export: Student, ID, SIS User ID, SIS Login ID, Section,
    then the assignment; the row after the header gives the points possible. Canvas finds a
    student by ID, else by SIS User ID, else by SIS Login ID, else by name. A submission from
    Canvas's download is named by the ID; any name is offered as login too, so name folders or
    files by login. An assignment is found by ``Title (number)`` or by its exact title; for any
    other title Canvas offers to make a new one. It shows what it will change before it does.
    """
    rows: list[list[object]] = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment],
        ["    Points Possible", "", "", "", "", number(_max_points(results))],
    ]
    for result in results:
        name, canvas_id = canvas_student(result.student)
        # A login such as ada_2024 looks like Canvas's name and ID: the login column mends that.
        rows.append([name, canvas_id, "", result.student, "", number(result.points)])
    return rows


def moodle_rows(
    results: Sequence[SubmissionResult], show_hidden: bool = False
) -> list[list[object]]:
    """Rows for Moodle, in one of two forms.

    Submissions from Moodle's own download are named by a participant's number. They become the
    assignment's offline grading worksheet (Assignment, Submissions, Upload grading worksheet):
    Identifier, Full name, Grade, Maximum Grade, Last modified (grade), Feedback comments. The
    worksheet and the comments must be on in the assignment's feedback types. Tick "Allow updating
    records that have been modified more recently". Moodle knows these columns by their names in
    its own language, here English.

    Any others become a grade import (Grades, Import, CSV file) with an identifier, a grade and a
    feedback column. The first column's title says what the names look like. There, map from
    "Username" to username, "Email address" to useremail or "ID number" to useridnumber; map
    "Grade" to the grade item and "Feedback comments" to "Feedback for" the same item. Map both,
    or Moodle drops the other. Moodle stops at the first student that it does not know.

    Feedback is shown by Moodle as HTML, so it is escaped.
    """
    comments = [html.escape(submission_text(r, show_hidden), quote=False) for r in results]
    participants = moodle_participants(results)
    if participants:
        title = ["Identifier", "Full name", "Grade", "Maximum Grade"]
        rows: list[list[object]] = [[*title, "Last modified (grade)", "Feedback comments"]]
        for result, (name, identifier), text in zip(results, participants, comments, strict=True):
            points = [number(result.points), number(result.max_points)]
            rows.append([f"Participant {identifier}", name, *points, "", text])
        return rows
    rows = [[_identifier_title(results), "Grade", "Maximum Grade", "Feedback comments"]]
    for result, text in zip(results, comments, strict=True):
        rows.append([result.student, number(result.points), number(result.max_points), text])
    return rows


def canvas_student(student: str) -> tuple[str, str]:
    """The name and the Canvas ID of a student; the ID is "" where the name holds none."""
    match = _NAME_AND_ID.fullmatch(student)
    return (match["name"], match["id"]) if match else (student, "")


def moodle_participants(results: Sequence[SubmissionResult]) -> list[tuple[str, str]]:
    """The names and participants' numbers of Moodle's download, or nothing if it is not one.

    Full names hold spaces. A class of logins such as ada_2024 has none.
    """
    matches = [_NAME_AND_ID.fullmatch(result.student) for result in results]
    names = [(match["name"], match["id"]) for match in matches if match]
    is_download = len(names) == len(results) and any(" " in name for name, _ in names)
    return names if is_download else []


def _identifier_title(results: Sequence[SubmissionResult]) -> str:
    students = [result.student for result in results]
    if students and all("@" in student for student in students):
        return "Email address"
    if students and all(student.isdecimal() for student in students):
        return "ID number"
    return "Username"


def _max_points(results: Sequence[SubmissionResult]) -> float:
    return max((result.max_points for result in results), default=0.0)
