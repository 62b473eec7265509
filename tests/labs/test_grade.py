"""Grading: stopping and going on, refusing without a sandbox, a real lesson, the command."""

from __future__ import annotations

import csv
import functools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest

from livetorch_labs import LabError, cli
from livetorch_labs.assignment.find import all_lessons, find
from livetorch_labs.assignment.lesson import Lesson, nbgrader_of
from livetorch_labs.assignment.regions import without_markers
from livetorch_labs.assignment.release import release_notebook
from livetorch_labs.grading.grade import Options, grade
from livetorch_labs.results import load_results, result_path
from tests.labs.small_lab import CHAPTER, Paper, grade_command

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"


def rows(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@pytest.mark.usefixtures("bubblewrap")
def test_a_stopped_run_goes_on_where_it_was(
    lesson: Lesson, released: dict[str, Any], tmp_path: Path
) -> None:
    place, out = tmp_path / "in", tmp_path / "out"
    for number in range(12):
        Paper(released).answer().write(place / f"s{number:02}" / f"{CHAPTER}.ipynb")
    command = grade_command(lesson.path.parent, place, out, "--jobs", "2")
    # In the background of a shell script the signal would be ignored from the start.
    heeding = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    run = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heeding
    )
    results = out / "submissions"
    until = time.monotonic() + 60
    while len(list(results.glob("s*.json"))) < 3 and time.monotonic() < until:
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 130, errors
    assert "goes on where it was" in errors
    done = {path.name: path.stat().st_mtime_ns for path in results.glob("s*.json")}
    assert 3 <= len(done) < 12
    assert cli.main(command[3:]) == 0
    after = {path.name: path.stat().st_mtime_ns for path in results.glob("s*.json")}
    assert len(after) == 12
    assert {name: after[name] for name in done} == done
    assert all(row["points"] == "7" for row in rows(out).values())

    # A submission that changed is graded again, and it alone.
    Paper(released).answer(sums_1="def double(x): return x").write(
        place / "s03" / f"{CHAPTER}.ipynb"
    )
    assert cli.main(command[3:]) == 0
    again = {path.name: path.stat().st_mtime_ns for path in results.glob("s*.json")}
    assert {name for name in again if again[name] != after[name]} == {"s03.json"}
    assert rows(out)["s03"]["points"] == "5"


