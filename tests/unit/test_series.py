"""Series: Mackey-Glass from its equation, sunspots and the script that makes them, windows."""

from __future__ import annotations

import hashlib
import importlib.util
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import torch

from data import make_sunspots
from livetorch.datasets import load_sunspots, make_mackey_glass, series, windows

SUNSPOTS_SHA256 = "a7459ac790a1e40cf4b78b44fdf8248c9a0514ed672ec42cc555f4e8ddcbfd1b"
STATSMODELS = importlib.util.find_spec("statsmodels")
"""Where the source is, if it is; it is not imported."""


# Mackey-Glass


def test_mackey_glass_is_the_same_everywhere() -> None:
    values = make_mackey_glass(3_000)
    assert values.shape == (3_000,)
    assert values.dtype == torch.float32
    assert (
        hashlib.sha256(values.numpy().tobytes()).hexdigest()
        == "0040098e1427af6d72fc687f59e4698c4b6da9956a001d7ff3b95df2d908fa19"
    )
    assert torch.equal(make_mackey_glass(100), values[:100])
    assert torch.equal(make_mackey_glass(100, warm_up=600), values[100:200])
    assert 0.2 < values.min() < 0.5
    assert 1.2 < values.max() < 1.5


def test_mackey_glass_starts_where_told() -> None:
    values = make_mackey_glass(60, start=0.5, warm_up=0)
    assert values[0] == 0.5
    # Until the delay is over, x(t - delay) is the start, and the equation has a solution in closed
    # form: it goes exponentially to ten times the constant inflow.
    limit = 10 * 0.2 * 0.5 / (1 + 0.5**10)
    expected = limit + (0.5 - limit) * torch.exp(-0.1 * torch.arange(18))
    torch.testing.assert_close(values[:18], expected, atol=2e-4, rtol=0)


def test_mackey_glass_solves_its_equation() -> None:
    # A finer grid gives the same solution, until chaos makes a difference of every difference.
    values = make_mackey_glass(200, warm_up=0)
    step, lag = 0.002, 8_500
    finer = [1.2] * (lag + 1)
    for _ in range(199 * 500):
        late = finer[-lag - 1]
        finer.append(finer[-1] + step * (0.2 * late / (1 + late**10) - 0.1 * finer[-1]))
    torch.testing.assert_close(values, torch.tensor(finer[lag::500]), atol=5e-3, rtol=0)


@pytest.mark.parametrize(("delay", "chaotic"), [(10, False), (17, True)])
def test_mackey_glass_is_chaotic_with_the_usual_delay(delay: int, chaotic: bool) -> None:
    one, other = (make_mackey_glass(500, delay=delay, start=s, warm_up=2_500) for s in (1.2, 1.21))
    # Compared as sets of values: without chaos both go round the same circle, perhaps shifted.
    shifts = torch.stack(
        [(one[:300] - other[shift : 300 + shift]).abs().mean() for shift in range(200)]
    )
    assert bool(shifts.min() > 0.02) == chaotic


@pytest.mark.parametrize(
    "arguments",
    [
        {"length": 0},
        {"length": 5, "delay": 0},
        {"length": 5, "warm_up": -1},
        {"length": 5, "start": 0.0},
        {"length": 5, "start": float("nan")},
    ],
)
def test_mackey_glass_without_sense(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="need length >= 1, delay >= 1, warm_up >= 0 and a start"):
        make_mackey_glass(**arguments)


# Sunspots


def test_sunspots() -> None:
    years, counts = load_sunspots()
    assert years.tolist() == list(range(1700, 2009))
    assert years.dtype == torch.int64
    assert counts.shape == (309,)
    assert counts.dtype == torch.float32
    assert counts[0] == 5
    assert years[counts.argmax()] == 1957
    # The best-known fact about them: a cycle of about eleven years.
    centered = counts - counts.mean()
    together = [(centered[:-lag] * centered[lag:]).mean() for lag in range(5, 16)]
    assert 5 + int(torch.stack(together).argmax()) in (10, 11)
    content = (series.SUNSPOTS_SHIPPED / "sunspots.csv").read_bytes()
    assert hashlib.sha256(content).hexdigest() == SUNSPOTS_SHA256


def test_sunspots_damaged_or_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "SUNSPOTS_SHIPPED", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"sunspots.csv ships.*Install the package again"):
        load_sunspots()
    for content, message in (
        ("YEAR,SUNACTIVITY\n1700,5\n", "does not start with year,sunspots"),
        ("year,sunspots\n1700,5\n1701\n", "line 3 does not hold 2 values"),
        ("year,sunspots\n1700,many\n", "could not convert"),
    ):
        (tmp_path / "sunspots.csv").write_text(content)
        with pytest.raises(ValueError, match=rf"sunspots.csv is damaged \(.*{message}"):
            load_sunspots()


def test_sunspots_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "source.csv"
    source.write_text('"YEAR","SUNACTIVITY"\n1700.0,5\n1701.0,11.5\n')
    make_sunspots.main([str(source), "--target", str(tmp_path / "made")])
    monkeypatch.setattr(series, "SUNSPOTS_SHIPPED", tmp_path / "made")
    years, counts = load_sunspots()
    assert (years.tolist(), counts.tolist()) == ([1700, 1701], [5, 11.5])
    for content, message in (
        ("Year,Spots\n1700,5\n", "has the columns"),
        ("YEAR,SUNACTIVITY\n1700,5\n1702,6\n", "leaves a year out"),
    ):
        source.write_text(content)
        with pytest.raises(ValueError, match=message):
            make_sunspots.make(source, tmp_path)


@pytest.mark.skipif(
    STATSMODELS is None or version("statsmodels") != "0.15.0",
    reason="statsmodels 0.15.0 is not installed",
)
def test_sunspots_script_makes_what_ships(tmp_path: Path) -> None:
    assert STATSMODELS is not None
    assert STATSMODELS.submodule_search_locations is not None
    source = Path(next(iter(STATSMODELS.submodule_search_locations)))
    make_sunspots.make(source / "datasets/sunspots/sunspots.csv", tmp_path)
    content = (tmp_path / "sunspots.csv").read_bytes()
    assert hashlib.sha256(content).hexdigest() == SUNSPOTS_SHA256


# Windows


def test_windows() -> None:
    inputs, targets = windows(torch.arange(6.0), 3)
    assert inputs.tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    assert targets.tolist() == [3, 4, 5]
    inputs, targets = windows(torch.arange(6.0), 3, horizon=2)
    assert inputs.tolist() == [[0, 1, 2], [1, 2, 3]]
    assert targets.tolist() == [4, 5]
    inputs, targets = windows(torch.arange(4.0), 3)
    assert (inputs.tolist(), targets.tolist()) == ([[0, 1, 2]], [3])


def test_windows_are_copies() -> None:
    values = torch.arange(6.0)
    inputs, targets = windows(values, 2)
    inputs[0] += 100
    targets += 100
    assert values.tolist() == list(range(6))
    assert inputs[1].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("shape", "context", "horizon", "message"),
    [
        ((5,), 5, 1, "need 6 values, the series has 5: take a smaller context"),
        ((5,), 3, 3, "need 6 values, the series has 5"),
        ((0,), 1, 1, "need 2 values, the series has 0"),
        ((5, 1), 2, 1, r"need a series \(N,\).*got \(5, 1\), 2, 1"),
        ((5,), 0, 1, "context >= 1"),
        ((5,), 1, 0, "horizon >= 1"),
    ],
)
def test_windows_that_cannot_be_cut(
    shape: tuple[int, ...], context: int, horizon: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        windows(torch.zeros(shape), context, horizon=horizon)
