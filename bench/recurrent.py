"""A training step of the layers written by hand against torch's own.

Both hold the same weights and see the same sequences, 32 of 64 steps. What is timed is a pass
forward, over all steps, and one backward to the weights and to the inputs, which in a network come
from a layer with weights of its own. One thread's processor time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from bench.measure import Row, ratios, row
from livetorch.models.recurrent import Cell, GRUCell, LSTMCell, Recurrent

BATCH, STEPS, FEATURES = 32, 64, 128
"""Sequences, their length, and how wide the inputs and the state are."""
REPEATS = 3
"""So many training steps are a run, which then takes some tenths of a second."""
PAIRS: dict[str, tuple[type[Cell], Callable[..., nn.Module], float | None]] = {
    "LSTM": (LSTMCell, nn.LSTM, 1.75),
    "GRU": (GRUCell, nn.GRU, None),
}
"""The cell by hand, the layer of torch, and the goal."""


def layers(name: str) -> tuple[nn.Module, nn.Module]:
    """The layer by hand and torch's, with the same weights."""
    make_cell, make_layer, _ = PAIRS[name]
    torch.manual_seed(0)
    by_hand = Recurrent(make_cell(FEATURES, FEATURES))
    torchs = make_layer(FEATURES, FEATURES, batch_first=True)
    torchs.load_state_dict({f"{key}_l0": part for key, part in by_hand.cell.state_dict().items()})
    return by_hand, torchs


def training_step(layer: nn.Module, inputs: Tensor) -> Tensor:
    """Forward and backward over inputs (B, T, D); every gradient is made anew.

    Returns:
        The outputs (B, T, H).
    """
    layer.zero_grad()
    inputs.grad = None
    outputs: Tensor = layer(inputs)[0]
    outputs.square().mean().backward()
    return outputs


def repeated(layer: nn.Module) -> Callable[[], None]:
    """A run of some training steps."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(BATCH, STEPS, FEATURES, generator=generator, requires_grad=True)

    def run() -> None:
        for _ in range(REPEATS):
            training_step(layer, inputs)

    return run


def rows(runs: int) -> Iterator[Row]:
    torch.set_num_threads(1)
    for name, (*_, goal) in PAIRS.items():
        by_hand, torchs = map(repeated, layers(name))
        yield row(
            f"{name} by hand / nn.{name}, {STEPS} steps forward and backward",
            ratios(by_hand, torchs, runs),
            goal=goal,
        )
