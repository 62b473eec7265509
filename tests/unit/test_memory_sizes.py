"""Formulas for memory, against the tensors of small models."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.checkpoint import checkpoint

from livetorch.memory_sizes import (
    MemoryUse,
    activation_bytes,
    block_bytes,
    cache_bytes,
    memory_sizes,
    parameter_count,
    stored_bytes,
)
from livetorch.models.gpt import GPT, GPTSettings

PUBLIC = {
    124_439_808: GPTSettings.gpt2(context_length=1024, num_layers=12, num_heads=12, width=768),
    1_557_611_200: GPTSettings.gpt2(context_length=1024, num_layers=48, num_heads=25, width=1600),
    6_738_415_616: GPTSettings.llama(
        32_000, context_length=4096, num_layers=32, num_heads=32, width=4096, hidden_features=11_008
    ),
    8_030_261_248: GPTSettings.llama(
        128_256, context_length=8192, num_layers=32, num_heads=32, num_key_heads=8, width=4096,
        hidden_features=14_336,
    ),
}  # fmt: skip
"""Models by their published number of parameters."""


def some_settings(count: int) -> list[GPTSettings]:
    draw = random.Random(0)
    made = []
    for _ in range(count):
        heads = draw.choice([2, 4, 6])
        made.append(
            GPTSettings(
                draw.randint(20, 99),
                context_length=16,
                num_layers=draw.randint(1, 3),
                num_heads=heads,
                num_key_heads=draw.choice([None, 1, 2]),
                width=heads * draw.choice([4, 8]),
                hidden_features=draw.choice([None, 40]),
                activation=draw.choice(["relu", "relu^2", "gelu", "gelu tanh", "swiglu"]),
                norm=draw.choice(["layer", "rms"]),
                positions=draw.choice(["learned", "rotary"]),
                normalize=draw.random() < 0.5,
                bias=draw.random() < 0.5,
                tied=draw.random() < 0.5,
            )
        )
    return made


def saved_bytes(model: nn.Module, tokens: Tensor, attention: str) -> int:
    """Bytes of the storages that the graph of a loss keeps, without those of the model."""
    own = {part.untyped_storage().data_ptr() for part in (*model.parameters(), *model.buffers())}
    kept: dict[int, Any] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage
        return tensor

    kernel = SDPBackend.MATH if attention == "table" else SDPBackend.FLASH_ATTENTION
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        with sdpa_kernel(kernel):
            logits = model(tokens)
        functional.cross_entropy(logits.flatten(0, 1), tokens.flatten())
    return sum(storage.nbytes() for storage in kept.values())


@pytest.mark.parametrize("settings", some_settings(12))
@pytest.mark.parametrize("attention", ["blocks", "table"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_activations_are_what_autograd_saves(
    settings: GPTSettings, attention: str, precision: str
) -> None:
    torch.manual_seed(0)
    model = GPT(settings).to(getattr(torch, precision))
    use = MemoryUse(batch_size=2, num_tokens=9, attention=attention, precision=precision)
    tokens = torch.randint(settings.vocabulary_size, (2, 9))
    measured = saved_bytes(model, tokens, attention)
    assert measured - activation_bytes(settings, use) in (2, 4), "the mean divides by one number"


@pytest.mark.parametrize("settings", some_settings(6))
def test_checkpointing_keeps_the_inputs_of_blocks(settings: GPTSettings) -> None:
    class Checkpointed(nn.Module):
        def __init__(self, block: nn.Module) -> None:
            super().__init__()
            self.block = block

        def forward(self, x: Tensor, **looks: Any) -> Tensor:
            out: Tensor = checkpoint(self.block, x, use_reentrant=False, **looks)
            return out

    torch.manual_seed(0)
    model = GPT(settings)
    for place, block in enumerate(model.blocks):
        model.blocks[place] = Checkpointed(block)
    use = MemoryUse(batch_size=2, num_tokens=9, checkpointing=True)
    tokens = torch.randint(settings.vocabulary_size, (2, 9))
    recomputed = 2 * 9 * block_bytes(settings, use)
    expected = activation_bytes(settings, use) - recomputed
    assert abs(saved_bytes(model, tokens, "blocks") - expected) <= 8


@pytest.mark.parametrize("settings", some_settings(20))
def test_parameters_are_those_of_the_model(settings: GPTSettings) -> None:
    parameters = list(GPT(settings).parameters())
    assert parameter_count(settings) == sum(p.numel() for p in parameters)
    assert stored_bytes(settings, "float32") == sum(p.nbytes for p in parameters)
    vectors = sum(2 * p.numel() for p in parameters if p.ndim == 1)
    matrices = [tuple(p.shape) for p in parameters if p.ndim == 2]
    assert stored_bytes(settings, "int8") == vectors + sum(r * (c + 2) for r, c in matrices)
    groups = sum(r * (-(-c // 2) + 2 * -(-c // 32)) for r, c in matrices)
    assert stored_bytes(settings, "int4") == vectors + groups


@pytest.mark.parametrize("count", PUBLIC)
def test_public_models_have_their_published_size(count: int) -> None:
    assert parameter_count(PUBLIC[count]) == count


@pytest.mark.parametrize("settings", some_settings(6))
def test_the_cache_is_that_of_the_model(settings: GPTSettings) -> None:
    model, cache = GPT(settings), GPT(settings).empty_cache()
    with torch.no_grad():
        model(torch.randint(settings.vocabulary_size, (3, 7)), cache)
    kept = sum(p.nbytes for layer in cache for p in (layer.keys, layer.values) if p is not None)
    assert cache_bytes(settings, MemoryUse(False, 3, 7)) == kept


OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "momentum": partial(torch.optim.SGD, momentum=0.9),
    "adam": torch.optim.Adam,
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_optimizers_state(name: str) -> None:
    settings = GPTSettings(50)
    model = GPT(settings)
    optimizer = OPTIMIZERS[name](model.parameters(), lr=0.1)
    tokens = torch.randint(50, (2, 16))
    functional.cross_entropy(model(tokens).flatten(0, 1), tokens.flatten()).backward()
    optimizer.step()
    state = [v for entry in optimizer.state.values() for v in entry.values() if v is not None]
    sizes = memory_sizes(settings, MemoryUse(optimizer=name))
    assert sizes.optimizer == sum(v.nbytes for v in state if v.ndim)  # not the counts of steps
    assert sizes.gradients == sum(p.grad.nbytes for p in model.parameters() if p.grad is not None)


def test_the_stages_of_zero_by_hand() -> None:
    """The example of the paper: 16 bytes of each parameter with Adam, and 64 processes."""
    settings = PUBLIC[1_557_611_200]
    use = MemoryUse(precision="bfloat16", num_processes=64)
    stages = [memory_sizes(settings, replace(use, sharding=stage)) for stage in range(4)]
    kept = [s.parameters + s.gradients + s.optimizer for s in stages]
    bytes_a_parameter = [size / 1_557_611_200 for size in kept]
    assert bytes_a_parameter == pytest.approx([16, 4 + 12 / 64, 2 + 14 / 64, 16 / 64])
    assert len({s.activations for s in stages}) == 1, "each process has a batch of its own"
    writing = replace(use, training=False, sharding=3)
    assert memory_sizes(settings, writing).parameters == -(-1_557_611_200 * 2 // 64)


def test_what_is_no_model_is_refused_in_words() -> None:
    settings = GPTSettings(50)
    wrong_settings: list[tuple[dict[str, Any], str]] = [
        ({"width": 130}, "4 heads do not divide a width of 130"),
        ({"num_key_heads": 3}, "3 heads of keys do not divide 4"),
        ({"num_layers": 0}, "whole numbers from 1"),
        ({"norm": "batch"}, "norm must be one of layer, rms"),
    ]
    for changed, words in wrong_settings:
        with pytest.raises(ValueError, match=words):
            memory_sizes(replace(settings, **changed), MemoryUse())
    wrong_uses: list[tuple[dict[str, Any], str]] = [
        ({"num_tokens": 129}, "more than the context of 128"),
        ({"precision": "int8"}, "not trained"),
        ({"precision": "fp8", "training": False}, "precision must be one of"),
        ({"sharding": 4}, "sharding must be one of"),
        ({"optimizer": "lion"}, "optimizer must be one of"),
        ({"batch_size": 1.5}, "whole numbers"),
    ]
    for used, words in wrong_uses:
        with pytest.raises(ValueError, match=words):
            memory_sizes(settings, replace(MemoryUse(), **used))
