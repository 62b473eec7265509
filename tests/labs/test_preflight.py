"""Before the first submission: what would give everybody nothing is noticed, and said."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import nbformat
import pytest

from livetorch_labs import LabError
from livetorch_labs.assignment.find import find
from livetorch_labs.assignment.lesson import Lesson
from livetorch_labs.assignment.release import release_notebook
from livetorch_labs.grading.grade import Options, grade
from livetorch_labs.machines.diagnosis import why_not
from livetorch_labs.machines.workers import Workers
from tests.labs.small_lab import CHAPTER, DOUBLE, Paper, grade_command, lesson_notebook


def changed(folder: Path, **sources: str) -> Lesson:
    """The small lesson with other sources, by grade_id."""
    instructor = Paper(lesson_notebook())
    for name, source in sources.items():
        instructor.cell(name.replace("_", "-"))["source"] = source
    (folder / "chapters").mkdir()
    (folder / "chapters" / f"{CHAPTER}.ipynb").write_text(json.dumps(instructor.data))
    return find(folder / "chapters", CHAPTER)


def handed_in(lesson: Lesson, folder: Path, **answers: str) -> Path:
    """A folder with one right submission."""
    given = json.loads(nbformat.writes(release_notebook(lesson)))
    Paper(given).answer(**answers).write(folder / "in" / "ann.ipynb")
    return folder / "in"


def refused(lesson: Lesson, folder: Path, options: Options) -> str:
    """The sentence with which nothing is graded and nothing is written."""
    place = handed_in(lesson, folder)
    with pytest.raises(LabError, match="nothing was graded") as error:
        grade(lesson, place, folder / "out", options)
    assert not (folder / "out").exists()
    return str(error.value)


@pytest.mark.parametrize("unsafe", [False, True])
@pytest.mark.usefixtures("bubblewrap")
def test_a_long_path_for_temporary_files_costs_nothing(
    lesson: Lesson, scratch: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, unsafe: bool
) -> None:
    deep = scratch / ("a" * 80) / ("b" * 80)
    deep.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    place = handed_in(lesson, tmp_path)
    results = grade(lesson, place, tmp_path / "out", Options(unsafe=unsafe))
    assert [(result.status, result.points) for result in results] == [("ok", 7)]
    assert list(deep.iterdir()) == []


@pytest.mark.parametrize("unsafe", [(), ("--unsafe",)], ids=["sandbox", "unsafe"])
@pytest.mark.usefixtures("bubblewrap")
def test_students_get_the_package_that_the_grader_has(
    lesson: Lesson, tmp_path: Path, unsafe: tuple[str, ...]
) -> None:
    other = tmp_path / "another clone" / "src"
    (other / "livetorch").mkdir(parents=True)
    (other / "livetorch" / "__init__.py").write_text("FACTOR = 2\n")
    answer = "import livetorch\ndef double(x):\n    return livetorch.FACTOR * x"
    place = handed_in(lesson, tmp_path, sums_1=answer)
    command = grade_command(lesson.path.parent, place, tmp_path / "out", *unsafe)
    done = subprocess.run(command, env={"PYTHONPATH": str(other)}, capture_output=True, text=True)
    assert "1 submissions: 1 ok" in done.stdout, done.stderr
    row = (tmp_path / "out" / "grades.csv").read_text(encoding="utf-8-sig").splitlines()[1]
    assert row == "ann,ok,7,7,2,3,2"


@pytest.mark.usefixtures("bubblewrap")
def test_solutions_that_fail_are_a_reason(tmp_path: Path) -> None:
    wrong = DOUBLE.replace("2 * x", "4 + x")
    lesson = changed(tmp_path, sums_1=f"def double(x):\n{wrong}")
    sentence = refused(lesson, tmp_path, Options())
    assert "the lesson's own solutions earned 5 of 7 points (ok) instead of 7" in sentence
    assert sentence.endswith("Read 'Adding' again; livetorch-labs check says more about the lesson")


@pytest.mark.usefixtures("bubblewrap")
def test_points_for_nothing_are_a_reason(tmp_path: Path) -> None:
    lesson = changed(tmp_path, sums_2_tests_a="assert 1 == 1")
    sentence = refused(lesson, tmp_path, Options())
    assert "the untouched release earned 1 of 7 points (ok) instead of 0" in sentence


@pytest.mark.usefixtures("bubblewrap")
def test_a_module_that_students_do_not_see_is_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "module_of_mine.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path / "own"))
    lesson = changed(tmp_path, sums_1=f"import module_of_mine\n\ndef double(x):\n{DOUBLE}")
    sentence = refused(lesson, tmp_path, Options())
    assert "'import module_of_mine' fails (ModuleNotFoundError" in sentence
    assert f"install what it needs into {sys.prefix}" in sentence


@pytest.mark.usefixtures("bubblewrap")
def test_too_little_memory_is_a_reason(lesson: Lesson, tmp_path: Path) -> None:
    assert "--memory" in refused(lesson, tmp_path, Options(memory=20 << 20))


@pytest.mark.usefixtures("bubblewrap")
def test_too_little_time_is_a_reason(tmp_path: Path) -> None:
    slow = DOUBLE.replace("return", "import time; time.sleep(9); return")
    lesson = changed(tmp_path, sums_1=f"def double(x):\n{slow}")
    assert "--timeout" in refused(lesson, tmp_path, Options(seconds=1))


@pytest.mark.usefixtures("bubblewrap")
def test_a_full_disk_is_a_reason(
    lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tempfile.mkdtemp

    def full(prefix: str = "", dir: Path | None = None) -> str:
        if prefix == "w":  # a worker's own folder
            raise OSError(errno.ENOSPC, "No space left on device", str(dir))
        return real(prefix=prefix, dir=dir)

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    sentence = refused(lesson, tmp_path, Options())
    assert "No space left on device" in sentence
    assert "make room in" in sentence


def test_it_can_be_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trial that still runs is ended."""
    place, stopped = Workers(False, tmp_path), threading.Event()

    def run(job: str) -> None:
        if job == "first":
            raise KeyboardInterrupt
        assert stopped.wait(60)

    monkeypatch.setattr(place, "run", run)
    monkeypatch.setattr(place, "stop", stopped.set)
    with pytest.raises(KeyboardInterrupt):
        why_not(place, [{"job": "first"}, {"job": "second"}])
    assert stopped.is_set()


class Refusing:
    """A place that must not be used."""

    cores = 1

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError(f"it ran {job['student']}")

    def why_not(self, trials: list[dict[str, Any]]) -> str:
        raise AssertionError(f"it tried {trials}")

    def stop(self) -> None:
        return None


@pytest.mark.usefixtures("bubblewrap")
def test_what_was_graded_is_not_tried_again(
    lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = handed_in(lesson, tmp_path)
    first = grade(lesson, place, tmp_path / "out", Options())
    monkeypatch.setattr("livetorch_labs.grading.grade.Workers", lambda *_: Refusing())
    (tmp_path / "in" / "cleo").mkdir()
    assert grade(lesson, place, tmp_path / "out", Options())[0] == first[0]
