"""``livetorch-labs check``: whether the labs are sound."""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .. import LabError
from ..assignment.find import all_lessons, chapters_folder, find_all
from ..assignment.lesson import Lesson, with_private_tests
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
    lessons = [x for name in names for x in find_all(folder, name)] or all_lessons(folder)
    private = arguments.private_tests
    if private and arguments.accept:
        raise LabError("private tests can not be accepted: they are not of the book")
    if arguments.mutants:
        if arguments.accept:
            raise LabError("check the mutants first, then accept the tests")
        if private:
            lessons = [with_private_tests(lesson, private) for lesson in lessons]
        return run_mutants(lessons, whole=not names)
    bad = 0
    width = max(len(lesson.name) for lesson in lessons)
    with Trials(LESSONS_AT_ONCE) as trials, ThreadPoolExecutor(LESSONS_AT_ONCE) as pool:

        def checked(lesson: Lesson) -> tuple[list[str], str]:
            laid_over = with_private_tests(lesson, private) if private else lesson
            return check(laid_over, arguments.built, arguments.accept, bool(private), trials)

        for lesson, (problems, summary) in zip(lessons, pool.map(checked, lessons), strict=True):
            if arguments.accept and not problems:
                accept(lesson)
            state = "UNSOUND" if problems else "sound"
            print(f"{lesson.name:{width}} {state}: {summary}", flush=True)
            for problem in problems:
                print(f"  {problem}")
            bad += bool(problems)
    return int(bad > 0)


def run_mutants(lessons: list[Lesson], whole: bool) -> int:
    """Try edits of the solutions; print a line an exercise, and which edits the tests let pass."""
    from .survivors import HEADER, summary, tallies, too_many_listed

    done, bad = [], 0
    print(HEADER, flush=True)
    for tally in tallies(lessons):
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
