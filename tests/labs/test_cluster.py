"""Grading on a real Dask cluster: four nodes on this machine, two of which must be refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from livetorch_labs import LabError
from livetorch_labs.assignment.lesson import Lesson
from livetorch_labs.grading.grade import Options, grade
from livetorch_labs.machines.fingerprint import programs
from livetorch_labs.report import command as report
from livetorch_labs.report.tables import exercise_rows
from livetorch_labs.results import SubmissionResult, load_results
from livetorch_labs.sandbox.watch import processes
from tests.labs.small_lab import CHAPTER, Paper, grade_command

STARTING = 120
SLOW = "import time\ntime.sleep(3)"


@dataclass
class Dask:
    """A scheduler and its nodes, as programs."""

    folder: Path
    nodes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def file(self) -> Path:
        return self.folder / "scheduler.json"

    def start(self, *words: str, **variables: str) -> subprocess.Popen[bytes]:
        program = subprocess.Popen(
            [sys.executable, "-m", "dask", *words, "--scheduler-file", str(self.file)],
            env=os.environ | {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "60s"} | variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.running.append(program)
        return program

    def start_node(self, name: str, **variables: str) -> None:
        place = self.folder / name
        place.mkdir()
        variables = {"TMPDIR": str(place)} | variables
        self.nodes[name] = self.start(
            "worker",
            "--name",
            name,
            "--nthreads",
            "1",
            "--no-nanny",
            "--no-dashboard",
            "--host",
            "127.0.0.1",
            "--local-directory",
            str(place / "dask"),
            **variables,
        )

    def client(self) -> Any:
        from distributed import Client

        return Client(scheduler_file=str(self.file), timeout=STARTING, set_as_default=False)


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    cluster = Dask(tmp_path_factory.mktemp("dask"))
    try:
        start_all(cluster)
        yield cluster
    finally:
        for program in cluster.running:
            program.kill()
            program.wait()


def start_all(cluster: Dask) -> None:
    """A scheduler, two nodes that are as they must be, an older one, and one without a sandbox."""
    cluster.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    older = cluster.folder / "older-clone"
    (older / "livetorch").mkdir(parents=True)
    (older / "livetorch" / "__init__.py").write_text("")
    broken = cluster.folder / "bin"
    broken.mkdir()
    (broken / "bwrap").write_text("#!/bin/sh\necho no permissions to make namespaces >&2\nexit 1\n")
    (broken / "bwrap").chmod(0o755)
    until = time.monotonic() + STARTING
    while not cluster.file.exists() and time.monotonic() < until:
        time.sleep(0.1)
    cluster.start_node("first")
    cluster.start_node("second")
    cluster.start_node("older", PYTHONPATH=str(older))
    cluster.start_node("unboxed", PATH=f"{broken}:{os.environ['PATH']}")
    with cluster.client() as client:
        client.wait_for_workers(4, timeout=STARTING)


def address(dask: Dask) -> str:
    with dask.client() as client:
        return str(client.scheduler.address)


@pytest.mark.usefixtures("bubblewrap")
def test_no_node_that_can_grade(
    dask: Dask, lesson: Lesson, paper: Paper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The grader has another version of a library than any node."""
    paper.answer().write(tmp_path / "in" / "ann.ipynb")
    monkeypatch.setattr(
        "livetorch_labs.machines.cluster.programs", lambda: programs() | {"torch": "9.9"}
    )
    options = Options(scheduler=address(dask))
    with pytest.raises(LabError, match=r"nothing was graded.*torch \S+ instead of 9\.9"):
        grade(lesson, tmp_path / "in", tmp_path / "out", options)
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("bubblewrap")
def test_a_class_on_a_cluster(
    dask: Dask,
    lesson: Lesson,
    released: dict[str, Any],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """One node is killed in the middle; the table is that of this machine alone."""
    for number in range(3):
        paper = Paper(released).answer().add(SLOW, "sums-2")
        paper.write(tmp_path / "in" / f"s{number}" / f"{CHAPTER}.ipynb")
    half = Paper(released).answer(sums_2="def total(numbers):\n    return 0")
    half.write(tmp_path / "in" / "Łukasz =1" / f"{CHAPTER}.ipynb")
    Paper(released).answer().add("exit()", "sums-3").write(tmp_path / "in" / "ends.ipynb")
    (tmp_path / "in" / "zero").mkdir()
    victim = dask.nodes["first"]

    def kill(result: SubmissionResult, done: int, total: int) -> None:
        until = time.monotonic() + STARTING
        if victim.poll() is None:
            assert done < total
            while len(processes(victim.pid)) < 3 and time.monotonic() < until:
                time.sleep(0.05)
            assert len(processes(victim.pid)) >= 3, "it must be at work"
            victim.send_signal(signal.SIGKILL)
            victim.wait()
        assert result.source_hash, result.notes

    options = Options(scheduler=address(dask))
    grade(lesson, tmp_path / "in", tmp_path / "far", options, kill)
    errors = capfd.readouterr().err
    assert victim.poll() is not None
    assert errors.count("is left out") == 2
    assert "it has livetorch" in errors
    assert "no permissions to make namespaces" in errors

    grade(lesson, tmp_path / "in", tmp_path / "near", Options(jobs=2))
    far, near = (tmp_path / name for name in ("far", "near"))
    assert (far / "grades.csv").read_bytes() == (near / "grades.csv").read_bytes()
    assert len((near / "grades.csv").read_bytes().splitlines()) == 7
    assert exercise_rows(report.read_results(far)) == exercise_rows(report.read_results(near))

    # What was graded there would not be graded again here, and the node that is left is tidy.
    hashes = [[result.source_hash for result in load_results(place)] for place in (far, near)]
    assert hashes[0] == hashes[1]
    assert list((dask.folder / "second").glob("labs-*")) == []


def test_without_distributed_a_sentence(
    lesson: Lesson, paper: Paper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper.write(tmp_path / "in" / "ann.ipynb")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(LabError, match=r"pip install 'livetorch\[labs,cluster\]'"):
        grade(lesson, tmp_path / "in", tmp_path / "out", Options(scheduler="tcp://127.0.0.1:1"))


def test_without_a_scheduler_a_sentence(
    lesson: Lesson, paper: Paper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper.write(tmp_path / "in" / "ann.ipynb")
    monkeypatch.setattr("livetorch_labs.machines.cluster.CONNECTING", 1)
    for place in ("tcp://127.0.0.1:1", "nonsense://x"):
        with pytest.raises(LabError, match="no Dask scheduler answers at"):
            grade(lesson, tmp_path / "in", tmp_path / "out", Options(scheduler=place))
    assert not (tmp_path / "out").exists()


def test_a_mistyped_address_ends_the_command_with_that_sentence_alone(
    lesson: Lesson, paper: Paper, tmp_path: Path
) -> None:
    """What it leaves behind must not hold up the end of the process, nor be heard there."""
    paper.write(tmp_path / "in" / "ann.ipynb")
    place, out = tmp_path / "in", tmp_path / "out"
    command = grade_command(lesson.path.parent, place, out, "--scheduler", "nonsense://x")
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0
    (sentence,) = done.stderr.splitlines()
    assert "no Dask scheduler answers at nonsense://x: unknown address scheme" in sentence
