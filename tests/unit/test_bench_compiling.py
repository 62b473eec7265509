"""The compiled and the plain step are the same work, and no compiler is no failure; nothing is
timed, and nothing is built."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

import bench.__main__ as command
from bench import compiling


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in {"BATCH": 2, "CONTEXT": 8, "LAYERS": 1, "WIDTH": 16}.items():
        monkeypatch.setattr(compiling, name, size)


def test_it_is_found() -> None:
    assert "compiling" in command.benchmarks()


@pytest.mark.usefixtures("small")
def test_both_take_the_same_steps_and_learn() -> None:
    torch.compiler.reset()
    eager, captured = (compiling.training_step(backend) for backend in (None, "aot_eager"))
    losses = [[step() for _ in range(4)] for step in (eager, captured)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
    assert losses[0][-1] < losses[0][0]


def test_without_a_compiler_it_says_so_and_gives_no_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert not compiling.has_compiler()
    assert list(compiling.rows(1)) == []
    assert compiling.WITHOUT in capsys.readouterr().out


def test_the_header_is_needed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("sysconfig.get_paths", lambda: {"include": "/nowhere"})
    assert not compiling.has_compiler()


@pytest.mark.usefixtures("small")
def test_rows_of_a_clock_that_tells_what_the_test_says(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str | None] = []

    def plain(backend: str | None) -> Callable[[], float]:
        made.append(backend)
        return lambda: 0.0

    def take(run: Callable[[], object], clock: object = None) -> float:
        run()
        return 2.0 if clock is None else 30.0

    monkeypatch.setattr(compiling, "has_compiler", lambda: True)
    monkeypatch.setattr(compiling, "training_step", plain)
    monkeypatch.setattr(compiling, "seconds", take)
    monkeypatch.setattr(compiling, "ratios", lambda _new, _old, runs: [0.75] * runs)
    threads = torch.get_num_threads()
    try:
        compiled, cost = compiling.rows(3)
    finally:
        torch.set_num_threads(threads)
    assert made == [None, "inductor"]
    assert (compiled.ratio, compiled.better, compiled.runs) == (0.75, "lower", 3)
    assert (cost.ratio, cost.goal) == (15, None)
