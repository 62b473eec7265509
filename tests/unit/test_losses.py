"""Losses against torch's own, the closed form of their gradient, and finite differences."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from livetorch import half_mse_loss, sequence_cross_entropy


@pytest.mark.parametrize("shape", [(1,), (7,), (7, 1), (4, 3), (2, 3, 5)])
def test_half_mse_is_half_of_mse(shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    predictions = torch.randn(shape, generator=generator)
    targets = torch.randn(shape, generator=generator)
    loss = half_mse_loss(predictions, targets)
    assert loss.shape == ()
    torch.testing.assert_close(loss, functional.mse_loss(predictions, targets) / 2)


def test_half_mse_of_known_numbers() -> None:
    # Errors 1, -2 and 0: (1 + 4 + 0) / (2 * 3).
    loss = half_mse_loss(torch.tensor([2.0, 0.0, 5.0]), torch.tensor([1.0, 2.0, 5.0]))
    assert loss.item() == pytest.approx(5 / 6)


def test_gradient_is_error_over_count() -> None:
    generator = torch.Generator().manual_seed(1)
    predictions = torch.randn(6, 2, generator=generator, dtype=torch.float64, requires_grad=True)
    targets = torch.randn(6, 2, generator=generator, dtype=torch.float64)
    half_mse_loss(predictions, targets).backward()
    torch.testing.assert_close(predictions.grad, (predictions.detach() - targets) / 12)
    assert torch.autograd.gradcheck(half_mse_loss, (predictions, targets))


@pytest.mark.parametrize(
    ("predictions", "targets"),
    [((5,), (5, 1)), ((5, 1), (5,)), ((5,), ()), ((5, 2), (5, 1)), ((1, 5), (5, 1))],
)
def test_shapes_that_would_be_broadcast_are_refused(
    predictions: tuple[int, ...], targets: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="must have one shape") as caught:
        half_mse_loss(torch.zeros(predictions), torch.zeros(targets))
    assert str(predictions) in str(caught.value)
    assert str(targets) in str(caught.value)


@pytest.mark.parametrize("shape", [(1, 1, 2), (3, 1, 5), (1, 4, 3), (3, 5, 7)])
def test_sequence_cross_entropy_is_the_mean_over_all_steps(shape: tuple[int, int, int]) -> None:
    generator = torch.Generator().manual_seed(2)
    logits = torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)
    targets = torch.randint(shape[2], shape[:2], generator=generator)
    loss = sequence_cross_entropy(logits, targets)
    chances = logits.exp() / logits.exp().sum(dim=2, keepdim=True)
    right = [chances[b, t, targets[b, t]] for b in range(shape[0]) for t in range(shape[1])]
    assert loss.shape == ()
    torch.testing.assert_close(loss, -torch.stack(right).log().mean())
    torch.testing.assert_close(loss, nn.CrossEntropyLoss()(logits.transpose(1, 2), targets))
    (gradient,) = torch.autograd.grad(loss, logits)
    errors = chances - functional.one_hot(targets, shape[2])
    torch.testing.assert_close(gradient, errors / targets.numel())


def test_sequence_cross_entropy_of_equal_chances_is_the_log_of_their_number() -> None:
    loss = sequence_cross_entropy(torch.zeros(2, 3, 8), torch.ones(2, 3, dtype=torch.int64))
    assert loss.exp().item() == pytest.approx(8)


@pytest.mark.parametrize(
    ("logits", "targets"),
    [
        ((6, 5), (6,)),
        ((2, 3), (2, 3)),
        ((2, 3, 5, 7), (2, 3)),
        ((2, 3, 5), (6,)),
        ((2, 3, 5), (3, 2)),
        ((2, 3, 5), (2, 3, 5)),
        ((3,), ()),
    ],
)
def test_sequences_of_other_shapes_are_refused(
    logits: tuple[int, ...], targets: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match=r"must be \(B, T, V\)") as caught:
        sequence_cross_entropy(torch.zeros(logits), torch.zeros(targets, dtype=torch.int64))
    assert str(logits) in str(caught.value)
    assert str(targets) in str(caught.value)