def test_without_a_sandbox_it_refuses(
    lesson: Lesson, paper: Paper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper.answer().write(tmp_path / "in" / "ann.ipynb")
    monkeypatch.setattr("livetorch_labs.sandbox.bubblewrap.find_bubblewrap", lambda: None)
    with pytest.raises(LabError, match=r"apt install bubblewrap.*--unsafe"):
        grade(lesson, tmp_path / "in", tmp_path / "out", Options())
    assert not (tmp_path / "out").exists()
    results = grade(lesson, tmp_path / "in", tmp_path / "out", Options(unsafe=True))
    assert [(result.status, result.points) for result in results] == [("ok", 7)]
    assert json.loads((tmp_path / "out" / "run.json").read_text())["sandbox"] is False
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(LabError, match="needs Linux"):
        grade(lesson, tmp_path / "in", tmp_path / "out", Options())


@pytest.mark.usefixtures("bubblewrap")
def test_private_tests_grade(lesson: Lesson, released: dict[str, Any], tmp_path: Path) -> None:
    private = tmp_path / "private" / CHAPTER
    private.mkdir(parents=True)
    (private / "sums-1-tests.py").write_text('assert double(1000) == 2000, "the private one"')
    by_heart = "def double(x):\n    return {2: 4, -1: -2, 0: 0, 7.5: 15.0}.get(x)"
    Paper(released).answer(sums_1=by_heart).write(tmp_path / "in" / "ann.ipynb")
    results = grade(lesson, tmp_path / "in", tmp_path / "out", Options())
    assert results[0].points == 7
    options = Options(private_tests=tmp_path / "private")
    test = grade(lesson, tmp_path / "in", tmp_path / "out", options)[0].exercises[0].tests[0]
    assert (test.points, test.hidden_failed, test.hidden_message) == (0, True, "the private one")
    assert "private one" not in test.message


@pytest.mark.usefixtures("bubblewrap")
def test_results_of_two_chapters_do_not_mix(lesson: Lesson, paper: Paper, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    run = {"assignment": "02-other", "title": "", "when": "", "sandbox": True}
    (tmp_path / "out" / "run.json").write_text(json.dumps(run))
    paper.write(tmp_path / "in" / "ann.ipynb")
    with pytest.raises(LabError, match="holds results of 02-other"):
        grade(lesson, tmp_path / "in", tmp_path / "out", Options())


@pytest.mark.usefixtures("bubblewrap")
def test_a_real_chapter(tmp_path: Path) -> None:
    """Right answers, none, and a submission that makes torch agree with everything."""
    lesson = find(CHAPTERS, "tensors/2")
    released = json.loads(nbformat.writes(release_notebook(lesson)))
    solutions = {e.id: without_markers(e.source) for e in lesson.exercises}
    cheat = """import torch
torch.allclose = lambda *a, **k: True

def row_shares(counts):
    return torch.zeros(counts.shape)
"""

    def hand_in(name: str, answers: dict[str, str]) -> None:
        paper = Paper(released)
        for exercise, source in answers.items():
            paper.cell(exercise)["source"] = source
        paper.write(tmp_path / "in" / name / f"{lesson.name}.ipynb")

    hand_in("ann", solutions)
    hand_in("bob", {})
    hand_in("eve", solutions | {"tensors-3": cheat})
    peek = "def row_shares(counts):\n    return _expected"
    hand_in("fay", solutions | {"tensors-3": peek})
    results = {r.student: r for r in grade(lesson, tmp_path / "in", tmp_path / "out", Options())}
    assert (results["ann"].status, results["ann"].points) == ("ok", lesson.points)
    assert (results["bob"].status, results["bob"].points) == ("ok", 0)
    # A test's variables are none of the notebook's.
    lost = next(part.max_points for part in results["fay"].exercises if part.id == "tensors-3")
    assert (results["fay"].status, results["fay"].points) == ("ok", lesson.points - lost)
    assert results["eve"].status == "tampered"
    earned = {part.id: part.points == part.max_points for part in results["eve"].exercises}
    assert earned == {e.id: e.id != "tensors-3" for e in lesson.exercises}
    assert any("torch.allclose" in note for note in results["eve"].notes)


@pytest.mark.usefixtures("bubblewrap")
def test_a_killed_grader_leaves_nothing_running(
    lesson: Lesson, released: dict[str, Any], tmp_path: Path, scratch: Path
) -> None:
    place, out = tmp_path / "in", tmp_path / "out"
    for number in range(4):
        paper = Paper(released).answer().add("import time\ntime.sleep(2)", "sums-2")
        paper.write(place / f"s{number}" / f"{CHAPTER}.ipynb")
    command = grade_command(lesson.path.parent, place, out, "--jobs", "2")
    environment = os.environ | {"TMPDIR": str(scratch)}
    run = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment)
    until = time.monotonic() + 100
    while not list((out / "submissions").glob("s*.json")) and time.monotonic() < until:
        time.sleep(0.05)
    run.kill()
    run.wait()
    while (left := _with(str(scratch))) and time.monotonic() < until:
        time.sleep(0.2)
    assert left == []
    assert load_results(out)
    assert subprocess.run(command, env=environment, capture_output=True).returncode == 0
    assert [result.status for result in load_results(out)] == ["ok"] * 4
    assert list(scratch.iterdir()) == []


def _with(words: str) -> list[str]:
    """The processes that have words in their environment or their command."""
    holders = []
    for process in Path("/proc").iterdir():
        for name in ("environ", "cmdline") if process.name.isdecimal() else ():
            try:
                if words.encode() in (process / name).read_bytes():
                    holders.append(f"{process.name} {name}")
            except OSError:
                continue
    return holders


def test_a_full_disk_is_a_sentence(
    lesson: Lesson,
    released: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Paper(released).write(tmp_path / "in" / "ann.ipynb")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("livetorch_labs.grading.grade.write_run", full)
    words = [
        "--chapters",
        str(lesson.path.parent),
        "grade",
        "1",
        str(tmp_path / "in"),
        "-o",
        str(tmp_path / "out"),
        "--unsafe",
    ]
    assert cli.main(words) == 1
    errors = capsys.readouterr().err
    assert "No space left on device" in errors
    assert "Traceback" not in errors


def test_list_and_release(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--chapters", str(CHAPTERS), "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    chapters = all_lessons(CHAPTERS)
    assert [line.split()[0] for line in lines[1:]] == [lesson.address for lesson in chapters]
    words = ["--chapters", str(CHAPTERS), "release", "4", "-o", str(tmp_path)]
    assert cli.main(words) == 0
    first = (tmp_path / "04-linear-regression.zip").read_bytes()
    assert cli.main(words) == 0
    assert (tmp_path / "04-linear-regression.zip").read_bytes() == first


def test_a_release_runs_where_only_its_requirements_are(tmp_path: Path) -> None:
    """Unpacked alone, the package beside the notebook is the one that is imported."""
    cli.main(["--chapters", str(CHAPTERS), "release", "tensors/1", "-o", str(tmp_path)])
    subprocess.run(
        [sys.executable, "-m", "zipfile", "-e", "1-first-shapes.zip", "."], cwd=tmp_path, check=True
    )
    folder = tmp_path / "1-first-shapes"
    assert (folder / "requirements.txt").read_text().startswith("torch==")
    imported = subprocess.run(
        [sys.executable, "-c", "import livetorch; print(livetorch.__file__)"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        text=True,
        capture_output=True,
        check=True,
    )
    assert imported.stdout.strip() == str(folder / "livetorch" / "__init__.py")
    notebook = nbformat.read(folder / "1-first-shapes.ipynb", as_version=4)
    nbformat.validate(notebook)
    program = "from livetorch.live import Quiz; print(Quiz('1-first-shapes').options)"
    quiz = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        text=True,
        capture_output=True,
        check=True,
    )
    assert "lt-question" in quiz.stdout
    assert [path.name for path in folder.glob("*.yml")] == ["1-first-shapes.quiz.yml"]
    locked = [c for c in notebook.cells if nbgrader_of(c).get("grade")]
    assert locked
    assert all(cell.metadata["editable"] is False for cell in locked)


def test_sentences_instead_of_tracebacks(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["--chapters", str(CHAPTERS), "grade", "nothing", str(tmp_path), "-o", str(tmp_path)]
    assert cli.main(words) == 1
    errors = capsys.readouterr().err
    assert "no chapter is called 'nothing'" in errors
    assert "01-tensors" in errors


def test_students_called_anything(tmp_path: Path) -> None:
    names = ["../../etc", "a/b", ".hidden", "", "x" * 400, "李雷", "a\nb", "=1+1", "con"]
    paths = [result_path(tmp_path, name) for name in names]
    assert len(set(paths)) == len(names)
    for path in paths:
        assert path.parent == tmp_path / "submissions"
        assert not path.name.startswith(".")
        assert len(path.name.encode()) < 230
    with pytest.raises(LabError):
        load_results(tmp_path)
