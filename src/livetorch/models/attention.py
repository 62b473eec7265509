"""Attention: a look-up that every place answers, each as much as its key fits the query.

B batch, H heads, T places that look (queries), S places looked at (keys and values), D width,
d features of a head. A mask is boolean and True where a query may look at a key, as in
`torch.nn.functional.scaled_dot_product_attention`; in `torch.nn.MultiheadAttention` True means the
opposite.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from livetorch.models.masks import causal_mask, check_mask, padding_mask
from livetorch.models.rotary import rotate

__all__ = [
    "KeyValues",
    "MultiHeadAttention",
    "attend",
    "attention_maps",
    "causal_mask",
    "padding_mask",
]


def attend(
    queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """queries (..., T, d), keys (..., S, d), values (..., S, e) -> output (..., T, e), weights
    (..., T, S), by hand.

    Each query's weights are the softmax of its scores, the products with the keys over the root of
    d; its output is the mean of the values under these weights. A query that may look nowhere has
    weights and an output of zeros, as in torch's function.

    Raises:
        TypeError, ValueError: as `check_mask`.

    Source: Vaswani et al., 2017, Attention is all you need.
    """
    scores = queries @ keys.transpose(-2, -1) / math.sqrt(queries.shape[-1])
    if mask is not None:
        check_mask(mask, scores.shape)
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(dim=-1)
    if mask is not None:
        weights = weights.masked_fill(~mask, 0)  # a row of -inf alone became NaN
    return weights @ values, weights


class KeyValues:
    """The keys and values of the places that an attention layer has read, (B, H, S, d) each."""

    def __init__(self, keys: Tensor | None = None, values: Tensor | None = None) -> None:
        self.keys, self.values = keys, values

    @property
    def num_places(self) -> int:
        """How many places were read; in an exported graph, where it may vary, `len` fixes it."""
        return 0 if self.keys is None else self.keys.shape[-2]

    def __len__(self) -> int:
        return self.num_places

    def extend(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Add those of new places (B, H, T, d); all of them so far are returned.

        Raises:
            ValueError: the new ones are of another batch, or of a layer of another shape.
        """
        if self.keys is not None and self.values is not None:
            kept, new = ((*part.shape[:-2], part.shape[-1]) for part in (self.keys, keys))
            if kept != new:
                raise ValueError(
                    f"the cache holds keys of (batch, heads, features) = {kept}, these are {new}: "
                    "it is of another batch or model. Start with an empty one"
                )
            keys, values = torch.cat([self.keys, keys], -2), torch.cat([self.values, values], -2)
        self.keys, self.values = keys, values
        return keys, values


