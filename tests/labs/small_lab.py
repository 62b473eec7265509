"""A lesson of three exercises that needs no torch, and submissions of it."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import Any

CHAPTER = "01-sums"

DOUBLE = "    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
TOTAL = (
    "    ### BEGIN SOLUTION\n    result = 0\n    for number in numbers:\n        result += number\n"
    "    return result\n    ### END SOLUTION"
)
LARGEST = "    ### BEGIN SOLUTION\n    return sorted(numbers)[-1]\n    ### END SOLUTION"

ANSWERS = {
    "sums-1": "def double(x):\n    return 2 * x",
    "sums-2": "def total(numbers):\n    return sum(numbers)",
    "sums-3": "def largest(numbers):\n    return max(numbers)",
}

CELLS: list[tuple[str, str, float]] = [
    ("", "# Sums\n\nA lesson for tests.", 0),
    ("setup", "import math\nimport os\n\nstart = math.pi", 0),
    ("", "(ex-1)=\n### Exercise 1: double", 0),
    ("sums-1", f'def double(x):\n    """Twice x."""\n{DOUBLE}', 0),
    (
        "sums-1-tests",
        "assert double(2) != 4 + 2, \"this adds 4. Read 'Adding' again.\"\n"
        "assert double(2) == 4, f\"twice 2 is 4, got {double(2)}. Read 'Doubling' again.\"\n"
        "### BEGIN HIDDEN TESTS\n"
        'assert [double(n) for n in (-1, 0, 7.5)] == [-2, 0, 15.0], "wrong for secret numbers"\n'
        "### END HIDDEN TESTS",
        2,
    ),
    ("", "(ex-2)=\n### Exercise 2: total", 0),
    ("sums-2", f'def total(numbers):\n    """The sum of a list."""\n{TOTAL}', 0),
    ("sums-2-tests-a", 'assert total([]) == 0, "an empty list adds up to 0"', 1),
    (
        "sums-2-tests-b",
        'assert total([1, 2, 3]) == 6, f"1 + 2 + 3 is 6, got {total([1, 2, 3])}"\n'
        "### BEGIN HIDDEN TESTS\n"
        'assert total(range(101)) == 5050, "wrong for a secret range"\n'
        "### END HIDDEN TESTS",
        2,
    ),
    ("", "(ex-3)=\n### Exercise 3: largest", 0),
    ("sums-3", f'def largest(numbers):\n    """The largest of a list."""\n{LARGEST}', 0),
    (
        "sums-3-tests",
        'assert largest([1, 3, 2]) == 3, f"expected 3, got {largest([1, 3, 2])}"\n'
        "### BEGIN HIDDEN TESTS\n"
        'assert largest([-5, -2, -9]) == -2, "wrong for secret negatives"\n'
        "### END HIDDEN TESTS",
        2,
    ),
    ("", "## Summary\n\nThat was all.", 0),
]

WRONG = """\
wrong:
- exercise: sums-1
  misconception: adds four
  feedback: this adds 4
  code: "def double(x): return x + 4"
- exercise: sums-1
  misconception: squares
  feedback: wrong for secret numbers
  code: "def double(x): return x * x"
- exercise: sums-1
  misconception: does nothing
  feedback: twice 2 is 4
  code: "def double(x): return x"
- exercise: sums-2
  misconception: counts
  feedback: 1 + 2 + 3 is 6
  code: "def total(numbers): return len(numbers)"
- exercise: sums-2
  misconception: starts at one
  feedback: an empty list adds up to 0
  code: "def total(numbers): return 1 + sum(numbers)"
- exercise: sums-2
  misconception: stops at a hundred
  feedback: wrong for a secret range
  code: "def total(numbers): return sum(n for n in numbers if n < 100)"
- exercise: sums-3
  misconception: the last one
  feedback: expected 3, got 2
  code: "def largest(numbers): return numbers[-1]"
- exercise: sums-3
  misconception: starts at zero
  feedback: wrong for secret negatives
  code: "def largest(numbers): return max([0, *numbers])"
- exercise: sums-3
  misconception: the first one
  feedback: expected 3, got 1
  code: "def largest(numbers): return numbers[0]"
"""

RIGHT = """\
right:
- exercise: sums-1
  form: adds
  code: "def double(x): return x + x"
