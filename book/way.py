"""The way through the book: its chapters and their lessons in order, read from their first cells.

A lesson is a notebook under ``sections`` of a chapter in ``_toc.yml``. One whose title begins with
a star is a closer look, which the way does not need.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import yaml

from book.notebooks import ROOT
from livetorch_labs.assignment.lesson import Lesson as Lab
from livetorch_labs.assignment.lesson import from_notebook
from livetorch_labs.assignment.reading_time import reading_minutes

CLOSER = "★ "
FOLDER = "chapters"


@dataclass(frozen=True)
class Lesson:
    """A notebook that is read in one sitting."""

    page: str
    """as ``_toc.yml`` names it"""
    title: str
    """without the star"""
    closer: bool
    """a closer look, which the way does not need"""
    minutes: int
    """to read it"""
    afterwards: str
    """what a reader can do then; Markdown, as what follows "Afterwards you can" """
    builds_on: str
    """which lessons it needs; Markdown"""
    lab: Lab

    @property
    def path(self) -> Path:
        return ROOT / f"{self.page}.ipynb"

    @property
    def name(self) -> str:
        return self.path.stem


@dataclass(frozen=True)
class Chapter:
    """A subject: a page that says why, and its lessons."""

    page: str
    title: str
    lessons: tuple[Lesson, ...]

    @property
    def number(self) -> int:
        """As in the name of its folder."""
        return int(self.page.split("/")[1].partition("-")[0])

    @property
    def stops(self) -> list[tuple[str, Lesson]]:
        """The lessons, each with its mark where the way is drawn: a number, or a star."""
        numbers = itertools.count(1)
        return [("★" if each.closer else str(next(numbers)), each) for each in self.lessons]


def reading_time(notebook: nbformat.NotebookNode) -> int:
    """Minutes to read a notebook, as its page says them."""
    return max(5, round(reading_minutes(notebook) / 5) * 5)


def chapters() -> list[Chapter]:
    """The chapters of ``_toc.yml`` that have lessons, in order."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    entries = [entry for part in toc.get("parts", []) for entry in part["chapters"]]
    return [
        Chapter(
            entry["file"],
            title_of((ROOT / f"{entry['file']}.md").read_text(encoding="utf-8")),
            tuple(lesson_of(section["file"]) for section in entry["sections"]),
        )
        for entry in entries
        if entry["file"].startswith(f"{FOLDER}/") and "sections" in entry
    ]


def lessons() -> Iterator[Lesson]:
    """All lessons in order."""
    for chapter in chapters():
        yield from chapter.lessons


def next_on_the_way(page: str) -> Lesson | None:
    """The lesson after one, closer looks left out; None after the last and for other pages."""
    following = list(lessons())
    place = next((i for i, lesson in enumerate(following) if lesson.page == page), len(following))
    return next((lesson for lesson in following[place + 1 :] if not lesson.closer), None)


def lesson_of(page: str) -> Lesson:
    """The lesson of a page of ``_toc.yml``."""
    path = ROOT / f"{page}.ipynb"
    return read_lesson(page, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=500)
def read_lesson(page: str, _changed: int) -> Lesson:
    """A lesson from its file. Outputs are left out: with them it would take a second."""
    path = ROOT / f"{page}.ipynb"
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for cell in data["cells"]:
        cell["source"] = "".join(cell["source"])
        cell.pop("outputs", None)
    notebook = nbformat.from_dict(data)
    first = next((c.source for c in notebook.cells if c.cell_type == "markdown"), "")
    title = title_of(first)
    return Lesson(
        page,
        title.removeprefix(CLOSER),
        title.startswith(CLOSER),
        reading_time(notebook),
        paragraph(first, "Afterwards you can"),
        paragraph(first, "Builds on"),
        from_notebook(path, notebook, ROOT / FOLDER),
    )


def title_of(markdown: str) -> str:
    """The first heading."""
    heading = re.search(r"^# +(.+)$", markdown, re.MULTILINE)
    return heading[1].strip() if heading else ""


def paragraph(markdown: str, start: str) -> str:
    """The rest of a paragraph that begins with some words in bold; empty where there is none."""
    words = re.search(
        rf"^\*\*{start}\*\*\s+(.*?)(?=\n\s*\n|\Z)", markdown, re.MULTILINE | re.DOTALL
    )
    return " ".join(words[1].split()) if words else ""
