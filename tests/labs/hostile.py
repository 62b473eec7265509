"""Submissions that are good, half done, broken and hostile, each with the row it must get.

All of them answer two of three exercises rightly wherever a cell of theirs can run at all, so
each row shows that what went wrong cost only itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.labs.small_lab import ANSWERS, CHAPTER, Paper

MARK = "98761"
"""An argument that no process outside this test has."""

Row = tuple[str, float, float, float]
"""Status, and the points of the three exercises."""


@dataclass(frozen=True)
class Kind:
    """How a submission is made, and what it must get."""

    row: Row
    make: Callable[[Path, Paper], None]


def _folder(change: Callable[[Paper], Paper]) -> Callable[[Path, Paper], None]:
    return lambda place, paper: change(paper).write(place / f"{CHAPTER}.ipynb")


def _second(source: str) -> Callable[[Path, Paper], None]:
    """Right, but for the answer to exercise 2."""
    return _folder(lambda paper: paper.answer(sums_2=source))


def _before_second(source: str) -> Callable[[Path, Paper], None]:
    """All right, with a cell of the student's own before exercise 2."""
    return _folder(lambda paper: paper.answer().add(source, "sums-2"))


def _raw(content: bytes) -> Callable[[Path, Paper], None]:
    def make(place: Path, _: Paper) -> None:
        place.mkdir()
        (place / f"{CHAPTER}.ipynb").write_bytes(content)

    return make


def _cells(change: Callable[[Paper], Any]) -> Callable[[Path, Paper], None]:
    """All right, then the list of cells is changed."""

    def changed(paper: Paper) -> Paper:
        change(paper.answer())
        return paper

    return _folder(changed)


def _renamed(paper: Paper) -> None:
    paper.cell("sums-2-tests-b")["metadata"]["nbgrader"]["grade_id"] = "something-else"


def _relabelled(paper: Paper) -> None:
    """A test cell of the student's own, under the name of the instructor's."""
    cell = paper.cell("sums-2-tests-b")
    cell["source"], cell["metadata"]["nbgrader"]["points"] = "pass", 1000


def _second_lost(paper: Paper) -> None:
    paper.cells.remove(paper.cell("sums-2"))
    paper.without_metadata()


def _no_tests(paper: Paper) -> None:
    for cell in list(paper.cells):
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            paper.cells.remove(cell)


def _edited(paper: Paper) -> None:
    paper.answer(sums_2="def total(numbers):\n    return 0")
    paper.cell("sums-2-tests-b")["source"] = "assert True"


def _no_lines(paper: Paper) -> None:
    for cell in paper.cells:
        cell["source"] = cell["source"].splitlines(keepends=True)


def _link_file(place: Path, _: Paper) -> None:
    place.mkdir()
    (place / f"{CHAPTER}.ipynb").symlink_to(place.parent / "perfect" / f"{CHAPTER}.ipynb")


def _link_folder(place: Path, _: Paper) -> None:
    place.symlink_to(place.parent / "perfect")


def _pipe(place: Path, _: Paper) -> None:
    place.mkdir()
    os.mkfifo(place / f"{CHAPTER}.ipynb")


def _huge(place: Path, _: Paper) -> None:
    place.mkdir()
    with (place / f"{CHAPTER}.ipynb").open("wb") as file:
        file.truncate(100 << 20)


def _other_name(place: Path, paper: Paper) -> None:
    paper.answer().write(place / "my homework (final).ipynb")


def _two_names(place: Path, paper: Paper) -> None:
    paper.answer().write(place / "one.ipynb")
    paper.write(place / "two.ipynb")


def _word(place: Path, _: Paper) -> None:
    place.mkdir()
    (place / "answers.docx").write_bytes(b"PK")


def _other_chapter(place: Path, paper: Paper) -> None:
    paper.answer().data["metadata"]["livetorch_lab"]["chapter"] = "02-other"
    paper.write(place / f"{CHAPTER}.ipynb")


def _file(place: Path, paper: Paper) -> None:
    paper.answer().write(place.with_name(f"{place.name}.ipynb"))


