"""One token drawn from a model's logits, at a temperature. V vocabulary, T tokens."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def tempered(logits: Tensor, temperature: float) -> Tensor:
    """logits (..., V) -> logits (..., V), divided by the temperature

    Below 1 likely tokens become more likely. At 0, where no division is possible, it is the limit:
    the first of the largest logits keeps all probability, so that a draw is greedy.

    Raises:
        ValueError: the temperature is negative or not finite.
    """
    check_temperature(temperature)
    if temperature == 0:
        places = torch.arange(logits.shape[-1], device=logits.device)
        likeliest = places == logits.argmax(dim=-1, keepdim=True)
        return torch.zeros_like(logits).masked_fill(~likeliest, -math.inf)
    # The largest becomes 0 first, so that no division by a small temperature overflows.
    return (logits - logits.amax(dim=-1, keepdim=True)) / temperature


def drawn(logits: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """logits (V,) -> one token (1,), each as often as its probability says

    Where one token is certain no number is taken from the generator, which lives on the logits'
    device; without one, torch's own is drawn from.
    """
    if torch.isneginf(logits).sum() == len(logits) - 1:
        return logits.argmax(dim=-1, keepdim=True)
    return torch.multinomial(logits.softmax(dim=-1), 1, generator=generator)


def check_temperature(temperature: float) -> None:
    """Refuse a temperature that means nothing."""
    if not (math.isfinite(temperature) and temperature >= 0):
        raise ValueError(
            f"temperature must be 0 or a finite number above it, got {temperature}. At 0 the "
            "likeliest token is always taken"
        )


def check_prompt(prompt: Tensor, length: int) -> None:
    """Refuse a prompt that is not (T,) with T at least 1, and a length below 0."""
    if prompt.dim() != 1 or len(prompt) == 0:
        raise ValueError(
            f"the prompt must be (T,) with at least one token, got {tuple(prompt.shape)}"
        )
    if length < 0:
        raise ValueError(f"length must be at least 0, got {length}")
