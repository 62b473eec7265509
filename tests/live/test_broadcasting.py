"""A page's answer about two shapes is torch's, error messages included."""

from __future__ import annotations

import random

from livetorch.live import Broadcasting
from tests.live.node import page_answers


def test_a_page_says_of_shapes_what_torch_says() -> None:
    draw = random.Random(0)

    def shape() -> list[int]:
        return [draw.choice([0, 1, 1, 2, 3]) for _ in range(draw.randrange(5))]

    questions = [{"a": shape(), "b": shape()} for _ in range(400)]
    widget = Broadcasting()
    torch_says = [widget.answer(question) for question in questions]
    page_says = [reply["answer"] for reply in page_answers("broadcasting", questions)]
    assert page_says == torch_says
    errors = sum("error" in reply for reply in torch_says)
    assert 50 < errors < 350
