"""What refresh stores anew: what a reader would see otherwise, and nothing else."""

from __future__ import annotations

import copy
import io
from base64 import b64encode
from collections.abc import Callable

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from book.figures import figure_html
from book.pictures import looks_the_same
from book.refresh import keep_what_is_the_same
from livetorch.style import LIGHT, PAPER, RC_PARAMS, png

Change = Callable[[Figure], object]
POINTS = [(0.1 * n, (0.7 * n) % 1) for n in range(11)]
UNSEEN: dict[str, Change] = {
    "another run": lambda figure: figure,
    "a point moved by a thousandth of the height": lambda figure: move(figure, 0.001),
    "a shade of a picture": lambda figure: (
        figure.axes[1].images[0].set_data([[0.0, 0.501], [1.0, 0.0]])
    ),
}
SEEN: dict[str, Change] = {
    "a point moved by a hundredth of the height": lambda figure: move(figure, 0.01),
    "another color": lambda figure: figure.axes[0].lines[0].set_color(LIGHT["orange"]),
    "a thinner line": lambda figure: figure.axes[0].lines[0].set_linewidth(1.2),
    "another shade": lambda figure: figure.axes[1].images[0].set_data([[0.0, 0.7], [1.0, 0.0]]),
    "a word": lambda figure: figure.axes[0].set_xlabel("step"),
    "larger": lambda figure: figure.set_figwidth(6),
}


def move(figure: Figure, by: float) -> None:
    """Move one point of the line."""
    line = figure.axes[0].lines[0]
    heights = [height for _, height in POINTS]
    line.set_ydata([*heights[:5], heights[5] + by, *heights[6:]])


def output(change: Change = lambda figure: figure) -> NotebookNode:
    """A figure with a line and a picture as a cell's output."""
    with mpl.rc_context(RC_PARAMS):
        figure = Figure()
        left, right = figure.subplots(1, 2)
        left.plot(*zip(*POINTS, strict=True))
        left.set(xlabel="epoch", ylim=(-0.1, 1.1), xlim=(0, 1))
        right.imshow([[0.0, 0.5], [1, 0]], vmin=0, vmax=1)
        change(figure)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
        data = {
            "image/svg+xml": file.getvalue(),
            "image/png": b64encode(png(figure)).decode(),
            "text/plain": "<Figure size 560x330 with 2 Axes>",
        }
    return new_output("display_data", data=data)


def notebook(*outputs: NotebookNode, sources: tuple[str, ...] = ("a", "b")) -> NotebookNode:
    cells = [
        new_code_cell(source, outputs=[copy.deepcopy(output)], id=f"cell-{number}")
        for number, (source, output) in enumerate(zip(sources, outputs, strict=True))
    ]
    return new_notebook(cells=cells)


@pytest.mark.parametrize("change", UNSEEN.values(), ids=UNSEEN)
def test_what_no_eye_sees_stays_as_it_was_stored(change: Change) -> None:
    stored, fresh = notebook(output(), output()), notebook(output(), output(change))
    assert keep_what_is_the_same(fresh, stored)
    assert fresh == stored


@pytest.mark.parametrize("change", SEEN.values(), ids=SEEN)
def test_what_an_eye_sees_is_stored_and_nothing_beside_it(change: Change) -> None:
    stored = notebook(output(UNSEEN["a shade of a picture"]), output())
    fresh = notebook(output(), output(change))
    assert not keep_what_is_the_same(fresh, stored)
    assert fresh.cells[0] == stored.cells[0]
    assert fresh.cells[1].outputs[0] == output(change)


def test_a_figure_without_a_png_takes_the_new_form() -> None:
    stored, fresh = notebook(output(), output()), notebook(output(), output())
    del stored.cells[1].outputs[0].data["image/png"]
    assert not keep_what_is_the_same(fresh, stored)
    assert "image/png" in fresh.cells[1].outputs[0].data


def test_without_a_png_the_svg_must_be_the_same() -> None:
    stored, fresh = notebook(output(), output()), notebook(output(), output(lambda f: move(f, 0.1)))
    for made in (stored, fresh):
        del made.cells[1].outputs[0].data["image/png"]
    assert not keep_what_is_the_same(fresh, stored)


def test_a_widgets_picture_is_looked_at() -> None:
    def made(change: Change) -> NotebookNode:
        text = f'<img src="data:image/png;base64,{output(change).data["image/png"]}">'
        return new_output("display_data", data={"text/html": text})

    for change, same in [(UNSEEN["a shade of a picture"], True), (SEEN["another color"], False)]:
        stored, fresh = (notebook(output(), made(one)) for one in (UNSEEN["another run"], change))
        assert keep_what_is_the_same(fresh, stored) == same


def test_a_cell_with_other_code_is_stored_and_the_rest_is_left() -> None:
    stored = notebook(output(UNSEEN["a shade of a picture"]), output())
    fresh = notebook(output(), output(), sources=("a", "c"))
    assert not keep_what_is_the_same(fresh, stored)
    assert fresh.cells[0] == stored.cells[0]


def test_timings_stay_where_nothing_else_changed() -> None:
    def timed(text: str, beside: NotebookNode) -> NotebookNode:
        made = notebook(beside, new_output("stream", name="stdout", text=text))
        made.cells[1].metadata["livetorch"] = {"ignored_because": "timings"}
        return made

    stored, fresh = timed("1 s", output()), timed("2 s", output())
    assert keep_what_is_the_same(fresh, stored)
    assert fresh.cells[1].outputs[0].text == "1 s"
    fresh = timed("2 s", output(SEEN["a word"]))
    assert not keep_what_is_the_same(fresh, stored)
    assert fresh.cells[1].outputs[0].text == "2 s"
    stored.cells[1].outputs, fresh = [], timed("2 s", output())
    assert not keep_what_is_the_same(fresh, stored)
    assert fresh.cells[1].outputs[0].text == "2 s"


def test_pictures_of_two_sizes_differ() -> None:
    one, other = (
        output(change).data["image/png"] for change in (UNSEEN["another run"], SEEN["larger"])
    )
    assert looks_the_same(one, one)
    assert not looks_the_same(one, other)


def test_on_a_page_a_figure_lies_on_the_page() -> None:
    svg = output().data["image/svg+xml"]
    assert svg.count(f"fill: {PAPER['light']}") == 1
    assert "--lt-paper" not in figure_html(svg, "a line and a picture", "f1")
    panel = output(lambda figure: figure.axes[0].set_facecolor(PAPER["light"]))
    page = figure_html(panel.data["image/svg+xml"], "a line on a panel", "f1")
    assert page.count("--lt-paper") == 1, "what is on the figure stays"
