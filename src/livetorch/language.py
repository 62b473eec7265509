"""How well a model foretells a text: the loss of each token, and bits per byte.

N tokens of the text, V vocabulary.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from livetorch.modes import evaluating


@torch.no_grad()
def token_losses(model: nn.Module, tokens: Tensor, window: int) -> Tensor:
    """tokens (N,) -> -log of the chance that the model gave to each but the first, (N - 1,) in nats

    The model, tokens (1, T) -> logits (1, T, V), reads ``window`` tokens at a time. Windows overlap
    by half and each token is counted once, where most stands before it: at least half a window,
    but for those at the beginning of the text. Afterwards every module is in the mode it was found
    in.

    Raises:
        ValueError: the tokens are not (N,) with N > 1, or the window is below 2.
    """
    if tokens.ndim != 1 or len(tokens) < 2:
        raise ValueError(f"tokens must be (N,) with N > 1, got {tuple(tokens.shape)}")
    if window < 2:
        raise ValueError(f"a window of {window} tokens cannot overlap the next by half: take 2")
    inputs, targets = tokens[:-1], tokens[1:]
    last = max(0, len(inputs) - window)
    losses, done = [], 0
    with evaluating(model):
        for start in (*range(0, last, window // 2), last):
            logits = model(inputs[None, start : start + window])[0, done - start :]
            losses.append(
                functional.cross_entropy(logits, targets[done : start + window], reduction="none")
            )
            done = start + window
    return torch.cat(losses)


def bits_per_byte(model: nn.Module, tokens: Tensor, num_bytes: int, window: int) -> float:
    """The bits that the model needs for a byte of the text: a measure that knows no tokens.

    ``num_bytes`` are those of all tokens but the first, which is not judged. Models with different
    tokens can be compared so, which their losses per token cannot.

    Raises:
        ValueError: as `token_losses`.
    """
    return token_losses(model, tokens, window).sum().item() / math.log(2) / num_bytes
