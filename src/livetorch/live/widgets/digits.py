"""Draw a digit, and see what a trained network makes of it: probabilities and feature maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from livetorch.live.frame.widget import Widget, WidgetError
from livetorch.live.parts.strokes import stroke_image

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POINTS = 5_000
"""more points in a drawing are refused: a hand makes a few hundred"""


class DrawDigit(Widget):
    """An area to draw in, and all that the network computes from the drawing.

    ``model`` maps images ``(N, 1, 8, 8)`` to logits ``(N, 10)`` and the feature maps of its
    layers, each ``(N, C, H, W)``; a page runs its exported file ``digits``. ``sure`` is the
    probability from which on its answer is called sure.
    """

    module = "digits"
    title = "Draw a digit"
    description = (
        "A three drawn by hand, the 8 by 8 image that the network gets of it, and a bar for each "
        "of the ten digits: the bar of the three is by far the longest."
    )
    needs = ("runtime", "digits")

    def __init__(self, model: nn.Module, sure: float) -> None:
        self.model = model
        super().__init__(sure=float(sure), examples=EXAMPLES)

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """``{"strokes": ...}`` -> the image, probabilities, and maps with their shape."""
        strokes = question["strokes"]
        if sum(map(len, strokes)) > POINTS:
            raise WidgetError(f"a drawing has at most {POINTS} points")
        image = stroke_image(strokes)
        with torch.no_grad():
            logits, *maps = self.model(image.reshape(1, 1, *image.shape))
        return {
            "image": image.flatten().tolist(),
            "probabilities": logits.softmax(dim=1)[0].tolist(),
            "maps": [{"shape": list(m.shape[1:]), "values": m.flatten().tolist()} for m in maps],
        }

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        from livetorch.colors import INK, LIGHT

        strokes = EXAMPLES[0]["strokes"]
        answer = self.answer({"strokes": strokes})
        figure = Figure(figsize=(5.6, 2.0), layout="constrained")
        drawn, seen, bars = figure.subplots(1, 3, width_ratios=(1, 1, 1.6))
        for stroke in strokes:
            line = torch.tensor(stroke)
            drawn.plot(line[:, 0], line[:, 1], color=INK["light"], linewidth=4)
        drawn.set(xlim=(0, 1), ylim=(1, 0), aspect="equal", xticks=[], yticks=[], title="drawn")
        image: Tensor = torch.tensor(answer["image"]).reshape(8, 8)
        seen.imshow(image, cmap="cividis")
        seen.set(xticks=[], yticks=[], title="what it gets")
        seen.grid(False)
        bars.bar(range(10), answer["probabilities"], color=LIGHT["blue"])
        bars.set(xticks=range(10), ylim=(0, 1), title="probability")
        return figure


def _arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> list[list[float]]:
    """Points on an ellipse between two angles in degrees, clockwise from the right."""
    angles = torch.deg2rad(torch.linspace(start, end, 17, dtype=torch.float64))
    return torch.stack([x + rx * angles.cos(), y + ry * angles.sin()], dim=1).tolist()


EXAMPLES: list[dict[str, Any]] = [
    {
        "name": "A three",
        "strokes": [_arc(0.48, 0.3, 0.2, 0.18, -150, 90) + _arc(0.48, 0.69, 0.24, 0.21, -90, 150)],
    },
    {"name": "A one", "strokes": [[[0.4, 0.25], [0.53, 0.1], [0.53, 0.9]]]},
    {
        "name": "A crossed seven",
        "strokes": [[[0.22, 0.12], [0.78, 0.12], [0.42, 0.92]], [[0.33, 0.5], [0.72, 0.5]]],
    },
    {
        "name": "The letter A",
        "strokes": [[[0.2, 0.9], [0.5, 0.1], [0.8, 0.9]], [[0.33, 0.6], [0.67, 0.6]]],
    },
]
