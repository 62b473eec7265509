"""A lesson with one cell changed."""

from __future__ import annotations

import copy

from nbformat import NotebookNode

from livetorch_labs.assignment.lesson import Lesson, from_notebook, nbgrader_of


def cell_of(notebook: NotebookNode, name: str) -> NotebookNode:
    """The cell with a grade_id."""
    return next(c for c in notebook.cells if nbgrader_of(c).get("grade_id") == name)


def changed(lesson: Lesson, name: str, source: str) -> Lesson:
    """A lesson with another source in one cell."""
    notebook = copy.deepcopy(lesson.notebook)
    cell_of(notebook, name).source = source
    return from_notebook(lesson.path, notebook)
