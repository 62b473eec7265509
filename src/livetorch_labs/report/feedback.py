"""One page for each student: what was graded, what came, and what to read again.

A page is one file. It runs no script, asks no host for anything, follows the reader's light or
dark setting and prints. Everything from a submission is escaped, and the page's own policy would
not let a script run if it were not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..results import ExerciseResult, SubmissionResult, TestResult, write_text
from .statuses import NOTHING_RAN, status_of
from .text import (
    NOTHING_COULD_RUN,
    lost_points,
    message_of,
    number,
    one_line,
    plain,
    sections,
    without_sections,
)


@dataclass(frozen=True)
class Lost:
    """The checks of an exercise that gave fewer points than they have, and said the same."""

    checks: str  # "A check gave 0 of 2 points.", "" where it is the whole exercise
    message: str
    read_again: tuple[str, ...]


def feedback_page(result: SubmissionResult, title: str = "", show_hidden: bool = False) -> str:
    """The page of one student; the title is the lesson's, by default its name.

    Hidden tests appear as the fact that one failed. What they said is shown only with
    ``show_hidden``; their source never.
    """
    environment = Environment(
        loader=PackageLoader("livetorch_labs"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("feedback.html")
    return template.render(
        student=one_line(result.student, 120),
        title=one_line(title or result.assignment, 120),
        status=status_of(result),
        kind=result.status if re.fullmatch(r"[a-z-]+", result.status) else "unknown",
        points=number(result.points),
        max_points=number(result.max_points),
        notes=[one_line(note, 400) for note in result.notes],
        nothing_ran=NOTHING_COULD_RUN if result.status in NOTHING_RAN else "",
        exercises=[_exercise(one, show_hidden) for one in result.exercises],
    )


def write_feedback(
    results: Sequence[SubmissionResult], folder: Path, title: str = "", show_hidden: bool = False
) -> list[Path]:
    """Write ``STUDENT.html`` for each student into a folder, and return the files.

    Raises:
        OSError: the folder can not be made, or a file can not be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    written = []
    for result in results:
        path = folder / f"{_file_name(result.student, taken)}.html"
        write_text(path, feedback_page(result, title, show_hidden))
        written.append(path)
    return written


def _exercise(exercise: ExerciseResult, show_hidden: bool) -> dict[str, Any]:
    messages: dict[str, list[TestResult]] = {}
    for test in exercise.tests:
        if lost_points(test):
            messages.setdefault(message_of(test, show_hidden), []).append(test)
    lost = []
    for message, tests in messages.items():
        who = "A check" if len(tests) == 1 else f"{len(tests)} checks"
        points = number(sum(test.points for test in tests))
        checks = f"{who} gave {points} of {number(sum(test.max_points for test in tests))} points."
        text = plain(without_sections(message)) or plain(message)
        whole = len(tests) == len(exercise.tests)
        lost.append(Lost("" if whole else checks, text, sections(message)))
    share = exercise.points / exercise.max_points if exercise.max_points else 1.0
    return {
        "title": one_line(exercise.title, 160),
        "points": number(exercise.points),
        "max_points": number(exercise.max_points),
        "percent": f"{100 * min(max(share, 0.0), 1.0):.0f}",
        "full": exercise.points >= exercise.max_points,
        "lost": lost,
    }


def _file_name(student: str, taken: set[str]) -> str:
    """A file name from a student's name: no folder, no hidden file, and no two alike.

    Two names that differ in case only would be one file on macOS and Windows.
    """
    name = re.sub(r"[^\w.@+-]+", "_", student).strip("._")[:100] or "student"
    if name.casefold() in taken or name != student:
        name += "-" + hashlib.sha256(student.encode("utf-8", "replace")).hexdigest()[:6]
    taken.add(name.casefold())
    return name
