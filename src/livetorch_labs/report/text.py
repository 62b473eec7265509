"""What a result says in words: points, and the text for what was lost.

Everything here is plain text. Whoever puts it into a page or a table escapes it there.
"""

from __future__ import annotations

import re
import unicodedata

from ..results import OK, ExerciseResult, SubmissionResult, TestResult
from .statuses import NOTHING_RAN, status_of

LONGEST_MESSAGE = 1200
HIDDEN_CHECK = (
    "A check that you do not see failed: it calls your code with other inputs, such as other "
    "shapes, other numbers or an edge case. Read the task again and try inputs of your own."
)
NOTHING_COULD_RUN = "No check could run."
NO_MESSAGE = "This check did not run to its end, so it gave no points."
_READ_AGAIN = re.compile(r"\s*\bRead '(?P<titles>.+?)' again\.?", re.DOTALL)


def plain(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """Text that can not steer a terminal or turn the direction of a line, and is not endless.

    What a student's code printed may be in it: escape sequences are dropped, and so are the
    characters that turn text around.
    """
    kept = "".join(
        character
        for character in text.replace("\r\n", "\n").replace("\t", "    ")
        if character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")
    ).strip()
    return kept if len(kept) <= longest else kept[: longest - 2].rstrip() + " …"


def one_line(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """Plain text without line breaks."""
    return plain(" ".join(plain(text, longest=4 * longest).split()), longest)


def number(points: float) -> str:
    """Points with at most two decimals, as grade books keep them: 2, 2.5, 0.33."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def sections(message: str) -> tuple[str, ...]:
    """The titles that a message names in "Read '...' again"."""
    titles: list[str] = []
    for match in _READ_AGAIN.finditer(message):
        for title in re.split(r"' and '|', and '|', '", match["titles"]):
            if title not in titles:
                titles.append(one_line(title, 120))
    return tuple(titles[:5])


def without_sections(message: str) -> str:
    """The message without its sentences "Read '...' again"."""
    return plain(_READ_AGAIN.sub("", message))


def lost_points(test: TestResult) -> bool:
    return test.points < test.max_points


def message_of(test: TestResult, show_hidden: bool = False) -> str:
    """Why a check gave fewer points than it has, or "" where it gave them all.

    What hidden tests said is in it only with ``show_hidden``.
    """
    if not lost_points(test):
        return ""
    if test.hidden_failed and show_hidden and test.hidden_message:
        return plain(test.hidden_message)
    return plain(test.message) or (HIDDEN_CHECK if test.hidden_failed else NO_MESSAGE)


def feedback_text(
    result: SubmissionResult, exercise: ExerciseResult, show_hidden: bool = False
) -> str:
    """The feedback of an exercise on one line, for a cell of a table."""
    if result.status in NOTHING_RAN:
        return one_line(" ".join([status_of(result).meaning, *result.notes]))
    messages: list[str] = []
    for test in exercise.tests:
        message = one_line(message_of(test, show_hidden))
        if message and message not in messages:
            messages.append(message)
    if not messages and exercise.points < exercise.max_points:
        messages.append(NO_MESSAGE)
    return " ".join(messages) or "All checks passed."


def submission_text(result: SubmissionResult, show_hidden: bool = False) -> str:
    """The feedback of a whole submission on one line."""
    status = status_of(result)
    whole = " ".join([f"{status.label}. {status.meaning}", *result.notes, status.advice])
    parts = [] if result.status == OK else [one_line(whole)]
    for exercise in result.exercises if result.status not in NOTHING_RAN else ():
        points = f"{number(exercise.points)} of {number(exercise.max_points)}"
        feedback = feedback_text(result, exercise, show_hidden)
        parts.append(f"{one_line(exercise.title, 120)} ({points}): {feedback}")
    return " | ".join(parts)
