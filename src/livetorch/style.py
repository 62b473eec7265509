"""The book's matplotlib style, made of its colors (livetorch.colors).

A figure is drawn in the light colors, on the light paper: it is legible in a dark notebook too. The
built page replaces each of them by the theme's variable of the same name, so that the one figure
follows light and dark there.
"""

from __future__ import annotations

import io
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from livetorch.colors import DARK, FAINT, INK, LIGHT, PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["DARK", "FAINT", "INK", "LIGHT", "PAPER", "RC_PARAMS", "png", "png_text", "use_style"]

CYCLE = tuple(LIGHT.values())

RC_PARAMS: dict[Any, Any] = {
    "figure.figsize": (5.6, 3.3),
    "figure.facecolor": PAPER["light"],
    "figure.constrained_layout.use": True,
    "axes.facecolor": "none",
    "axes.edgecolor": INK["light"],
    "axes.labelcolor": INK["light"],
    "axes.titlecolor": INK["light"],
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT["light"],
    "grid.linewidth": 0.7,
    "xtick.color": INK["light"],
    "ytick.color": INK["light"],
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "text.color": INK["light"],
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.8,
    "image.cmap": "cividis",
    # Text stays text: readers can search it, screen readers can read it, tests can compare it.
    "svg.fonttype": "none",
    # Without a fixed salt the identifiers inside the file would differ from run to run.
    "svg.hashsalt": "livetorch",
}


DOTS_PER_INCH, COLORS = 110, 64
"""of a figure's PNG: large enough for its smallest words, and few colors, which keep it small"""


def use_style() -> None:
    """Use the book's style for every figure from here on, and draw as SVG and PNG in a notebook.

    Two forms, because viewers differ in what they show: a notebook that is not trusted shows no
    SVG, and a PNG has no words to search.
    """
    import matplotlib
    from cycler import cycler

    matplotlib.rcParams.update(RC_PARAMS)
    matplotlib.rcParams["axes.prop_cycle"] = cycler(color=CYCLE)
    try:
        from IPython import get_ipython
    except ImportError:
        return
    shell = get_ipython()
    if shell is not None:
        from matplotlib.figure import Figure
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        # The date of drawing in the file would make each run differ from the last.
        set_matplotlib_formats("svg", metadata={"Date": None}, bbox_inches=None)
        shell.display_formatter.formatters["image/png"].for_type(Figure, png_text)


def png(figure: Figure) -> bytes:
    """A figure as a small PNG file with the figure's own background."""
    from PIL import Image

    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=DOTS_PER_INCH)
    small = io.BytesIO()
    picture = Image.open(file).convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
    picture.save(small, format="png", optimize=True)
    return small.getvalue()


def png_text(figure: Figure) -> str | None:
    """A figure's PNG as a notebook keeps it; nothing of a figure in which nothing is drawn."""
    return b64encode(png(figure)).decode() if figure.axes or figure.lines else None
