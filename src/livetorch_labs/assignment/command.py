"""``livetorch-labs list`` and ``release``: which labs there are, and what students get of them."""

from __future__ import annotations

import argparse
from pathlib import Path

from .find import all_lessons, chapters_folder, find_all, whole_title


def add_release_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``release``."""
    help_text = "a lesson (01-tensors/1) or a chapter (01-tensors, tensors or 1)"
    parser.add_argument("name", metavar="NAME", help=help_text)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")


def list_lessons(arguments: argparse.Namespace) -> int:
    """Print the lessons with exercises, their points, and how long they take."""
    lessons = all_lessons(chapters_folder(arguments.chapters))
    width = max([len("lesson"), *(len(lesson.address) for lesson in lessons)])
    print(f"{'lesson':{width}} {'exercises':>9} {'points':>6} {'minutes':>7}  title")
    for lesson in lessons:
        numbers = f"{len(lesson.exercises):9} {lesson.points:6g} {lesson.minutes:7}"
        print(f"{lesson.address:{width}} {numbers}  {lesson.title}")
    return 0


def run_release(arguments: argparse.Namespace) -> int:
    """Write a lesson, or a chapter's lessons in one archive, for students."""
    from .release import release

    lessons = find_all(chapters_folder(arguments.chapters), arguments.name)
    for path in release(lessons, whole_title(lessons), arguments.output):
        print(path)
    return 0
