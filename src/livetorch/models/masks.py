"""Masks of attention: boolean, True where a query may look at a key.

B batch, H heads, T places that look (queries), S places looked at (keys).
`torch.nn.functional.scaled_dot_product_attention` reads a boolean mask in the same way; in
`torch.nn.MultiheadAttention` True means the opposite.
"""

from __future__ import annotations

import torch
from torch import Tensor


def causal_mask(
    num_queries: int, num_keys: int | None = None, device: torch.device | str | None = None
) -> Tensor:
    """(T, S) bool: each query may look at its own place and at those before.

    The queries are the last T of the S places, so the mask is aligned at the lower right; the flag
    ``is_causal`` of torch's function aligns it at the upper left.

    Raises:
        ValueError: there are more queries than keys.
    """
    num_keys = num_queries if num_keys is None else num_keys
    if num_queries > num_keys:
        raise ValueError(f"{num_queries} queries cannot be the last of {num_keys} places")
    return torch.ones(num_queries, num_keys, dtype=torch.bool, device=device).tril(
        num_keys - num_queries
    )


def padding_mask(lengths: Tensor, num_places: int) -> Tensor:
    """lengths (B,) -> (B, 1, 1, S) bool: every query may look at the places within the length"""
    places = torch.arange(num_places, device=lengths.device)
    return (places < lengths[:, None])[:, None, None]


def check_mask(mask: Tensor, scores: torch.Size) -> None:
    """Refuse a mask that does not say where each query may look.

    Raises:
        TypeError: the mask is not boolean.
        ValueError: it cannot be broadcast to the shape of the scores, (..., T, S).
    """
    if mask.dtype != torch.bool:
        raise TypeError(
            f"a mask is boolean, True where a query may look, got {mask.dtype}. Numbers would be "
            "added to the scores; where they are 0 and -inf, take mask == 0"
        )
    try:
        fits = torch.broadcast_shapes(mask.shape, scores) == scores
    except RuntimeError:
        fits = False
    if not fits:
        raise ValueError(
            f"the mask must fit the scores (batch, heads, queries, keys) = {tuple(scores)}, got "
            f"{tuple(mask.shape)}. A mask (batch, keys) of padding becomes one by mask[:, None, "
            "None], a mask (batch, queries, keys) by mask[:, None]"
        )
