"""The colors of the package, for pages.

They are read from the file: importing the package would import torch, which takes longer than
making the pages.
"""

from __future__ import annotations

import runpy
from collections.abc import Callable

from book.notebooks import ROOT

_style = runpy.run_path(str(ROOT / "src" / "livetorch" / "style.py"))

LIGHT: dict[str, str] = _style["LIGHT"]
INK: dict[str, str] = _style["INK"]
FAINT: dict[str, str] = _style["FAINT"]
PAPER: dict[str, str] = _style["PAPER"]
css_variables: Callable[[str], str] = _style["css_variables"]
