"""What is counted is what a process keeps, to the byte; and the rows say it of the fuller one."""

from __future__ import annotations

from typing import Any

import pytest

import bench.__main__ as command
from bench import sharding
from bench.processes import Group
from bench.sharding import Memory
from livetorch.models.gpt import GPT

TINY = {"num_layers": 2, "width": 24, "batch_size": 4, "num_tokens": 8}


@pytest.fixture(scope="module")
def sizes() -> dict[bool, list[tuple[int, int]]]:
    """Of each of two processes what it keeps and its peak, sharded and not."""
    with Group(2) as two:
        return {sharded: two.ask("sizes", Memory(sharded, **TINY)) for sharded in (True, False)}


def test_it_is_found() -> None:
    assert "sharding" in command.benchmarks()


def test_without_sharding_each_keeps_sixteen_bytes_a_parameter(
    sizes: dict[bool, list[tuple[int, int]]],
) -> None:
    model = GPT(Memory(False, **TINY).settings)
    tables = sum(buffer.nbytes for buffer in model.buffers())
    kept = 16 * sum(parameter.numel() for parameter in model.parameters()) + tables
    assert [own for own, _ in sizes[False]] == [kept, kept]


def test_sharded_each_keeps_its_rows(sizes: dict[bool, list[tuple[int, int]]]) -> None:
    model = GPT(Memory(True, **TINY).settings)
    tables = sum(buffer.nbytes for buffer in model.buffers())
    own = [0, 0]
    for parameter in model.parameters():
        for number, piece in enumerate(parameter.chunk(2)):
            own[number] += 16 * piece.numel()
    assert [kept for kept, _ in sizes[True]] == [size + tables for size in own]
    assert all(kept < peak for kept, peak in [*sizes[True], *sizes[False]])


def test_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    class FakeGroup:
        def __init__(self, size: int) -> None:
            assert size == 2

        def __enter__(self) -> FakeGroup:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def ask(self, verb: str, task: Memory) -> list[Any]:
            assert verb == "sizes"
            return [(50, 170), (60, 160)] if task.sharded else [(100, 200), (100, 180)]

    monkeypatch.setattr(sharding, "Group", FakeGroup)
    kept, peak = sharding.rows(15)
    assert (kept.ratio, kept.goal, kept.better, kept.met) == (0.6, 0.62, "lower", True)
    assert (peak.ratio, peak.goal) == (0.85, None)
