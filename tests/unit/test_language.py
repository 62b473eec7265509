"""How well a model foretells a text: each token once, with what stands before it."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from livetorch.language import bits_per_byte, token_losses
from livetorch.models.gpt import GPT, GPTSettings
from livetorch.models.sequences import CharacterModel

VOCABULARY = 11


def text(length: int) -> Tensor:
    return torch.randint(VOCABULARY, (length,), generator=torch.Generator().manual_seed(0))


def gpt(context: int = 8) -> GPT:
    torch.manual_seed(0)
    return GPT(GPTSettings(VOCABULARY, context, num_layers=1, width=8)).double()


def one_by_one(model: nn.Module, tokens: Tensor, place: int, before: int) -> Tensor:
    """-log of the chance of the token at a place, with so many tokens before it."""
    logits = model(tokens[None, place - before : place])[0, -1]
    return -logits.log_softmax(0)[tokens[place]]


def starts(length: int, window: int) -> list[int]:
    """Where windows over so many tokens begin: every half window, and the last at the end."""
    last = max(0, length - 1 - window)
    return [start for start in range(0, last + 1, window // 2) if start < last] + [last]


@pytest.mark.parametrize("length", [2, 5, 8, 9, 10, 13, 17, 24, 25, 31])
@pytest.mark.parametrize("window", [8, 7, 2])
def test_each_token_is_judged_once(length: int, window: int) -> None:
    model, tokens = gpt().eval(), text(length)
    got = token_losses(model, tokens, window)
    assert got.shape == (length - 1,)
    for place in range(1, length):
        # The first window whose end it lies before has read most, or the text's whole beginning.
        start = next(start for start in starts(length, window) if place <= start + window)
        expected = one_by_one(model, tokens, place, place - start)
        torch.testing.assert_close(got[place - 1], expected)
        assert place - start >= min(place, (window + 1) // 2)


def test_a_window_as_long_as_the_text_is_one_pass() -> None:
    torch.manual_seed(0)
    model, tokens = CharacterModel(VOCABULARY, 4, 6), text(40)
    logits = model(tokens[None, :-1])[0]
    expected = nn.functional.cross_entropy(logits, tokens[1:], reduction="none")
    torch.testing.assert_close(token_losses(model, tokens, len(tokens)), expected)


def test_bits_per_byte_of_a_guess() -> None:
    """All tokens alike: log2 of their number for each, whatever its bytes; two bytes each here."""
    model = gpt()
    nn.init.zeros_(model.head.weight)
    got = bits_per_byte(model, text(30), num_bytes=58, window=8)
    assert got == pytest.approx(math.log2(VOCABULARY) / 2)


def test_the_mode_stays_and_dropout_is_off() -> None:
    model = GPT(GPTSettings(VOCABULARY, 8, num_layers=1, width=8, dropout=0.5))
    model.blocks[0].eval()
    modes = [module.training for module in model.modules()]
    first, second = (token_losses(model, text(20), 8) for _ in range(2))
    torch.testing.assert_close(first, second, rtol=0, atol=0)
    assert [module.training for module in model.modules()] == modes
    assert not first.requires_grad


def test_what_cannot_be_judged() -> None:
    for tokens in (text(1), text(4)[None]):
        with pytest.raises(ValueError, match=r"tokens must be \(N,\) with N > 1"):
            token_losses(gpt(), tokens, 8)
    with pytest.raises(ValueError, match="cannot overlap the next by half"):
        token_losses(gpt(), text(4), 1)
