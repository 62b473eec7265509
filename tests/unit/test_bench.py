"""The benchmarks' own arithmetic, on clocks that tell what the test wants; nothing is timed."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
import torch
from torch import nn

import bench.__main__ as command
from bench import build, loading, training_libraries
from bench.measure import Row, ratios, row, seconds
from bench.tasks import Task, by_hand, synthetic
from bench.training import with_fit
from livetorch import History
from livetorch.datasets import make_loader

KEYS = {"name", "ratio", "low", "high", "goal", "better", "runs"}


class FakeClock:
    """A clock that stands still until somebody takes time."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def taking(self, *amounts: float) -> Callable[[], None]:
        """Work whose first run takes the first amount, and so on."""
        left = iter(amounts)

        def work() -> None:
            self.now += next(left)

        return work


def tiny_task() -> Task:
    return Task("tiny", synthetic(100, 6, 3), lambda: nn.Linear(6, 3), epochs=2)


# --- measuring -------------------------------------------------------------------------------


def test_ratios_are_taken_pair_by_pair_and_the_warm_up_does_not_count() -> None:
    clock = FakeClock()
    contender = clock.taking(1000, 2, 6, 12)
    baseline = clock.taking(1, 1, 2, 3)
    assert ratios(contender, baseline, runs=3, clock=clock) == [2, 3, 4]


def test_runs_are_interleaved() -> None:
    clock, calls = FakeClock(), []

    def note(name: str) -> Callable[[], None]:
        work = clock.taking(*[1.0] * 4)

        def run() -> None:
            calls.append(name)
            work()

        return run

    ratios(note("A"), note("B"), runs=3, clock=clock)
    assert "".join(calls) == "AB" * 4


def test_garbage_is_not_collected_while_the_clock_runs() -> None:
    inside = []
    seconds(lambda: inside.append(gc.isenabled()), FakeClock())
    assert inside == [False]
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError):
        seconds(lambda: 1 / 0, FakeClock())
    assert gc.isenabled()


def test_row_holds_the_median_and_the_quartiles() -> None:
    made = row("name", [5, 1, 4, 2, 3], goal=3.5)
    assert (made.ratio, made.low, made.high, made.runs) == (3, 2, 4, 5)
    assert row("even", [1, 2]).ratio == 1.5
    one = row("one run", [2.0])
    assert (one.low, one.ratio, one.high) == (2, 2, 2)
    with pytest.raises(ValueError, match="no ratio"):
        row("none", [])
    with pytest.raises(ValueError, match="'lower' or 'higher'"):
        row("neither", [1.0], better="faster")


def test_a_goal_is_met_on_its_own_side() -> None:
    assert row("a", [1.05], goal=1.05).met is True
    assert row("a", [1.06], goal=1.05).met is False
    assert row("a", [2.0], goal=1.5, better="higher").met is True
    assert row("a", [1.0], goal=1.5, better="higher").met is False
    assert row("a", [1.0]).met is None


# --- the command -----------------------------------------------------------------------------


def good(_runs: int) -> Iterator[Row]:
    yield row("good", [1.0, 1.5], goal=1.75)
    yield row("to look at", [3.0])


def slow(_runs: int) -> Iterator[Row]:
    yield row("slow", [9.0], goal=1.0)


