"""A draw that a seed decides, the same in Python and in a page: see sampling.mjs."""

from __future__ import annotations

import torch
from torch import Tensor


def pick(probabilities: Tensor, number: float) -> int:
    """The first index at which the probabilities (V,) so far add up to more than ``number``."""
    index = int(torch.searchsorted(probabilities.cumsum(dim=0), number, right=True))
    return min(index, int(probabilities.nonzero().max()))  # the sum may be a hair below 1


def uniform(seed: int, drawn: int) -> float:
    """The number in [0, 1) that a seed gives after ``drawn`` others.

    A counter that takes large odd steps, and two rounds that mix its bits, all in 32 bits: this is
    the generator mulberry32, which JavaScript computes exactly.
    """
    low = 0xFFFFFFFF
    mixed = (seed + (drawn + 1) * 0x6D2B79F5) & low
    mixed = (mixed ^ mixed >> 15) * (mixed | 1) & low
    mixed ^= mixed + (mixed ^ mixed >> 7) * (mixed | 61) & low
    return (mixed ^ mixed >> 14) / 2**32
