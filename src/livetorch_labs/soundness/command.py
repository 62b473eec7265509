"""``livetorch-labs check``: whether the labs are sound."""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .. import LabError
from ..assignment.chapters import Chapter, with_private_tests
from ..assignment.find import all_chapters, chapters_folder, find_all
from ..platforms import require

LESSONS_AT_ONCE = 2
"""Each takes a core, and some more while its kernel starts."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``check``."""
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="a lesson or a chapter; all of them if none")
    add("--built", type=Path, metavar="DIR", help="the built book (default: _build/html)")
    add("--private-tests", type=Path, metavar="DIR", help="as for grade")
    add("--accept", action="store_true", help="take the tests as they are now for those meant")
    add("--mutants", action="store_true", help="whether the tests notice edits of the solutions")


def run(arguments: argparse.Namespace) -> int:
    """Check lessons; print what is wrong with each."""
    if words := require("check"):
        print(words, file=sys.stderr)
    from .accepted import accept
    from .check import check
    from .trial import Trials

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
    width = max(len(chapter.name) for chapter in chapters)
    with Trials(LESSONS_AT_ONCE) as trials, ThreadPoolExecutor(LESSONS_AT_ONCE) as pool:

        def checked(chapter: Chapter) -> tuple[list[str], str]:
            laid_over = with_private_tests(chapter, private) if private else chapter
            return check(laid_over, arguments.built, arguments.accept, bool(private), trials)

        for chapter, (problems, summary) in zip(chapters, pool.map(checked, chapters), strict=True):
            if arguments.accept and not problems:
                accept(chapter)
            state = "UNSOUND" if problems else "sound"
            print(f"{chapter.name:{width}} {state}: {summary}", flush=True)
            for problem in problems:
                print(f"  {problem}")
            bad += bool(problems)
    return int(bad > 0)


def run_mutants(chapters: list[Chapter], whole: bool) -> int:
    """Try edits of the solutions; print a line an exercise, and which edits the tests let pass."""
    from .survivors import HEADER, summary, tallies, too_many_listed

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
