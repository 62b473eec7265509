"""Before the first submission: the lesson's own solutions and the untouched release are graded.

They run where students' notebooks will run, in the same kind of process and sandbox. What they do
not get there, no student could get: then nothing is graded, and a sentence says why.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from ..assignment.imports import imports_of
from ..assignment.lesson import Lesson, nbgrader_of
from ..assignment.regions import without_markers
from ..assignment.release import release_notebook

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from ..machines.dispatcher import Dispatcher

SOLUTIONS, UNTOUCHED = "the lesson's own solutions", "the untouched release"


def solved(lesson: Lesson, released: NotebookNode) -> NotebookNode:
    """The release with the lesson's own solutions in it."""
    answers = {exercise.id: exercise for exercise in lesson.exercises}
    notebook = copy.deepcopy(released)
    for cell in notebook.cells:
        exercise = answers.get(str(nbgrader_of(cell).get("grade_id")))
        if exercise is not None:
            cell.source = without_markers(exercise.source)
    return notebook


def lean(notebook: NotebookNode) -> NotebookNode:
    """A notebook's exercises; of its other cells only the imports, to save time."""
    import nbformat

    short = copy.deepcopy(notebook)
    sources = [cell.source for cell in short.cells if cell.cell_type == "code"]
    short.cells = [cell for cell in short.cells if nbgrader_of(cell).get("grade_id")]
    short.cells.insert(0, nbformat.v4.new_code_cell(imports_of(sources)))
    return short


def trials(lesson: Lesson, dispatcher: Dispatcher) -> list[dict[str, Any]]:
    """What ``machines.diagnosis`` tries, as JSON: it may be tried on other machines."""
    import nbformat

    released = release_notebook(lesson)
    sources = [cell.source for cell in released.cells if cell.cell_type == "code"]
    tests = [part.source for e in lesson.exercises for test in e.tests for part in test.parts]
    imports = imports_of(sources + tests).splitlines()
    made = []
    for name, notebook, points in (
        (SOLUTIONS, solved(lesson, released), lesson.points),
        (UNTOUCHED, released, 0.0),
    ):
        job = dispatcher.job(name, nbformat.writes(lean(notebook)).encode()) | {"trusted": True}
        made.append({"name": name, "points": points, "job": job, "imports": imports})
    return made
