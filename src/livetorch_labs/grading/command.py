"""``livetorch-labs grade``: submissions of a lesson, or of a chapter's lessons."""

from __future__ import annotations

import argparse
import contextlib
import re
import signal
import sys
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from ..assignment.find import chapters_folder, find_all, whole_title
from ..platforms import require
from ..results import STATUSES, SubmissionResult

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def size(text: str) -> int:
    """Bytes, from 512M or 2G."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]?)I?B?", text.strip().upper())
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 512M or 2G")
    return int(float(match[1]) * UNITS[match[2]])


def seconds(text: str) -> float:
    """Seconds above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return number


def jobs(text: str) -> int:
    """A number of processes."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 up")
    return int(text)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``grade``."""
    add = parser.add_argument
    add("name", metavar="NAME", help="a lesson (01-tensors/1) or a chapter (01-tensors)")
    add("submissions", type=Path, metavar="SUBMISSIONS", help="folder, or zip of Canvas or Moodle")
    add("-o", "--output", type=Path, required=True, metavar="DIR")
    add("--jobs", type=jobs, metavar="N", help="at a time (default: one a core)")
    add("--timeout", type=seconds, default=60.0, metavar="S", help="seconds of a cell (60)")
    add("--memory", type=size, default=size("2G"), metavar="SIZE", help="of a notebook (2G)")
    add(
        "--private-tests",
        type=Path,
        metavar="DIR",
        help="hidden tests instead of the book's: DIR/LESSON/GRADE_ID.py",
    )
    add("--scheduler", metavar="ADDRESS", help="let the nodes of a Dask cluster do the work")
    add("--db", metavar="URL", help="another gradebook than gradebook.db in the folder")
    add("--unsafe", action="store_true", help="no sandbox: only for notebooks that you trust")


class _Bar:
    """How far grading is, from the first result on: a run that is refused shows no bar."""

    def __init__(self) -> None:
        self._bar: tqdm | None = None

    def show(self, result: SubmissionResult, done: int, total: int) -> None:
        if self._bar is None:
            pause = 0.1 if sys.stderr.isatty() else 30
            self._bar = tqdm(total=total, unit=" notebooks", mininterval=pause, smoothing=0.1)
        self._bar.set_postfix_str(f"{result.student[:20]}: {result.status}", refresh=False)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def run(arguments: argparse.Namespace) -> int:
    """Grade a folder or an archive of submissions."""
    require("grade", arguments.unsafe, arguments.scheduler is not None)
    from .grade import Options, grade_lessons

    lessons = find_all(chapters_folder(arguments.chapters), arguments.name)
    options = Options(
        jobs=arguments.jobs,
        seconds=arguments.timeout,
        memory=arguments.memory,
        private_tests=arguments.private_tests,
        unsafe=arguments.unsafe,
        database=arguments.db,
        scheduler=arguments.scheduler,
    )
    if arguments.unsafe:
        print("No sandbox: the submissions run with your rights over your files.", file=sys.stderr)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to end: as with Ctrl-C
    try:
        with contextlib.closing(_Bar()) as bar:
            results = grade_lessons(
                lessons,
                whole_title(lessons),
                arguments.submissions,
                arguments.output,
                options,
                bar.show,
            )
    except KeyboardInterrupt:
        print("Stopped. The same command goes on where it was.", file=sys.stderr)
        return 130
    counts = Counter(result.status for result in results)
    parts = [f"{counts[status]} {status}" for status in STATUSES if counts[status]]
    print(f"{len(results)} submissions: {', '.join(parts)}")
    print(arguments.output / "grades.csv")
    again = sum(not result.source_hash for result in results)
    if again:
        trouble = (
            f"The grader's own trouble kept it from grading {again} of them (see their notes)."
        )
        print(f"{trouble} The same command tries them again.", file=sys.stderr)
    return int(again > 0)
