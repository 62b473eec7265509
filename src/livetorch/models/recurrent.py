"""Recurrent cells written out, and the loop over time that makes a layer of one.

B batch, T steps of time, D input features, H hidden features.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn


class Cell(nn.Module):
    """What the three cells share: weights, how an input enters, and the state before any input.

    A cell has a number of gates, each a vector (H,), whose weights stand one below the other in a
    matrix: one product then computes all of them. Names, shapes and first values of the
    parameters are those of torch's cells, so that a ``state_dict`` fits both ways.

    Raises:
        ValueError: a width is below 1; an input or a state that does not fit.
    """

    gates = 1  # vectors (H,) that one step computes
    state_names: tuple[str, ...] = ("hidden",)

    def __init__(self, input_features: int, hidden_features: int) -> None:
        super().__init__()
        if min(input_features, hidden_features) < 1:
            raise ValueError(
                f"a cell needs at least one feature in and one hidden, got {input_features} and "
                f"{hidden_features}"
            )
        self.input_features, self.hidden_features = input_features, hidden_features
        rows = self.gates * hidden_features
        self.weight_ih = nn.Parameter(torch.empty(rows, input_features))
        self.weight_hh = nn.Parameter(torch.empty(rows, hidden_features))
        self.bias_ih = nn.Parameter(torch.empty(rows))
        self.bias_hh = nn.Parameter(torch.empty(rows))
        bound = 1 / math.sqrt(hidden_features)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def initial_state(self, batch: int) -> Any:
        """Zeros (B, H): nothing was seen yet."""
        return self.weight_hh.new_zeros(batch, self.hidden_features)

    def project(self, x: Tensor) -> Tensor:
        """x (..., D) -> (..., gates * H): the part of the gates that needs no state"""
        if x.shape[-1] != self.input_features:
            raise ValueError(
                f"the cell takes {self.input_features} input features, and the last dimension of "
                f"{tuple(x.shape)} has {x.shape[-1]}"
            )
        return x @ self.weight_ih.T + self.outer_bias()

    def outer_bias(self) -> Tensor:
        """(gates * H,): of the biases what needs no state"""
        return self.bias_ih + self.bias_hh

    def step(self, projected: Tensor, state: Any, weight: Tensor) -> Any:
        """projected (B, gates * H), state before, weight_hh.T (H, gates * H) -> state after"""
        raise NotImplementedError

    def forward(self, x: Tensor, state: Any = None) -> Any:
        """x (B, D), state before (zeros where none is given) -> state after"""
        if x.dim() != 2:
            raise ValueError(f"a cell takes one step, (B, D), and got {tuple(x.shape)}")
        return self.step(self.project(x), self.checked_state(state, len(x)), self.weight_hh.T)

    def checked_state(self, state: Any, batch: int) -> Any:
        """The state, or the initial one for None; a ValueError where it does not fit."""
        if state is None:
            return self.initial_state(batch)
        names = self.state_names
        parts = state if len(names) > 1 and isinstance(state, tuple) else (state,)
        if len(parts) != len(names) or not all(isinstance(part, Tensor) for part in parts):
            expected = f"the tensors {names}" if len(names) > 1 else f"one tensor, {names[0]}"
            raise ValueError(
                f"the state of {type(self).__name__} is {expected}, got a {type(state).__name__}"
            )
        for name, part in zip(names, parts, strict=True):
            if part.shape != (batch, self.hidden_features):
                raise ValueError(
                    f"{name} of the state must be (batch, hidden features), here "
                    f"{(batch, self.hidden_features)}, got {tuple(part.shape)}"
                )
        return state


class RNNCell(Cell):
    """The plain recurrent cell: the input and the state before, mixed and bent by tanh.

    Equals `torch.nn.RNNCell`. Source: Elman (1990), Finding structure in time.
    """

    def step(self, projected: Tensor, state: Tensor, weight: Tensor) -> Tensor:
        """projected (B, H), hidden (B, H), weight (H, H) -> hidden (B, H)"""
        return torch.tanh(torch.addmm(projected, state, weight))


class GRUCell(Cell):
    """The gated recurrent unit: gates decide how much of the state is heard, and how much kept.

    Equals `torch.nn.GRUCell`. Source: Cho et al. (2014), Learning phrase representations using
    RNN encoder-decoder for statistical machine translation; but see the comment in `step`.
    """

    gates = 3

    def outer_bias(self) -> Tensor:
        """(3H,): bias_ih alone, since the reset gate multiplies bias_hh"""
        return self.bias_ih

    def step(self, projected: Tensor, state: Tensor, weight: Tensor) -> Tensor:
        """projected (B, 3H), hidden (B, H), weight (H, 3H) -> hidden (B, H)"""
        reset_in, update_in, candidate_in = projected.chunk(3, dim=1)
        recurrent = torch.addmm(self.bias_hh, state, weight)
        reset_hh, update_hh, candidate_hh = recurrent.chunk(3, dim=1)
        reset = torch.sigmoid(reset_in + reset_hh)
        update = torch.sigmoid(update_in + update_hh)
        # The reset gate comes after the product, as in torch. The published paper has it before, on
        # the state itself: then the three products could not be one.
        candidate = torch.tanh(candidate_in + reset * candidate_hh)
        return (1 - update) * candidate + update * state


class LSTMCell(Cell):
    """Long short-term memory: beside the hidden state a cell, which gates erase and add to.

    Equals `torch.nn.LSTMCell`; the state is the tuple (hidden, cell). Source: Hochreiter and
    Schmidhuber (1997), Long short-term memory; Gers, Schmidhuber and Cummins (2000), Learning to
    forget, for the forget gate.
    """

    gates = 4
    state_names = ("hidden", "cell")

    def initial_state(self, batch: int) -> tuple[Tensor, Tensor]:
        """Zeros (B, H) for the hidden state, and for the cell."""
        return super().initial_state(batch), super().initial_state(batch)

    def step(
        self, projected: Tensor, state: tuple[Tensor, Tensor], weight: Tensor
    ) -> tuple[Tensor, Tensor]:
        """projected (B, 4H), (hidden, cell) (B, H) each, weight (H, 4H) -> (hidden, cell)"""
        hidden, cell = state
        gates = torch.addmm(projected, hidden, weight)
        input_gate, forget_gate, candidate, output_gate = gates.chunk(4, dim=1)
        kept = torch.sigmoid(forget_gate) * cell
        added = torch.sigmoid(input_gate) * torch.tanh(candidate)
        cell = kept + added
        return torch.sigmoid(output_gate) * torch.tanh(cell), cell


class Recurrent(nn.Module):
    """A layer: one cell, with the same weights at every step of time.

    With the cells of this file it equals `torch.nn.RNN`, `GRU` and `LSTM` of one layer with
    ``batch_first=True``, but for the states, which have no dimension for layers: (B, H) where
    torch has (1, B, H). A layer of torch puts ``_l0`` behind the names of its weights, so these
    two lines take the weights over, the one to torch, the other from it::

        layer.load_state_dict({f"{k}_l0": v for k, v in recurrent.cell.state_dict().items()})
        recurrent.cell.load_state_dict({k[:-3]: v for k, v in layer.state_dict().items()})

    Raises:
        ValueError: the inputs are not (B, T, D), or have no step; a state that does not fit.
    """

    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, inputs: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """inputs (B, T, D), state before -> hidden of each step (B, T, H), state after the last"""
        if inputs.dim() != 3 or inputs.shape[1] == 0:
            raise ValueError(
                f"inputs must be (batch, steps, features) with at least one step, got "
                f"{tuple(inputs.shape)}"
            )
        state = self.cell.checked_state(state, len(inputs))
        outputs = []
        # What needs no state comes before the loop, in one product for all steps. All of them share
        # one transposed weight, too: autograd then adds up their gradients in place.
        weight = self.cell.weight_hh.T
        for projected in self.cell.project(inputs).unbind(dim=1):
            state = self.cell.step(projected, state, weight)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return torch.stack(outputs, dim=1), state
