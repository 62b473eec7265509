"""The speed-up of many processes: the page computes what torch does, and says what it means."""

from __future__ import annotations

import random
from typing import Any

import pytest

from livetorch.live import SpeedUp, WidgetError
from livetorch.live.widgets.speed_up import LATENCY, PROCESSES, START
from tests.live.node import page_answers, page_calls


def questions() -> list[dict[str, Any]]:
    draw = random.Random(0)
    return [
        {
            "milliseconds": 10 ** draw.uniform(0, 4),
            "megabytes": 10 ** draw.uniform(-2, 4),
            "bandwidth": 10 ** draw.uniform(-2, 3),
            "growing": draw.random() < 0.5,
        }
        for _ in range(200)
    ]


def test_the_page_computes_what_torch_does() -> None:
    widget = SpeedUp()
    replies = page_answers("speed_up", questions(), widget.options)
    for question, page in zip(questions(), replies, strict=True):
        expected = widget.answer(question)["speed_ups"]
        assert page["answer"]["speed_ups"] == pytest.approx(expected, rel=1e-9)


def test_one_process_is_the_measure_and_no_exchange_is_ideal() -> None:
    factors = SpeedUp().answer({**START, "megabytes": 1e-12, "milliseconds": 1e6})["speed_ups"]
    assert factors == pytest.approx(range(1, PROCESSES + 1), rel=1e-3)
    assert SpeedUp().answer(START)["speed_ups"][0] == 1


def test_two_processes_by_hand() -> None:
    # Each sends its gradient once over, in halves: 0.01 s at 10 GB/s, beside 0.2 s of computing.
    factor = SpeedUp().answer(START)["speed_ups"][1]
    assert factor == pytest.approx(0.4 / (0.2 + 0.01 + 2 * LATENCY))
    grown = SpeedUp().answer({**START, "growing": True})["speed_ups"][1]
    assert grown == pytest.approx(2 * 0.4 / (0.4 + 0.01 + 2 * LATENCY))


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), "much"])
def test_what_is_no_size_is_said(wrong: Any) -> None:
    with pytest.raises(WidgetError, match="above 0"):
        SpeedUp().answer({**START, "megabytes": wrong})
    if wrong == wrong:  # JSON has no NaN
        (reply,) = page_answers("speed_up", [{**START, "megabytes": wrong}], SpeedUp().options)
        assert reply == {"error": "Times, sizes and speeds must be numbers above 0."}


def test_the_verdict() -> None:
    slower, peak, rising = page_calls(
        "speed_up", "verdict", [[[1, 0.5, 0.25]], [[1, 1.5, 1.25]], [[1, 2, 3]]]
    )
    assert slower == "More processes only make it slower: stay with one."
    assert peak == "Best with 2 processes: 1.5 times as fast. With 3: 1.3 times."
    assert rising == "3 processes: 3.0 times as fast, 100 % of the ideal."
