"""The network that a page trains is the one that torch trains, and does what the chapter asks."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch

from livetorch.live import Playground, WidgetError
from livetorch.live.widgets.playground import ACTIVATIONS, LAYERS, WIDTH
from tests.live.node import page_answers


def a_question(draw: random.Random, widget: Playground) -> dict[str, Any]:
    return {
        "data": draw.choice(list(widget.options["sets"])),
        "layers": draw.randrange(LAYERS + 1),
        "width": draw.randrange(1, WIDTH + 1),
        "activation": draw.choice(list(ACTIVATIONS)),
        "start": draw.randrange(4),
        "steps": draw.choice([0, 1, 5, 20]),
        "state": None,
    }


def assert_same(page: dict[str, Any], kernel: dict[str, Any]) -> None:
    assert page["state"]["t"] == kernel["state"]["t"]
    assert page["accuracy"] == pytest.approx(kernel["accuracy"], abs=1e-9)
    for name in ("theta", "m", "v"):
        torch.testing.assert_close(
            torch.tensor(page["state"][name]).double(),
            torch.tensor(kernel["state"][name]).double(),
            rtol=1e-4,
            atol=1e-6,
        )
    for name in ("loss", "grid"):
        torch.testing.assert_close(
            torch.tensor(page[name]).double(),
            torch.tensor(kernel[name]).double(),
            rtol=1e-4,
            atol=1e-6,
        )


def test_page_and_torch_train_the_same_network_and_go_on_from_it() -> None:
    draw, widget = random.Random(0), Playground()
    questions = [a_question(draw, widget) for _ in range(40)]
    answers = [widget.answer(question) for question in questions]
    for page, kernel in zip(
        page_answers("playground", questions, widget.options), answers, strict=True
    ):
        assert_same(page["answer"], kernel)
    later = [
        {**question, "steps": 7, "state": answer["state"]}
        for question, answer in zip(questions, answers, strict=True)
    ]
    for page, question in zip(
        page_answers("playground", later, widget.options), later, strict=True
    ):
        assert_same(page["answer"], widget.answer(question))


@pytest.mark.parametrize(
    "wrong", [{"data": "cats"}, {"layers": 4}, {"layers": -1}, {"width": 0}, {"activation": "sin"}]
)
def test_what_there_is_not_is_said(wrong: dict[str, Any]) -> None:
    widget = Playground()
    question = {**a_question(random.Random(1), widget), **wrong}
    with pytest.raises(WidgetError, match="no such network") as caught:
        widget.answer(question)
    assert page_answers("playground", [question], widget.options)[0]["error"] == str(caught.value)


def test_what_the_reader_is_asked_to_find() -> None:
    cases = [  # data, layers, width, activation, steps, start: between which shares it ends
        ("two clouds", 1, 2, "none", 300, 0, 0.95, 1),
        ("XOR", 2, 4, "none", 300, 0, 0, 0.75),
        ("ring", 1, 2, "ReLU", 1000, 0, 0, 0.9),
        ("ring", 1, 3, "ReLU", 1000, 0, 0.99, 1),
        ("XOR", 1, 4, "ReLU", 1000, 0, 0, 0.8),
        ("XOR", 1, 4, "ReLU", 1000, 2, 0.99, 1),
        ("spiral", 1, 8, "ReLU", 1000, 0, 0, 0.8),
        ("spiral", 3, 8, "ReLU", 1000, 0, 0.99, 1),
    ]
    names = ("data", "layers", "width", "activation", "steps", "start")
    questions = [{**dict(zip(names, case[:6], strict=True)), "state": None} for case in cases]
    pages = page_answers("playground", questions, Playground().options)
    for (*case, low, high), page in zip(cases, pages, strict=True):
        assert low <= page["answer"]["accuracy"] <= high, case


def test_the_still_picture_and_the_options_are_small_and_the_same_each_time() -> None:
    first, second = Playground().as_html(), Playground().as_html()
    assert first == second
    assert len(first) < 90_000
    rows = [row for rows in Playground().options["sets"].values() for row in rows]
    assert all(abs(x) < 1.5 and abs(y) < 1.5 for x, y, _ in rows)
    assert sum(label for *_, label in rows) * 2 == len(rows)
