"""A playground: a small network that trains on points in a plane while one watches."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from livetorch.colors import INK, LIGHT
from livetorch.live.frame.widget import Widget, WidgetError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "none": lambda z: z,
    "ReLU": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}
POINTS = 160
CELLS = 24
LIMIT = 1.5
"""the picture shows both features from -LIMIT to LIMIT"""
LAYERS, WIDTH = 3, 8
RATE, STEPS, LAST = 0.03, 10, 1000
"""of Adam: the learning rate, the steps in one question, and where a run ends"""


def make_data() -> dict[str, list[list[float]]]:
    """For each set rows of x1, x2 and the class, half of them 0 and half 1."""
    generator = torch.Generator().manual_seed(0)

    def noise(size: float) -> Tensor:
        return size * torch.randn(POINTS, 2, generator=generator, dtype=torch.float64)

    order = torch.arange(POINTS)
    label = (order % 2).double()
    along = (order // 2).double() / (POINTS // 2 - 1)
    angle = 2 * math.pi * torch.rand(POINTS, generator=generator, dtype=torch.float64)
    far = torch.rand(POINTS, generator=generator, dtype=torch.float64)
    sign = 1 - 2 * label
    radius = torch.where(label == 1, 0.55 * far.sqrt(), 0.85 + 0.5 * far)
    turn = 3.5 * math.pi * (0.12 + 0.88 * along) + math.pi * label
    side = 1 - 2 * (order // 2 % 2).double()
    half = math.pi * along
    sets = {
        "two clouds": 0.65 * sign.unsqueeze(1) * torch.tensor([1.0, 0.6]) + noise(0.3),
        "XOR": 0.75 * torch.stack([side, side * sign], dim=1) + noise(0.22),
        "ring": radius.unsqueeze(1) * torch.stack([angle.cos(), angle.sin()], dim=1),
        "moons": torch.stack([sign * half.cos() - 0.5 * sign, sign * (half.sin() - 0.3)], dim=1)
        * 0.9
        + noise(0.09),
        "spiral": 1.35
        * (0.12 + 0.88 * along).unsqueeze(1)
        * torch.stack([turn.cos(), turn.sin()], dim=1)
        + noise(0.03),
    }
    return {
        name: [
            [round(x, 3), round(y, 3), int(c)]
            for (x, y), c in zip(places.clamp(-1.47, 1.47).tolist(), label.tolist(), strict=True)
        ]
        for name, places in sets.items()
    }


class Playground(Widget):
    """A network whose layers, width and activation the reader picks, trained with Adam.

    The question is ``{"data", "layers", "width", "activation", "start", "steps", "state"}``.
    ``state`` is null at the start, and later what the last answer gave: ``{"t": steps so far,
    "theta", "m", "v"}``, each a flat list: for each layer its weights row by row, then its biases.
    The answer is ``{"state", "loss", "accuracy", "grid"}``, after ``steps`` more steps; ``grid``
    holds the logits at the centers of the cells, from the lowest row up.
    """

    module = "playground"
    title = "A network at work"
    description = (
        "Left: points of two classes in a plane, one class in a disc and one in a ring around it, "
        "over the areas that a network with one hidden layer of four units gives to each before "
        "training: one straight side for each. Right: an empty chart for the loss."
    )

    def __init__(
        self, data: str = "ring", layers: int = 1, width: int = 4, activation: str = "ReLU"
    ) -> None:
        draws = torch.randn(600, generator=torch.Generator().manual_seed(1))
        super().__init__(
            sets=make_data(),
            draws=[round(d, 2) for d in draws.tolist()],
            activations=list(ACTIVATIONS),
            most=[LAYERS, WIDTH],
            cells=CELLS,
            limit=LIMIT,
            rate=RATE,
            steps=STEPS,
            last=LAST,
            data=data,
            layers=layers,
            width=width,
            activation=activation,
        )

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        sizes, activation = self.checked(question)
        bend = ACTIVATIONS[activation]
        state = question["state"] or self.fresh(sizes, activation, question["start"])
        rows = torch.tensor(self.options["sets"][question["data"]], dtype=torch.float64)
        points, labels = rows[:, :2], rows[:, 2]
        theta, m, v = (torch.tensor(state[key], dtype=torch.float64) for key in ("theta", "m", "v"))
        theta.requires_grad_()
        optimizer = torch.optim.Adam([theta], lr=RATE)
        optimizer.state[theta] = {
            "step": torch.tensor(float(state["t"])),
            "exp_avg": m,
            "exp_avg_sq": v,
        }
        for _ in range(question["steps"]):
            optimizer.zero_grad()
            loss = functional.binary_cross_entropy_with_logits(
                logits_of(theta, sizes, bend, points), labels
            )
            loss.backward()
            optimizer.step()
        side = (torch.arange(CELLS, dtype=torch.float64) + 0.5) / CELLS * 2 * LIMIT - LIMIT
        y, x = torch.meshgrid(side, side, indexing="ij")
        with torch.no_grad():
            logits = logits_of(theta, sizes, bend, points)
            grid = logits_of(theta, sizes, bend, torch.stack([x.ravel(), y.ravel()], dim=1))
            loss = functional.binary_cross_entropy_with_logits(logits, labels)
        return {
            "state": {
                "t": state["t"] + question["steps"],
                "theta": theta.tolist(),
                "m": m.tolist(),
                "v": v.tolist(),
            },
            "loss": loss.item(),
            "accuracy": ((logits > 0) == (labels == 1)).double().mean().item(),
            "grid": grid.tolist(),
        }

    def checked(self, question: dict[str, Any]) -> tuple[list[int], str]:
        """The sizes of the layers, from the two features to the one logit, and the activation."""
        layers, width, activation = (question[key] for key in ("layers", "width", "activation"))
        known = question["data"] in self.options["sets"] and activation in ACTIVATIONS
        if not known or layers not in range(LAYERS + 1) or width not in range(1, WIDTH + 1):
            raise WidgetError("There is no such network or data set.")
        return [2, *[width] * layers, 1], activation

    def fresh(self, sizes: list[int], activation: str, start: int) -> dict[str, Any]:
        """The first weights: of He's size for ReLU, else of Xavier's; small biases."""
        draws = self.options["draws"]
        theta: list[float] = []
        for fan_in, fan_out in pairwise(sizes):
            spread = math.sqrt((2 if activation == "ReLU" else 1) / fan_in)
            for scale, many in ((spread, fan_in * fan_out), (0.3, fan_out)):
                place = len(theta) + 97 * start
                theta += [scale * draws[(place + i) % len(draws)] for i in range(many)]
        return {"t": 0, "theta": theta, "m": [0.0] * len(theta), "v": [0.0] * len(theta)}

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        chosen = {key: self.options[key] for key in ("data", "layers", "width", "activation")}
        answer = self.answer({**chosen, "start": 0, "steps": 0, "state": None})
        figure = Figure(figsize=(6.4, 3.1), layout="constrained")
        left, right = figure.subplots(1, 2)
        side = (torch.arange(CELLS) + 0.5) / CELLS * 2 * LIMIT - LIMIT
        grid = torch.tensor(answer["grid"]).reshape(CELLS, CELLS)
        left.contour(side, side, grid, [0.0], colors=INK["light"], linewidths=1.4)
        rows = torch.tensor(self.options["sets"][self.options["data"]])
        for value, color, mark in ((0, "orange", "s"), (1, "blue", "o")):
            left.plot(*rows[rows[:, 2] == value][:, :2].T, mark, color=LIGHT[color], markersize=2.5)
        left.set(xlim=(-LIMIT, LIMIT), ylim=(-LIMIT, LIMIT), aspect="equal", xlabel="x₁")
        right.plot([0], [answer["loss"]], "o", color=LIGHT["green"])
        right.set(xlim=(0, LAST), ylim=(0, 1), xlabel="step", title="loss")
        return figure


def logits_of(
    theta: Tensor, sizes: list[int], bend: Callable[[Tensor], Tensor], points: Tensor
) -> Tensor:
    """points (N, 2) -> logits (N,), with the flat weights ``theta``"""
    signal, place = points, 0
    for number, (fan_in, fan_out) in enumerate(pairwise(sizes)):
        signal = bend(signal) if number > 0 else signal
        weight = theta[place : place + fan_in * fan_out].reshape(fan_out, fan_in)
        bias = theta[place + fan_in * fan_out : place + (fan_in + 1) * fan_out]
        signal = signal @ weight.T + bias
        place += (fan_in + 1) * fan_out
    return signal.squeeze(1)
