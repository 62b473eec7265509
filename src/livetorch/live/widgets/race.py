"""A race of optimizers on a surface: pick the ground, the start, the rates and the noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from livetorch.live.frame.widget import Widget, WidgetError
from livetorch.optimizers import ByHand, Rule, adam, momentum, rmsprop, sgd

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEPS = 100
TOO_HIGH = 1e6
"""a height above this has left the map for good, and the path ends"""
HALF = 0.5**0.5


def ravine(x: Tensor, y: Tensor) -> Tensor:
    return (x**2 + 100 * y**2) / 2


SURFACES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "ravine": ravine,
    "turned": lambda x, y: ravine((x + y) * HALF, (y - x) * HALF),
    "saddle": lambda x, y: 10 * x**2 - y**2 / 2 + y**4 / 4 + 1 / 4,
    "bowl": lambda x, y: (x**2 + y**2) / 2,
}
RACERS: dict[str, tuple[Rule, dict[str, Any]]] = {
    "SGD": (sgd, {}),
    "momentum": (momentum, {}),
    "RMSProp": (rmsprop, {"alpha": 0.9}),
    "Adam": (adam, {}),
}
RATES = {"SGD": 0.01, "momentum": 0.01, "RMSProp": 0.1, "Adam": 0.2}


class Race(Widget):
    """Four optimizers from one start, each with a rate of its own.

    The question is ``{"surface": ..., "start": [x, y], "rates": {name: rate}, "momentum": ...,
    "noise": ...}``; the answer holds the ``paths`` of ``[x, y, height]`` after each step by name.
    The noise of each step, the same for all, is in the options, times the question's ``noise``.
    """

    module = "race"
    title = "A race of optimizers"
    description = (
        "Left: a map of a ravine with four paths from one start. Plain descent stays near the "
        "start, the others come to the center. Right: the height of each against the step; "
        "plain descent is the highest at the end."
    )

    def __init__(
        self,
        surface: str = "ravine",
        rates: dict[str, float] | None = None,
        momentum: float = 0.9,
        noise: float = 0.0,
    ) -> None:
        draws = torch.randn(STEPS, 2, generator=torch.Generator().manual_seed(0))
        super().__init__(
            surface=surface,
            rates={**RATES, **(rates or {})},
            momentum=momentum,
            noise=noise,
            start=[-4.0, 1.0],
            draws=[[round(d, 3) for d in pair] for pair in draws.tolist()],
        )

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        if question["surface"] not in SURFACES:
            raise WidgetError(f"There is no surface {question['surface']!r}.")
        return {"paths": {name: self.path(name, question) for name in question["rates"]}}

    def path(self, name: str, question: dict[str, Any]) -> list[list[float]]:
        """The places and heights of one optimizer, up to where it leaves the map for good."""
        rule, settings = RACERS[name]
        if name == "momentum":
            settings = {"momentum": question["momentum"]}
        surface = SURFACES[question["surface"]]
        noise = question["noise"] * torch.tensor(self.options["draws"], dtype=torch.float64)
        point = torch.tensor(question["start"], dtype=torch.float64, requires_grad=True)
        optimizer = ByHand([point], rule, lr=question["rates"][name], **settings)
        path: list[list[float]] = []
        for step in range(STEPS + 1):
            height = surface(*point)
            path.append([*point.tolist(), height.item()])
            if step == STEPS or not height < TOO_HIGH:
                break
            (gradient,) = torch.autograd.grad(height, point)
            point.grad = gradient + noise[step]
            optimizer.step()
        return path

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        from livetorch.colors import LIGHT

        x, y = torch.meshgrid(torch.linspace(-5, 5, 61), torch.linspace(-2, 2, 61), indexing="xy")
        colors = dict(zip(RACERS, ("orange", "blue", "plum", "green"), strict=True))
        figure = Figure(figsize=(6.4, 2.8), layout="constrained")
        left, right = figure.subplots(1, 2)
        left.contour(
            x,
            y,
            SURFACES[self.options["surface"]](x, y),
            [1, 5, 20, 80, 200],
            colors=LIGHT["grey"],
            linewidths=1,
        )
        for name, path in self.answer(self.options)["paths"].items():
            places = torch.tensor(path)
            left.plot(places[:, 0], places[:, 1], color=LIGHT[colors[name]], linewidth=1.2)
            right.semilogy(places[:, 2].clamp(min=1e-6), color=LIGHT[colors[name]], label=name)
        left.set(xlim=(-5, 5), ylim=(-2, 2), xlabel="x", ylabel="y")
        right.set(xlabel="step", ylabel="height", ylim=(1e-6, 1e3))
        right.minorticks_off()
        right.legend()
        return figure
