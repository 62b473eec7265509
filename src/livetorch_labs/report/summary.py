"""How the class did: counts, mean and median, and where it struggled."""

from __future__ import annotations

import re
import statistics
import textwrap
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..results import MISSING, OK, ExerciseResult, SubmissionResult
from .statuses import LOOK_AT, NOTHING_RAN, status_of
from .text import lost_points, message_of, number, one_line

COLUMNS = 88
MOST_NOTES = 4
_VARIES = re.compile(r"\([^()]*\)|\[[^\]]*\]|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


@dataclass(frozen=True)
class ExerciseSummary:
    """One exercise over all students whose work was graded."""

    id: str
    title: str
    max_points: float
    share: float  # points reached by all, divided by the points that all could reach
    full_marks: int  # students
    message: str  # the one that most students got, "" if nobody lost a point
    message_count: int  # students who got it


def handed_in(results: Sequence[SubmissionResult]) -> list[SubmissionResult]:
    """All results but those of students who handed nothing in."""
    return [result for result in results if result.status != MISSING]


def exercise_summaries(
    results: Sequence[SubmissionResult], show_hidden: bool = False
) -> list[ExerciseSummary]:
    """Each exercise's share of points and most frequent message, in the lesson's order.

    A submission that was handed in and could not be read counts as zero points.
    """
    handed = handed_in(results)
    # An unreadable submission may have no exercises: the longest list has them all.
    template = max((result.exercises for result in handed), key=len, default=())
    summaries = []
    for exercise in template:
        of_all = [_exercise(result, exercise.id) for result in handed]
        reached = sum(one.points for one in of_all if one)
        ran = [
            _exercise(result, exercise.id) for result in handed if result.status not in NOTHING_RAN
        ]
        message, count = _most_frequent(ran, show_hidden)
        possible = exercise.max_points * len(handed)
        summaries.append(
            ExerciseSummary(
                id=exercise.id,
                title=exercise.title,
                max_points=exercise.max_points,
                share=reached / possible if possible else 0.0,
                full_marks=sum(one.points >= one.max_points for one in of_all if one),
                message=message,
                message_count=count,
            )
        )
    return summaries


def report_lines(results: Sequence[SubmissionResult], show_hidden: bool = False) -> Iterator[str]:
    """The report that is printed: a table, a summary, each exercise, and what needs a look."""
    yield from _table(results)
    yield ""
    yield from _summary(results)
    yield ""
    for exercise in exercise_summaries(results, show_hidden):
        title, full = one_line(exercise.title, 60), _count(exercise.full_marks, "student")
        yield f"{exercise.id}  {title}: {exercise.share:.0%} of the points, full marks for {full}"
        if exercise.message:
            start = f"    most frequent ({exercise.message_count}): "
            yield from _wrapped(start + exercise.message, "    ")
    yield from _to_look_at(results)


def _table(results: Sequence[SubmissionResult]) -> Iterator[str]:
    template = max((result.exercises for result in results), key=len, default=())
    rows = [["student", "status", "points", "of", *(one.id for one in template)]]
    for result in results:
        of_each = (_exercise(result, one.id) for one in template)
        head = [one_line(result.student, 40), one_line(result.status, 20)]
        points = [number(result.points), number(result.max_points)]
        rows.append([*head, *points, *(number(one.points) if one else "-" for one in of_each)])
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell + (" " * pad) if index < 2 else (" " * pad) + cell
            for index, (cell, pad) in enumerate(
                (cell, width - _width(cell)) for cell, width in zip(row, widths, strict=True)
            )
        )
        yield "  ".join(cells).rstrip()


def _summary(results: Sequence[SubmissionResult]) -> Iterator[str]:
    counts = Counter(one_line(result.status, 20) for result in results)
    listed = ", ".join(f"{status} {count}" for status, count in counts.most_common())
    yield f"{_count(len(results), 'student')}: {listed}"
    points = [result.points for result in handed_in(results)]
    if points:
        of = number(max(result.max_points for result in results))
        mean, median = number(statistics.mean(points)), number(statistics.median(points))
        students = _count(len(points), "student")
        yield f"mean {mean} and median {median} of {of} points, over {students} who handed in"


def _to_look_at(results: Sequence[SubmissionResult]) -> Iterator[str]:
    """Who needs a look, by status, the most pressing first, and who is well but has a note."""
    statuses = dict.fromkeys([*LOOK_AT, *sorted(r.status for r in results if r.status != OK)])
    groups = {name: [r for r in results if r.status == name] for name in statuses}
    groups[OK] = [result for result in results if result.status == OK and result.notes]
    if any(groups.values()):
        yield ""
        yield "To look at:"
    for name, group in groups.items():
        if group:
            advice = status_of(group[0]).teacher or "graded in full, with a note"
            heading = f"  {one_line(name, 20)} ({len(group)}): {advice}"
            yield from _wrapped(heading, "    ")
        for result in group:
            notes = "; ".join(one_line(note, 200) for note in result.notes[:MOST_NOTES])
            more = len(result.notes) - MOST_NOTES
            who = one_line(result.student, 60) + (": " if notes else "")
            rest = f"; and {more} more" if more > 0 else ""
            yield from _wrapped(f"      {who}{notes}{rest}", "        ")


def _most_frequent(of_all: Sequence[ExerciseResult | None], show_hidden: bool) -> tuple[str, int]:
    """The message that most students got for an exercise; values in it are not compared."""
    students: Counter[str] = Counter()
    example: dict[str, str] = {}
    for exercise in of_all:
        keys = set()
        for test in exercise.tests if exercise else ():
            if lost_points(test):
                message = one_line(message_of(test, show_hidden), 300)
                key = _VARIES.sub("#", message)
                example.setdefault(key, message)
                keys.add(key)
        students.update(keys)
    if not students:
        return "", 0
    # The text breaks ties, so that the same results give the same report.
    key, count = min(students.items(), key=lambda item: (-item[1], item[0]))
    return example[key], count


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, COLUMNS, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _exercise(result: SubmissionResult, identifier: str) -> ExerciseResult | None:
    return next((one for one in result.exercises if one.id == identifier), None)


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _width(text: str) -> int:
    """Columns that a text takes in a terminal: Chinese characters take two, accents none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
