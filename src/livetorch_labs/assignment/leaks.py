"""Whether anything of a solution or a hidden test is in what students see."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from .lesson import Lesson
from .regions import HIDDEN_TESTS, SOLUTION, inside, marks, split

if TYPE_CHECKING:
    from nbformat import NotebookNode

TELLING = 12
"""A line shorter than this many characters, such as ``else:``, gives nothing away."""


EVERYBODYS = frozenset({"super().__init__()"})
"""Lines that stand in every class, and give nothing away either."""


def _lines(source: str) -> set[str]:
    """The lines that would give something away, with one blank where there are any."""
    lines = {" ".join(line.split()) for line in source.splitlines()}
    return {line for line in lines if len(line) >= TELLING} - EVERYBODYS


def _shown(lesson: Lesson, without: tuple[str, ...]) -> str:
    """All that the lesson shows on purpose, on one line."""
    texts = []
    for cell in lesson.notebook.cells:
        source = cell.source
        for region in without:
            source = "\n".join(part.source for part in split(source, region) if not part.inside)
        texts.append(source)
    return " ".join(" ".join(texts).split())


def secret_lines(lesson: Lesson, solutions: bool) -> dict[str, set[str]]:
    """Lines of hidden tests, and of solutions if asked for, that are nowhere shown on purpose."""
    regions = (HIDDEN_TESTS, SOLUTION) if solutions else (HIDDEN_TESTS,)
    shown = _shown(lesson, regions)
    secrets: dict[str, set[str]] = {}
    for exercise in lesson.exercises:
        if solutions:
            secrets[exercise.id] = _lines(inside(exercise.source, SOLUTION))
        for test in exercise.tests:
            secrets[test.grade_id] = _lines(test.hidden)
    return {name: {line for line in lines if line not in shown} for name, lines in secrets.items()}


def leaks_in(text: str, secrets: dict[str, set[str]]) -> list[str]:
    """What of the secrets a text holds, as sentences."""
    text = " ".join(text.split())
    leaks = [f"{name}: {line}" for name, lines in secrets.items() for line in lines if line in text]
    leaks += [f"a mark: {mark}" for mark in marks(HIDDEN_TESTS) if mark in text]
    return sorted(leaks)


def notebook_text(notebook: NotebookNode) -> str:
    """All texts in a notebook: sources, outputs, metadata."""
    texts: list[str] = []

    def collect(value: object) -> None:
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, dict):
            for part in value.values():
                collect(part)
        elif isinstance(value, list):
            if value and all(isinstance(part, str) for part in value):
                texts.append("".join(value))
            else:
                for part in value:
                    collect(part)

    collect(notebook)
    return "\n".join(texts)


def release_leaks(lesson: Lesson, notebook: NotebookNode) -> list[str]:
    """What of solutions and hidden tests a release holds."""
    text = notebook_text(notebook)
    leaks = leaks_in(text, secret_lines(lesson, solutions=True))
    return leaks + [f"a mark: {mark}" for mark in marks(SOLUTION) if mark in text]


def page_text(page: str) -> str:
    """The text of an HTML page, tags gone."""
    return html.unescape(re.sub(r"<[^>]*>", "", page))


def book_leaks(lesson: Lesson, built: Path) -> list[str]:
    """What of hidden tests the built book holds: pages, sources, notebooks, search index.

    Solutions are shown on the page, collapsed; hidden tests are nowhere.
    """
    secrets = secret_lines(lesson, solutions=False)
    leaks = []
    for path in sorted(built.rglob(f"*{lesson.name}*")):
        if not path.is_file() or path.suffix not in (".html", ".ipynb", ".txt", ".md"):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if path.suffix == ".ipynb":
            text = notebook_text(json.loads(text))
        elif path.suffix == ".html":
            text = page_text(text)
        leaks += [f"{path.relative_to(built)}: {leak}" for leak in leaks_in(text, secrets)]
    return leaks
