"""A drawing becomes the same image in the page and in the notebook, and a sensible one."""

from __future__ import annotations

import random

import pytest
import torch

from livetorch.live.parts.strokes import stroke_image
from tests.live.node import page_answers


def random_strokes(draw: random.Random) -> list[list[list[float]]]:
    scale = draw.choice([0.01, 0.3, 1.0])
    return [
        [[draw.random() * scale, draw.random() * scale] for _ in range(draw.randrange(6))]
        for _ in range(draw.randrange(1, 4))
    ]


def test_page_and_notebook_make_the_same_image() -> None:
    draw = random.Random(0)
    questions = [{"strokes": random_strokes(draw)} for _ in range(60)] + [{"strokes": []}]
    replies = page_answers("strokes", questions, function="strokeImage")
    for question, page in zip(questions, replies, strict=True):
        image = stroke_image(question["strokes"])
        numbers = [page["answer"][str(i)] for i in range(64)]  # a typed array, as JSON has it
        shown = torch.tensor(numbers, dtype=torch.float32).reshape(8, 8)
        torch.testing.assert_close(shown, image)


def test_place_and_size_of_a_drawing_do_not_matter() -> None:
    line = [[0.2, 0.1], [0.8, 0.9]]
    moved = [[x / 2 + 0.3, y / 2 + 0.2] for x, y in line]
    torch.testing.assert_close(stroke_image([moved]), stroke_image([line]))


def test_a_dot_stays_a_dot_and_nothing_is_nothing() -> None:
    dot = stroke_image([[[0.3, 0.9]]])
    assert 0 < dot.sum() < 2
    assert dot[:3].sum() == 0
    assert stroke_image([]).sum() == 0
    assert stroke_image([[]]).sum() == 0


@pytest.mark.parametrize("upright", [True, False])
def test_a_line_runs_where_it_was_drawn(upright: bool) -> None:
    line = [[0.5, 0.1], [0.5, 0.9]] if upright else [[0.1, 0.5], [0.9, 0.5]]
    image = stroke_image([line])
    image = image if upright else image.T
    assert (image[1:7, 3:5] > 0.4).all()
    assert image[:, :2].sum() == image[:, 6:].sum() == 0
