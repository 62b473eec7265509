"""The palette under four kinds of vision, contrast on the page, and the matplotlib style."""

from __future__ import annotations

import io
import itertools
import re
import sys
import types
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pytest
from IPython.core.formatters import DisplayFormatter
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from livetorch import style

Array = npt.NDArray[np.float64]

PALETTES = {"light": style.LIGHT, "dark": style.DARK}

# Machado, Oliveira and Fernandes (2009), severity 1, for linear RGB.
VISION = {
    "normal": np.eye(3),
    "protan": np.array([
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]),
    "deutan": np.array([
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]),
    "tritan": np.array([
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ]),
}  # fmt: skip


def linear_rgb(color: str) -> Array:
    """#rrggbb -> three amounts of light between 0 and 1 (IEC 61966-2-1)."""
    values = np.array([int(color[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def oklab(rgb: Array) -> Array:
    """Linear RGB -> OKLab, where distance is about how different two colors look (Ottosson)."""
    to_cones = np.array([
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ])  # fmt: skip
    to_lab = np.array([
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ])  # fmt: skip
    return to_lab @ np.cbrt(to_cones @ np.clip(rgb, 0, 1))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colors, between 1 and 21 (WCAG 2)."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    low, high = sorted(float(weights @ linear_rgb(color)) for color in (one, other))
    return (high + 0.05) / (low + 0.05)


def test_measures_of_known_colors() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert oklab(linear_rgb("#ffffff")) == pytest.approx([1, 0, 0], abs=1e-6)
    assert oklab(linear_rgb("#ff0000")) == pytest.approx([0.62796, 0.22486, 0.12585], abs=1e-4)
    for matrix in VISION.values():
        assert matrix.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5), "grey stays grey"
    red_and_green = [VISION["deutan"] @ linear_rgb(color) for color in ("#a05a2c", "#607a2c")]
    assert np.linalg.norm(oklab(red_and_green[0]) - oklab(red_and_green[1])) < 0.09


@pytest.mark.parametrize("theme", PALETTES)
def test_palette_has_six_roles(theme: str) -> None:
    palette = PALETTES[theme]
    assert list(palette) == ["blue", "orange", "green", "plum", "olive", "grey"]
    for color in (*palette.values(), style.INK[theme], style.PAPER[theme], style.FAINT[theme]):
        assert re.fullmatch(r"#[0-9a-f]{6}", color)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("theme", PALETTES)
def test_colors_stay_apart(theme: str, vision: str) -> None:
    seen = {
        name: oklab(VISION[vision] @ linear_rgb(color)) for name, color in PALETTES[theme].items()
    }
    distances = {
        (one, other): float(np.linalg.norm(seen[one] - seen[other]))
        for one, other in itertools.combinations(seen, 2)
    }
    too_close = {pair: round(value, 3) for pair, value in distances.items() if value <= 0.09}
    assert len(distances) == 15
    assert not too_close


@pytest.mark.parametrize("theme", PALETTES)
def test_colors_stand_out_from_the_page(theme: str) -> None:
    for name, color in PALETTES[theme].items():
        assert contrast(color, style.PAPER[theme]) >= 3, name
    assert contrast(style.INK[theme], style.PAPER[theme]) >= 7
    assert contrast(style.FAINT[theme], style.PAPER[theme]) < 3, "a grid stays behind"


# The style of matplotlib


@pytest.fixture
def _plain() -> Iterator[None]:
    with mpl.rc_context():
        mpl.rcdefaults()
        yield


def svg_of_a_plot() -> str:
    figure = Figure()
    axes = figure.subplots()
    for height in range(6):
        axes.plot([0, 1], [height, height], label=f"line {height}")
    axes.set_xlabel("epoch")
    axes.legend()
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue().decode()


@pytest.mark.usefixtures("_plain")
def test_style_draws_with_the_palette() -> None:
    before = svg_of_a_plot()
    style.use_style()
    assert mpl.rcParams["axes.prop_cycle"].by_key()["color"] == list(style.LIGHT.values())
    after = svg_of_a_plot()
    for color in style.LIGHT.values():
        assert color in after
        assert color not in before
    # The built page exchanges these colors: black or white would stay behind in the dark theme.
    used = set(re.findall(r"#[0-9a-f]{6}", after))
    known = {*style.LIGHT.values(), *(c["light"] for c in (style.INK, style.FAINT, style.PAPER))}
    assert used <= known


@pytest.mark.usefixtures("_plain")
def test_figures_are_the_same_each_time_and_keep_their_text() -> None:
    style.use_style()
    first = svg_of_a_plot()
    assert first == svg_of_a_plot()
    assert ">epoch</text>" in first


@pytest.mark.usefixtures("_plain")
def test_style_sets_what_it_says() -> None:
    style.use_style()
    for name, value in style.RC_PARAMS.items():
        setting = mpl.rcParams[name]
        assert (list(setting) if isinstance(value, tuple) else setting) == (
            list(value) if isinstance(value, tuple) else value
        ), name
    assert to_hex(mpl.rcParams["text.color"]) == style.INK["light"]


@pytest.mark.usefixtures("_plain")
@pytest.mark.parametrize("live", [True, False])
def test_notebooks_draw_as_svg_and_png(live: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    shell = types.SimpleNamespace(display_formatter=DisplayFormatter())
    ipython: Any = types.ModuleType("IPython")
    ipython.get_ipython = lambda: shell if live else None
    ipython.version_info = (9, 0)  # matplotlib asks
    backend: Any = types.ModuleType("matplotlib_inline.backend_inline")
    backend.set_matplotlib_formats = lambda *names, **settings: asked.append((names, settings))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "matplotlib_inline.backend_inline", backend)
    style.use_style()
    expected = [(("svg",), {"metadata": {"Date": None}, "bbox_inches": None})]
    assert asked == (expected if live else [])
    figure = Figure()
    figure.subplots()
    shown = shell.display_formatter.format(figure)[0]
    assert ("image/png" in shown) == live
    if live:
        assert shown["image/png"] == b64encode(style.png(figure)).decode()
        assert "image/png" not in shell.display_formatter.format(Figure())[0], "nothing is drawn"


@pytest.mark.usefixtures("_plain")
def test_a_png_is_small_and_legible_on_any_background() -> None:
    style.use_style()
    figure = Figure(figsize=(4, 3))
    axes = figure.subplots()
    for color in style.LIGHT.values():
        axes.plot([0, 1], [0, len(color)], color=color)
    axes.imshow(np.arange(100.0).reshape(10, 10), cmap="cividis")
    assert style.png(figure) == style.png(figure)
    picture = Image.open(io.BytesIO(style.png(figure)))
    assert picture.size == (4 * style.DOTS_PER_INCH, 3 * style.DOTS_PER_INCH)
    colors = picture.convert("RGBA").getcolors()
    assert colors is not None
    assert len(colors) <= style.COLORS
    assert {color[3] for _, color in colors if isinstance(color, tuple)} == {255}
    corner = picture.convert("RGB").getpixel((0, 0))
    assert isinstance(corner, tuple)
    assert contrast(f"#{bytes(corner).hex()}", style.PAPER["light"]) < 1.01
    assert len(style.png(figure)) < 20_000


@pytest.mark.usefixtures("_plain")
def test_an_svg_brings_its_own_background() -> None:
    assert f"fill: {style.PAPER['light']}" not in svg_of_a_plot()
    style.use_style()
    assert svg_of_a_plot().count(f"fill: {style.PAPER['light']}") == 1, "behind the figure, once"


@pytest.mark.usefixtures("_plain")
def test_style_needs_no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython", None)  # importing it raises ImportError
    style.use_style()
    assert mpl.rcParams["svg.fonttype"] == "none"
