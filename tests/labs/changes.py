"""A chapter with one cell changed."""

from __future__ import annotations

import copy

from nbformat import NotebookNode

from livetorch_labs.assignment.chapters import Chapter, from_notebook, nbgrader_of


def cell_of(notebook: NotebookNode, name: str) -> NotebookNode:
    """The cell with a grade_id."""
    return next(c for c in notebook.cells if nbgrader_of(c).get("grade_id") == name)


def changed(chapter: Chapter, name: str, source: str) -> Chapter:
    """A chapter with another source in one cell."""
    notebook = copy.deepcopy(chapter.notebook)
    cell_of(notebook, name).source = source
    return from_notebook(chapter.path, notebook)
