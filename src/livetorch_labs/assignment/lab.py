"""What a worker needs to know of a lesson to grade one submission, as plain data.

A worker never opens a lesson: it gets this, made once by the grader.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ..results import ExerciseResult, SubmissionResult, TestResult
from ..syntax import parse
from .lesson import Exercise, Lesson, nbgrader_of
from .regions import normal
from .release import released


@dataclass(frozen=True)
class LabTest:
    """A test cell in parts: (hidden, source), in the order they run."""

    grade_id: str
    cell_id: str
    points: float
    visible: str  # as students have it
    parts: tuple[tuple[bool, str], ...]

    def without_points(self, message: str) -> TestResult:
        """Its result where it gave no points, with words for the student."""
        return TestResult(self.grade_id, 0.0, self.points, False, message, "")


@dataclass(frozen=True)
class LabExercise:
    """An exercise: where its answer goes, and its tests."""

    id: str
    cell_id: str
    title: str
    names: tuple[str, ...]  # what the answer defines
    tests: tuple[LabTest, ...]

    def result(self, tests: tuple[TestResult, ...]) -> ExerciseResult:
        """Its result, from those of its tests."""
        points, most = sum(test.points for test in tests), sum(test.max_points for test in tests)
        return ExerciseResult(self.id, self.title, points, most, tests)


@dataclass(frozen=True)
class Lab:
    """A lesson as a worker sees it."""

    lesson: str
    exercises: tuple[LabExercise, ...]
    released: frozenset[str]  # the sources of all code cells that students are given

    @property
    def tests(self) -> list[LabTest]:
        return [test for exercise in self.exercises for test in exercise.tests]

    @property
    def max_points(self) -> float:
        return sum(test.points for test in self.tests)

    def without_points(self, message: str = "") -> tuple[ExerciseResult, ...]:
        """The result of every exercise where nothing could run."""
        return tuple(
            part.result(tuple(test.without_points(message) for test in part.tests))
            for part in self.exercises
        )

    def nothing_ran(
        self, student: str, status: str, note: str, source_hash: str
    ) -> SubmissionResult:
        """The result of a submission that could not run at all."""
        parts, notes = self.without_points(), (note,)
        return SubmissionResult(
            student, self.lesson, status, 0.0, self.max_points, parts, notes, source_hash, 0.0
        )

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "released": sorted(self.released)}

    def fingerprint(self) -> str:
        """Changes when a test, an exercise or a released cell does."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()


def defined_names(source: str) -> tuple[str, ...]:
    """The functions and classes that a cell defines at its top level."""
    try:
        body = parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return tuple(node.name for node in body if isinstance(node, kinds))


def lab_of(lesson: Lesson) -> Lab:
    """A lesson as a worker sees it."""
    student = released(lesson)
    sources = {normal(c.source) for c in student.notebook.cells if c.cell_type == "code"}
    visible = {
        str(nbgrader_of(c)["grade_id"]): c.source
        for c in student.notebook.cells
        if nbgrader_of(c).get("grade")
    }
    stubs = {exercise.id: exercise.source for exercise in student.exercises}

    def exercise(part: Exercise) -> LabExercise:
        tests = tuple(
            LabTest(
                test.grade_id,
                test.cell_id,
                test.points,
                visible[test.grade_id],
                tuple((piece.inside, piece.source) for piece in test.parts),
            )
            for test in part.tests
        )
        return LabExercise(part.id, part.cell_id, part.title, defined_names(stubs[part.id]), tests)

    return Lab(lesson.name, tuple(map(exercise, lesson.exercises)), frozenset(sources))


def from_json(data: dict[str, Any]) -> Lab:
    """The inverse of ``Lab.to_json``."""

    def tests(items: Iterable[dict[str, Any]]) -> tuple[LabTest, ...]:
        return tuple(
            LabTest(**{**item, "parts": tuple((bool(h), str(s)) for h, s in item["parts"])})
            for item in items
        )

    exercises = tuple(
        LabExercise(**{**item, "names": tuple(item["names"]), "tests": tests(item["tests"])})
        for item in data["exercises"]
    )
    return Lab(str(data["lesson"]), exercises, frozenset(data["released"]))
