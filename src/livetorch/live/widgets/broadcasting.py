"""Broadcasting: type two shapes and see which entries torch repeats, or its exact error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from livetorch.live.frame.widget import Widget, WidgetError
from livetorch.live.parts.boxes import Box, draw_boxes

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Broadcasting(Widget):
    """Two shapes, and how they stretch to one.

    The question is ``{"a": shape, "b": shape}``; the answer is ``{"shape": shape}`` or
    ``{"error": torch's words}``.
    """

    module = "broadcasting"
    title = "Broadcasting explorer"
    description = (
        "Two grids of three rows and four columns. In the left one a column of three entries is "
        "repeated four times, in the right one a row of four entries is repeated three times."
    )

    def __init__(self, a: tuple[int, ...] = (3, 1), b: tuple[int, ...] = (1, 4)) -> None:
        super().__init__(a=list(a), b=list(b))

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        shapes = question["a"], question["b"]
        try:
            return {"shape": list(torch.broadcast_shapes(*shapes))}
        except RuntimeError:
            pass  # its words are not those of an operation; addition says what readers will meet
        try:
            # An expanded number has any shape and takes no memory.
            first, second = (torch.zeros(()).expand(shape) for shape in shapes)
        except RuntimeError as error:
            raise WidgetError(f"That is not a shape: {error}") from None
        try:
            return {"shape": list((first + second).shape)}
        except RuntimeError as error:
            return {"error": str(error)}

    def still(self) -> Figure:
        places = [(row, column) for row in range(3) for column in range(4)]
        first = [Box(c, r, str(r), "blue", repeated=c > 0) for r, c in places]
        second = [Box(4.7 + c, r, str(c), "orange", repeated=r > 0) for r, c in places]
        return draw_boxes(first + second)
