"""The reading time: one count for the page and for the list of lessons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat.v4
import pytest
from nbformat import NotebookNode

from book.notebooks import chapter_paths, page_of, read
from book.stamp import stamp
from livetorch_labs.assignment.lesson import from_notebook
from livetorch_labs.assignment.reading_time import LINES_A_MINUTE, WORDS_A_MINUTE, reading_minutes

TEN_LINES = "\n".join(["pass"] * 10)


def notebook(source: str, **metadata: Any) -> NotebookNode:
    """A text of 320 words, which takes two minutes, and a code cell."""
    text = nbformat.v4.new_markdown_cell("word " * 2 * WORDS_A_MINUTE)
    code = nbformat.v4.new_code_cell(source, metadata=metadata)
    return nbformat.v4.new_notebook(cells=[text, code])


def test_words_and_lines_take_time() -> None:
    minutes = reading_minutes(notebook(TEN_LINES))
    assert minutes == pytest.approx(2 + 10 / LINES_A_MINUTE)


@pytest.mark.parametrize(
    "metadata",
    [
        {"livetorch": {"fold": "how this figure is drawn"}},
        {"tags": ["remove-input"]},
        {"nbgrader": {"grade": True, "grade_id": "a-tests", "points": 1}},
    ],
    ids=["folded", "not shown", "checks"],
)
def test_what_stays_closed_is_not_read(metadata: dict[str, Any]) -> None:
    assert reading_minutes(notebook(TEN_LINES, **metadata)) == pytest.approx(2)


def test_a_solution_is_not_read() -> None:
    source = f"def f():\n    ### BEGIN SOLUTION\n{TEN_LINES}\n    ### END SOLUTION"
    assert reading_minutes(notebook(source)) == pytest.approx(2 + 1 / LINES_A_MINUTE)


@pytest.mark.parametrize("path", chapter_paths(), ids=lambda path: path.stem)
def test_the_page_and_the_list_of_lessons_count_alike(path: Path) -> None:
    lesson = from_notebook(path, read(path))
    minutes = max(5, round(reading_minutes(lesson.notebook) / 5) * 5)
    assert f"<p>Read in about {minutes} minutes ·" in stamp(page_of(path))
    assert abs(lesson.minutes - minutes - 5 * lesson.points) <= 5
