"""Figures. Each function takes Axes (or makes them), draws, and returns the Axes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from livetorch.colors import INK, LIGHT, PAPER
from livetorch.style import use_style

if TYPE_CHECKING:
    import networkx as nx
    from matplotlib.axes import Axes

    from livetorch.metrics import History

__all__ = ["LIGHT", "draw_cells", "plot_graph", "plot_history", "plot_surface", "use_style"]


def new_axes(axes: Axes | None) -> Axes:
    """The axes given, or those of a new figure. matplotlib is imported only when one draws."""
    if axes is not None:
        return axes
    import matplotlib.pyplot as plt

    return plt.subplots()[1]


def draw_cells(
    axes: Axes,
    values: Tensor,
    left: float,
    top: float,
    color: str,
    *,
    repeated: bool = False,
    marked: bool = False,
) -> None:
    """A matrix ``(H, W)`` as squares of side 1 with its numbers in them, from a corner on.

    Entries that are ``repeated`` are read again and stand in no memory of their own: they are
    dotted. Those that are ``marked`` are filled and have no numbers, so that they can lie over
    others.
    """
    from matplotlib.patches import Rectangle

    for i, row in enumerate(values.tolist()):
        for j, value in enumerate(row):
            square = Rectangle((left + j + 0.05, top - i - 0.95), 0.9, 0.9, linewidth=1.4)
            square.set(edgecolor=color, facecolor=color if marked else "none")
            square.set(alpha=0.35 if marked else 1, linestyle=":" if repeated else "-")
            axes.add_patch(square)
            text_color = LIGHT["grey"] if repeated else INK["light"]
            text = "" if marked else f"{value:g}"
            place = left + j + 0.5, top - i - 0.5
            axes.text(*place, text, ha="center", va="center", color=text_color)
    axes.set_aspect("equal")
    axes.autoscale_view()
    axes.axis("off")


def plot_history(history: History, names: Mapping[str, str], axes: Axes | None = None) -> Axes:
    """Columns of a history over the epochs; ``names`` maps each column to its legend."""
    axes = new_axes(axes)
    epochs = range(1, len(history) + 1)
    for column, label in names.items():
        axes.plot(epochs, history[column], label=label)
    axes.set_xlabel("epoch")
    axes.legend()
    return axes


def plot_surface(
    function: Callable[[Tensor, Tensor], Tensor],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    axes: Axes | None = None,
    *,
    path: Tensor | None = None,
    levels: int = 14,
) -> Axes:
    """Contours of a function of two numbers, and a path of steps over them.

    Args:
        function: takes two grids ``(H, W)`` and returns the height at each point ``(H, W)``.
        path: the points ``(T, 2)`` that a descent visited, first to last.
    """
    axes = new_axes(axes)
    x, y = torch.meshgrid(torch.linspace(*x_range, 80), torch.linspace(*y_range, 80), indexing="xy")
    with torch.no_grad():
        height = function(x, y)
    axes.contour(x.numpy(), y.numpy(), height.numpy(), levels, colors=LIGHT["grey"], linewidths=0.8)
    if path is not None:
        steps = path.detach().numpy()
        axes.plot(steps[:, 0], steps[:, 1], "o-", color=LIGHT["orange"], markersize=3)
        axes.plot(*steps[0], "o", color=LIGHT["blue"], label="start")
        axes.plot(*steps[-1], "s", color=LIGHT["green"], label="end")
        axes.legend()
    axes.set_xlim(*x_range)
    axes.set_ylim(*y_range)
    axes.grid(False)
    return axes


KIND_COLORS = {"leaf": LIGHT["blue"], "operation": LIGHT["grey"], "output": LIGHT["orange"]}


def plot_graph(graph: nx.DiGraph, axes: Axes | None = None) -> Axes:
    """A graph without circles, left to right, each node in a box with its ``label``.

    A node's ``kind`` (leaf, operation or output) gives its box the color. The figure of new
    axes is as large as the graph asks for.

    Raises:
        ValueError: the graph is empty or has a circle.
    """
    positions, routes = layered_layout(graph)
    xs, ys = zip(*positions.values(), strict=True)
    if axes is None:
        import matplotlib.pyplot as plt

        size = max(3.2, 1.15 * (1 + max(xs))), max(1.1, 0.62 * (1 + max(ys) - min(ys)))
        axes = plt.subplots(figsize=size)[1]
    boxes = {}
    for node, data in graph.nodes(data=True):
        color = KIND_COLORS.get(data.get("kind", "operation"), LIGHT["grey"])
        boxes[node] = axes.text(
            *positions[node],
            data.get("label", str(node)),
            ha="center",
            va="center",
            fontsize=9,
            zorder=3,
            bbox={
                "boxstyle": "round,pad=0.35",
                "facecolor": PAPER["light"],
                "edgecolor": color,
                "linewidth": 1.6,
            },
        )
    for (source, target), bends in routes.items():
        points = [positions[bend] for bend in bends]
        axes.plot(*zip(*points, strict=True), color=INK["light"], linewidth=0.9, zorder=1)
        # The head ends at the border of the box, wherever its label makes that be.
        axes.annotate(
            "",
            points[-1],
            points[-2],
            zorder=2,
            arrowprops={
                "arrowstyle": "-|>",
                "color": INK["light"],
                "lw": 0.9,
                "shrinkA": 0,
                "shrinkB": 1,
                "patchA": boxes[source].get_bbox_patch(),
                "patchB": boxes[target].get_bbox_patch(),
            },
        )
    axes.set_xlim(min(xs) - 0.6, max(xs) + 0.6)
    axes.set_ylim(min(ys) - 0.6, max(ys) + 0.6)
    axes.axis("off")
    return axes


def layered_layout(
    graph: nx.DiGraph,
) -> tuple[dict[Hashable, tuple[float, float]], dict[tuple[Hashable, Hashable], list[Hashable]]]:
    """A column for each step from the leaves; in it, nodes near those they come from.

    An edge that passes over columns gets a bend in each, so that it runs around their boxes.

    Returns:
        The place of each node and bend, and the bends that each edge goes through, ends included.
    """
    import networkx as nx

    if len(graph) == 0:
        raise ValueError("an empty graph can not be drawn")
    if not nx.is_directed_acyclic_graph(graph):
        raise ValueError("this graph has a circle: there is no order from left to right")
    column = {
        node: number
        for number, nodes in enumerate(nx.topological_generations(graph))
        for node in nodes
    }
    bent, routes = nx.DiGraph(), {}
    bent.add_nodes_from(column)
    for source, target in graph.edges:
        between = range(column[source] + 1, column[target])
        route = [source, *((source, target, number) for number in between), target]
        column |= {(source, target, number): number for number in between}
        nx.add_path(bent, route)
        routes[source, target] = route
    positions: dict[Hashable, tuple[float, float]] = {}
    for number in range(max(column.values()) + 1):

        def height(node: Hashable) -> float:
            rows = [positions[parent][1] for parent in bent.predecessors(node)]
            return sum(rows) / len(rows) if rows else 0.0

        layer = sorted((node for node in bent if column[node] == number), key=height, reverse=True)
        for row, node in enumerate(layer):
            positions[node] = (float(number), (len(layer) - 1) / 2 - row)
    return positions, routes
