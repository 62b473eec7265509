"""``livetorch-labs report``: what came out, for the teacher, the grade book and the students."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .. import LabError
from ..results import SubmissionResult
from .feedback import write_feedback
from .spreadsheets import BYTE_ORDER_MARK, write_csv
from .summary import report_lines
from .tables import canvas_rows, exercise_rows, moodle_rows
from .whole import results_in, run_in


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``report``."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder that grade wrote")
    parser.add_argument(
        "--csv", type=Path, metavar="F", help="a table with feedback, one row an exercise"
    )
    parser.add_argument("--canvas", type=Path, metavar="F", help="a file for Canvas's grade book")
    parser.add_argument("--moodle", type=Path, metavar="F", help="a file for Moodle's grade book")
    parser.add_argument(
        "--assignment",
        metavar="NAME",
        help="the assignment's name in Canvas, as 'Title (number)' (default: the lesson)",
    )
    parser.add_argument(
        "--feedback", type=Path, metavar="DIR", help="a folder for one HTML page a student"
    )
    parser.add_argument(
        "--show-hidden",
        action="store_true",
        help="say what hidden checks said: for you, or once they may be known",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the report and write what was asked for: 0, or 1 with a sentence on stderr."""
    try:
        results = read_results(arguments.folder)
        run_of_grade = run_in(arguments.folder)
        title = run_of_grade.title if run_of_grade else ""
        print(f"{results[0].assignment}, graded in {arguments.folder}\n")
        for line in report_lines(results, arguments.show_hidden):
            print(line)
        if run_of_grade and not run_of_grade.sandbox:
            print("\nGraded without a sandbox: a submission could read and change other files.")
        _write_files(arguments, results, title)
    except LabError as error:
        print(f"livetorch-labs report: {error}", file=sys.stderr)
        return 1
    return 0


def read_results(folder: Path) -> list[SubmissionResult]:
    """The results of a graded folder, by student.

    Raises:
        LabError: there is no such folder, it holds no results, one of them can not be read, or
            they are of more than one lesson.
    """
    if not folder.is_dir():
        raise LabError(f"there is no folder {folder}: name the one that grade wrote with -o")
    results = results_in(folder)
    names = sorted({result.assignment for result in results})
    if len(names) > 1:
        raise LabError(
            f"{folder} holds results of more than one lesson ({', '.join(names)}): "
            "grade each lesson into a folder of its own"
        )
    return sorted(results, key=lambda result: (result.student.casefold(), result.student))


def _write_files(
    arguments: argparse.Namespace, results: Sequence[SubmissionResult], title: str
) -> None:
    hidden = arguments.show_hidden
    assignment = arguments.assignment or results[0].assignment
    written: list[str] = []
    try:
        if arguments.csv:
            write_csv(arguments.csv, exercise_rows(results, hidden), start=BYTE_ORDER_MARK)
            written.append(str(arguments.csv))
        if arguments.canvas:
            write_csv(arguments.canvas, canvas_rows(results, assignment))
            written.append(str(arguments.canvas))
        if arguments.moodle:
            write_csv(arguments.moodle, moodle_rows(results, hidden))
            written.append(str(arguments.moodle))
        if arguments.feedback:
            pages = write_feedback(results, arguments.feedback, title, hidden)
            written.append(f"{arguments.feedback} ({len(pages)} pages)")
    except OSError as error:
        raise LabError(f"can not write {error.filename}: {error.strerror}") from error
    if written:
        print(f"\nWritten: {', '.join(written)}")
