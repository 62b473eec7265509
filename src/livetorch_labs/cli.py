"""``livetorch-labs``: hand out chapters, grade what comes back, report."""

from __future__ import annotations

import argparse
import contextlib
import re
import signal
import sys
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from . import LabError
from .assignment.chapters import Chapter, with_private_tests
from .assignment.find import all_chapters, chapters_folder, find, find_all
from .platforms import SUMMARY, require
from .results import STATUSES, SubmissionResult
from .streams import prepare_all

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


def list_chapters(arguments: argparse.Namespace) -> int:
    """Print the chapters with exercises, their points, and how long they take."""
    chapters = all_chapters(chapters_folder(arguments.chapters))
    print(f"{'chapter':28} {'exercises':>9} {'points':>6} {'minutes':>7}  title")
    for chapter in chapters:
        numbers = f"{len(chapter.exercises):9} {chapter.points:6g} {chapter.minutes:7}"
        print(f"{chapter.name:28} {numbers}  {chapter.title}")
    return 0


def run_check(arguments: argparse.Namespace) -> int:
    """Check chapters; print what is wrong with each."""
    if words := require("check"):
        print(words, file=sys.stderr)
    from .soundness.accepted import accept
    from .soundness.check import check

    folder = chapters_folder(arguments.chapters)
    names = arguments.names
    chapters = [c for name in names for c in find_all(folder, name)] or all_chapters(folder)
    private = arguments.private_tests
    if private and arguments.accept:
        raise LabError("private tests can not be accepted: they are not of the book")
    if arguments.mutants:
        if arguments.accept:
            raise LabError("check the mutants first, then accept the tests")
        if private:
            chapters = [with_private_tests(chapter, private) for chapter in chapters]
        return run_mutants(chapters, whole=not names)
    bad = 0
    for chapter in chapters:
        laid_over = with_private_tests(chapter, private) if private else chapter
        problems, summary = check(
            laid_over, arguments.built, accepting=arguments.accept, private=bool(private)
        )
        if arguments.accept and not problems:
            accept(chapter)
        print(f"{chapter.name:28} {'UNSOUND' if problems else 'sound'}: {summary}", flush=True)
        for problem in problems:
            print(f"  {problem}")
        bad += bool(problems)
    return int(bad > 0)


def run_mutants(chapters: list[Chapter], whole: bool) -> int:
    """Try edits of the solutions; print a line an exercise, and which edits the tests let pass."""
    from .soundness.survivors import HEADER, summary, tallies, too_many_listed

    done, bad = [], 0
    print(HEADER, flush=True)
    for tally in tallies(chapters):
        done.append(tally)
        print(tally.row, flush=True)
        for problem in tally.problems:
            print(f"  {problem}")
        bad += bool(tally.problems)
    print(summary(done))
    problems = too_many_listed(done) if whole else []
    for problem in problems:
        print(problem)
    return int(bad > 0 or bool(problems))


def run_release(arguments: argparse.Namespace) -> int:
    """Write a chapter for students."""
    from .assignment.release import release

    chapter = find(chapters_folder(arguments.chapters), arguments.chapter)
    for path in release(chapter, arguments.output):
        print(path)
    return 0


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


def run_grade(arguments: argparse.Namespace) -> int:
    """Grade a folder or an archive of submissions."""
    require("grade", arguments.unsafe, arguments.scheduler is not None)
    from .grading.grade import Options, grade

    chapter = find(chapters_folder(arguments.chapters), arguments.chapter)
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
            results = grade(chapter, arguments.submissions, arguments.output, options, bar.show)
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


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    from .report import command as report

    top = argparse.ArgumentParser(prog="livetorch-labs", description=__doc__, epilog=SUMMARY)
    add = top.add_argument
    add("--chapters", type=Path, metavar="DIR", help="the folder of the chapters (default: found)")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("list", help="chapters, points, minutes")
    command.set_defaults(run=list_chapters)

    command = commands.add_parser("check", help="whether the labs are sound")
    command.set_defaults(run=run_check)
    add = command.add_argument
    add("names", nargs="*", metavar="CHAPTER", help="default: all of them")
    add("--built", type=Path, metavar="DIR", help="the built book (default: _build/html)")
    add("--private-tests", type=Path, metavar="DIR", help="as for grade")
    add("--accept", action="store_true", help="take the tests as they are now for those meant")

    add("--mutants", action="store_true", help="whether the tests notice edits of the solutions")

    command = commands.add_parser("release", help="write what students get")
    command.set_defaults(run=run_release)
    add = command.add_argument
    add("chapter", metavar="CHAPTER", help="01-tensors, tensors or 1")
    add("-o", "--output", type=Path, required=True, metavar="DIR")

    command = commands.add_parser("grade", help="grade submissions")
    command.set_defaults(run=run_grade)
    add = command.add_argument
    add("chapter", metavar="CHAPTER", help="01-tensors, tensors or 1")
    add("submissions", type=Path, metavar="SUBMISSIONS", help="folder, or zip of Canvas or Moodle")
    add("-o", "--output", type=Path, required=True, metavar="DIR")
    add("--jobs", type=jobs, metavar="N", help="at a time (default: one a core)")
    add("--timeout", type=seconds, default=60.0, metavar="S", help="seconds of a cell (60)")
    add("--memory", type=size, default=size("2G"), metavar="SIZE", help="of a notebook (2G)")
    add(
        "--private-tests",
        type=Path,
        metavar="DIR",
        help="hidden tests instead of the book's: DIR/CHAPTER/GRADE_ID.py",
    )
    add("--scheduler", metavar="ADDRESS", help="let the nodes of a Dask cluster do the work")
    add("--db", metavar="URL", help="another gradebook than gradebook.db in the folder")
    add("--unsafe", action="store_true", help="no sandbox: only for notebooks that you trust")

    command = commands.add_parser("report", help="what came out, for you, them and grade books")
    command.set_defaults(run=report.run)
    report.add_arguments(command)
    return top


def main(words: list[str] | None = None) -> int:
    """Run a command. What an instructor can mend is a sentence and exit status 1."""
    prepare_all()
    arguments = parser().parse_args(words)
    try:
        status: int = arguments.run(arguments)
    except LabError as error:
        print(f"livetorch-labs: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        print(f"livetorch-labs: {error.strerror or error}{where}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status


if __name__ == "__main__":
    sys.exit(main())