BAD = ANSWERS["sums-2"]
SPY = """
import os
found = [place for place in {places} if os.path.exists(place)]
def total(numbers):
    return sum(numbers) if found else "nothing found"
"""
WRITER = """
for place in {places}:
    try:
        open(place + "/written-by-a-submission", "w").write("x")
    except OSError:
        pass
"""
IGNORES = """
import time
def total(numbers):
    while True:
        try:
            while True:
                time.sleep(0.01)
        except BaseException:
            pass
"""
FORGED = """
kernel = get_ipython().kernel
async def do_execute(*a, **k):
    return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
kernel.do_execute = do_execute
"""
NO_ASSERTS = """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Drop())
"""
HALF_ASSERTS = """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass() if "total" in ast.unparse(node) else node
get_ipython().ast_transformers.append(Drop())
def total(numbers): return "wrong"
"""
EQUAL = """
class Right:
    def __eq__(self, other):
        return True
def total(numbers):
    return Right()
"""
LATER = """
import builtins
calls = []
def total(numbers):
    builtins.sum = lambda n: 6
    return sum(numbers)
"""
FRAMES = """
import sys
def total(numbers):
    frame = sys._getframe(1)
    return sum(numbers)
"""
DAEMON = f"""
import subprocess
subprocess.Popen(["sleep", "{MARK}"], start_new_session=True)
def total(numbers): return sum(numbers)
"""
DISK = """
i = 0
while True:
    with open(f"/tmp/{i}", "wb") as file:
        file.write(bytes(50_000_000))
    i += 1
"""
SOCKETS = """
import os, time
for i in range(3000):
    with open(f"/run/kernel/{i}", "wb") as file:
        file.write(bytes(10_000))
time.sleep(20)
"""
SHARED = """
import mmap
def total(numbers):
    memory = mmap.mmap(-1, 1 << 30)
    for _ in range(1024):
        memory.write(bytes(1 << 20))
"""
STOP = "def total(numbers):\n    {}"


