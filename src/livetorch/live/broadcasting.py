"""Broadcasting: type two shapes and see which entries torch repeats, or its exact error."""

from __future__ import annotations

from typing import Any

import torch

from livetorch.live.widget import Widget, WidgetError


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

    def still(self) -> str:
        rows, columns = 3, 4
        grids: list[str] = []
        for color, entry, kept in (
            ("blue", lambda r, _c: r, lambda _r, c: c == 0),
            ("orange", lambda _r, c: c, lambda r, _c: r == 0),
        ):
            x = 6 + 150 * len(grids)
            for row in range(rows):
                for column in range(columns):
                    opacity = 1 if kept(row, column) else 0.25
                    at = f'x="{x + 32 * column}" y="{6 + 32 * row}"'
                    middle = f'x="{x + 14 + 32 * column}" y="{25 + 32 * row}"'
                    grids.append(
                        f'<rect {at} width="28" height="28" rx="3" style="fill: none; '
                        f'stroke: var(--lt-{color}); stroke-width: 2" opacity="{opacity}"/>'
                        f'<text {middle} text-anchor="middle" font-size="12" '
                        f'fill="currentColor">{entry(row, column)}</text>'
                    )
        return '<svg viewBox="0 0 300 110" width="300">' + "".join(grids) + "</svg>"
