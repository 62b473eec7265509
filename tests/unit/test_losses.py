"""Losses against torch's own, the closed form of their gradient, and finite differences."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from livetorch import half_mse_loss


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
