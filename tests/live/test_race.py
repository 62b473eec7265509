"""The race that a page draws is the one that torch runs, and the one the chapter tells of."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch

from livetorch.live import Race, WidgetError
from livetorch.live.widgets.race import RACERS, STEPS, SURFACES
from tests.live.node import page_answers


def random_question(draw: random.Random) -> dict[str, Any]:
    return {
        "surface": draw.choice(list(SURFACES)),
        "start": [draw.uniform(-4, 4), draw.uniform(-2, 2)],
        "rates": {name: 10 ** draw.uniform(-4, 0.5) for name in RACERS},
        "momentum": draw.uniform(0, 0.99),
        "noise": draw.choice([0.0, draw.uniform(0, 4)]),
    }


def test_page_and_torch_run_the_same_race() -> None:
    draw = random.Random(0)
    widget = Race()
    questions = [random_question(draw) for _ in range(20)]
    ended = 0
    pages = page_answers("race", questions, widget.options)
    for question, page in zip(questions, pages, strict=True):
        torch_says = widget.answer(question)["paths"]
        assert list(page["answer"]["paths"]) == list(RACERS)
        for name, path in torch_says.items():
            shown = page["answer"]["paths"][name]
            assert len(shown) == len(path), name
            # The first steps: later ones of a wild run follow every rounding.
            torch.testing.assert_close(
                torch.tensor(shown[:30]), torch.tensor(path[:30]), rtol=1e-4, atol=1e-5
            )
            ended += len(path) <= STEPS
    assert 5 < ended < 60, "some must leave the map, and some must not"


def test_an_unknown_surface_is_said() -> None:
    question = {**Race().options, "surface": "hill"}
    with pytest.raises(WidgetError, match="no surface 'hill'"):
        Race().answer(question)
    assert "no surface 'hill'" in page_answers("race", [question], Race().options)[0]["error"]


def heights(widget: Race, name: str, **changes: Any) -> torch.Tensor:
    path = widget.path(name, {**widget.options, **changes})
    return torch.tensor([height for _, _, height in path])


def test_what_the_reader_is_asked_to_find() -> None:
    widget = Race()
    half = 0.5**0.5
    turned = {"surface": "turned", "start": [-5 * half, -3 * half]}
    for name in RACERS:
        same = torch.allclose(heights(widget, name, **turned), heights(widget, name), rtol=0.05)
        assert same == (name in ("SGD", "momentum")), name
    # In the ravine the border of plain descent is 2 / 100.
    assert len(heights(widget, "SGD", rates={"SGD": 0.0199})) == STEPS + 1
    below, above = (heights(widget, "SGD", rates={"SGD": rate}) for rate in (0.0199, 0.0201))
    assert below[-1] < below[-11]
    assert above[-1] > above[-11]
    saddle = {"surface": "saddle", "start": [0.2, 0.001]}
    assert heights(widget, "SGD", **saddle)[-1] > 0.2, "plain descent has left the saddle"
    assert heights(widget, "Adam", **saddle)[-1] < 0.05, "Adam has not left the saddle"


def test_the_still_picture_is_small_and_the_same_each_time() -> None:
    first, second = Race().as_html(), Race().as_html()
    assert first == second
    assert len(first) < 90_000
