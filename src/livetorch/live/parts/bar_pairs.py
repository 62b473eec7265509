"""Two bars for each of some candidates, such as a probability before and after a rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from livetorch.colors import LIGHT, PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def bar_pairs(
    axes: Axes, names: Sequence[str], pairs: Sequence[tuple[str, Sequence[float]]]
) -> None:
    """Draw them from the top down: ``pairs`` are the first and the second bars, each with a label
    for the legend and a number for each of the ``names``."""
    for (label, values), shift, color, hatch in zip(
        pairs, (-0.2, 0.2), ("blue", "orange"), (None, "//"), strict=True
    ):
        look: dict[str, Any] = {
            "color": LIGHT[color],
            "hatch": hatch,
            "edgecolor": PAPER["light"],
            "linewidth": 0,
        }
        axes.barh([row + shift for row in range(len(names))], values, 0.4, label=label, **look)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
