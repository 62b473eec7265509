"""What a result means in words: statuses, points, and the text for what was lost.

Everything here is plain text. Whoever puts it into a page or a table escapes it there.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ..results import ExerciseResult, SubmissionResult, TestResult

LONGEST_MESSAGE = 1200
HIDDEN_CHECK = (
    "A check that you do not see failed: it calls your code with other inputs, such as other "
    "shapes, other numbers or an edge case. Read the task again and try inputs of your own."
)
NOTHING_COULD_RUN = "No check could run."
NO_MESSAGE = "This check did not run to its end, so it gave no points."
_READ_AGAIN = re.compile(r"\s*\bRead '(?P<titles>.+?)' again\.?", re.DOTALL)


@dataclass(frozen=True)
class Status:
    """What a status means, for the student and for the teacher."""

    label: str
    meaning: str
    advice: str  # what the student can do, "" where there is nothing to do
    teacher: str  # what the teacher should do, "" where there is nothing to do


STATUSES = {
    "ok": Status(
        label="Graded",
        meaning="Your notebook ran from top to bottom and every check was tried.",
        advice="",
        teacher="",
    ),
    "metadata-lost": Status(
        label="Graded, with cells matched by what is in them",
        meaning="The labels that say which cell is which exercise got lost. That happens when a "
        "notebook passes through another program. The cells were found by what is in them.",
        advice="Compare the exercises below with what you handed in. If one of yours is missing, "
        "tell your teacher. Next time, work in the notebook that was handed out, and do not copy "
        "its cells into a new one.",
        teacher="the cells were matched by their content; compare with the notebook if the "
        "student says that an answer is missing",
    ),
    "timeout": Status(
        label="Stopped, because it took too long",
        meaning="A cell ran longer than is allowed and was stopped. The points of the checks that "
        "ran are yours.",
        advice="Look for a loop that does not end, or for training that goes on longer than the "
        "exercise asks. Restart the kernel and run all cells: every cell must finish.",
        teacher="look for an endless loop; if the machine was busy, grade it again with a longer "
        "--timeout",
    ),
    "kernel-lost": Status(
        label="Stopped, because Python ended",
        meaning="Python itself ended while your notebook ran. It used more memory than is "
        "allowed, or a cell told it to end. The points of the checks that ran are yours.",
        advice="Look for very large tensors, for lists that grow without end, and for calls such "
        "as exit(), quit() or os._exit(). Restart the kernel and run all cells: it must stay "
        "alive to the end.",
        teacher="look for exit calls and for memory; if honest work needs more, grade it again "
        "with a larger --memory",
    ),
    "tampered": Status(
        label="A person will look at this",
        meaning="While your notebook ran, a part of Python, PyTorch or the checks did not do what "
        "it does on an untouched machine. Checks that this could have changed gave no points.",
        advice="If a cell of yours assigns to a function of torch or Python, such as "
        "torch.allclose = ..., remove it. If you know of nothing like it, tell your teacher. "
        "A person decides about this, not a program.",
        teacher="read the notebook and decide yourself; an innocent redefinition happens too",
    ),
    "needs-review": Status(
        label="Graded, and a person will look at it",
        meaning="The points below are what the checks gave. Something in the notebook also needs "
        "a person's eyes before the grade is final: an answer that was not found, a check that "
        "was changed or deleted, or code that these exercises do not need.",
        advice="If it says here that an answer was not found or that a check was changed, put "
        "your answers into a fresh copy of the notebook. Otherwise you need not do anything.",
        teacher="read the notes and the notebook before you publish the points",
    ),
    "unreadable": Status(
        label="The file could not be read",
        meaning="What was handed in is not a notebook that can be opened, so no check could run.",
        advice="Open the file in JupyterLab. If it opens, run all cells, save it, and hand in that "
        ".ipynb file: no PDF, no archive inside an archive, no link. If it does not open, "
        "take the notebook that was handed out and put your answers into it.",
        teacher="ask for the file again",
    ),
    "missing": Status(
        label="Nothing was found",
        meaning="No notebook with answers for this chapter was found under your name.",
        advice="If you did hand one in, tell your teacher: it may have another name, be in "
        "another place, or be of another chapter.",
        teacher="look whether there is a file with another name",
    ),
}
LOOK_AT = ("tampered", "needs-review", "unreadable", "kernel-lost", "timeout", "metadata-lost",
           "missing")  # fmt: skip
"""The statuses that ask for a teacher's look, the most pressing first."""
NOTHING_RAN = ("unreadable", "missing")


def status_of(result: SubmissionResult) -> Status:
    """The words for a result's status; a status that is not known says so."""
    unknown = Status(result.status, f"The grader says: {result.status}.", "", "look at the notes")
    return STATUSES.get(result.status, unknown)


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
    found: list[str] = []
    for match in _READ_AGAIN.finditer(message):
        for title in re.split(r"' and '|', and '|', '", match["titles"]):
            if title not in found:
                found.append(one_line(title, 120))
    return tuple(found[:5])


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
    said: list[str] = []
    for test in exercise.tests:
        message = one_line(message_of(test, show_hidden))
        if message and message not in said:
            said.append(message)
    if not said and exercise.points < exercise.max_points:
        said.append(NO_MESSAGE)
    return " ".join(said) or "All checks passed."


def submission_text(result: SubmissionResult, show_hidden: bool = False) -> str:
    """The feedback of a whole submission on one line."""
    status = status_of(result)
    whole = " ".join([f"{status.label}. {status.meaning}", *result.notes, status.advice])
    parts = [] if result.status == "ok" else [one_line(whole)]
    for exercise in result.exercises if result.status not in NOTHING_RAN else ():
        points = f"{number(exercise.points)} of {number(exercise.max_points)}"
        said = feedback_text(result, exercise, show_hidden)
        parts.append(f"{one_line(exercise.title, 120)} ({points}): {said}")
    return " | ".join(parts)
