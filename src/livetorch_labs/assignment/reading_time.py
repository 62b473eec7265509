"""How long a notebook takes to read: told on its page and, with the exercises, to instructors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .regions import SOLUTION, without_region

if TYPE_CHECKING:
    from nbformat import NotebookNode

WORDS_A_MINUTE = 160
LINES_A_MINUTE = 25
"""Slower than a novel, since formulas and code are read twice."""


def reading_minutes(notebook: NotebookNode) -> float:
    """How long its texts and its code take to read; outputs come with the code.

    Code that a page keeps folded, or does not show, is left out: checks, solutions and drawing.
    """
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    codes = [without_region(cell.source, SOLUTION) for cell in notebook.cells if is_read(cell)]
    words = sum(len(text.split()) for text in texts)
    lines = sum(len(code.splitlines()) for code in codes)
    return words / WORDS_A_MINUTE + lines / LINES_A_MINUTE


def is_read(cell: NotebookNode) -> bool:
    hidden = {"remove-input", "remove-cell", "hide-input"} & set(cell.metadata.get("tags", []))
    folded = "fold" in cell.metadata.get("livetorch", {})
    is_test = cell.metadata.get("nbgrader", {}).get("grade", False)
    return cell.cell_type == "code" and not (hidden or folded or is_test)
