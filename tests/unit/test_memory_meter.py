"""The bytes that a meter counts are those of the tensors that are alive."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from livetorch.losses import sequence_cross_entropy
from livetorch.memory_meter import MemoryMeter
from livetorch.memory_sizes import MemoryUse, memory_sizes
from livetorch.models.gpt import GPT, GPTSettings


def test_a_view_keeps_what_it_looks_at() -> None:
    with MemoryMeter() as meter:
        numbers = torch.zeros(256, 1024)
        twice = numbers * 2
        rows = twice[:10]
        del twice
        assert meter.now == 2 * numbers.nbytes
        rows = rows.clone()
        assert meter.now == numbers.nbytes + rows.nbytes
        assert max(meter.trace) == 2 * numbers.nbytes + rows.nbytes


def test_what_was_there_before_does_not_count() -> None:
    old = torch.zeros(100)
    with MemoryMeter() as meter:
        views = old[:50], old.view(10, 10), old.add_(1)
        assert meter.now == 0, views


def test_a_storage_that_is_emptied_counts_nothing_until_it_is_filled() -> None:
    with MemoryMeter() as meter:
        tensor = torch.zeros(100)
        tensor.untyped_storage().resize_(0)
        assert meter.now == 0
        tensor.untyped_storage().resize_(400)
        assert meter.now == 400


@pytest.mark.parametrize("seed", [0, 1])
def test_a_training_step_of_a_gpt_keeps_what_the_formula_says(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    width, layers, batch, length = (
        int(torch.randint(low, high, (), generator=generator))
        for low, high in [(4, 9), (1, 4), (1, 5), (2, 17)]
    )
    settings = GPTSettings(30, context_length=16, num_layers=layers, num_heads=2, width=4 * width)
    tokens = torch.randint(30, (batch, length), generator=generator)
    with MemoryMeter() as meter:
        model = GPT(settings)
        tables = sum(buffer.nbytes for buffer in model.buffers())
        optimizer = torch.optim.AdamW(model.parameters())
        sequence_cross_entropy(model(tokens), tokens).backward()
        optimizer.step()
    sizes = memory_sizes(settings, MemoryUse(batch_size=batch, num_tokens=length))
    assert meter.now == sizes.total - sizes.activations + tables
    assert max(meter.trace) > meter.now


def test_the_mode_sees_what_a_layer_makes_and_forgets() -> None:
    layer = nn.Linear(10, 20, bias=False)
    with MemoryMeter() as meter:
        layer(torch.ones(5, 10))
    assert meter.now == 0
    assert max(meter.trace) >= 4 * 5 * 20
