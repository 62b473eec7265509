"""What the benchmark of pictures compares gets the same time, and is judged on what is new."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import bench.__main__ as command
from bench import pictures
from livetorch.datasets import emoji_split, load_emoji
from livetorch.models.efficientnet import EfficientNetLite0


def task(count: int = 48) -> pictures.Task:
    """Red squares and green ones."""
    torch.manual_seed(0)
    kinds = torch.arange(count) % 2
    drawn = torch.full((count, 3, 64, 64), 255, dtype=torch.uint8)
    drawn[kinds == 0, 1:, 16:48, 16:48] = 0
    drawn[kinds == 1, :1, 16:48, 16:48] = 0
    return pictures.Task(drawn, kinds, torch.arange(count) < count // 2)


def test_it_is_found() -> None:
    assert "pictures" in command.benchmarks()


def test_only_new_artists_judge() -> None:
    emoji = load_emoji()
    split, made = emoji_split(emoji), pictures.Task.of(emoji)
    assert int(made.train.sum()) == int(split["train"].sum())
    assert (
        len(made.kinds)
        == len(made.pictures)
        == len(emoji) - int(split["seen artist, new thing"].sum())
    )
    small = task(10)
    logits = torch.nn.functional.one_hot(small.kinds, 2)
    logits[:5] = 1 - logits[:5]
    assert str(small.right(logits)) == "1.00 ± 0.00 (n = 5)"


def test_both_sides_learn() -> None:
    made = task()
    torch.manual_seed(0)
    assert made.right(pictures.frozen(made, EfficientNetLite0())).value == 1
    assert made.right(pictures.from_scratch(made, epochs=30, seed=0)).value > 0.9


def test_what_judges_is_not_learned_from() -> None:
    made = task()
    same = pictures.Task(made.pictures.clone(), made.kinds.clone(), made.train)
    same.kinds[~same.train] = 1 - same.kinds[~same.train]
    torch.manual_seed(0)
    network = EfficientNetLite0()
    results = [(pictures.frozen(t, network), pictures.from_scratch(t, 2, 0)) for t in (made, same)]
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_the_time_of_the_frozen_layers_is_the_other_ones_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 30.0, 30.0, 34.0])  # 30 s frozen, 4 s an epoch
    trained: list[tuple[int, int]] = []
    made = task(10)

    def judged(epochs: int, seed: int) -> Tensor:
        trained.append((epochs, seed))
        return torch.nn.functional.one_hot(made.kinds, 2) * 1.0

    class OneTask:
        of = staticmethod(lambda _emoji: made)

    monkeypatch.setattr(pictures, "Task", OneTask)
    monkeypatch.setattr(pictures, "load_emoji", lambda: None)
    monkeypatch.setattr(pictures, "efficientnet_lite0", lambda: None)
    monkeypatch.setattr(pictures, "frozen", lambda _task, _network: judged(0, 0))
    monkeypatch.setattr(pictures, "from_scratch", lambda _task, epochs, seed: judged(epochs, seed))
    monkeypatch.setattr("bench.pictures.time.process_time", lambda: next(clock))
    (row,) = pictures.rows(10)
    assert trained == [(0, 0), (1, 0), (8, 0), (8, 1), (8, 2)]
    assert (row.ratio, row.runs, row.better, row.met) == (1, 3, "higher", False)
    assert "1.00 ± 0.00 (n = 5) in 30 s; from scratch: 8 epochs" in capsys.readouterr().out
