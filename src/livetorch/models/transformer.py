"""Transformers: blocks of attention and a small network, each added to what it reads.

B batch, T places of the sequence, S places of the context, D width.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from livetorch.models.attention import MultiHeadAttention

NORMS: dict[str, Callable[..., nn.Module]] = {"layer": nn.LayerNorm, "rms": nn.RMSNorm}
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "relu^2": lambda x: functional.relu(x).square(),
    "gelu": functional.gelu,
    "gelu tanh": partial(functional.gelu, approximate="tanh"),
    "swiglu": functional.silu,
}
"""By their names; ``swiglu`` has a gate besides (Shazeer, 2020)."""


def choice(name: str, choices: dict[str, Any], kind: str) -> Any:
    """What goes by a name; a ValueError that names the choices where none does."""
    if name not in choices:
        raise ValueError(f"{kind} must be one of {', '.join(choices)}, got {name!r}")
    return choices[name]


def norm_layer(norm: str, width: int, eps: float = 1e-5, bias: bool = True) -> nn.Module:
    """A layer that normalizes each place by itself, ``layer`` or ``rms``.

    Raises:
        ValueError: a norm of another name.
    """
    kind = choice(norm, NORMS, "norm")
    return kind(width, eps=eps, bias=bias) if norm == "layer" else kind(width, eps=eps)


class FeedForward(nn.Module):
    """A network of one hidden layer, the same at every place."""

    def __init__(
        self, width: int, hidden_features: int, activation: str = "relu", bias: bool = True
    ) -> None:
        super().__init__()
        self.activation = choice(activation, ACTIVATIONS, "activation")
        self.up = nn.Linear(width, hidden_features, bias)
        self.gate = nn.Linear(width, hidden_features, bias) if activation == "swiglu" else None
        self.down = nn.Linear(hidden_features, width, bias)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, T, D) -> (B, T, D)"""
        if self.gate is not None:
            return self.down(self.activation(self.gate(x)) * self.up(x))
        return self.down(self.activation(self.up(x)))


class Block(nn.Module):
    """Look around, then think: attention and a small network, each around a residual connection.

    With ``norm_first`` each part reads what was normalized before it and the sum stays as it is
    (GPT-2 and later); without, the sum is normalized (Vaswani et al., 2017). With
    ``cross_attention`` a second look, at a context, stands between the two. ``dropout`` acts on the
    weights of attention and on what each part adds; torch's layers drop hidden features, too.

    Raises:
        ValueError: as `MultiHeadAttention`; a norm or an activation of another name; a context that
            is missing, or that nothing would look at.
    """

    def __init__(
        self,
        width: int,
        num_heads: int,
        hidden_features: int,
        *,
        norm_first: bool = True,
        cross_attention: bool = False,
        activation: str = "relu",
        norm: str = "layer",
        norm_eps: float = 1e-5,
        bias: bool = True,
        dropout: float = 0.0,
        **attention: Any,
    ) -> None:
        super().__init__()
        attention |= {"bias": bias, "dropout": dropout}
        make_norm = partial(norm_layer, norm, width, norm_eps, bias)
        self.norm_first = norm_first
        self.attention_norm = make_norm()
        self.attention = MultiHeadAttention(width, num_heads, **attention)
        self.cross_norm = make_norm() if cross_attention else None
        self.cross_attention = (
            MultiHeadAttention(width, num_heads, **attention) if cross_attention else None
        )
        self.feed_forward_norm = make_norm()
        self.feed_forward = FeedForward(width, hidden_features, activation, bias)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        x: Tensor,
        context: Tensor | None = None,
        context_mask: Tensor | None = None,
        **looks: Any,
    ) -> Tensor:
        """x (B, T, D), context (B, S, D) where there is cross attention -> (B, T, D)

        ``context_mask`` says where in the context a place may look; the other keywords are those of
        `MultiHeadAttention.forward`, for x itself.
        """
        if (context is None) != (self.cross_attention is None):
            raise ValueError(
                "the block looks at a context, and got none"
                if context is None
                else "the block has no cross attention, and got a context"
            )
        x = self._residual(x, self.attention_norm, self.attention, **looks)
        if self.cross_attention is not None:
            x = self._residual(
                x, self.cross_norm, self.cross_attention, context=context, mask=context_mask
            )
        return self._residual(x, self.feed_forward_norm, self.feed_forward)

    def _residual(self, x: Tensor, norm: Any, part: nn.Module, **looks: Any) -> Tensor:
        if self.norm_first:
            return x + self.dropout(part(norm(x), **looks))
        return norm(x + self.dropout(part(x, **looks)))


class Encoder(nn.Module):
    """Blocks in which every place looks at all places, and a last norm where blocks norm first.

    Raises:
        ValueError: as `Block`.
    """

    cross_attention = False

    def __init__(
        self, num_layers: int, width: int, num_heads: int, hidden_features: int, **settings: Any
    ) -> None:
        super().__init__()
        settings["cross_attention"] = self.cross_attention
        self.blocks = nn.ModuleList(
            Block(width, num_heads, hidden_features, **settings) for _ in range(num_layers)
        )
        self.norm: nn.Module = nn.Identity()
        if settings.get("norm_first", True):
            eps, bias = settings.get("norm_eps", 1e-5), settings.get("bias", True)
            self.norm = norm_layer(settings.get("norm", "layer"), width, eps, bias)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """x (B, T, D), a mask that fits (B, H, T, T) -> (B, T, D)"""
        for block in self.blocks:
            x = block(x, mask=mask)
        return self.norm(x)


class Decoder(Encoder):
    """Blocks in which a place looks at itself, at those before it, and at a whole context."""

    cross_attention = True

    def forward(  # type: ignore[override]
        self, x: Tensor, context: Tensor, context_mask: Tensor | None = None
    ) -> Tensor:
        """x (B, T, D), context (B, S, D), a mask that fits (B, H, T, S) -> (B, T, D)"""
        for block in self.blocks:
            x = block(x, context, context_mask, causal=True)
        return self.norm(x)
