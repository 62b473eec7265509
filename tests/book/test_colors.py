"""One place for the colors: who takes them from there, and the two files that must repeat some."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from book import page_colors
from book.figures import VARIABLES
from book.notebooks import BUILD, ROOT, code_cells, notebook_paths, read
from livetorch import colors
from livetorch.live.frame.widget import style_sheet
from livetorch.style import CYCLE, RC_PARAMS

COLOR = re.compile(r"(?<!#)#[0-9a-fA-F]{3,8}\b")  # ##ffa is a piece of a word
THEMES = ("light", "dark")
KINDS = {".py", ".mjs", ".js", ".css", ".html", ".svg", ".yml"}
FEEDBACK = ROOT / "src" / "livetorch_labs" / "templates" / "feedback.html"
"""One file that an instructor sends, from a package that does not have this one."""
MARK = ROOT / "book" / "mark.svg"
"""A browser reads it alone, outside of any page."""
SHADES = {
    name: value
    for name, value in vars(colors).items()
    if isinstance(value, dict) and value.keys() == set(THEMES)
}


def files() -> list[Path]:
    folders = [ROOT / "src", ROOT / "book", ROOT / "pages", ROOT / "chapters", ROOT / "data"]
    paths = [path for folder in folders for path in folder.rglob("*") if path.suffix in KINDS]
    return [ROOT / "_config.yml", *paths]


def test_no_other_file_names_a_color() -> None:
    named = {path for path in files() if COLOR.search(path.read_text(encoding="utf-8"))}
    assert named == {page_colors.SOURCE, FEEDBACK, MARK}


def test_a_notebook_names_black_and_white_alone() -> None:
    """They are words over the bright and the dark cells of an image, in either theme."""
    sources = [cell.source for path in notebook_paths() for cell in code_cells(read(path))]
    named = {color for source in sources for color in re.findall(r'"(#[0-9a-fA-F]{3,8})"', source)}
    assert named == {"#000000", "#ffffff"}


def test_there_are_colors_for_both_themes() -> None:
    assert colors.LIGHT.keys() == colors.DARK.keys()
    assert SHADES.keys() > {"INK", "PAPER", "LINK", "RIGHT"}


@pytest.mark.parametrize(("part", "theme"), [*enumerate(THEMES)])
def test_feedback_has_the_books_colors(part: int, theme: str) -> None:
    text = FEEDBACK.read_text(encoding="utf-8")
    variables = [
        dict(re.findall(r"--(\w+): (#\w{6})", block))
        for block in re.findall(r":root \{\n(.*?)\}", text, re.DOTALL)
    ]
    roles = {
        "paper": "PAPER",
        "raised": "RAISED",
        "line": "FAINT",
        "edge": "EDGE",
        "ink": "INK",
        "soft": "SECONDARY",
        "right": "RIGHT",
        "wrong": "WRONG",
        "blue": "LINK",
    }
    assert variables[part] == {name: SHADES[role][theme] for name, role in roles.items()}
    in_print = re.findall(COLOR, text.split("@media print")[1])
    assert in_print == ["#fff"]
    assert len(COLOR.findall(text)) == 2 * len(roles) + 1, "all of them are compared"


def test_the_mark_has_the_books_colors() -> None:
    assert COLOR.findall(MARK.read_text()) == [colors.LIGHT["blue"], colors.LIGHT["orange"]]


def test_figures_are_drawn_in_the_books_colors() -> None:
    drawn = {value for name, value in RC_PARAMS.items() if COLOR.fullmatch(str(value))}
    assert drawn == {shades["light"] for shades in (colors.INK, colors.FAINT, colors.PAPER)}
    assert list(CYCLE) == list(colors.LIGHT.values())


def test_pages_exchange_each_color_of_a_figure() -> None:
    known = {
        **colors.LIGHT,
        "ink": colors.INK["light"],
        "faint": colors.FAINT["light"],
        "paper": colors.PAPER["light"],
    }
    assert {color: f"var(--lt-{name})" for name, color in known.items()} == VARIABLES


@pytest.mark.parametrize("theme", THEMES)
def test_style_sheets_define_each_variable_they_use(theme: str) -> None:
    defined = colors.css_variables(theme)
    for name, shades in SHADES.items():
        variable = f"--lt-{name.lower()}:"
        assert (f"{variable}{shades[theme]};" in defined) == (variable in defined)
    palette_of_theme = colors.DARK if theme == "dark" else colors.LIGHT
    assert all(f"--lt-{name}:{color};" in defined for name, color in palette_of_theme.items())
    assert defined in style_sheet(), "a widget in a notebook"
    assert defined in page_colors.style_variables(), "a page"
    used = {
        name
        for path in files()
        if path.suffix in {".css", ".mjs", ".js", ".html"}
        for name in re.findall(r"var\(--lt-([a-z]+)\)", path.read_text(encoding="utf-8"))
    }
    assert used <= set(re.findall(r"--lt-(\w+):", defined))


@pytest.mark.parametrize("theme", THEMES)
def test_a_built_page_has_the_themes_colors(theme: str) -> None:
    options = page_colors.theme_options()[f"{theme}_css_variables"]
    assert set(options.values()) <= {shades[theme] for shades in SHADES.values()}
    page = (BUILD / "html" / "index.html").read_text(encoding="utf-8")
    for name, color in options.items():
        assert f"--{name}: {color};" in page
    style = (BUILD / "html" / "_static" / "book.css").read_text(encoding="utf-8")
    assert page_colors.style_variables() in style
