"""Rotary positions: a place turns pairs of features, so that scores depend on distances alone.

T places, d features of a head. The first half of the features is paired with the second, as in
Llama's implementations; in the paper a pair are two neighbors, which is the same after the rows of
the query's and the key's weights were put in another order.

Source: Su et al., 2021, RoFormer.
"""

from __future__ import annotations

import torch
from torch import Tensor


def rotary_tables(
    num_places: int, head_features: int, base: float = 10_000.0
) -> tuple[Tensor, Tensor]:
    """Cosines and sines (T, d/2) of the angles by which place t turns pair j, t / base^(2j/d).

    Raises:
        ValueError: the features cannot be paired.
    """
    if head_features < 2 or head_features % 2:
        raise ValueError(
            f"{head_features} features of a head cannot be paired: take an even number"
        )
    # In float64 first: rounded from there, the tables are the same numbers on every processor.
    exponents = torch.arange(0, head_features, 2, dtype=torch.float64) / head_features
    angles = torch.outer(torch.arange(num_places, dtype=torch.float64), base**-exponents)
    kind = torch.get_default_dtype()
    return angles.cos().to(kind), angles.sin().to(kind)


def rotate(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """x (..., T, d), cosines and sines (T, d/2) -> (..., T, d), each pair turned by its angle

    Raises:
        ValueError: the tables are not of T places and d/2 pairs.
    """
    pairs = (x.shape[-2], x.shape[-1] // 2)
    # A graph for many lengths must not depend on one.
    if not torch.compiler.is_compiling() and cosines.shape != pairs:
        raise ValueError(
            f"the tables are of (places, pairs) = {tuple(cosines.shape)}, x has {pairs}: take the "
            "rows of its places"
        )
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cosines - second * sines, first * sines + second * cosines], dim=-1)
