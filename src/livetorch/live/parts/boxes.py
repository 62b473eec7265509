"""Entries of tensors as boxes with their numbers in them, for the still pictures of widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livetorch.colors import LIGHT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INCHES = 0.37
"""from one box to the next"""


@dataclass(frozen=True)
class Box:
    """One entry: its column and row, counted from the upper left, and what it holds."""

    column: float
    row: float
    text: str
    color: str = "blue"
    repeated: bool = False
    """drawn faintly: the entry is not in memory"""


def draw_boxes(boxes: Sequence[Box]) -> Figure:
    """A figure as large as its boxes."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    width = max((box.column for box in boxes), default=0) + 1.1
    height = max((box.row for box in boxes), default=0) + 1.1
    figure = Figure(figsize=(INCHES * width, INCHES * height))
    axes = figure.subplots()
    for box in boxes:
        axes.add_patch(
            Rectangle(
                (box.column + 0.1, box.row + 0.1),
                0.9,
                0.9,
                fill=False,
                edgecolor=LIGHT[box.color],
                linewidth=1.4,
                alpha=0.3 if box.repeated else 1,
            )
        )
        axes.text(box.column + 0.55, box.row + 0.55, box.text, ha="center", va="center", fontsize=9)
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    return figure
