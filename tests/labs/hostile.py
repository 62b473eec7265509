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

from tests.labs import hostile_code as code
from tests.labs.small_lab import CHAPTER, Paper

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
    paper.answer().data["metadata"]["livetorch_lab"]["lesson"] = "02-other"
    paper.write(place / f"{CHAPTER}.ipynb")


def _colab(paper: Paper) -> None:
    """Colab keeps a cell's id in its metadata, and drops what nbgrader wrote there."""
    for number, cell in enumerate(paper.cells):
        cell["metadata"] = {"id": f"colab{number}"}
        cell.pop("id", None)


def _tests_on_top(paper: Paper) -> None:
    paper.cells.sort(key=lambda c: not c["metadata"].get("nbgrader", {}).get("grade"))


def _hard_link(place: Path, _: Paper) -> None:
    place.mkdir()
    (place / f"{CHAPTER}.ipynb").hardlink_to(place.parent / "perfect" / f"{CHAPTER}.ipynb")


def _file(place: Path, paper: Paper) -> None:
    paper.answer().write(place.with_name(f"{place.name}.ipynb"))


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
        "other-lesson": Kind(missing, _other_chapter),
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
        "hangs-in-test": Kind(late, _second(code.STOP.format("while True: pass"))),
        "ignores-interrupts": Kind(late, _second(code.IGNORES)),
        "exits": Kind(lost, _second(code.STOP.format("os._exit(0)"))),
        "exits-in-cell": Kind(("kernel-lost", 2, 3, 2),
                              _before_second("import os\nos._exit(0)")),
        "calls-exit": Kind(("kernel-lost", 2, 3, 2), _before_second("exit()")),
        "system-exit": Kind(("ok", 2, 0, 2), _second(code.STOP.format("raise SystemExit(0)"))),
        "kills-itself": Kind(lost, _second(code.STOP.format("os.kill(os.getpid(), 9)"))),
        "kills-its-parent": Kind(looked, _before_second("os.kill(os.getppid(), 9)")),
        "kills-everyone": Kind(looked, _before_second("os.kill(-1, 9)")),
        "crashes": Kind(("needs-review", 2, 0, 2), _second(
            code.STOP.format("import ctypes; ctypes.string_at(0)"))),
        "recursion": Kind(("ok", 2, 0, 2), _second(code.STOP.format("return total(numbers)"))),
        "floods": Kind(all_right, _before_second("for i in range(30_000): print('x' * 1000)")),
        "floods-for-ever": Kind(("timeout", 2, 3, 2),
                                _before_second("while True: print('x' * 1000)")),
        "long-message": Kind(("ok", 2, 0, 2),
                             _second(code.STOP.format("raise ValueError('x' * 4_000_000)"))),
        "fills-memory": Kind(("ok", 2, 0, 2), _second(
            code.STOP.format("return bytearray(10**10)"))),
        "fills-shared-memory": Kind(("needs-review", 2, 0, 2), _second(code.SHARED)),
        "fills-disk": Kind(looked, _before_second(code.DISK)),
        "fills-sockets": Kind(looked, _before_second(code.SOCKETS)),
        "forks": Kind(lost, _second(code.STOP.format("while True: os.fork()"))),
        "leaves-a-process": Kind(looked, _second(code.DAEMON)),
        "reads-the-host": Kind(("ok", 2, 0, 2), _second(code.SPY.format(places=host))),
        "writes-to-the-host": Kind(looked, _before_second(code.WRITER.format(places=host))),
        "calls-home": Kind(("needs-review", 2, 3, 2), _before_second(
            "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=1)")),
        "equals-everything": Kind(looked, _second(code.EQUAL)),
        "replaces-a-builtin": Kind(("tampered", 2, 3, 2), _before_second(
            "import builtins\nbuiltins.sum = lambda n: 5050")),
        "replaces-it-in-a-test": Kind(("tampered", 2, 0, 2), _second(code.LATER)),
        "shadows-a-builtin": Kind(all_right, _before_second("def range(n):\n    return []")),
        "drops-asserts": Kind(("tampered", 2, 3, 2), _before_second(code.NO_ASSERTS)),
        "drops-some-asserts": Kind(caught, _second(code.HALF_ASSERTS)),
        "forges-replies": Kind(("tampered", 2, 3, 2), _before_second(code.FORGED)),
        "traces": Kind(("tampered", 2, 3, 2), _before_second(
            "import sys\nsys.setprofile(lambda *a: None)")),
        "looks-at-frames": Kind(looked, _second(code.FRAMES)),
        **_cheats(looked, caught),
        **_forms(all_right),
        "z-perfect-again": Kind(all_right, _folder(lambda paper: paper.answer())),
    }  # fmt: skip


