"""What each status means, for the student and for the teacher."""

from __future__ import annotations

from dataclasses import dataclass

from ..results import (
    KERNEL_LOST,
    METADATA_LOST,
    MISSING,
    NEEDS_REVIEW,
    OK,
    TAMPERED,
    TIMEOUT,
    UNREADABLE,
    SubmissionResult,
)


@dataclass(frozen=True)
class Status:
    """What a status means, for the student and for the teacher."""

    label: str
    meaning: str
    advice: str  # what the student can do, "" where there is nothing to do
    teacher: str  # what the teacher should do, "" where there is nothing to do


MEANINGS = {
    OK: Status(
        label="Graded",
        meaning="Your notebook ran from top to bottom and every check was tried.",
        advice="",
        teacher="",
    ),
    METADATA_LOST: Status(
        label="Graded, with cells matched by what is in them",
        meaning="The labels that say which cell is which exercise got lost. That happens when a "
        "notebook passes through another program. The cells were found by what is in them.",
        advice="Compare the exercises below with what you handed in. If one of yours is missing, "
        "tell your teacher. Next time, work in the notebook that was handed out, and do not copy "
        "its cells into a new one.",
        teacher="the cells were matched by their content; compare with the notebook if the "
        "student says that an answer is missing",
    ),
    TIMEOUT: Status(
        label="Stopped, because it took too long",
        meaning="A cell ran longer than is allowed and was stopped. The points of the checks that "
        "ran are yours.",
        advice="Look for a loop that does not end, or for training that goes on longer than the "
        "exercise asks. Restart the kernel and run all cells: every cell must finish.",
        teacher="look for an endless loop; if the machine was busy, grade it again with a longer "
        "--timeout",
    ),
    KERNEL_LOST: Status(
        label="Stopped, because Python ended",
        meaning="Python itself ended while your notebook ran. It used more memory than is "
        "allowed, or a cell told it to end. The points of the checks that ran are yours.",
        advice="Look for very large tensors, for lists that grow without end, and for calls such "
        "as exit(), quit() or os._exit(). Restart the kernel and run all cells: it must stay "
        "alive to the end.",
        teacher="look for exit calls and for memory; if honest work needs more, grade it again "
        "with a larger --memory",
    ),
    TAMPERED: Status(
        label="A person will look at this",
        meaning="While your notebook ran, a part of Python, PyTorch or the checks did not do what "
        "it does on an untouched machine. Checks that this could have changed gave no points.",
        advice="If a cell of yours assigns to a function of torch or Python, such as "
        "torch.allclose = ..., remove it. If you know of nothing like it, tell your teacher. "
        "A person decides about this, not a program.",
        teacher="read the notebook and decide yourself; an innocent redefinition happens too",
    ),
    NEEDS_REVIEW: Status(
        label="Graded, and a person will look at it",
        meaning="The points below are what the checks gave. Something in the notebook also needs "
        "a person's eyes before the grade is final: an answer that was not found, a check that "
        "was changed or deleted, or code that these exercises do not need.",
        advice="If it says here that an answer was not found or that a check was changed, put "
        "your answers into a fresh copy of the notebook. Otherwise you need not do anything.",
        teacher="read the notes and the notebook before you publish the points",
    ),
    UNREADABLE: Status(
        label="The file could not be read",
        meaning="What was handed in is not a notebook that can be opened, so no check could run.",
        advice="Open the file in JupyterLab. If it opens, run all cells, save it, and hand in that "
        ".ipynb file: no PDF, no archive inside an archive, no link. If it does not open, "
        "take the notebook that was handed out and put your answers into it.",
        teacher="ask for the file again",
    ),
    MISSING: Status(
        label="Nothing was found",
        meaning="No notebook with answers for this lesson was found under your name.",
        advice="If you did hand one in, tell your teacher: it may have another name, be in "
        "another place, or be of another lesson.",
        teacher="look whether there is a file with another name",
    ),
}
LOOK_AT = (TAMPERED, NEEDS_REVIEW, UNREADABLE, KERNEL_LOST, TIMEOUT, METADATA_LOST, MISSING)
"""The statuses that ask for a teacher's look, the most pressing first."""
NOTHING_RAN = (UNREADABLE, MISSING)


def status_of(result: SubmissionResult) -> Status:
    """The words for a result's status; a status that is not known says so."""
    unknown = Status(result.status, f"The grader says: {result.status}.", "", "look at the notes")
    return MEANINGS.get(result.status, unknown)
