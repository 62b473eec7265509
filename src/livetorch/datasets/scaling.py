"""Features brought to one scale."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Standardizer:
    """Subtracts a mean and divides by a standard deviation, each of shape (D,).

    Fit it on the training part alone and apply it to every part: statistics of the whole set
    would tell the model something about examples it must not know.
    """

    mean: Tensor
    """(D,), in the unit of the features"""
    std: Tensor
    """(D,), in the unit of the features; 1 for a feature that never changes"""

    @classmethod
    def fit(cls, features: Tensor) -> Standardizer:
        """The mean and the (biased) standard deviation of ``features (N, D)``.

        Raises:
            ValueError: there are no rows, or a value is not finite.
        """
        if features.ndim != 2 or len(features) == 0:
            raise ValueError(f"features must be (N, D) with N > 0, got {tuple(features.shape)}")
        if not features.isfinite().all():
            raise ValueError("features hold NaN or infinity: their mean is not a number")
        std = features.std(dim=0, correction=0)
        return cls(features.mean(dim=0), std.masked_fill(std == 0, 1))

    def __call__(self, features: Tensor) -> Tensor:
        """features (N, D) -> features (N, D), each with mean 0 and deviation 1 where fitted"""
        return (features - self.mean) / self.std

    def inverse(self, scaled: Tensor) -> Tensor:
        """scaled (N, D) -> features (N, D) in their own units"""
        return scaled * self.std + self.mean
