"""Losses that torch does not have, or has with another factor."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


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


def sequence_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean over all steps of all sequences of -log of the chance given to the right token.

    ``logits (B, T, V)``, ``targets (B, T)`` int64 -> a scalar, in nats. Its exponential is the
    perplexity. `torch.nn.CrossEntropyLoss` is the same, but wants the classes in the second
    dimension, where these logits have time.

    Raises:
        ValueError: the shapes do not fit.
    """
    if logits.dim() != 3 or logits.shape[:2] != targets.shape:
        raise ValueError(
            f"logits {tuple(logits.shape)} must be (B, T, V) and targets {tuple(targets.shape)} "
            "(B, T), with the same B and T"
        )
    return functional.cross_entropy(logits.flatten(end_dim=1), targets.flatten())
