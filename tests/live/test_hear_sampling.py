"""A page and torch agree on which tone samples show, and the samples themselves say the same."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from livetorch.live import HearSampling
from tests.live.node import page_answers, page_calls

QUESTIONS: list[dict[str, Any]] = [
    {"hertz": hertz, "rate": rate}
    for rate in (8000, 4000, 2000)
    for hertz in (1, 50, 999, 1000, 1001, 2000, 3000, 4000, 5000, 7950, 8000)
]


def test_a_page_answers_as_torch_does_and_both_as_the_samples_do() -> None:
    widget = HearSampling()
    page = page_answers("hear_sampling", QUESTIONS, widget.options)
    for question, reply in zip(QUESTIONS, page, strict=True):
        ours = widget.answer(question)
        assert reply["answer"]["shown"] == ours["shown"]
        assert reply["answer"]["sign"] == ours["sign"]
        samples = torch.tensor(reply["answer"]["samples"], dtype=torch.float64)
        torch.testing.assert_close(samples, torch.tensor(ours["samples"], dtype=torch.float64))
        assert 0 <= ours["shown"] <= question["rate"] / 2
        moments = torch.arange(len(samples), dtype=torch.float64) / question["rate"]
        for hertz, sign in ((question["hertz"], 1), (ours["shown"], ours["sign"])):
            wave = sign * torch.sin(2 * math.pi * hertz * moments)
            torch.testing.assert_close(samples, wave, rtol=0, atol=1e-9)


def test_a_rising_tone_is_folded_where_it_turns() -> None:
    (moments,) = page_calls("hear_sampling", "folded", [[0, 8000, 4000, 8]])
    assert moments == [[0, 0], [2, 2000], [4, 0], [6, 2000], [8, 0]]
    (moments,) = page_calls("hear_sampling", "folded", [[50, 8000, 8000, 6]])
    assert [hertz for _, hertz in moments] == [50, 4000, 0]
    assert moments[1][0] == pytest.approx(6 * 3950 / 7950)


@pytest.mark.parametrize(
    "wrong",
    [{"rate": 44_100}, {"hertz": 0}, {"hertz": -5}, {"hertz": 8001}, {"hertz": 0.5}],
)
def test_bad_questions_are_refused_in_the_same_words(wrong: dict[str, Any]) -> None:
    widget = HearSampling()
    question = {"hertz": 3000, "rate": 8000, **wrong}
    with pytest.raises(ValueError, match=r"\w+ \w+") as refused:
        widget.answer(question)
    (reply,) = page_answers("hear_sampling", [question], widget.options)
    assert reply["error"] == str(refused.value)
