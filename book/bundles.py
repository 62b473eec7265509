"""One style sheet and one script for all pages.

Jupyter Book loads the files of all its extensions, used or not, each with a request of its own.
Here the few that a page needs become two, whose addresses change with what is in them.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from furo import get_pygments_stylesheet

STYLES = (
    "pygments.css",
    "styles/furo.css",
    "styles/furo-extensions.css",
    "copybutton.css",
    "livetorch.css",
)
SCRIPTS = (
    "documentation_options.js",
    "scripts/furo.js",
    "clipboard.min.js",
    "copybutton.js",
    "page.js",
    "live.js",
    "ticks.js",
)
SEARCH_SCRIPTS = ("doctools.js", "sphinx_highlight.js")
"""What the search page runs besides; Furo's template adds the search itself."""

STYLE, SCRIPT = "book.css", "book.js"


def make_bundles(static: Path) -> tuple[str, str]:
    """Make the style sheet and the script in the folder of a book's static files.

    Returns their addresses in the book, with versions that change with what is in them.
    """
    # Furo writes its two styles of code once the pages are done; their versions need them now.
    (static / "pygments.css").write_text(get_pygments_stylesheet(), encoding="utf-8")
    return bundle(static, STYLES, STYLE), bundle(static, SCRIPTS, SCRIPT)


def bundle(static: Path, names: tuple[str, ...], made: str) -> str:
    """Write several files as one; returns its address and version."""
    text = "\n".join((static / name).read_text(encoding="utf-8") for name in names)
    text = re.sub(r"/?[/*]+[#@] sourceMappingURL=\S+(\s*\*/)?", "", text)
    (static / made).write_text(text, encoding="utf-8")
    return f"_static/{made}?v={hashlib.sha256(text.encode()).hexdigest()[:8]}"
