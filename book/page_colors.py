"""The colors of the package, for pages.

They are read from the file: importing the package would import torch, which takes longer than
making the pages.
"""

from __future__ import annotations

import runpy
from collections.abc import Callable

from book.notebooks import ROOT

SOURCE = ROOT / "src" / "livetorch" / "colors.py"
_colors = runpy.run_path(str(SOURCE))

LIGHT: dict[str, str] = _colors["LIGHT"]
INK: dict[str, str] = _colors["INK"]
FAINT: dict[str, str] = _colors["FAINT"]
PAPER: dict[str, str] = _colors["PAPER"]
css_variables: Callable[[str], str] = _colors["css_variables"]

ROLES = {
    "brand-primary": "LINK",
    "brand-content": "LINK",
    "brand-visited": "VISITED",
    "background-primary": "PAPER",
    "background-secondary": "RAISED",
    "background-border": "FAINT",
    "foreground-primary": "INK",
    "foreground-secondary": "SECONDARY",
    "foreground-muted": "MUTED",
    "foreground-border": "EDGE",
    "code-background": "RAISED",
    "inline-code-background": "INLINE_CODE",
}
"""Furo's names of colors, and ours."""


def theme_options() -> dict[str, dict[str, str]]:
    """Furo's settings of colors; they stand here so that _config.yml repeats none."""
    return {
        f"{theme}_css_variables": {
            f"color-{name}": _colors[role][theme] for name, role in ROLES.items()
        }
        for theme in ("light", "dark")
    }


def style_variables() -> str:
    """The palette as style sheet variables of a page: light, dark, and light on paper."""
    light, dark = css_variables("light"), css_variables("dark")
    return (
        f"body{{{light}}}\n"
        "@media not print{"
        f'body[data-theme="dark"]{{{dark}}}\n'
        f'@media(prefers-color-scheme:dark){{body[data-theme="auto"]{{{dark}}}}}'
        "}"
    )
