"""A page makes the merges of a text that the package makes, and says what it cannot read."""

from __future__ import annotations

import random
from typing import Any

import pytest

from livetorch.live import BytePairSteps, WidgetError
from livetorch.live.widgets.byte_pair_steps import EXAMPLES
from livetorch.tokenizers import BytePairs
from tests.live.node import page_answers, page_calls

MODULE = "byte_pair_steps"


@pytest.fixture(scope="module")
def widget() -> BytePairSteps:
    return BytePairSteps()


def test_a_page_makes_the_merges_of_the_package(widget: BytePairSteps) -> None:
    draw = random.Random(0)
    signs = ["a", "b", "ab", " ", "  ", "é", "🙂", "中", "1", "½", "_", "'s", "\n", "\u0301", "!"]
    texts = [text for _, text in EXAMPLES]
    texts += ["".join(draw.choices(signs, k=draw.randrange(1, 200))) for _ in range(80)]
    texts += ["a" * 400, " ", "\ufeffx\ufeffx", "\x85\x1c\u2003 \u2003 a"]
    replies = page_answers(MODULE, [{"text": text} for text in texts], dict(widget.options))
    ended = set()
    for text, page in zip(texts, replies, strict=True):
        ours = widget.answer({"text": text})
        assert page == {"answer": ours}, text
        ended.add(len(ours["merges"]) > 0)
        assert ours["plays"] == BytePairs.shipped().encode(text).tolist()
        assert sorted(ours["counts"], reverse=True) == ours["counts"]
        assert min(ours["counts"], default=2) >= 2
    assert ended == {True, False}


def test_the_example_of_the_lesson(widget: BytePairSteps) -> None:
    answer = widget.answer({"text": "aaab aaab"})
    assert answer["merges"] == [[97, 97], [97, 98], [256, 257]]
    assert answer["counts"] == [4, 2, 2], "in aaa the pair is counted twice, as libraries do"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Write at least one character."),
        ("a" * 401, "Only texts of up to 400 characters, please."),
        ("🙂" * 401, "Only texts of up to 400 characters, please."),
        ("a\ud83d b", "The text holds half a character, for which UTF-8 has no bytes."),
    ],
)
def test_what_cannot_be_read_is_said(widget: BytePairSteps, text: str, words: str) -> None:
    question: dict[str, Any] = {"text": text}
    with pytest.raises(WidgetError) as refused:
        widget.answer(question)
    assert str(refused.value) == words
    assert page_answers(MODULE, [question], dict(widget.options)) == [{"error": words}]
    with pytest.raises(WidgetError, match=words[:10]):
        BytePairSteps(text)


def test_the_longest_text_that_is_taken(widget: BytePairSteps) -> None:
    question = {"text": "🙂" * 400}
    assert page_answers(MODULE, [question], dict(widget.options)) == [
        {"answer": widget.answer(question)}
    ]


def test_bytes_are_shown_as_a_reader_can_see_them() -> None:
    calls = [[list(piece)] for piece in (b" the", b"\n", "é".encode(), b"\xc3", b"\x00", b" n\xc3")]
    shown = page_calls(MODULE, "visibleBytes", calls)
    assert shown == ["␣the", "⏎", "é", "⟨c3⟩", "⟨0⟩", "␣n⟨c3⟩"]
