"""What runs, in which order: the student's cells, with the instructor's tests in their places.

A test cell of a submission never runs. It only says where the instructor's own comes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..assignment.lab import Lab, LabExercise, LabTest, defined_names
from ..assignment.regions import normal
from ..results import METADATA_LOST, NEEDS_REVIEW
from ..submission.notebook import StudentCell, StudentNotebook
from ..tampering.allowed import allowed_by
from ..tampering.lexicon import MILD
from ..tampering.suspicion import suspicious


@dataclass(frozen=True)
class Step:
    """A cell of the student's, or a test of the instructor's."""

    source: str = ""
    number: int = 0  # of the student's cell
    changed: bool = False  # not a cell that was handed out as it is
    exercise: str = ""
    test: LabTest | None = None


@dataclass
class Plan:
    """The steps of a submission, and what there is to say about its form."""

    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    statuses: set[str] = field(default_factory=set)
    mild: bool = False  # there is code that asks for a look unless a lost kernel explains it


def make_plan(notebook: StudentNotebook, lab: Lab) -> Plan:
    """Find the exercises in a submission, and put the tests where they belong."""
    plan = Plan(notes=list(notebook.notes))
    cells = notebook.cells
    known = {e.id for e in lab.exercises} | {test.grade_id for test in lab.tests}
    lost = not any(cell.grade_id in known for cell in cells)
    if lost:
        plan.statuses.add(METADATA_LOST)
        plan.notes.append("the labels of the exercises are lost; cells were matched by content")
    answers = {e.id: _answers(plan, cells, e, lost) for e in lab.exercises}
    taken = {index for indices in answers.values() for index in indices}
    dropped: set[int] = set()
    places: dict[int, list[tuple[LabExercise, LabTest]]] = {}
    for exercise in lab.exercises:
        last_answer = max(answers[exercise.id], default=-1)
        for test in exercise.tests:
            copies = [i for i in _copies(plan, cells, test, lost) if i not in taken]
            dropped.update(copies)
            nowhere = len(cells) if last_answer < 0 else last_answer
            place = max([*copies, last_answer]) if copies else nowhere
            places.setdefault(place, []).append((exercise, test))
    for index, cell in enumerate(cells):
        if index not in dropped and cell.source.strip():
            changed = normal(cell.source) not in lab.released
            owner = next((name for name, indices in answers.items() if index in indices), "")
            plan.steps.append(Step(cell.source, cell.number, changed, owner))
        _add_tests(plan, places.get(index, ()))
    _add_tests(plan, places.get(len(cells), ()))
    allowed = allowed_by(sorted(lab.released), [s for test in lab.tests for _, s in test.parts])
    for step in plan.steps:
        for reason in suspicious(step.source, allowed) if step.changed else ():
            plan.notes.append(f"cell {step.number} {reason}")
            if reason in MILD:
                plan.mild = True
            else:
                plan.statuses.add(NEEDS_REVIEW)
    return plan


def _add_tests(plan: Plan, tests: list[tuple[LabExercise, LabTest]] | tuple[()]) -> None:
    plan.steps += [Step(exercise=exercise.id, test=test) for exercise, test in tests]


def _answers(
    plan: Plan, cells: tuple[StudentCell, ...], exercise: LabExercise, lost: bool
) -> list[int]:
    """Where the answer to an exercise is: by its label, its cell's id, or what it defines."""
    indices = [i for i, cell in enumerate(cells) if cell.grade_id == exercise.id]
    if len(indices) > 1:
        plan.statuses.add(NEEDS_REVIEW)
        plan.notes.append(f"{exercise.id} is there {len(indices)} times; the last one counts")
    if indices:
        return indices
    by_id = [i for i, c in enumerate(cells) if c.cell_id and c.cell_id == exercise.cell_id]
    indices = by_id or [i for i, cell in enumerate(cells) if _defines(cell, exercise.names)]
    if indices and not lost:
        plan.statuses.add(METADATA_LOST)
        number = cells[indices[-1]].number
        plan.notes.append(f"the label of {exercise.id} is lost; cell {number} was taken for it")
    if not indices:
        plan.statuses.add(METADATA_LOST if lost else NEEDS_REVIEW)
        plan.notes.append(f"no cell answers {exercise.id}")
    return indices


def _defines(cell: StudentCell, names: tuple[str, ...]) -> bool:
    """Whether a cell defines what an exercise asks for, even if it does not parse."""
    defined = defined_names(cell.source)
    return bool(names) and all(
        name in defined
        or (not defined and re.search(rf"^(def|class) {name}\b", cell.source, re.MULTILINE))
        for name in names
    )


def _copies(plan: Plan, cells: tuple[StudentCell, ...], test: LabTest, lost: bool) -> list[int]:
    """Where a submission has a test cell, and what it did to it."""
    indices = [i for i, cell in enumerate(cells) if cell.grade_id == test.grade_id]
    same = [i for i, cell in enumerate(cells) if normal(cell.source) == normal(test.visible)]
    change = ""
    if not indices:
        by_id = [i for i, cell in enumerate(cells) if cell.cell_id and cell.cell_id == test.cell_id]
        indices = by_id or same
        change = "was renamed" if indices else "was deleted"
    elif len(indices) > 1:
        change = f"was copied, it is there {len(indices)} times"
    if indices and any(normal(cells[i].source) != normal(test.visible) for i in indices):
        change = (change + " and edited") if change else "was edited"
    if change and not (lost and (change == "was renamed" or not indices)):
        plan.statuses.add(NEEDS_REVIEW)
        plan.notes.append(f"the test {test.grade_id} {change}; the original ran instead")
    return sorted({*indices, *same})
