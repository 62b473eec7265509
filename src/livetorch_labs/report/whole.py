"""A chapter's results: those of its lessons, put together by student."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from .. import LabError
from ..results import MISSING, OK, Run, SubmissionResult, load_results, load_run
from .statuses import LOOK_AT


def results_in(folder: Path) -> list[SubmissionResult]:
    """The results in a folder that ``grade`` wrote for a lesson or for a chapter, by student.

    Raises:
        LabError: there are none, or one of them can not be read.
    """
    run = run_in(folder)
    if run is None or not run.lessons:
        return load_results(folder)
    return together(run.assignment, {name: load_results(folder / name) for name in run.lessons})


def together(
    chapter: str, of_lessons: Mapping[str, Sequence[SubmissionResult]]
) -> list[SubmissionResult]:
    """One result for each student: all exercises, all points, the status that is most pressing.

    A lesson that a student did not hand in while others came gives no points and a note.
    """
    students = sorted({result.student for results in of_lessons.values() for result in results})
    made = []
    for student in students:
        own = {
            lesson: next((r for r in results if r.student == student), None)
            for lesson, results in of_lessons.items()
        }
        made.append(_one(chapter, student, own, of_lessons))
    return made


def _one(
    chapter: str,
    student: str,
    own: Mapping[str, SubmissionResult | None],
    of_lessons: Mapping[str, Sequence[SubmissionResult]],
) -> SubmissionResult:
    there = {name: result for name, result in own.items() if result is not None}
    statuses = {result.status for result in there.values()}
    order = [status for status in LOOK_AT if status != MISSING]
    pressing = [*order, *sorted(statuses - {*order, OK, MISSING}), OK, MISSING]
    notes = [
        f"{name}: {note}"
        for name, result in there.items()
        for note in result.notes or _said(result)
    ]
    notes += [f"{name}: not handed in" for name in own if name not in there]
    hashes = [result.source_hash for result in there.values()]
    # Who never handed in a lesson could have had the points that the others could.
    possible = {
        name: max(result.max_points for result in results) for name, results in of_lessons.items()
    }
    return SubmissionResult(
        student=student,
        assignment=chapter,
        status=next(status for status in pressing if status in statuses),
        points=sum(result.points for result in there.values()),
        max_points=sum(possible.values()),
        exercises=tuple(part for result in there.values() for part in result.exercises),
        notes=tuple(notes),
        # Empty where the grader's own trouble kept it from grading one of them.
        source_hash="+".join(hashes) if all(hashes) else "",
        seconds=sum(result.seconds for result in there.values()),
    )


def _said(result: SubmissionResult) -> tuple[str, ...]:
    """What stands for a lesson without notes: its status, where that says more than "ok"."""
    return () if result.status == OK else (result.status,)


def run_in(folder: Path) -> Run | None:
    """What run.json says, or None: results can be read without it."""
    try:
        return load_run(folder)
    except LabError:
        return None
