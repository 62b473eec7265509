"""Strides: views of one line of memory, and which cell each of their entries reads."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from livetorch.live.frame.widget import Widget, WidgetError
from livetorch.live.parts.boxes import Box, draw_boxes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MANY = 1_000_000
KEPT = 256
ROW = 12
"""cells of memory that stand side by side in the picture"""


class Strides(Widget):
    """Operations one after the other on ``torch.arange(n).reshape(shape)``.

    The question is ``{"steps": [step, ...]}``, with a step such as ``{"op": "transpose"}``,
    ``{"op": "index", "index": [1, [0, null, 2]]}`` or ``{"op": "view", "shape": [2, 6]}``. The
    answer says what torch knows of the last view, which steps copied and what lies in memory; or
    ``{"error": torch's words}``.
    """

    module = "strides"
    title = "Strides explorer"
    description = (
        "Memory cells in a row, numbered from 0, and below them the same numbers as a grid: each "
        "entry of the grid reads one cell of the row."
    )

    def __init__(self, shape: tuple[int, ...] = (3, 4)) -> None:
        super().__init__(shape=list(shape))

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        shape = self.options["shape"]
        x = torch.arange(prod(shape)).reshape(shape)
        copies = []
        for number, step in enumerate(question["steps"]):
            try:
                made = applied(x, step)
            except (RuntimeError, IndexError, ValueError) as error:
                if isinstance(error, WidgetError):
                    raise
                return {"error": f"{type(error).__name__}: {error}"}
            if made.numel() > MANY:
                raise WidgetError("That view has more than a million entries: too many for here.")
            if made.untyped_storage().data_ptr() != x.untyped_storage().data_ptr():
                copies.append(number)
            x = made
        memory = torch.empty(0, dtype=x.dtype).set_(x.untyped_storage())
        return {
            "shape": list(x.shape),
            "strides": list(x.stride()),
            "offset": x.storage_offset(),
            "contiguous": x.is_contiguous(),
            "memory": memory.tolist(),
            "copies": copies,
        }

    def still(self) -> Figure:
        shape = self.options["shape"]
        many, columns = prod(shape), shape[-1] if shape else 1
        below = 1.4 + (many - 1) // ROW
        memory = [Box(cell % ROW, cell // ROW, str(cell)) for cell in range(many)]
        grid = [Box(n % columns, below + n // columns, str(n)) for n in range(many)]
        return draw_boxes(memory + grid)


def applied(x: Tensor, step: dict[str, Any]) -> Tensor:
    """One operation on a tensor.

    Raises:
        WidgetError: it would copy more than can be shown.
        RuntimeError, IndexError, ValueError: torch refuses.
    """
    operation = step["op"]
    if operation == "index":
        places = tuple(slice(*at) if isinstance(at, list) else at for at in step["index"])
        return x[places] if len(places) > 1 else x[places[0]]  # torch's words differ for the two
    if operation == "transpose":
        return x.transpose(0, 1)
    if operation == "expand":
        if x.ndim == 0 and {0, -1} <= set(step["shape"]):  # torch makes a size of -1 of this
            raise WidgetError("A single number has no size that -1 could keep.")
        return x.expand(step["shape"])
    if operation == "view":
        return x.view(step["shape"])
    if operation not in ("reshape", "flip", "contiguous"):
        raise WidgetError(f"There is no operation {operation} here.")
    if x.numel() > KEPT and _copies(x, step):
        raise WidgetError(
            f"A copy of {x.numel()} entries is too long to show here: {KEPT} at most."
        )
    if operation == "reshape":
        return x.reshape(step["shape"])
    return x.flip(0) if operation == "flip" else x.contiguous()


def _copies(x: Tensor, step: dict[str, Any]) -> bool:
    """Whether the operation makes new memory, asked of a tensor without any numbers."""
    if step["op"] == "flip":
        return True
    if step["op"] == "contiguous":
        return not x.is_contiguous()
    # A view or an error costs nothing; a reshape that is no view would be a copy.
    try:
        x.view(step["shape"])
    except RuntimeError as error:
        return "not compatible" in str(error)
    return False
