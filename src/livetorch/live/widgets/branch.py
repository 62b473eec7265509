"""Branch: one program on two inputs, and the graph that each run records."""

from __future__ import annotations

import inspect
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from livetorch.live.frame.widget import Widget, WidgetError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LARGEST = 12.0


def f(x: Tensor) -> Tensor:
    while x > 1:
        x = x / 2
    if x < 0:
        return x * torch.exp(x)
    return x * x


def lines_run(value: float) -> list[int]:
    """How often each line of `f` runs for an input."""
    halvings = 0
    while value > 1:
        value, halvings = value / 2, halvings + 1
    ran = Counter({1: halvings + 1, 2: halvings, 3: 1, 4 if value < 0 else 5: 1})
    return [ran[line] for line in range(6)]


class Branch(Widget):
    """A program with a loop and a branch, run on two inputs that the reader moves.

    The question is ``{"x": number}``. The answer holds the result's ``value``, ``grad``, how often
    each line of the program ran (``lines``), and the recorded ``nodes`` and ``edges`` with
    autograd's names, leaf first.
    """

    module = "branch"
    title = "One program, two graphs"
    description = (
        "The graphs that two runs of one program recorded, one above the other, each from its "
        "input x through the operations of that run to the output."
    )

    def __init__(self, left: float = 0.5, right: float = 3.0) -> None:
        super().__init__(
            left=left,
            right=right,
            low=-3.0,
            high=LARGEST,
            code=inspect.getsource(f).replace("x: Tensor) -> Tensor", "x)").splitlines(),
        )

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        from livetorch.graphs import autograd_graph  # brings networkx, which no page needs

        value = float(question["x"])
        if not math.isfinite(value) or abs(value) > LARGEST:
            raise WidgetError(f"x goes from {-LARGEST:g} to {LARGEST:g} here.")
        x = torch.tensor(value, dtype=torch.float64, requires_grad=True)
        result = f(x)
        result.backward()
        assert x.grad is not None
        graph = autograd_graph(result, {"x": x})
        # autograd_graph numbers the nodes from the result back; a drawing begins with the leaf.
        order = sorted(graph.nodes, key=lambda node: (graph.nodes[node]["kind"] != "leaf", node))
        nodes = [
            {
                "label": data.get("function", "f(x)") if data["kind"] != "leaf" else data["label"],
                "kind": data["kind"],
            }
            for data in (graph.nodes[node] for node in order)
        ]
        edges = sorted([order.index(a), order.index(b)] for a, b in graph.edges)
        return {
            "value": result.item(),
            "grad": x.grad.item(),
            "lines": lines_run(value),
            "nodes": nodes,
            "edges": edges,
        }

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        from livetorch.graphs import autograd_graph
        from livetorch.plotting import plot_graph

        figure = Figure(figsize=(6.4, 2.6))
        for side, axes in zip(("left", "right"), figure.subplots(2, 1), strict=True):
            x = torch.tensor(self.options[side], dtype=torch.float64, requires_grad=True)
            plot_graph(autograd_graph(f(x), {f"x = {x.item():g}": x}), axes)
            axes.set_title(side)
        figure.draw_without_rendering()  # only then do arrows know where boxes end
        return figure
