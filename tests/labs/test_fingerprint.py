"""A result that anything else would make today is made anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest

import livetorch_labs
from livetorch_labs.assignment.lab import lab_of
from livetorch_labs.assignment.lesson import Lesson, with_private_tests
from livetorch_labs.assignment.packages import PACKAGE
from livetorch_labs.grading.grade import Options, grade
from livetorch_labs.machines.dispatcher import Dispatcher
from livetorch_labs.machines.fingerprint import differences, digest_of, programs
from livetorch_labs.sandbox.limits import Limits
from tests.labs.small_lab import CHAPTER, Paper


class Counting:
    """A place that gives every submission full marks and counts them."""

    cores = 1

    def __init__(self) -> None:
        self.graded = 0

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        self.graded += 1
        result = {
            "student": job["student"],
            "assignment": CHAPTER,
            "status": "ok",
            "points": 7,
            "max_points": 7,
            "exercises": [],
            "notes": [],
            "seconds": 1.0,
            "source_hash": job["source_hash"],
        }
        return {"result": result, "causes": []}

    def why_not(self, trials: list[dict[str, Any]]) -> str:
        return "" if trials else "nothing was tried"

    def stop(self) -> None:
        return None


@pytest.fixture
def again(
    lesson: Lesson, paper: Paper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., int]:
    """Grade one submission into the same folder; how many ran."""
    paper.answer().write(tmp_path / "in" / "ann.ipynb")

    def run(lesson: Lesson = lesson, **options: Any) -> int:
        place = Counting()
        monkeypatch.setattr("livetorch_labs.grading.grade.Workers", lambda *_: place)
        monkeypatch.setattr("livetorch_labs.grading.grade.record", lambda *_: None)
        grade(lesson, tmp_path / "in", tmp_path / "out", Options(**options))
        return place.graded

    return run


def test_the_same_is_kept(again: Callable[..., int]) -> None:
    assert again() == 1
    assert again() == 0


@pytest.mark.parametrize("options", [{"seconds": 61.0}, {"memory": 1 << 30}, {"unsafe": True}])
def test_limits_count(again: Callable[..., int], options: dict[str, Any]) -> None:
    assert again() == 1
    assert again(**options) == 1


def test_private_tests_count(again: Callable[..., int], tmp_path: Path) -> None:
    file = tmp_path / "private" / CHAPTER / "sums-1-tests.py"
    file.parent.mkdir(parents=True)
    for number in (1, 2):
        file.write_text(f"assert double({number}) == {2 * number}")
        assert again(private_tests=tmp_path / "private") == 1
    assert again(private_tests=tmp_path / "private") == 0


@pytest.mark.parametrize("name", list(programs()))
def test_every_program_counts(
    again: Callable[..., int], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert again() == 1
    older = programs() | {name: "older"}
    monkeypatch.setattr("livetorch_labs.machines.dispatcher.programs", lambda: older)
    assert again() == 1


def test_the_grader_is_one_of_the_programs(tmp_path: Path) -> None:
    """Each of its files, wherever it lies, by name and by content."""
    assert {"python", "torch", PACKAGE, "livetorch_labs"} <= set(programs())
    package = Path(livetorch_labs.__file__).parent
    assert programs()["livetorch_labs"] == digest_of(package)
    copy = tmp_path / "copy"
    shutil.copytree(package, copy)
    assert digest_of(copy) == digest_of(package)
    for name in (
        "tampering/probe.py",
        "sandbox/inside/probe.py",
        "sandbox/limits.py",
        "tampering/namespace.py",
        "grading/plan.py",
    ):
        before = digest_of(copy)
        with (copy / name).open("a") as file:
            file.write("# changed\n")
        assert digest_of(copy) != before
    before = digest_of(copy)
    messages = copy / "grading" / "messages.py"
    messages.rename(messages.with_name("texts.py"))
    assert digest_of(copy) != before


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
def test_each_limit_counts(lesson: Lesson, name: str) -> None:
    lab = lab_of(lesson)
    other = replace(Limits(), **{name: asdict(Limits())[name] + 1})
    hashes = {
        Dispatcher(lab, limits, True, Counting()).hash_of(b"x") for limits in (Limits(), other)
    }
    assert len(hashes) == 2


def test_the_lab_counts(lesson: Lesson, tmp_path: Path) -> None:
    private = tmp_path / CHAPTER
    private.mkdir()
    (private / "sums-1-tests.py").write_text("assert double(3) == 6")
    labs = [lab_of(lesson), lab_of(with_private_tests(lesson, tmp_path))]
    assert len({Dispatcher(lab, Limits(), True, Counting()).hash_of(b"x") for lab in labs}) == 2


def test_differences_are_said() -> None:
    here = {"torch": "2", "python": "3.12"}
    assert differences(here, {"torch": "1", "python": "3.12"}) == ["torch 1 instead of 2"]
    assert differences(here, {"torch": "2"}) == ["python is missing instead of 3.12"]
