"""What makes a notebook a lesson: one sitting, one idea, its own files, and no other's text."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from nbformat import NotebookNode

from book.notebooks import (
    ROOT,
    chapter_paths,
    code_cells,
    is_solution,
    is_test,
    page_of,
    pages,
    read,
)
from book.prose import counts
from book.way import lesson_of
from livetorch_labs.markdown.references import Place, read_book

LONGEST, MOST_CODE = 2400, 160
PATHS = [path for path in chapter_paths() if path.parent != ROOT / "chapters"]
PROCESSES = 19
"""The chapter from which on a reader meets many processes."""
every_lesson = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


@cache
def notebook_of(path: Path) -> NotebookNode:
    return read(path)


@cache
def places_of_the_book() -> dict[str, Place]:
    return read_book(ROOT).places


@every_lesson
def test_a_lesson_is_three_files_of_one_name_that_no_other_has(path: Path) -> None:
    assert re.fullmatch(r"\d-[a-z0-9-]+", path.stem)
    assert path.with_suffix(".quiz.yml").exists()
    assert path.with_suffix(".answers.yml").exists()
    words = [other.stem.partition("-")[2] for other in PATHS]
    assert words.count(path.stem.partition("-")[2]) == 1


@every_lesson
def test_it_says_why_what_one_can_do_then_and_what_it_builds_on(path: Path) -> None:
    first = notebook_of(path).cells[0].source
    words = path.stem.partition("-")[2]
    labels = rf"(?:\([\w-]+\)=\n)*\({words}\)=\n(?:\([\w-]+\)=\n)*"
    assert re.match(rf"{labels}# ", first), "its label is the words of its name"
    lesson = lesson_of(page_of(path))
    assert lesson.afterwards.endswith(".")
    assert lesson.builds_on.endswith(".")
    why = first.split("\n\n")[1]
    assert 20 <= len(why.split()) <= 120
    needed = re.findall(r"\{ref\}`(?:[^`<]*<)?([\w-]+)>?`", lesson.builds_on)
    assert needed or lesson.builds_on.startswith("no other lesson")
    order, places = pages(), places_of_the_book()
    for label in needed:
        assert order.index(places[label].page) < order.index(page_of(path)), label


@every_lesson
def test_it_is_one_sitting(path: Path) -> None:
    made = counts(path.stem, notebook_of(path))
    assert made.words <= LONGEST
    assert made.code <= MOST_CODE
    assert made.predicts >= 1


def test_the_way_is_short_in_the_middle() -> None:
    way = [p for p in PATHS if not lesson_of(page_of(p)).closer]
    words = sorted(counts(path.stem, notebook_of(path)).words for path in way)
    assert words[len(words) // 2] <= 1900


@every_lesson
def test_its_first_cell_imports_what_it_uses(path: Path) -> None:
    cells = [cell for cell in code_cells(notebook_of(path)) if not is_test(cell.metadata)]
    first, *others = cells
    assert "make_reproducible(" in first.source
    imported = [
        alias.asname or alias.name.split(".")[0]
        for node in ast.walk(ast.parse(first.source))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    ]
    used = {
        node.id
        for cell in cells
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Name)
    }
    unused = [name for name in imported if name not in used]
    assert not unused
    for cell in others:
        if "fold" in cell.metadata.get("livetorch", {}):
            continue  # what draws is folded, with what it needs
        if "remove-input" in cell.metadata.get("tags", []) or is_solution(cell.metadata):
            continue
        late = [
            n for n in ast.parse(cell.source).body if isinstance(n, (ast.Import, ast.ImportFrom))
        ]
        assert not late, f"imported late: {ast.unparse(late[0])}"


@every_lesson
def test_many_processes_wait_for_their_chapter(path: Path) -> None:
    if int(path.parent.name[:2]) >= PROCESSES:
        return
    shown = "\n".join(cell.source for cell in code_cells(notebook_of(path)))
    assert "livetorch.distributed" not in shown
    assert "torch.distributed" not in shown


def test_exercises_have_names_of_their_own() -> None:
    names = [
        cell.metadata.nbgrader.grade_id
        for path in PATHS
        for cell in code_cells(notebook_of(path))
        if is_solution(cell.metadata) or is_test(cell.metadata)
    ]
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_nothing_is_told_twice() -> None:
    """No longer paragraph and no longer piece of code stands in two lessons."""
    places: dict[str, set[str]] = {}
    for path in PATHS:
        for cell in notebook_of(path).cells:
            if cell.cell_type == "markdown":
                pieces = [p for p in cell.source.split("\n\n") if len(p.split()) >= 25]
            elif "remove-input" in cell.metadata.get("tags", []) or is_test(cell.metadata):
                continue
            else:
                body = [n for n in ast.parse(cell.source).body if isinstance(n, ast.FunctionDef)]
                pieces = [ast.unparse(n) for n in body if len(ast.unparse(n).splitlines()) >= 8]
            for piece in pieces:
                places.setdefault(" ".join(piece.split()), set()).add(path.stem)
    assert {piece[:80]: stems for piece, stems in places.items() if len(stems) > 1} == {}