def _cheats(looked: Row, caught: Row) -> dict[str, Kind]:
    """Ways to points without an answer: what is not prevented asks for a person's look."""
    in_vain: Row = ("needs-review", 2, 0, 2)
    wrong = "def total(numbers):\n    return 'wrong'"

    def both(cell: str) -> Callable[[Path, Paper], None]:
        return _folder(lambda paper: paper.answer(sums_2=wrong).add(cell, "sums-2"))

    def hidden_by(change: Callable[[Paper], Any]) -> Callable[[Path, Paper], None]:
        def changed(paper: Paper) -> Paper:
            change(paper.answer(sums_2=code.FRAMES))
            return paper

        return _folder(changed)

    return {
        "replies-first": Kind(caught, _second(code.FIRST_REPLY)),
        "changes-replies": Kind(caught, both(code.ALL_REPLIES)),
        "breaks-replies": Kind(in_vain, _second(code.BROKEN_REPLY)),
        "acts-on-events": Kind(caught, both(code.ON_EVENTS)),
        "replays-the-probe": Kind(("tampered", 2, 3, 2), _folder(lambda paper: paper.answer().add(
            code.REPLAYED + "import builtins\nbuiltins.sum = lambda n: 5050", "sums-2"))),
        "equals-by-lambda": Kind(looked, _second(code.LAMBDA_EQUAL + code.RETURNS_RIGHT)),
        "equals-by-type": Kind(looked, _second(code.TYPE_EQUAL + code.RETURNS_RIGHT)),
        "equals-later": Kind(looked, _second(code.LATE_EQUAL + code.RETURNS_RIGHT)),
        "equals-by-mock": Kind(looked, _second(code.ANYTHING)),
        "hides-behind-a-magic": Kind(looked, _second(code.BEHIND_A_MAGIC)),
        "hides-behind-lost-labels": Kind(looked, hidden_by(Paper.without_metadata)),
        "hides-behind-exit": Kind(looked, hidden_by(lambda paper: paper.add("exit()", "sums-3"))),
        "replaces-in-a-tuple": Kind(looked, _before_second("math.pi, rest = 3, 4")),
        "replaces-in-a-loop": Kind(looked, _before_second("for math.pi in [3]: pass")),
        "replaces-by-another-name": Kind(looked, _before_second("m = math\nm.pi = 3")),
        "closes-a-folder": Kind(looked, _before_second(code.CLOSED_FOLDER)),
        "moves-a-socket": Kind(looked, _before_second(code.OTHER_SOCKET)),
        "imports-its-own-file": Kind(in_vain, _second(code.OWN_MODULE)),
        "leaves-an-orphan": Kind(looked, _before_second(code.ORPHAN)),
    }  # fmt: skip


def _forms(all_right: Row) -> dict[str, Kind]:
    """Forms in which honest work comes, and what must not break the grader's own process."""
    return {
        "through-colab": Kind(("metadata-lost", 2, 3, 2), _cells(_colab)),
        "tests-on-top": Kind(all_right, _cells(_tests_on_top)),
        "hard-link": Kind(all_right, _hard_link),
        "capitals": Kind(all_right, lambda place, paper: paper.answer().write(
            place.with_name(f"{place.name}.IPYNB"))),
        "as-text": Kind(all_right, lambda place, paper: paper.answer().write(
            place.with_name(f"{place.name}.ipynb.txt"))),
        "no-utf-8 \udcff": Kind(all_right, _folder(lambda paper: paper.answer())),
        "a\nline": Kind(all_right, _folder(lambda paper: paper.answer())),
        "deep-name": Kind(all_right, _before_second(code.DEEP_NAME)),
        "odd-error": Kind(("ok", 2, 0, 2), _second(code.ODD_ERROR)),
    }  # fmt: skip
