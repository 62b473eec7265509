"""Capacity: polynomials of every degree through some points, and what each loses on new ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from livetorch.colors import LIGHT
from livetorch.live.frame.widget import Widget, WidgetError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DEGREES = 12
COUNTS = (20, 40, 80)
STRENGTHS = (0.0, 0.0001, 0.01, 0.1)
X, Y, LOSS = (-1.0, 1.0), (-2.5, 2.5), (0.0, 0.3)
SAMPLES = 81


def fit_polynomial(x: Tensor, y: Tensor, degree: int, strength: float) -> Tensor:
    """The weights ``(degree + 1,)`` that minimize half MSE plus ``strength / 2`` times their
    squared length, the constant left out, for ``x (N,)`` and ``y (N,)``."""
    design = x.unsqueeze(1) ** torch.arange(degree + 1)
    # The penalty as more examples, whose targets are 0: least squares then does all the work.
    penalty = (len(x) * strength) ** 0.5 * torch.eye(degree + 1, dtype=x.dtype)[1:]
    targets = torch.cat([y, y.new_zeros(degree)]).unsqueeze(1)
    return torch.linalg.lstsq(torch.cat([design, penalty]), targets).solution.squeeze(1)


def half_mse(x: Tensor, y: Tensor, weights: Tensor) -> float:
    return ((evaluated(weights, x) - y) ** 2).mean().item() / 2


def evaluated(weights: Tensor, x: Tensor) -> Tensor:
    """The polynomial with ``weights (degree + 1,)``, lowest power first, at ``x (N,)``."""
    return (x.unsqueeze(1) ** torch.arange(len(weights))) @ weights


class Capacity(Widget):
    """A polynomial whose degree the reader moves, with the training and the validation loss.

    ``train`` and ``val`` are pairs of ``x`` and ``y``, each with N numbers; x lies in -1 .. 1. The
    first 20, 40 or 80 training points are used.

    The question is ``{"degree", "count", "strength"}``; the answer is ``{"curve": heights at 81
    places, "losses": [[train, val] for each degree]}``.
    """

    module = "capacity"
    title = "Capacity"
    description = (
        "Twenty points on a wave and a polynomial of degree 3 that follows it. Beside it the loss "
        "for the degrees 0 to 12: on the twenty points it falls throughout, on new points it "
        "falls to a lowest value at degree 3 and then rises."
    )

    def __init__(self, train: Sequence[Any], val: Sequence[Any]) -> None:
        sets = {
            name: [torch.as_tensor(part).flatten().tolist() for part in pair]
            for name, pair in (("train", train), ("val", val))
        }
        if len(sets["train"][0]) < max(COUNTS):
            raise ValueError(f"there must be at least {max(COUNTS)} points to train on")
        super().__init__(
            degree=3,
            degrees=DEGREES,
            counts=list(COUNTS),
            strengths=list(STRENGTHS),
            ranges=[X, Y, LOSS],
            samples=SAMPLES,
            **sets,
        )

    def points(self, part: str) -> tuple[Tensor, Tensor]:
        x, y = (torch.tensor(values, dtype=torch.float64) for values in self.options[part])
        return x, y

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        degree, count, strength = (question[name] for name in ("degree", "count", "strength"))
        if not (degree in range(DEGREES + 1) and count in COUNTS and strength in STRENGTHS):
            raise WidgetError("There is no such choice.")
        x, y = (values[:count] for values in self.points("train"))
        fits = [fit_polynomial(x, y, d, strength) for d in range(DEGREES + 1)]
        losses = [
            [half_mse(*points, weights) for points in ((x, y), self.points("val"))]
            for weights in fits
        ]
        where = torch.linspace(*X, SAMPLES, dtype=torch.float64)
        return {"curve": evaluated(fits[degree], where).tolist(), "losses": losses}

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        answer = self.answer({"degree": 3, "count": COUNTS[0], "strength": STRENGTHS[0]})
        figure = Figure(figsize=(6.4, 2.7), layout="constrained")
        left, right = figure.subplots(1, 2)
        x, y = self.points("train")
        left.plot(x[: COUNTS[0]], y[: COUNTS[0]], "o", color=LIGHT["blue"], markersize=4)
        left.plot(torch.linspace(*X, SAMPLES), answer["curve"], color=LIGHT["orange"])
        left.set(xlim=X, ylim=Y, xlabel="x", title="degree 3")
        for column, name, color, mark in ((0, "train", "blue", "o-"), (1, "val", "orange", "s--")):
            losses = [pair[column] for pair in answer["losses"]]
            right.plot(losses, mark, color=LIGHT[color], markersize=4, label=name)
        right.set(ylim=LOSS, xlabel="degree", title="loss")
        right.legend(frameon=False, loc="upper center")
        return figure