class MultiHeadAttention(nn.Module):
    """Several look-ups side by side, each in features of its own.

    Args:
        width: D, of what looks, of what is looked at and of the output.
        num_heads: H, of the queries.
        num_key_heads: heads of keys and values; fewer than H are shared by groups of neighbors
            (grouped queries, Ainslie et al., 2023). None: as many as there are queries.
        normalize: divide each head's query and key by its root mean square (Henry et al., 2020).
        dropout: the share of weights that is dropped in training.

    Raises:
        ValueError: the heads do not divide the width, or the heads of keys those of queries.
    """

    def __init__(
        self,
        width: int,
        num_heads: int,
        *,
        num_key_heads: int | None = None,
        bias: bool = True,
        normalize: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        num_key_heads = num_heads if num_key_heads is None else num_key_heads
        if num_heads < 1 or width % num_heads:
            raise ValueError(f"{num_heads} heads do not divide a width of {width}")
        if num_key_heads < 1 or num_heads % num_key_heads:
            raise ValueError(f"{num_key_heads} heads of keys do not divide {num_heads} of queries")
        self.head_features = width // num_heads
        self.grouped = num_key_heads != num_heads
        self.normalize, self.dropout = normalize, dropout
        narrow = num_key_heads * self.head_features
        self.query = nn.Linear(width, width, bias)
        self.key = nn.Linear(width, narrow, bias)
        self.value = nn.Linear(width, narrow, bias)
        self.out = nn.Linear(width, width, bias)

    def forward(self, x: Tensor, context: Tensor | None = None, **looks: Any) -> Tensor:
        """x (B, T, D), context (B, S, D) or None for x itself -> (B, T, D)

        Keywords: ``mask``, boolean, fits (B, H, T, S); ``causal``, no query looks past its own
        place; ``rotary``, the cosines and sines (T, d/2) of the places of x; ``cache``, the
        `KeyValues` of places before x, to which those of x are added. The last three are of x
        alone: what is asked of a context is where in it a place may look.

        Raises:
            TypeError, ValueError: as `check_mask` and `KeyValues.extend`; ``causal``, ``rotary`` or
                ``cache`` with a context.
        """
        queries, keys, values, mask, causal = self._prepared(x, context, **looks)
        output = functional.scaled_dot_product_attention(
            queries,
            keys,
            values,
            attn_mask=mask,
            is_causal=causal,
            # The function drops in evaluation, too, if it is told to.
            dropout_p=self.dropout if self.training else 0.0,
            enable_gqa=self.grouped,
        )
        return self.out(output.transpose(-3, -2).flatten(-2))

    def weights(self, x: Tensor, context: Tensor | None = None, **looks: Any) -> Tensor:
        """The weights (B, H, T, S) that `forward` of the same arguments looks with.

        A ``cache`` is read and left as it is.
        """
        cache = looks.get("cache")
        if cache is not None:
            looks["cache"] = KeyValues(cache.keys, cache.values)
        queries, keys, values, mask, causal = self._prepared(x, context, **looks)
        if causal:
            mask = causal_mask(queries.shape[-2], device=x.device)
        groups = queries.shape[-3] // keys.shape[-3]
        keys, values = (part.repeat_interleave(groups, dim=-3) for part in (keys, values))
        return attend(queries, keys, values, mask)[1]

    def _prepared(
        self,
        x: Tensor,
        context: Tensor | None,
        mask: Tensor | None = None,
        causal: bool = False,
        rotary: tuple[Tensor, Tensor] | None = None,
        cache: KeyValues | None = None,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor | None, bool]:
        """Queries (B, H, T, d), keys and values (B, K, S, d), the mask, and whether it is plainly
        causal, which torch's function knows without one."""
        of_x = causal or rotary is not None or cache is not None
        if of_x and context is not None and context is not x:
            raise ValueError(
                "causal, rotary and cache speak of the places of x, and of no context: leave them "
                "out, and say by a mask where in the context a query may look"
            )
        context = x if context is None else context
        queries, keys, values = (
            projected.unflatten(-1, (-1, self.head_features)).transpose(-3, -2)
            for projected in (self.query(x), self.key(context), self.value(context))
        )
        if self.normalize:
            queries, keys = (functional.rms_norm(part, part.shape[-1:]) for part in (queries, keys))
        if rotary is not None:
            queries, keys = rotate(queries, *rotary), rotate(keys, *rotary)
        if mask is not None:  # before the cache grows, which an error should leave as it was
            places = keys.shape[-2] + (0 if cache is None else cache.num_places)
            check_mask(mask, torch.Size([*queries.shape[:-1], places]))
        plain = causal and mask is None and (cache is None or cache.keys is None)
        if cache is not None:
            keys, values = cache.extend(keys, values)
        num_queries, num_keys = queries.shape[-2], keys.shape[-2]
        # One new place may look at all places before it.
        if causal and not plain and (mask is not None or num_queries > 1):
            earlier = causal_mask(num_queries, num_keys, x.device)
            mask = earlier if mask is None else mask & earlier
        return queries, keys, values, mask, plain


def attention_maps(model: nn.Module, *inputs: Any) -> list[Tensor]:
    """The weights (B, H, T, S) of each `MultiHeadAttention`, in the order in which they ran."""
    maps: list[Tensor] = []

    def keep(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        assert isinstance(module, MultiHeadAttention)
        maps.append(module.weights(*args, **kwargs))

    hooks = [  # before each runs, since running adds to a cache
        module.register_forward_pre_hook(keep, with_kwargs=True)
        for module in model.modules()
        if isinstance(module, MultiHeadAttention)
    ]
    try:
        with torch.no_grad():
            model(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return maps