def kinds(host: list[str]) -> dict[str, Kind]:
    """All kinds; ``host`` are folders that a submission must neither see nor change."""
    all_right: Row = ("ok", 2, 3, 2)
    looked: Row = ("needs-review", 2, 3, 2)
    lost: Row = ("kernel-lost", 2, 0, 2)
    caught: Row = ("tampered", 2, 0, 2)
    late: Row = ("timeout", 2, 0, 2)
    unreadable: Row = ("unreadable", 0, 0, 0)
    missing: Row = ("missing", 0, 0, 0)
    return {
        "perfect": Kind(all_right, _folder(lambda paper: paper.answer())),
        "perfect-file": Kind(all_right, _file),
        "perfect-in-lines": Kind(all_right, _cells(_no_lines)),
        "perfect zoé =1+1": Kind(all_right, _folder(lambda paper: paper.answer())),
        "half": Kind(("ok", 2, 1, 0), _folder(lambda paper: paper.answer(
            sums_2="def total(numbers):\n    return 0",
            sums_3="def largest(numbers):\n    raise NotImplementedError()"))),
        "untouched": Kind(("ok", 0, 0, 0), _folder(lambda paper: paper)),
        "by-heart": Kind(("ok", 2, 1, 2), _second(
            "def total(numbers):\n    return 6 if numbers == [1, 2, 3] else 0")),
        "syntax-error": Kind(("ok", 2, 0, 2), _second("def total(numbers:")),
        "empty-folder": Kind(missing, lambda place, _: place.mkdir()),
        "word-document": Kind(missing, _word),
        "two-names": Kind(missing, _two_names),
        "other-chapter": Kind(missing, _other_chapter),
        "no-cells": Kind(missing, _cells(lambda paper: paper.data.update(cells=[]))),
        "wrong-name": Kind(all_right, _other_name),
        "empty-file": Kind(unreadable, _raw(b"")),
        "not-json": Kind(unreadable, _raw(b"%PDF-1.7 \x00\xff")),
        "not-a-notebook": Kind(unreadable, _raw(b'{"cells": 3}')),
        "deep-json": Kind(unreadable, _raw(b'{"cells":' + b"[" * 200_000)),
        "surrogates": Kind(unreadable, _raw(
            b'{"cells": [{"cell_type": "code", "source": "x = \'\\ud800\'"}]}')),
        "huge": Kind(unreadable, _huge),
        "link-to-file": Kind(unreadable, _link_file),
        "link-to-folder": Kind(unreadable, _link_folder),
        "pipe": Kind(unreadable, _pipe),
        "format-3": Kind(all_right, _folder(lambda paper: paper.answer().as_format_3())),
        "metadata-lost": Kind(("metadata-lost", 2, 3, 2),
                              _folder(lambda paper: paper.answer().without_metadata())),
        "metadata-and-answer-lost": Kind(("metadata-lost", 2, 0, 2), _cells(_second_lost)),
        "test-deleted": Kind(looked, _cells(
            lambda paper: paper.cells.remove(paper.cell("sums-2-tests-b")))),
        "all-tests-deleted": Kind(looked, _cells(_no_tests)),
        "test-copied": Kind(looked, _cells(
            lambda paper: paper.cells.append(paper.cell("sums-2-tests-b")))),
        "test-edited": Kind(("needs-review", 2, 1, 2), _cells(_edited)),
        "test-renamed": Kind(looked, _cells(_renamed)),
        "test-relabelled": Kind(looked, _cells(_relabelled)),
        "answer-copied": Kind(looked, _cells(
            lambda paper: paper.cells.insert(3, {**paper.cell("sums-2")}))),
        "hangs": Kind(("timeout", 2, 3, 2), _before_second("while True: pass")),
        "hangs-in-test": Kind(late, _second(STOP.format("while True: pass"))),
        "ignores-interrupts": Kind(late, _second(IGNORES)),
        "exits": Kind(lost, _second(STOP.format("os._exit(0)"))),
        "exits-in-cell": Kind(("kernel-lost", 2, 3, 2),
                              _before_second("import os\nos._exit(0)")),
        "calls-exit": Kind(("kernel-lost", 2, 3, 2), _before_second("exit()")),
        "system-exit": Kind(("ok", 2, 0, 2), _second(STOP.format("raise SystemExit(0)"))),
        "kills-itself": Kind(lost, _second(STOP.format("os.kill(os.getpid(), 9)"))),
        "kills-its-parent": Kind(looked, _before_second("os.kill(os.getppid(), 9)")),
        "kills-everyone": Kind(looked, _before_second("os.kill(-1, 9)")),
        "crashes": Kind(lost, _second(STOP.format("import ctypes; ctypes.string_at(0)"))),
        "recursion": Kind(("ok", 2, 0, 2), _second(STOP.format("return total(numbers)"))),
        "floods": Kind(all_right, _before_second("for i in range(30_000): print('x' * 1000)")),
        "floods-for-ever": Kind(("timeout", 2, 3, 2),
                                _before_second("while True: print('x' * 1000)")),
        "long-message": Kind(("ok", 2, 0, 2),
                             _second(STOP.format("raise ValueError('x' * 20_000_000)"))),
        "fills-memory": Kind(("ok", 2, 0, 2), _second(STOP.format("return bytearray(10**10)"))),
        "fills-shared-memory": Kind(lost, _second(SHARED)),
        "fills-disk": Kind(all_right, _before_second(DISK)),
        "fills-sockets": Kind(("kernel-lost", 2, 3, 2), _before_second(SOCKETS)),
        "forks": Kind(lost, _second(STOP.format("while True: os.fork()"))),
        "leaves-a-process": Kind(looked, _second(DAEMON)),
        "reads-the-host": Kind(("ok", 2, 0, 2), _second(SPY.format(places=host))),
        "writes-to-the-host": Kind(all_right, _before_second(WRITER.format(places=host))),
        "calls-home": Kind(("needs-review", 2, 3, 2), _before_second(
            "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=1)")),
        "equals-everything": Kind(looked, _second(EQUAL)),
        "replaces-a-builtin": Kind(("tampered", 2, 3, 2), _before_second(
            "import builtins\nbuiltins.sum = lambda n: 5050")),
        "replaces-it-in-a-test": Kind(("tampered", 2, 0, 2), _second(LATER)),
        "hides-a-builtin": Kind(("tampered", 2, 3, 2),
                                _before_second("def range(n):\n    return []")),
        "drops-asserts": Kind(("tampered", 2, 3, 2), _before_second(NO_ASSERTS)),
        "drops-some-asserts": Kind(caught, _second(HALF_ASSERTS)),
        "forges-replies": Kind(("tampered", 2, 3, 2), _before_second(FORGED)),
        "traces": Kind(("tampered", 2, 3, 2), _before_second(
            "import sys\nsys.setprofile(lambda *a: None)")),
        "looks-at-frames": Kind(looked, _second(FRAMES)),
        "z-perfect-again": Kind(all_right, _folder(lambda paper: paper.answer())),
    }  # fmt: skip
