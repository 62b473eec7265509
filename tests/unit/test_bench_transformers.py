"""What the benchmark of transformers compares is the same work; nothing is timed."""

from __future__ import annotations

import pytest
import torch

import bench.__main__ as command
from bench import transformers
from livetorch.losses import sequence_cross_entropy


def test_it_is_found() -> None:
    assert "transformers" in command.benchmarks()


def test_both_gpts_are_one_function() -> None:
    ours, plain = transformers.models()
    count = [sum(p.numel() for p in model.parameters()) for model in (ours, plain)]
    assert count[0] == count[1]
    tokens = torch.randint(transformers.VOCABULARY, (2, 20), generator=torch.Generator())
    torch.testing.assert_close(ours(tokens), plain(tokens))
    for model in (ours, plain):
        sequence_cross_entropy(model(tokens), tokens).backward()
    torch.testing.assert_close(ours.embedding.weight.grad, plain.wte.weight.grad)


def test_both_take_the_same_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transformers, "BATCH", 2)
    losses = [transformers.training(model)() for model in transformers.models()]
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
    assert losses[0][-1] < losses[0][0]


def test_both_attend_alike() -> None:
    by_hand, torchs = transformers.looks()
    torch.testing.assert_close(by_hand(), torchs())
