"""The cells and the layer of one against torch's with the same weights: values and gradients."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from livetorch.models.recurrent import Cell, GRUCell, LSTMCell, Recurrent, RNNCell

KINDS = [
    (RNNCell, nn.RNNCell, nn.RNN),
    (GRUCell, nn.GRUCell, nn.GRU),
    (LSTMCell, nn.LSTMCell, nn.LSTM),
]
CELLS = [kind[0] for kind in KINDS]
SHAPES = [(1, 1, 1, 1), (3, 1, 5, 4), (1, 6, 2, 7), (4, 9, 3, 5)]  # B, T, D, H
every_kind = pytest.mark.parametrize(("ours", "cell", "layer"), KINDS, ids=["rnn", "gru", "lstm"])
every_cell = pytest.mark.parametrize("ours", CELLS)
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)
either_start = pytest.mark.parametrize("given", [False, True], ids=["zeros", "given"])


def random(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, requires_grad=True)


def states_of(ours: type[Cell], batch: int, hidden: int) -> tuple[Tensor, ...]:
    """A random tensor for each part of the state."""
    return tuple(random(batch, hidden) for _ in ours.state_names)


def as_state(parts: tuple[Tensor, ...]) -> Any:
    """One tensor for an RNN and a GRU, the tuple for an LSTM."""
    return parts if len(parts) == 2 else parts[0]


def as_parts(state: Any) -> tuple[Tensor, ...]:
    return state if isinstance(state, tuple) else (state,)


def assert_equal_gradients(
    got: tuple[Tensor, ...], want: tuple[Tensor, ...], pairs: list[tuple[Tensor, Tensor]]
) -> None:
    """The same gradients of a sum in which every number counts differently."""
    generator = torch.Generator().manual_seed(7)
    weights = [torch.rand(part.shape, generator=generator, dtype=torch.float64) for part in want]
    totals = [
        torch.stack([(a.sin() * w).sum() for a, w in zip(parts, weights, strict=True)]).sum()
        for parts in (got, want)
    ]
    ours = torch.autograd.grad(totals[0], [pair[0] for pair in pairs])
    theirs = torch.autograd.grad(totals[1], [pair[1] for pair in pairs])
    for a, b in zip(ours, theirs, strict=True):
        assert b.abs().sum() > 0
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


@every_kind
@every_shape
@either_start
def test_a_cell_equals_torchs(
    ours: type[Cell],
    cell: Any,
    layer: Any,  # noqa: ARG001
    shape: tuple[int, ...],
    given: bool,
) -> None:
    torch.manual_seed(0)
    batch, _, features, hidden = shape
    mine, theirs = ours(features, hidden).double(), cell(features, hidden).double()
    theirs.load_state_dict(mine.state_dict())
    x, parts = random(batch, features), states_of(ours, batch, hidden)
    state = as_state(parts) if given else None
    got, want = as_parts(mine(x, state)), as_parts(theirs(x, state))
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-13)
    pairs = list(zip(mine.parameters(), theirs.parameters(), strict=True))
    if not given:  # Nothing reaches the weights of a state of zeros.
        pairs = [pair for pair in pairs if pair[0] is not mine.weight_hh]
    assert_equal_gradients(got, want, [*pairs, (x, x), *((p, p) for p in parts if given)])


@every_kind
@every_shape
@either_start
def test_the_layer_equals_torchs(
    ours: type[Cell],
    cell: Any,  # noqa: ARG001
    layer: Any,
    shape: tuple[int, ...],
    given: bool,
) -> None:
    torch.manual_seed(1)
    batch, steps, features, hidden = shape
    mine = Recurrent(ours(features, hidden)).double()
    theirs = layer(features, hidden, batch_first=True).double()
    theirs.load_state_dict({f"{k}_l0": v for k, v in mine.cell.state_dict().items()})
    x, parts = random(batch, steps, features), states_of(ours, batch, hidden)
    outputs, last = mine(x, as_state(parts) if given else None)
    theirs_out, theirs_last = theirs(x, as_state(tuple(p[None] for p in parts)) if given else None)
    got = (outputs, *as_parts(last))
    want = (theirs_out, *(part[0] for part in as_parts(theirs_last)))
    assert outputs.shape == (batch, steps, hidden)
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-13)
    pairs = list(zip(mine.parameters(), theirs.parameters(), strict=True))
    if not given and steps == 1:
        pairs = [pair for pair in pairs if pair[0] is not mine.cell.weight_hh]
    assert_equal_gradients(got, want, [*pairs, (x, x), *((p, p) for p in parts if given)])


@every_kind
def test_weights_go_both_ways(ours: type[Cell], cell: Any, layer: Any) -> None:
    mine, torch_cell, torch_layer = Recurrent(ours(3, 4)), cell(3, 4), layer(3, 4, batch_first=True)
    x = torch.randn(2, 5, 3)
    # The two lines of the docstring, and a cell's state_dict as it is.
    recurrent = mine
    recurrent.cell.load_state_dict({k[:-3]: v for k, v in torch_layer.state_dict().items()})
    torch.testing.assert_close(mine(x)[0], torch_layer(x)[0])
    mine.cell.load_state_dict(torch_cell.state_dict())
    torch.testing.assert_close(as_parts(mine.cell(x[:, 0])), as_parts(torch_cell(x[:, 0])))
    torch_layer.load_state_dict({f"{k}_l0": v for k, v in recurrent.cell.state_dict().items()})
    torch.testing.assert_close(mine(x)[0], torch_layer(x)[0])


@every_kind
def test_a_seed_gives_the_weights_that_it_gives_torch(
    ours: type[Cell],
    cell: Any,
    layer: Any,  # noqa: ARG001
) -> None:
    torch.manual_seed(2)
    mine = ours(3, 6).state_dict()
    torch.manual_seed(2)
    theirs = cell(3, 6).state_dict()
    assert list(mine) == list(theirs)
    for name in mine:
        assert torch.equal(mine[name], theirs[name]), name


@every_cell
def test_a_layer_is_its_cell_step_after_step(ours: type[Cell]) -> None:
    torch.manual_seed(3)
    layer, x = Recurrent(ours(3, 4)), torch.randn(2, 5, 3)
    outputs, last = layer(x)
    state = layer.cell.initial_state(2)
    for t in range(5):
        state = layer.cell(x[:, t], state)
        torch.testing.assert_close(as_parts(state)[0], outputs[:, t])
    torch.testing.assert_close(as_parts(state), as_parts(last))
    first, middle = layer(x[:, :2])
    second, end = layer(x[:, 2:], middle)
    torch.testing.assert_close(torch.cat([first, second], dim=1), outputs)
    torch.testing.assert_close(as_parts(end), as_parts(last))


def test_the_reset_gate_comes_after_the_product() -> None:
    # With the gate on the state itself, as in the paper, the bias would not be scaled by it.
    cell = GRUCell(1, 1).double()
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
        cell.bias_hh[2] = 2.0  # of the candidate; gates of zeros are 1/2 each
    state = cell(torch.zeros(1, 1, dtype=torch.float64))
    torch.testing.assert_close(state, torch.tensor([[1.0]]).double().tanh() / 2)


@every_cell
def test_the_first_state_is_zeros_like_the_weights(ours: type[Cell]) -> None:
    state = ours(3, 4).double().initial_state(2)
    for part in as_parts(state):
        assert torch.equal(part, torch.zeros(2, 4, dtype=torch.float64))
    assert len(as_parts(state)) == len(ours.state_names)


@every_cell
@pytest.mark.parametrize("widths", [(0, 4), (4, 0), (-1, 3)])
def test_a_width_below_one_is_refused(ours: type[Cell], widths: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="at least one feature"):
        ours(*widths)


@every_cell
def test_inputs_that_do_not_fit_are_named(ours: type[Cell]) -> None:
    cell = ours(3, 4)
    with pytest.raises(ValueError, match=r"3 input features.*\(2, 5\) has 5"):
        cell(torch.ones(2, 5))
    with pytest.raises(ValueError, match=r"3 input features.*\(2, 6, 5\) has 5"):
        Recurrent(cell)(torch.ones(2, 6, 5))
    for shape in [(3,), (2, 6, 3)]:
        with pytest.raises(ValueError, match=r"one step, \(B, D\)"):
            cell(torch.ones(shape))
    for shape in [(6, 3), (2, 0, 3), (1, 2, 6, 3)]:
        with pytest.raises(ValueError, match="at least one step"):
            Recurrent(cell)(torch.ones(shape))


@every_cell
def test_states_that_do_not_fit_are_named(ours: type[Cell]) -> None:
    cell, x = ours(3, 4), torch.ones(2, 3)
    right, parts = torch.zeros(2, 4), len(ours.state_names)
    wrong_kinds: list[Any] = [(right,), [right] * parts, (right,) * (3 - parts), ("h",) * parts]
    if parts == 2:
        wrong_kinds.append(right)
    for state in wrong_kinds:
        for model, inputs in ((cell, x), (Recurrent(cell), x[:, None])):
            with pytest.raises(ValueError, match=f"the state of {ours.__name__} is"):
                model(inputs, state)
    # A batch of another size, another width, and torch's dimension for layers.
    for shape in [(3, 4), (2, 5), (1, 2, 4), (1, 4), (4,)]:
        for name, state in zip(
            ours.state_names,
            [(torch.zeros(shape), right)[:parts], (right, torch.zeros(shape))],
            strict=False,
        ):
            for model, inputs in ((cell, x), (Recurrent(cell), x[:, None])):
                with pytest.raises(ValueError, match=rf"{name} of the state.*\(2, 4\), got") as e:
                    model(inputs, as_state(state))
                assert str(shape) in str(e.value)
