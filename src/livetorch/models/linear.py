"""Models with one linear layer. B batch, D features, C classes."""

from __future__ import annotations

from torch import Tensor, nn


class LinearRegression(nn.Module):
    """A weighted sum of the features plus a bias.

    Its loss is `livetorch.half_mse_loss` or `torch.nn.MSELoss`.
    """

    def __init__(self, in_features: int, out_features: int = 1) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, out_features)

    def forward(self, features: Tensor) -> Tensor:
        """features (B, D) -> predictions (B, out_features)"""
        return self.linear(features)


class LogisticRegression(nn.Module):
    """The log-odds of class 1, linear in the features.

    Its loss is `torch.nn.BCEWithLogitsLoss`, with float targets (B,).
    """

    def __init__(self, in_features: int) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, 1)

    def forward(self, features: Tensor) -> Tensor:
        """features (B, D) -> logits (B,)"""
        return self.linear(features).squeeze(dim=-1)


class SoftmaxRegression(nn.Module):
    """A linear score for each of several classes.

    Its loss is `torch.nn.CrossEntropyLoss`, with class numbers (B,). What comes after the first
    dimension is flattened, so that images go in as they are.
    """

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, num_classes)

    def forward(self, features: Tensor) -> Tensor:
        """features (B, ...) with D numbers each -> logits (B, C)"""
        return self.linear(features.flatten(start_dim=1))
