"""Where the notebooks of the chapters are, and which of them a name means."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from .. import LabError
from .lesson import Lesson, read

FOLDER_VARIABLE = "LIVETORCH_CHAPTERS"


def chapters_folder(named: Path | None = None) -> Path:
    """Where the chapters are: as named, or ``chapters`` here or in a folder above this one.

    Raises:
        LabError: there is none.
    """
    setting = os.environ.get(FOLDER_VARIABLE)
    if named is None and setting:
        named = Path(setting)
    if named is not None:
        if named.is_dir():
            return named.resolve()
        raise LabError(f"there is no folder {named}")
    places = [Path.cwd(), *Path.cwd().parents, Path(__file__).resolve().parents[3]]
    for place in places:
        if notebooks(place / "chapters"):
            return (place / "chapters").resolve()
    raise LabError(
        "no folder chapters/ here: run the command in a clone of the book, or name the folder "
        "with --chapters DIR"
    )


def all_lessons(folder: Path) -> list[Lesson]:
    """The lessons in a folder of chapters that have exercises, in order of their file names."""
    lessons = [read(path, folder) for path in notebooks(folder)]
    return [lesson for lesson in lessons if lesson.exercises]


def notebooks(folder: Path) -> list[Path]:
    """The notebooks in a folder of chapters and in each chapter's own folder there, in order."""
    paths = [*folder.glob("*.ipynb"), *folder.glob("[!.]*/*.ipynb")]
    return sorted(paths, key=lambda path: path.relative_to(folder).with_suffix("").parts)


def find_all(folder: Path, name: str) -> list[Lesson]:
    """The lessons of a chapter, or one lesson: 01-tensors, tensors or 1; 01-tensors/2 or 1/2.

    A lesson is also found by its own name, as in 2-shapes-together.

    Raises:
        LabError: none is called that, or those that are have no exercises.
    """
    words = name.removesuffix(".ipynb").removeprefix("chapters/").rstrip("/").split("/")
    paths = notebooks(folder)
    named = [path for path in paths if _is_called(path.relative_to(folder).parts, words)]
    if not named and len(words) == 1 and not words[0].isdecimal():
        named = [path for path in paths if _matches(path.stem, words[0])]
    if not named:
        there = ", ".join(dict.fromkeys(path.relative_to(folder).parts[0] for path in paths))
        there = there.replace(".ipynb", "")
        raise LabError(f"no chapter is called {name!r}; there are: {there}")
    lessons = [lesson for path in named if (lesson := read(path, folder)).exercises]
    if not lessons:
        raise LabError(f"{name} has no exercises")
    return lessons


def find(folder: Path, name: str) -> Lesson:
    """The one lesson of a name, see `find_all`.

    Raises:
        LabError: there is none, or more than one.
    """
    lessons = find_all(folder, name)
    if len(lessons) > 1:
        names = ", ".join(lesson.name for lesson in lessons)
        raise LabError(f"{name} has more than one lesson; say which of them is meant: {names}")
    return lessons[0]


def whole_title(lessons: Sequence[Lesson]) -> tuple[str, str]:
    """The name and the title of what some lessons are together: one of them, or their chapter."""
    first = lessons[0]
    if len(lessons) == 1:
        return first.name, first.title
    index = first.path.with_name("index.md")
    text = index.read_text(encoding="utf-8") if index.exists() else ""
    heading = re.search(r"^# +(.+)$", text, re.MULTILINE)
    name = first.path.parent.name
    return name, heading[1].strip() if heading else name


def _is_called(parts: tuple[str, ...], words: list[str]) -> bool:
    """Whether a notebook's place begins with these names or numbers, folder by folder."""
    return len(words) <= len(parts) and all(map(_matches, parts, words))


def _matches(stem: str, word: str) -> bool:
    """Whether 01-tensors is meant by 01-tensors, tensors or 1."""
    stem = stem.removesuffix(".ipynb")
    number, _, rest = stem.partition("-")
    by_number = word.isdecimal() and number.isdecimal() and int(number) == int(word)
    return (bool(word) and word in (stem, rest)) or by_number
