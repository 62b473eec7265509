"""The rooms of livetorch_labs each answer one question; one module names the statuses."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import livetorch_labs
from livetorch_labs.report.statuses import LOOK_AT, MEANINGS
from livetorch_labs.results import OK, STATUSES

PACKAGE = Path(livetorch_labs.__file__).parent
ROOMS = sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))
AT_THE_ROOT = {"__init__", "__main__", "cli", "platforms", "results", "streams", "syntax"}


def test_what_lies_at_the_root() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} == AT_THE_ROOT


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_says_which_question_it_answers_and_nothing_else(room: Path) -> None:
    tree = ast.parse((room / "__init__.py").read_text("utf-8"))
    question = ast.get_docstring(tree) or ""
    assert len(tree.body) == 1
    assert question.endswith("?")
    assert question.count("?") == 1


def test_the_map_lists_the_rooms_with_their_questions() -> None:
    readme = (PACKAGE.parents[1] / "README.md").read_text("utf-8")
    listed = dict(re.findall(r"^  (\w+)/ +(\w.+\?)$", readme, re.MULTILINE))
    trees = {room.name: ast.parse((room / "__init__.py").read_text("utf-8")) for room in ROOMS}
    questions = {name: ast.get_docstring(tree) or "" for name, tree in trees.items()}
    assert listed == {name: text[:1].lower() + text[1:] for name, text in questions.items()}


def test_names_of_statuses_are_written_in_one_module() -> None:
    spelled: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and node.value in STATUSES:
                spelled.setdefault(path.relative_to(PACKAGE).as_posix(), set()).add(node.value)
    # The kernel's protocol has an "ok" of its own.
    assert spelled == {"results.py": set(STATUSES), "sandbox/kernel.py": {OK}}


def test_each_status_has_a_meaning_and_each_but_ok_asks_for_a_look() -> None:
    assert set(MEANINGS) == set(STATUSES)
    assert sorted(LOOK_AT) == sorted(set(STATUSES) - {OK})