- exercise: sums-1
  form: halves the other way
  code: "def double(x): return x / 0.5"
- exercise: sums-1
  form: a method of the number
  code: "double = lambda x: x.__mul__(2)"
- exercise: sums-2
  form: the builtin
  code: "def total(numbers): return sum(numbers)"
- exercise: sums-2
  form: calls itself
  code: |
    def total(numbers):
        numbers = list(numbers)
        return numbers[0] + total(numbers[1:]) if numbers else 0
- exercise: sums-2
  form: while there are some
  code: |
    def total(numbers):
        rest, result = list(numbers), 0
        while rest:
            result += rest.pop()
        return result
- exercise: sums-3
  form: the builtin
  code: "def largest(numbers): return max(numbers)"
- exercise: sums-3
  form: the first in falling order
  code: "def largest(numbers): return sorted(numbers, reverse=True)[0]"
- exercise: sums-3
  form: a loop
  code: |
    def largest(numbers):
        result = numbers[0]
        for number in numbers:
            if number > result:
                result = number
        return result
"""


def lesson_notebook() -> dict[str, Any]:
    """The instructor's notebook."""
    cells: list[dict[str, Any]] = []
    for number, (name, source, points) in enumerate(CELLS):
        cell: dict[str, Any] = {"id": f"cell{number}", "metadata": {}, "source": source}
        if not name:
            cells.append({**cell, "cell_type": "markdown"})
            continue
        cell |= {"cell_type": "code", "outputs": [], "execution_count": None}
        if name != "setup":
            cell["metadata"]["nbgrader"] = {
                "grade": bool(points),
                "grade_id": name,
                "locked": bool(points),
                "schema_version": 3,
                "solution": not points,
                "task": False,
                **({"points": points} if points else {}),
            }
        cells.append(cell)
    return {
        "cells": cells,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "x", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def write_chapters(folder: Path) -> Path:
    """A folder ``chapters`` with the one lesson and its catalogue."""
    chapters = folder / "chapters"
    chapters.mkdir(parents=True)
    (chapters / f"{CHAPTER}.ipynb").write_text(json.dumps(lesson_notebook()))
    (chapters / f"{CHAPTER}.answers.yml").write_text(RIGHT + WRONG)
    return chapters


class Paper:
    """A released notebook that a student fills in, as plain JSON."""

    def __init__(self, released: dict[str, Any]) -> None:
        self.data = copy.deepcopy(released)
        for cell in self.cells:
            cell["source"] = "".join(cell["source"])

    @property
    def cells(self) -> list[dict[str, Any]]:
        cells: list[dict[str, Any]] = self.data["cells"]
        return cells

    def cell(self, grade_id: str) -> dict[str, Any]:
        return next(
            cell
            for cell in self.cells
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
        )

    def answer(self, **answers: str) -> Paper:
        """Put answers in: ``sums_2="..."``; all others are right."""
        for name, right in ANSWERS.items():
            self.cell(name)["source"] = answers.get(name.replace("-", "_"), right)
        return self

    def add(self, source: str, before: str) -> Paper:
        """A code cell of the student's own before an exercise."""
        place = self.cells.index(self.cell(before))
        self.cells.insert(
            place,
            {
                "cell_type": "code",
                "metadata": {},
                "source": source,
                "outputs": [],
                "execution_count": None,
            },
        )
        return self

    def without_metadata(self) -> Paper:
        """As after a program that keeps cells and drops what it does not know."""
        self.data["metadata"] = {}
        for cell in self.cells:
            cell["metadata"] = {}
            cell.pop("id", None)
        return self

    def as_format_3(self) -> Paper:
        for cell in self.cells:
            if cell["cell_type"] == "code":
                cell["input"] = cell.pop("source")
        self.data = {
            "worksheets": [{"cells": self.cells, "metadata": {}}],
            "metadata": {},
            "nbformat": 3,
            "nbformat_minor": 0,
        }
        return self

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.data))


def grade_command(chapters: Path, place: Path, out: Path, *more: str) -> list[str]:
    """The command that grades what was handed in for the lesson, as a process of its own."""
    program = [sys.executable, "-m", "livetorch_labs", "--chapters", str(chapters)]
    return [*program, "grade", CHAPTER, str(place), "-o", str(out), *more]
