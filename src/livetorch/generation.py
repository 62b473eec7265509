"""Text from a language model: how one token is drawn, and then a whole text.

A rule takes logits and returns logits: minus infinity where a token must not come. So rules can
follow each other, and the softmax of what is left adds up to 1 again.

T tokens, V vocabulary, B sequences side by side.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from livetorch.models.attention import KeyValues
from livetorch.models.gpt import GPT
from livetorch.models.sampling import check_prompt, drawn, tempered
from livetorch.modes import evaluating

__all__ = [
    "Beam",
    "beam_search",
    "drawn",
    "generate",
    "min_p",
    "next_token_probabilities",
    "tempered",
    "top_k",
    "top_p",
]


def top_k(logits: Tensor, count: int) -> Tensor:
    """logits (..., V) -> logits (..., V) of the ``count`` likeliest tokens; of equals the first

    Raises:
        ValueError: fewer than one would be left.
    """
    if count < 1 or count != int(count):
        raise ValueError(f"top-k must keep a whole number of tokens, at least 1, got {count}")
    order = logits.argsort(dim=-1, descending=True, stable=True)
    return _without(logits, order, torch.arange(logits.shape[-1], device=logits.device) >= count)


def top_p(logits: Tensor, share: float) -> Tensor:
    """logits (..., V) -> logits (..., V) of the fewest likeliest tokens whose probabilities add up
    to ``share`` or more

    Raises:
        ValueError: the share is not above 0 and at most 1.

    Source: Holtzman et al., 2020, The curious case of neural text degeneration.
    """
    if not 0 < share <= 1:
        raise ValueError(f"top-p must be above 0 and at most 1, got {share}")
    order = logits.argsort(dim=-1, descending=True, stable=True)
    if share == 1:
        return logits  # rounded probabilities may add up to 1 before the last of them
    sums = logits.softmax(dim=-1).gather(-1, order).cumsum(dim=-1)
    # A token stays where those before it do not add up to the share: the first always does.
    before = torch.cat([torch.zeros_like(sums[..., :1]), sums[..., :-1]], dim=-1)
    return _without(logits, order, before >= share)


def min_p(logits: Tensor, share: float) -> Tensor:
    """logits (..., V) -> logits (..., V) of the tokens that have at least ``share`` of the
    probability of the likeliest

    Raises:
        ValueError: the share is not within 0 and 1.

    Source: Nguyen et al., 2024, Turning up the heat: min-p sampling.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"min-p must lie between 0 and 1, got {share}")
    probabilities = logits.softmax(dim=-1)
    rare = probabilities < share * probabilities.amax(dim=-1, keepdim=True)
    return logits.masked_fill(rare, -math.inf)


CUTS: tuple[Callable[[Tensor, float], Tensor], ...] = (top_k, top_p, min_p)  # type: ignore[assignment]
"""The rules that leave tokens out, in the order in which they follow the temperature."""


def _without(logits: Tensor, order: Tensor, dropped: Tensor) -> Tensor:
    """Minus infinity for those that are dropped, (..., V) in the given order."""
    places = torch.zeros_like(logits, dtype=torch.bool)
    return logits.masked_fill(places.scatter(-1, order, dropped.expand_as(order)), -math.inf)


def _ruled(logits: Tensor, temperature: float, *cuts: float | None) -> Tensor:
    logits = tempered(logits, temperature)
    for rule, value in zip(CUTS, cuts, strict=True):
        if value is not None:
            logits = rule(logits, value)
    return logits


def next_token_probabilities(
    logits: Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
) -> Tensor:
    """logits (..., V) -> probabilities (..., V) under all rules that are given

    The temperature comes first, so that the others see what it made; at 0 the likeliest token has
    probability 1.

    Raises:
        ValueError: as `tempered`, `top_k`, `top_p` and `min_p`.
    """
    return _ruled(logits, temperature, top_k, top_p, min_p).softmax(dim=-1)


@torch.no_grad()
def generate(
    model: GPT,
    prompt: Tensor,
    length: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    generator: torch.Generator | None = None,
    cache: bool = True,
    stop: int | None = None,
) -> Tensor:
    """The prompt (T,) and ``length`` tokens drawn after it, (T + length,) int64; fewer where
    ``stop`` is drawn, which is then the last

    With a ``cache`` of keys and values each step reads the new token alone, without one all tokens
    again: the same text, up to a near tie of two tokens. Where the context is full, its older half
    is left out and the rest read anew, in both cases. The same generator state gives the same
    tokens; it lives on the model's device. Afterwards every module is in the mode it was found in.

    Raises:
        ValueError: the prompt is empty, not (T,), or longer than the context; the length is below
            0; as `next_token_probabilities`, and as the model for tokens that it cannot read.
    """
    check_prompt(prompt, length)
    longest = model.settings.context_length
    if len(prompt) > longest:
        raise ValueError(
            f"the prompt of {len(prompt)} tokens is longer than the context of {longest} that the "
            "model was made for: leave out its beginning, prompt[-n:]"
        )
    tokens, first, read = prompt, 0, 0  # the window begins at first; the cache ends before read
    kept: list[KeyValues] | None = None
    with evaluating(model):
        for _ in range(length):
            if len(tokens) - first > longest:
                first, kept = len(tokens) - max(1, longest // 2), None
            if kept is None:
                kept, read = (model.empty_cache() if cache else None), first
            logits = model(tokens[None, read:], kept)[0, -1]
            read = len(tokens)
            following = drawn(_ruled(logits, temperature, top_k, top_p, min_p), generator)
            tokens = torch.cat([tokens, following])
            if stop is not None and following.item() == stop:
                break
    return tokens


class Beam(NamedTuple):
    """A sequence that a beam search found."""

    tokens: Tensor
    """(T,) int64, what it began with included"""
    log_probability: float
    """of the tokens after the start: the sum over all of them"""


@torch.no_grad()
def beam_search(
    step: Callable[[Tensor], Tensor],
    start: Tensor,
    width: int,
    length: int,
    stop: int | None = None,
) -> list[Beam]:
    """The likeliest sequences that a search with ``width`` of them side by side finds, best first.

    ``step(tokens (B, T)) -> logits (B, V)`` scores what follows each of B sequences; ``start (T,)``
    is the beginning of all of them. After each of ``length`` steps the likeliest ``width`` of all
    sequences one token longer go on; one that ended in ``stop`` stays as it is. With a width of 1
    the search is greedy; with one of V ** (length - 1) or more it has seen every sequence.

    Raises:
        ValueError: the start is empty or not (T,); the length is below 0, the width below 1.
    """
    check_prompt(start, length)
    if width < 1:
        raise ValueError(f"a beam must hold at least 1 sequence, got a width of {width}")
    beams = [Beam(start, 0.0)]
    for _ in range(length):
        open_beams = [beam for beam in beams if not _ended(beam, start, stop)]
        if not open_beams:
            break
        logits = step(torch.stack([beam.tokens for beam in open_beams]))
        candidates = [beam for beam in beams if _ended(beam, start, stop)]
        for beam, chances in zip(open_beams, logits.double().log_softmax(dim=-1), strict=True):
            best = chances.topk(min(width, len(chances)))
            candidates += [
                Beam(torch.cat([beam.tokens, token]), beam.log_probability + float(chance))
                for chance, token in zip(best.values, best.indices[:, None], strict=True)
                if chance > -math.inf
            ]
        beams = sorted(candidates, key=lambda beam: -beam.log_probability)[:width]
    return beams


def _ended(beam: Beam, start: Tensor, stop: int | None) -> bool:
    return len(beam.tokens) > len(start) and int(beam.tokens[-1]) == stop
