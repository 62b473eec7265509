"""When do a stored output and a fresh one say the same? Used by the notebooks' check.

Text must be equal. Where a cell's metadata states a tolerance, the words must be equal and the
numbers close. A figure is compared by the words and numbers in it; `book.pictures` tells whether it
looks the same, which only matters to what is stored.
"""

from __future__ import annotations

import math
import re
from typing import Any

from book.figures import figure_texts
from book.notebooks import WIDGET_VIEW
from book.pictures import without_pictures

NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?", re.IGNORECASE)


def comparable(outputs: list[Any]) -> list[Any]:
    """The outputs with each SVG replaced by the texts in it, and a widget by its HTML alone."""
    for output in outputs:
        data = output.get("data", {})
        data.pop(WIDGET_VIEW, None)
        if "text/html" in data:
            markup = without_pictures("".join(data["text/html"]))
            data["text/html"] = re.sub(
                r"<svg\b.*?</svg>", lambda svg: " ".join(figure_texts(svg[0])), markup, flags=re.S
            )
        if "image/svg+xml" in data:
            svg = data["image/svg+xml"]
            data["image/svg+xml"] = "\n".join(figure_texts("".join(svg)))
    return outputs


def close(stored: str, fresh: str, relative: float) -> bool:
    """Whether two texts differ in nothing but numbers, and those by little.

    A number may differ by ``relative`` of the stored one.
    """
    if NUMBER.sub("#", stored) != NUMBER.sub("#", fresh):
        return False
    pairs = zip(NUMBER.findall(stored), NUMBER.findall(fresh), strict=True)
    return all(math.isclose(float(a), float(b), rel_tol=relative) for a, b in pairs)


def with_tolerance(stored: list[Any], fresh: list[Any], relative: float) -> None:
    """Put the stored text in place of each fresh text that is close to it."""
    for old, new in zip(stored, fresh, strict=False):
        pairs = [(old, new, "text")]
        shared = old.get("data", {}).keys() & new.get("data", {}).keys()
        pairs += [(old["data"], new["data"], kind) for kind in shared]
        for a, b, key in pairs:
            if key in a and key in b and close("".join(a[key]), "".join(b[key]), relative):
                b[key] = a[key]