def broken(_runs: int) -> Iterator[Row]:
    yield row("before it broke", [1.0])
    raise RuntimeError("the benchmark is at fault")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., tuple[int, Path]]:
    """Run the command on made-up benchmarks; gives its exit code and the file it writes."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # main sets it: this puts it back afterwards
    out = tmp_path / "_build" / "bench.json"

    def main(makers: dict[str, command.RowMaker], *arguments: str) -> tuple[int, Path]:
        monkeypatch.setattr(command, "benchmarks", lambda: makers)
        return command.main(arguments, out), out

    return main


def test_json_is_a_list_of_rows(run: Callable[..., tuple[int, Path]]) -> None:
    code, out = run({"good": good})
    rows = json.loads(out.read_text())
    assert code == 0
    assert [set(made) for made in rows] == [KEYS, KEYS]
    assert rows[0] == {
        "name": "good",
        "ratio": 1.25,
        "low": 1.125,
        "high": 1.375,
        "goal": 1.75,
        "better": "lower",
        "runs": 2,
    }
    assert rows[1]["goal"] is None
    assert list(out.parent.iterdir()) == [out], "nothing is left beside the file"


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    command.write([row("old", [1.0])], out)
    before = out.read_text()
    with pytest.raises(ValueError, match="JSON"):
        command.write([row("not a number", [float("nan")])], out)
    assert out.read_text() == before


def test_a_missed_goal_is_said_and_is_no_failure(
    run: Callable[..., tuple[int, Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    code, _ = run({"slow": slow, "good": good})
    printed = capsys.readouterr().out
    assert code == 0
    assert "≤ 1.00 MISSED" in printed
    assert "≤ 1.75 met" in printed
    assert "1 of 2 goals met" in printed


def test_a_broken_benchmark_fails_and_keeps_all_rows_there_are(
    run: Callable[..., tuple[int, Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = run({"broken": broken, "good": good})
    assert code == 1
    names = [made["name"] for made in json.loads(out.read_text())]
    assert names == ["before it broke", "good", "to look at"]
    errors = capsys.readouterr().err
    assert "the benchmark is at fault" in errors
    assert "These benchmarks broke: broken" in errors


def test_only_selects(
    run: Callable[..., tuple[int, Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    makers = {"broken": broken, "good": good, "slow": slow}
    code, out = run(makers, "--only", "slow")
    assert code == 0
    assert [made["name"] for made in json.loads(out.read_text())] == ["slow"]
    with pytest.raises(SystemExit):
        run(makers, "--only", "nothing")
    assert "slow" in capsys.readouterr().err


def test_few_runs_are_called_a_trial(
    run: Callable[..., tuple[int, Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def notes(runs: int) -> Iterator[Row]:
        asked.append(runs)
        yield row("a", [1.0])

    run({"notes": notes})
    assert "trial" not in capsys.readouterr().out
    run({"notes": notes}, "--runs", "2")
    assert "trial" in capsys.readouterr().out
    assert asked == [15, 2]
    with pytest.raises(SystemExit):
        run({"notes": notes}, "--runs", "0")


def test_every_module_with_rows_is_found() -> None:
    names = set(command.benchmarks())
    assert {"build", "imports", "loading", "training", "training_libraries"} <= names
    assert not {"measure", "tasks", "__main__"} & names


# --- the benchmarks --------------------------------------------------------------------------


def test_fit_and_the_loop_by_hand_do_the_same_work() -> None:
    task, trained = tiny_task(), []

    def keep(model: nn.Module, how: Callable[..., object]) -> nn.Module:
        trained.append((model, how))
        return model

    def by(how: Callable[..., object]) -> Callable[..., object]:
        return lambda model, *rest: how(keep(model, how), *rest)

    history = task.train(by(with_fit), make_loader(task.dataset, 64, shuffle=True))
    loss = task.train(by(by_hand), make_loader(task.dataset, 64, shuffle=True))
    assert isinstance(history, History)
    assert history["train_loss"][-1] == pytest.approx(loss)
    for one, other in zip(trained[0][0].parameters(), trained[1][0].parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


@pytest.mark.parametrize("shuffle", [True, False])
def test_both_loaders_give_the_same_samples(shuffle: bool) -> None:
    case = loading.Case("tiny", synthetic(100, 6, 3), 64, shuffle)
    labels = case.dataset.tensors[1]
    for loader in (case.own_loader(), case.usual_loader()):
        batches = list(loader)
        assert [len(batch[1]) for batch in batches] == [64, 36]
        loaded = torch.cat([batch[1] for batch in batches])
        assert torch.equal(loaded.sort().values, labels.sort().values)
        assert torch.equal(loaded, labels) is not shuffle
        assert case.load(loader)() == loading.SAMPLES


def test_rows_of_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def fake(contender: Callable[[], object], baseline: Callable[[], object], runs: int) -> Any:
        asked.append((contender, baseline))
        return [6.0] * runs

    def load(self: loading.Case, loader: Any) -> Any:  # noqa: ARG001
        return loader.batch_sampler is None  # as only the package's own loader is made

    monkeypatch.setattr(loading, "ratios", fake)
    monkeypatch.setattr(loading.Case, "load", load)
    rows = list(loading.rows(3))
    assert asked == [(False, True)] * len(rows), "the usual loader's time is above the line"
    assert {made.better for made in rows} == {"higher"}
    assert {made.runs for made in rows} == {3}
    for made in rows:
        small = "batch 32," in made.name
        assert made.goal == (None if small else 5)
    names = " ".join(made.name for made in rows)
    for part in ("images 28x28, batch 64, shuffled", "table 569x30, batch 256", "in order"):
        assert part in names


def test_a_missing_library_gives_a_line_and_no_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def train(task: Task) -> float:
        return float(str(task.train(by_hand, task.usual_loader())))

    libraries = {"Absent": ("no_library_of_this_name", train), "Present": ("json", train)}
    monkeypatch.setattr(training_libraries, "LIBRARIES", libraries)
    monkeypatch.setattr(training_libraries, "make_tasks", lambda: [tiny_task()])
    rows = list(training_libraries.rows(2))
    assert [made.name for made in rows] == ["tiny: Present / the usual loop"]
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert "Absent is not installed" in lines[0]
    assert "pip install" in lines[0]


def test_rows_of_the_build() -> None:
    measured = build.Round(
        cold=build.Build(execution=12, rendering=8),
        warm=build.Build(execution=1, rendering=4),
        changed=build.Build(execution=6, rendering=4),
        own=20,
    )
    rows = {made.name: made for made in build.rows_of([measured] * 3)}
    goal = rows["cold build / half the chapters' own seconds"]
    assert (goal.ratio, goal.goal, goal.runs, goal.met) == (2, 1.35, 3, False)
    assert rows["warm build / cold build"].ratio == 0.25
    assert rows["one changed chapter / cold build"].ratio == 0.5
    assert rows["one changed chapter / cold build, execution"].ratio == 0.5
    assert rows["warm build / cold build, rendering"].ratio == 0.5


def test_a_chapter_is_changed_in_its_code(tmp_path: Path) -> None:
    path = tmp_path / "chapter.ipynb"
    cells = [nbformat.v4.new_markdown_cell("text"), nbformat.v4.new_code_cell("x = 1")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    build.append_comment(path)
    changed = nbformat.read(path, as_version=4)
    nbformat.validate(changed)
    assert [cell.source for cell in changed.cells] == ["text", f"x = 1\n{build.COMMENT}"]
