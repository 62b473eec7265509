"""A line, its points and its loss surface: drag them, and see where gradient descent goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from livetorch.live.frame.widget import Widget, WidgetError
from livetorch.losses import half_mse_loss

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POINTS = ((-1.6, -1.9), (-1.0, 0.2), (-0.3, 0.1), (0.4, 2.2), (1.1, 2.1), (1.7, 4.3), (2.6, 4.4))
STEPS = 40
TOO_LARGE = 1e6
"""a loss above this is called divergence, and the path ends"""


class FitLine(Widget):
    """Points ``(x, y)``, a line ``y = w x + b``, and the path of gradient descent from it.

    The loss is half the mean squared error. The question is
    ``{"points": ..., "start": [w, b], "rate": ...}``; the answer holds the ``path`` of
    ``[w, b, loss]`` after each step, the ``best`` line, and the ``limit`` of the learning rate,
    above which the path leaves.
    """

    module = "fit_line"
    title = "A line, its loss, and the way down"
    description = (
        "Left: seven points that rise, and a flat line below most of them, with its residuals as "
        "dashed strokes. Right: the loss as ellipses over weight and bias, and the path of "
        "gradient descent that bends toward their center."
    )

    def __init__(
        self,
        points: tuple[tuple[float, float], ...] = POINTS,
        start: tuple[float, float] = (-0.5, -1.5),
        rate: float = 0.2,
    ) -> None:
        super().__init__(points=[list(p) for p in points], start=list(start), rate=rate)

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        points = torch.tensor(question["points"], dtype=torch.float64)
        x, y = points.unbind(1)
        if (x == x[0]).all():
            raise WidgetError("All points have one x: no line is better than all others.")
        columns = torch.stack([x, torch.ones_like(x)], dim=1)
        line = torch.tensor(question["start"], dtype=torch.float64, requires_grad=True)
        path = []
        for _ in range(STEPS + 1):
            loss = half_mse_loss(columns @ line, y)
            path.append([*line.tolist(), loss.item()])
            if not loss < TOO_LARGE:
                break
            (gradient,) = torch.autograd.grad(loss, line)
            with torch.no_grad():
                line -= question["rate"] * gradient
        best = torch.linalg.lstsq(columns, y.unsqueeze(1)).solution.squeeze(1)
        steepest = torch.linalg.eigvalsh(columns.T @ columns / len(x))[-1]
        return {"path": path, "best": best.tolist(), "limit": (2 / steepest).item()}

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        from livetorch.colors import LIGHT

        answer = self.answer(self.options)
        points, path = torch.tensor(self.options["points"]), torch.tensor(answer["path"])
        (weight, bias), x = self.options["start"], torch.tensor([-2.0, 3.0])
        w, b = torch.meshgrid(torch.linspace(-2, 4, 61), torch.linspace(-3, 4, 61), indexing="xy")
        residuals = w.unsqueeze(-1) * points[:, 0] + b.unsqueeze(-1) - points[:, 1]
        figure = Figure(figsize=(6.4, 2.8), layout="constrained")
        left, right = figure.subplots(1, 2)
        left.scatter(points[:, 0], points[:, 1], color=LIGHT["blue"])
        left.plot(x, weight * x + bias, color=LIGHT["orange"])
        left.vlines(
            points[:, 0],
            weight * points[:, 0] + bias,
            points[:, 1],
            color=LIGHT["grey"],
            linestyle="--",
            linewidth=1,
        )
        left.set(xlabel="x", ylabel="y")
        levels = [0.2, 0.5, 1, 2, 4, 8, 14]
        right.contour(
            w, b, residuals.square().mean(-1) / 2, levels, colors=LIGHT["grey"], linewidths=1
        )
        right.plot(path[:, 0], path[:, 1], "o-", color=LIGHT["orange"], markersize=3)
        right.set(xlabel="weight w", ylabel="bias b")
        return figure
