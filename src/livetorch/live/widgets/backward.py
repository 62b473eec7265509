"""Backward: a reader's own expression, forward and backward, box by box."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from livetorch.live.frame.widget import Widget
from livetorch.live.parts.expression import Box, boxes_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OPERATIONS: dict[str, Callable[..., Tensor]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": torch.pow,
    "neg": operator.neg,
    "sin": torch.sin,
    "exp": torch.exp,
    "log": torch.log,
    "tanh": torch.tanh,
    "relu": torch.relu,
}


class Backward(Widget):
    """An expression with its values, its gradients and what each operation passes back.

    The question is ``{"expression": text, "values": {name: number}}``; the answer has a list of
    ``boxes`` in the order of the forward pass, each with ``op``, ``name``, ``parts``, ``value``,
    ``grad``, and for each part the ``local`` derivative and the gradient ``passed`` to it.
    """

    module = "backward"
    title = "Forward, then backward"
    description = (
        "A graph of boxes from left to right: the variables with their values, then one box for "
        "each operation of an expression, up to its output."
    )

    def __init__(
        self,
        expression: str = "(w * x - y) ** 2 + 0.5 * w ** 2",
        values: dict[str, float] | None = None,
    ) -> None:
        start = {"w": 2.0, "x": 3.0, "y": 5.0} if values is None else values
        super().__init__(expression=expression, values=start)

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        boxes = boxes_of(question["expression"], _calculated)
        made: dict[Box, Tensor] = {}
        for box in boxes:
            if box.op == "leaf":
                value = float(question["values"].get(box.name, 1.0))
                made[box] = torch.tensor(value, dtype=torch.float64, requires_grad=True)
            else:
                made[box] = OPERATIONS[box.op](*[_tensor(part, made) for part in box.parts])
                made[box].retain_grad()
        made[boxes[-1]].backward()
        return {"boxes": [self._described(box, made, boxes) for box in boxes]}

    def _described(self, box: Box, made: dict[Box, Tensor], boxes: list[Box]) -> dict[str, Any]:
        """All that is known of one box, with its share of the chain rule asked of autograd."""
        grad = made[box].grad
        assert grad is not None  # every box is on the way to the last
        parts = [_tensor(part, made).detach() for part in box.parts]
        for part, tensor in zip(box.parts, parts, strict=True):
            tensor.requires_grad_(isinstance(part, Box))
        asked = [tensor for tensor in parts if tensor.requires_grad]
        shares: list[list[float | str | None]] = []
        for upstream in (torch.ones_like(grad), grad):
            gradients: Iterator[Tensor] = iter(())
            if asked:
                result = OPERATIONS[box.op](*parts)
                gradients = iter(torch.autograd.grad(result, asked, upstream))
            shares.append([_kept(next(gradients)) if t.requires_grad else None for t in parts])
        return {
            "op": box.op,
            "name": box.name,
            "value": _kept(made[box]),
            "grad": _kept(grad),
            "parts": [
                boxes.index(part) if isinstance(part, Box) else {"number": _kept(part)}
                for part in box.parts
            ],
            "local": shares[0],
            "passed": shares[1],
        }

    def still(self) -> Figure:
        import networkx as nx
        from matplotlib.figure import Figure

        from livetorch.plotting import plot_graph

        boxes = self.answer({**self.options})["boxes"]
        graph = nx.DiGraph()
        for number, box in enumerate(boxes):
            kind = "leaf" if box["op"] == "leaf" else "operation"
            kind = "output" if number == len(boxes) - 1 else kind
            value = f"{float(box['value']):.4g}"
            text = f"{box['name']} = {value}" if kind == "leaf" else f"{box['name']}: {box['op']}"
            graph.add_node(number, label=text, kind=kind)
            graph.add_edges_from((part, number) for part in box["parts"] if isinstance(part, int))
        figure = Figure(figsize=(6.4, 2.4))
        plot_graph(graph, figure.subplots())
        figure.draw_without_rendering()  # only then do arrows know where boxes end
        return figure


def _tensor(part: Box | float, made: dict[Box, Tensor]) -> Tensor:
    return made[part] if isinstance(part, Box) else torch.tensor(part, dtype=torch.float64)


def _calculated(op: str, numbers: Sequence[float]) -> float:
    return float(OPERATIONS[op](*[torch.tensor(n, dtype=torch.float64) for n in numbers]))


def _kept(number: Tensor | float) -> float | str:
    """A number for JSON, which has no sign for infinity: there as JavaScript writes it."""
    number = number.item() if isinstance(number, Tensor) else number
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
