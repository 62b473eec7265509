"""The descent that a page draws is the one that torch takes."""

from __future__ import annotations

import random

import pytest
import torch

from livetorch.live import FitLine, WidgetError
from tests.live.node import page_answers


def random_question(draw: random.Random) -> dict[str, object]:
    many = draw.randrange(2, 9)
    points = [[draw.uniform(-2, 3), draw.uniform(-4, 6)] for _ in range(many)]
    return {
        "points": points,
        "start": [draw.uniform(-2, 4), draw.uniform(-3, 4)],
        "rate": draw.uniform(0.02, 1.2),
    }


def test_page_and_torch_walk_the_same_path() -> None:
    draw = random.Random(0)
    questions = [random_question(draw) for _ in range(80)]
    widget = FitLine()
    diverged = 0
    for question, page in zip(questions, page_answers("fit_line", questions), strict=True):
        torch_says = widget.answer(question)
        for name in ("path", "best", "limit"):
            shown, expected = (torch.tensor(s[name]) for s in (page["answer"], torch_says))
            torch.testing.assert_close(shown, expected, rtol=1e-4, atol=1e-5)
        diverged += len(torch_says["path"]) < 41
    assert 5 < diverged < 75


def test_the_path_leaves_above_the_limit_and_stays_below() -> None:
    widget = FitLine()
    asked = dict(widget.options)
    limit = widget.answer(asked)["limit"]
    below = widget.answer({**asked, "rate": 0.98 * limit})["path"]
    above = widget.answer({**asked, "rate": 1.02 * limit})["path"]
    assert below[-1][2] < below[0][2]
    assert above[-1][2] > above[-3][2]


def test_points_in_one_column_have_no_best_line() -> None:
    question = {"points": [[1.0, 0.0], [1.0, 2.0]], "start": [0.0, 0.0], "rate": 0.1}
    with pytest.raises(WidgetError, match="one x"):
        FitLine().answer(question)
    assert "one x" in page_answers("fit_line", [question])[0]["error"]
