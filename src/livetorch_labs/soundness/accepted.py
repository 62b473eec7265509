"""The tests as their author last accepted them, so that a weaker test does not slip in.

A catalogue of wrong answers does not reach every assert. What it does not reach is compared with
a digest of each test cell, in ``accepted.json`` beside the notebooks. The digest is of what a test
checks: comments, layout and the words of messages may change.
"""

from __future__ import annotations

import ast
import hashlib
import json
from typing import Any

from .. import LabError
from ..assignment.lesson import Lesson, TestCell
from ..assignment.regions import Part
from ..results import write_text
from ..syntax import parse

FILE = "accepted.json"


def _shape(node: object) -> object:
    """A syntax tree as plain lists, the same in every version of Python."""
    if isinstance(node, ast.Assert):
        return ["Assert", _shape(node.test)]  # its message may change
    if isinstance(node, ast.AST):
        fields = [(name, _shape(value)) for name, value in ast.iter_fields(node)]
        kept = [[name, value] for name, value in fields if value not in (None, [], "ctx")]
        return [type(node).__name__, *kept]
    if isinstance(node, list):
        return [_shape(item) for item in node]
    return None if node is None else repr(node)


def _asserts(parts: list[Part]) -> int:
    trees = [parse(part.source) for part in parts]
    return sum(isinstance(node, ast.Assert) for tree in trees for node in ast.walk(tree))


def digest_of(test: TestCell) -> dict[str, Any]:
    """What is stored of a test: its asserts, seen and hidden, its points and a digest."""
    parts = test.parts
    shape = [[part.inside, _shape(parse(part.source))] for part in parts]
    return {
        "points": test.points,
        "asserts": _asserts([part for part in parts if not part.inside]),
        "hidden_asserts": _asserts([part for part in parts if part.inside]),
        "digest": hashlib.sha256(json.dumps(shape).encode()).hexdigest()[:16],
    }


def _load(lesson: Lesson) -> dict[str, Any]:
    path = lesson.path.parent / FILE
    if not path.exists():
        return {}
    try:
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise LabError(f"{path} is not JSON ({error}): delete it, then check --accept") from error
    return stored


def not_accepted(lesson: Lesson) -> list[str]:
    """How a lesson's tests differ from those that were accepted, as sentences."""
    stored = _load(lesson).get(lesson.name, {})
    now = {test.grade_id: digest_of(test) for e in lesson.exercises for test in e.tests}
    advice = f"if this is meant, run livetorch-labs check --accept {lesson.name}"
    if not stored:
        return [f"the tests were never accepted: {advice}"]
    problems = []
    for name in sorted({*stored, *now}):
        before, after = stored.get(name), now.get(name)
        if before == after:
            continue
        if after is None or before is None:
            problems.append(f"the test {name} {'is gone' if after is None else 'is new'}: {advice}")
            continue
        words = {"points": "points", "asserts": "asserts", "hidden_asserts": "hidden asserts"}
        changes = [
            f"{word} from {before.get(key)} to {after[key]}"
            for key, word in words.items()
            if before.get(key) != after[key]
        ]
        difference = ", ".join(changes) or "what it checks is not the same"
        problems.append(f"the test {name} changed ({difference}): {advice}")
    return problems


def accept(lesson: Lesson) -> None:
    """Store a lesson's tests as they are now."""
    stored = _load(lesson)
    tests = [test for exercise in lesson.exercises for test in exercise.tests]
    stored[lesson.name] = {test.grade_id: digest_of(test) for test in tests}
    path = lesson.path.parent / FILE
    write_text(path, json.dumps(dict(sorted(stored.items())), indent=1) + "\n")
