"""Losses that torch does not have, or has with another factor."""

from __future__ import annotations

import torch
from torch import Tensor


def half_mse_loss(predictions: Tensor, targets: Tensor) -> Tensor:
    """One half of the mean squared error, a scalar; both tensors have the shape ``(B, ...)``.

    The half cancels the 2 of the derivative, so that the gradient in the predictions is the
    error over their number. `torch.nn.MSELoss` leaves the half out.

    Raises:
        ValueError: the shapes differ. They would be broadcast: ``(B,)`` against ``(B, 1)`` gives
            a ``(B, B)`` table of differences and a loss that means nothing.
    """
    if predictions.shape != targets.shape:
        raise ValueError(
            f"predictions {tuple(predictions.shape)} and targets {tuple(targets.shape)} must "
            "have one shape, or they would be broadcast against each other"
        )
    return torch.mean((predictions - targets) ** 2) / 2
