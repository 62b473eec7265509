"""Tokens in a page are those of `livetorch.tokenizers`."""

from __future__ import annotations

import random

import pytest

from livetorch.live import WriteTokens
from livetorch.models.gpt import GPT, GPTSettings
from livetorch.tokenizers import BytePairs, split_text
from tests.live.node import page_calls

TEXTS = [
    "",
    " ",
    "It's 7! we'll\n\n  go, GO 'em",
    "the the  the\t\nthe__ _a a_b\x85\xa0\u2003x\ufeff y\u200b",
    "naïve café, ½ + ² = Ⅷ; 三千 مرحبا 👩‍🚀🏳️‍🌈 e\u0301",
    "aaaaaaa aaaa 1234567890 -- ... ?!?!\x00\x1c\x1f",
]


def random_texts(count: int) -> list[str]:
    chooser = random.Random(0)
    signs = " \n\tabcthe'sl_09½²-,.é三🎲\x85\xa0\ufeff\u2028"
    return ["".join(chooser.choices(signs, k=chooser.randrange(40))) for _ in range(count)]


@pytest.fixture(scope="module")
def tokenizer() -> BytePairs:
    return BytePairs.fit("the theatre then, they'll gather there: " * 9 + "".join(TEXTS), 60)


def test_pieces_are_those_of_python() -> None:
    texts = TEXTS + random_texts(300)
    made = page_calls("byte_pairs", "splitText", [[text] for text in texts])
    assert made == [split_text(text) for text in texts]


def test_tokens_are_those_of_python_and_come_back(tokenizer: BytePairs) -> None:
    texts = TEXTS + random_texts(300)
    merges = [list(pair) for pair in tokenizer.merges]
    made = page_calls("byte_pairs", "encode", [[text, merges] for text in texts])
    assert made == [tokenizer.encode(text).tolist() for text in texts]
    pieces = page_calls("byte_pairs", "piecesOf", [[merges]])[0]
    assert [bytes(piece.values()) for piece in pieces] == list(tokenizer.pieces)


def test_broken_characters_are_decoded_alike(tokenizer: BytePairs) -> None:
    chooser = random.Random(1)
    rows = [chooser.choices(range(len(tokenizer)), k=chooser.randrange(12)) for _ in range(200)]
    pieces = [list(piece) for piece in tokenizer.pieces]
    made = page_calls("byte_pairs", "decode", [[row, pieces] for row in rows])
    assert made == [tokenizer.decode(row) for row in rows]


def test_pieces_are_made_visible_alike(tokenizer: BytePairs) -> None:
    settings = GPTSettings(len(tokenizer), context_length=4, num_layers=1, num_heads=1, width=2)
    kernel = WriteTokens(GPT(settings).eval(), tokenizer, ["the"])
    pieces = [list(piece) for piece in tokenizer.pieces]
    made = page_calls(
        "byte_pairs", "visiblePiece", [[token, pieces] for token in range(len(pieces))]
    )
    assert made == [kernel.shown(token) for token in range(len(pieces))]
