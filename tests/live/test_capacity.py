"""A page fits the polynomials that torch fits, however wild they are."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import pytest
import torch

from livetorch.live import Capacity
from livetorch.live.widgets.capacity import COUNTS, DEGREES, STRENGTHS, fit_polynomial
from tests.live.node import page_answers


def noisy_wave(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x = 2 * torch.rand(count, 1, generator=generator, dtype=torch.float64) - 1
    return x, torch.sin(3 * x) + 0.3 * torch.randn(count, 1, generator=generator)


@pytest.mark.parametrize("seed", [6, 1])  # the second is wild: losses of a hundred million
def test_a_page_fits_what_torch_fits(seed: int) -> None:
    widget = Capacity(noisy_wave(80, seed), noisy_wave(200, seed + 100))
    questions: list[dict[str, Any]] = [
        {"degree": degree, "count": count, "strength": strength}
        for degree, count, strength in product((0, 1, 3, 7, DEGREES), COUNTS, STRENGTHS)
    ]
    replies = page_answers("capacity", questions, widget.options)
    for question, page in zip(questions, replies, strict=True):
        torch_says = widget.answer(question)
        for part, values in torch_says.items():
            torch.testing.assert_close(
                torch.tensor(page["answer"][part]), torch.tensor(values), rtol=1e-4, atol=1e-6
            )


def test_training_losses_fall_with_the_degree_and_the_penalty_raises_them() -> None:
    widget = Capacity(noisy_wave(80, 6), noisy_wave(200, 7))
    losses = {
        strength: torch.tensor(
            widget.answer({"degree": 3, "count": 20, "strength": strength})["losses"]
        )[:, 0]
        for strength in STRENGTHS
    }
    assert (losses[0.0].diff() <= 1e-9).all()
    for weak, strong in pairwise(STRENGTHS):
        assert (losses[weak] <= losses[strong] + 1e-9).all()


def test_the_penalty_leaves_the_constant_alone() -> None:
    x = torch.linspace(-1, 1, 50, dtype=torch.float64)
    weights = fit_polynomial(x, torch.full_like(x, 7), 4, 1e6)
    torch.testing.assert_close(weights, torch.tensor([7.0, 0, 0, 0, 0], dtype=torch.float64))


@pytest.mark.parametrize(
    "change", [{"degree": -1}, {"degree": 13}, {"degree": 2.5}, {"count": 21}, {"strength": 5}]
)
def test_choices_that_do_not_exist(change: dict[str, float]) -> None:
    widget = Capacity(noisy_wave(80, 6), noisy_wave(200, 7))
    question = {"degree": 3, "count": 20, "strength": 0.0} | change
    with pytest.raises(ValueError, match="no such choice"):
        widget.answer(question)
    (reply,) = page_answers("capacity", [question], widget.options)
    assert reply == {"error": "There is no such choice."}


def test_too_few_points() -> None:
    with pytest.raises(ValueError, match="at least 80"):
        Capacity(noisy_wave(79, 6), noisy_wave(200, 7))
