"""Threads that grade a class build no two trees at a time: early Pythons then mix them up."""

from __future__ import annotations

import ast
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from book.notebooks import ROOT
from livetorch_labs.syntax import parse

LABS = ROOT / "src" / "livetorch_labs"
IN_PROCESSES_OF_THEIR_OWN = {"soundness/trial_process.py"}


def test_one_thread_builds_a_tree_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    building: list[int] = []
    most = [0]
    plain = ast.parse

    def slowly(source: str) -> ast.Module:
        building.append(threading.get_ident())
        most[0] = max(most[0], len(building))
        time.sleep(0.05)
        building.pop()
        return plain(source)

    monkeypatch.setattr(ast, "parse", slowly)
    with ThreadPoolExecutor(4) as pool:
        trees = list(pool.map(parse, ["x = 1", "y = 2", "z = 3", "w = 4"]))
    assert [ast.unparse(tree) for tree in trees] == ["x = 1", "y = 2", "z = 3", "w = 4"]
    assert most == [1]


def test_what_is_no_python_is_an_error_and_others_go_on() -> None:
    with pytest.raises(SyntaxError):
        parse("def")
    assert len(parse("x = 1").body) == 1


def test_the_labs_build_trees_in_one_place() -> None:
    places = {
        path.relative_to(LABS).as_posix()
        for path in LABS.rglob("*.py")
        if re.search(r"\bast\.parse\(", path.read_text(encoding="utf-8"))
    }
    assert places == {"syntax.py", *IN_PROCESSES_OF_THEIR_OWN}
