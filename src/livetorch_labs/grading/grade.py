"""Grade all submissions: some at a time, each in a process of its own, resumable."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .. import LabError
from ..assignment.lab import lab_of
from ..assignment.lesson import Lesson, with_private_tests
from ..machines.dispatcher import Dispatcher, Place
from ..machines.workers import Workers, new_scratch
from ..report.spreadsheets import BYTE_ORDER_MARK, write_csv
from ..report.tables import grades_rows
from ..report.whole import together
from ..results import (
    UNREADABLE,
    Run,
    SubmissionResult,
    load_results,
    load_run,
    read_result,
    result_path,
    write_result,
    write_run,
)
from ..sandbox.limits import Limits
from ..submission.collect import Submission, collect
from ..submission.notebook import UnreadableError, read_bytes
from .gradebook import default_url, record
from .preflight import trials

Progress = Callable[[SubmissionResult, int, int], None]


@dataclass(frozen=True)
class Options:
    """How to grade."""

    jobs: int | None = None  # at a time; None: as many as the place has cores
    seconds: float = 60.0
    memory: int = 2 << 30
    private_tests: Path | None = None
    unsafe: bool = False
    database: str | None = None
    scheduler: str | None = None  # of a Dask cluster that does the work


def limits_of(lesson: Lesson, options: Options) -> Limits:
    """A submission may take some cells' whole time, and its lesson's time in some kernels."""
    stored = lesson.notebook.metadata.get("livetorch", {}).get("seconds", 20)
    total = 4 * options.seconds + 6 * max(10.0, float(stored))
    return Limits(seconds=options.seconds, total_seconds=total, memory=options.memory)


def grade_lessons(
    lessons: Sequence[Lesson],
    whole: tuple[str, str],
    place: Path,
    folder: Path,
    options: Options,
    progress: Progress = lambda *_: None,
) -> list[SubmissionResult]:
    """Grade a lesson, or a lesson's lessons each into a folder of its own and then together.

    Args:
        whole: the name and the title of what the lessons are together.

    Raises:
        LabError, KeyboardInterrupt: see `grade`.
    """
    if len(lessons) == 1:
        return grade(lessons[0], place, folder, options, progress)
    name, title = whole
    names = tuple(lesson.name for lesson in lessons)
    _check_folder(folder, name)
    of_lessons = {
        lesson.name: grade(lesson, place, folder / lesson.name, options, progress, names)
        for lesson in lessons
    }
    results = together(name, of_lessons)
    when = datetime.now(UTC).isoformat(timespec="seconds")
    write_run(folder, Run(name, title, when, sandbox=not options.unsafe, lessons=names))
    write_csv(folder / "grades.csv", grades_rows(results), start=BYTE_ORDER_MARK)
    return results


def grade(
    lesson: Lesson,
    place: Path,
    folder: Path,
    options: Options,
    progress: Progress = lambda *_: None,
    together_with: Sequence[str] = (),
) -> list[SubmissionResult]:
    """Grade the submissions in a place into a folder of results.

    What is there already for a file that did not change is kept. Results of students who are not
    in this place stay, so that late submissions can be graded into the same folder.

    Raises:
        LabError: there is no sandbox, nothing to grade, or the folder is of another lesson; or
            the lesson's own solutions do not get full marks here.
        KeyboardInterrupt: the run was stopped; the next one goes on where it was.
    """
    if options.private_tests is not None:
        lesson = with_private_tests(lesson, options.private_tests)
    _check_folder(folder, lesson.name)
    lab, limits = lab_of(lesson), limits_of(lesson, options)
    scratch = new_scratch()
    machines: Place | None = None
    try:
        machines = _place_of(options, scratch)
        submissions = collect(place, lesson.name, scratch / "unpacked", together_with)
        dispatcher = Dispatcher(lab, limits, not options.unsafe, machines)
        new = any(_to_run(dispatcher, submission, folder) for submission in submissions)
        why = machines.why_not(trials(lesson, dispatcher)) if new else ""
        if why:
            raise LabError(f"nothing was graded; {why}")
        folder.mkdir(parents=True, exist_ok=True)
        when = datetime.now(UTC).isoformat(timespec="seconds")
        write_run(folder, Run(lesson.name, lesson.title, when, sandbox=not options.unsafe))
        jobs = options.jobs or machines.cores
        _grade_all(dispatcher, submissions, folder, jobs, progress)
        results = load_results(folder)
        write_csv(folder / "grades.csv", grades_rows(results), start=BYTE_ORDER_MARK)
        record(options.database or default_url(folder), lab, results)
        return results
    finally:
        if machines is not None:
            machines.stop()
        shutil.rmtree(scratch, ignore_errors=True)


def _place_of(options: Options, scratch: Path) -> Place:
    if options.scheduler is not None:
        from ..machines.cluster import Cluster

        return Cluster(options.scheduler, not options.unsafe)
    return Workers(not options.unsafe, scratch)


def _check_folder(folder: Path, name: str) -> None:
    if (folder / "run.json").exists():
        there = load_run(folder).assignment
        if there != name:
            raise LabError(f"{folder} holds results of {there}: take another folder")
    elif folder.is_dir() and any(folder.glob("*.ipynb")):
        raise LabError(f"{folder} holds notebooks: take an empty folder for the results")


def _grade_all(
    dispatcher: Dispatcher,
    submissions: list[Submission],
    folder: Path,
    jobs: int,
    progress: Progress,
) -> None:
    done = 0
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        try:
            tasks = [
                pool.submit(_one, dispatcher, submission, folder) for submission in submissions
            ]
            for task in as_completed(tasks):
                done += 1
                progress(task.result(), done, len(submissions))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            dispatcher.place.stop()
            raise


@dataclass(frozen=True)
class _Work:
    """A submission as it was read."""

    content: bytes
    status: str  # where there is nothing to run
    notes: tuple[str, ...]
    source_hash: str


def _read(dispatcher: Dispatcher, submission: Submission) -> _Work:
    try:
        content = read_bytes(submission.path) if submission.path else b""
        status, why = submission.status, ""
    except UnreadableError as error:
        content, status, why = b"", UNREADABLE, str(error)
    notes = (*submission.notes, why) if why else submission.notes
    return _Work(content, status, notes, dispatcher.hash_of(content, status, *notes))


def _earlier(submission: Submission, work: _Work, folder: Path) -> SubmissionResult | None:
    """The stored result, if it is of the same submission and of the same grader."""
    stored = result_path(folder, submission.student)
    if stored.exists():
        with contextlib.suppress(LabError):
            result = read_result(stored)
            if result.source_hash == work.source_hash and result.student == submission.student:
                return result
    return None


def _to_run(dispatcher: Dispatcher, submission: Submission, folder: Path) -> bool:
    work = _read(dispatcher, submission)
    return not work.status and _earlier(submission, work, folder) is None


def _one(dispatcher: Dispatcher, submission: Submission, folder: Path) -> SubmissionResult:
    """The result of a submission: an earlier one if nothing changed, else a new one, stored."""
    work = _read(dispatcher, submission)
    if (earlier := _earlier(submission, work, folder)) is not None:
        return earlier
    student, notes, source_hash = submission.student, work.notes, work.source_hash
    if work.status:
        result = dispatcher.lab.nothing_ran(student, work.status, "; ".join(notes), source_hash)
    else:
        result = dispatcher.run(student, work.content, notes, source_hash)
    write_result(folder, result)
    return result
