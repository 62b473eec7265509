"""A page weighs the words of a text as Python does, and says what it cannot weigh."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from livetorch.datasets import load_ratings
from livetorch.live import WeighWords, WidgetError
from tests.live.node import page_answers, page_calls

MODULE = "weigh_words"
WEIGHTS = {
    "good": 1.5,
    "not": -1.25,
    "bad": -2.0,
    "the": 0.0,
    "caf\u00e9": 0.5,
    "constructor_1": 1.0,
}
EXAMPLES = ["Not good, NOT the best!", "bad"]


def widget() -> WeighWords:
    return WeighWords(WEIGHTS, 0.25, EXAMPLES)


def outcome(ours: WeighWords, question: dict[str, Any]) -> dict[str, Any]:
    """What a page must say: the answer, or the words of the refusal."""
    try:
        return {"answer": ours.answer(question)}
    except WidgetError as refused:
        return {"error": str(refused)}


def test_a_page_weighs_as_python_does() -> None:
    draw, ours = random.Random(0), widget()
    signs = [
        *WEIGHTS,
        "Good",
        "BAD",
        "caf\u00c9",
        "x",
        "zz",
        " ",
        " ",
        ", ",
        "\U0001f642",
        "'",
        "-",
    ]
    signs += [
        "\u4e2d\u6587",
        "\u0130",
        "\u03a3",
        "\u00b2\u00bd",
        "e\u0301",
        "_",
        "\n",
        "toString",
        "constructor",
    ]
    questions: list[dict[str, Any]] = [
        {"text": "".join(draw.choices(signs, k=draw.randrange(1, 40)))[:280], "off": []}
        for _ in range(300)
    ]
    for question in questions:
        question["off"] = [place for place in range(40) if draw.random() < 0.3]
    replies = page_answers(MODULE, questions, dict(ours.options))
    answered = 0
    for question, page in zip(questions, replies, strict=True):
        own = outcome(ours, question)
        if "error" in own:
            assert page == own, question
            continue
        answered += 1
        answer = own["answer"]
        assert page["answer"]["words"] == answer["words"], question
        assert page["answer"]["weights"] == answer["weights"]
        for number in ("sum", "probability"):
            assert page["answer"][number] == pytest.approx(answer[number], abs=1e-12)
    assert answered > 100


def test_the_words_that_are_on_add_up() -> None:
    ours = widget()
    question = {"text": EXAMPLES[0], "off": []}
    answer = ours.answer(question)
    assert answer["words"] == ["not", "good", "not", "the", "best"]
    assert answer["weights"] == [-1.25, 1.5, -1.25, 0.0, None]
    assert answer["sum"] == pytest.approx(0.25 - 1.25 + 1.5 - 1.25)
    assert answer["probability"] == pytest.approx(1 / (1 + math.exp(0.75)))
    one_off = ours.answer({**question, "off": [2]})
    assert one_off["sum"] == pytest.approx(0.5)
    assert ours.answer({**question, "off": [0, 1, 2, 3]})["sum"] == pytest.approx(0.25)


def test_it_answers_as_the_classifier_whose_weights_it_has() -> None:
    train = load_ratings("tweets").clear().select(torch.arange(400))
    vectorizer = CountVectorizer()
    model = LogisticRegression().fit(vectorizer.fit_transform(train.texts), train.labels)
    names = vectorizer.get_feature_names_out().tolist()
    weights = dict(zip(names, model.coef_[0].tolist(), strict=True))
    ours = WeighWords(weights, model.intercept_[0].item(), [train.texts[0]])
    texts = [text[:280] for text in load_ratings("movies").texts[:40]]
    expected = model.predict_proba(vectorizer.transform(texts))[:, 1]
    for text, probability in zip(texts, expected, strict=True):
        answer = ours.answer({"text": text, "off": []})
        assert answer["probability"] == pytest.approx(probability, abs=0.02)  # rounded weights


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Write at least one word."),
        (" \n ", "Write at least one word."),
        ("good " * 57, "Only texts of up to 280 characters, please."),
        (
            "\U0001f642\U0001f621 :-) !!",
            "There is no word in it. Emoji and signs have no weight here.",
        ),
        ("a \u00e0 !", "There is no word in it. Emoji and signs have no weight here."),
        ("das ist gut", "It knows none of these words. It has learned from English alone."),
        ("\u8fd9\u5f88\u597d", "It knows none of these words. It has learned from English alone."),
    ],
)
def test_what_cannot_be_weighed_is_said(text: str, words: str) -> None:
    question = {"text": text, "off": []}
    with pytest.raises(WidgetError) as refused:
        widget().answer(question)
    assert str(refused.value) == words
    assert page_answers(MODULE, [question], dict(widget().options)) == [{"error": words}]


def test_the_longest_text_counts_characters_and_not_halves() -> None:
    question = {"text": "good " + "\U0001f642" * 275, "off": []}
    assert page_answers(MODULE, [question], dict(widget().options)) == [
        {"answer": widget().answer(question)}
    ]


def test_options_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one text"):
        WeighWords(WEIGHTS, 0.0, [])
    with pytest.raises(ValueError, match="finite"):
        WeighWords({"good": math.nan}, 0.0, EXAMPLES)
    with pytest.raises(ValueError, match="knows none"):
        WeighWords(WEIGHTS, 0.0, ["unheard of"])


def test_numbers_have_a_sign() -> None:
    shown = page_calls(MODULE, "signed", [[1.26], [-2.0], [0.04], [-0.04]])
    assert shown == ["+1.3", "\u22122.0", "0.0", "0.0"]
