"""The last step of a build: few requests a page, and what the theme leaves to be mended.

Jupyter Book loads the files of all its extensions, used or not, each with a request of its own.
Here the few that a page needs become one style sheet and one script.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

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

# Marks that assistive technology needs and the theme lacks: two regions of one kind without names,
# a link in no region, entries of a list that are none, and headings in the list of chapters without
# a level.
MENDED = (
    ('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="Chapters">'),
    ('<aside class="toc-drawer">', '<aside class="toc-drawer" aria-label="On this page">'),
    (
        '<a href="#" class="back-to-top muted-link">',
        '<nav aria-label="To the top"><a href="#" class="back-to-top muted-link">',
    ),
    ("<span>Back to top</span>\n        </a>", "<span>Back to top</span>\n        </a></nav>"),
    ('role="doc-biblioentry"', 'role="listitem"'),  # the old role is deprecated
    ('<p class="caption" role="heading">', '<p class="caption" role="heading" aria-level="2">'),
    # Where a browser forbids pages to keep anything, the very question is an error.
    (
        'document.body.dataset.theme = localStorage.getItem("theme") || "auto";',
        'document.body.dataset.theme = "auto"; '
        'try { document.body.dataset.theme = localStorage.getItem("theme") || "auto" } catch {}',
    ),
)
NAMED_TWICE = re.compile(r'(id="(equation-[^"]+)">\s*<div class="math") id="\2"')
"""An equation with a label gets its name on the formula and on what the formula lies in."""


def bundle(static: Path, names: tuple[str, ...], made: str) -> str:
    """Write several files as one; returns a version that changes with what is in it."""
    text = "\n".join((static / name).read_text(encoding="utf-8") for name in names)
    text = re.sub(r"/?[/*]+[#@] sourceMappingURL=\S+(\s*\*/)?", "", text)
    (static / made).write_text(text, encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def finish_pages(out: Path) -> None:
    """Make the two files of a built book and mend each of its pages."""
    static = out / "_static"
    versions = {STYLE: bundle(static, STYLES, STYLE), SCRIPT: bundle(static, SCRIPTS, SCRIPT)}
    for path in out.rglob("*.html"):
        text = before = path.read_text(encoding="utf-8")
        for old, new in MENDED:
            text = text.replace(old, new)
        text = NAMED_TWICE.sub(r"\1", text)
        for name, version in versions.items():
            text = re.sub(
                rf'_static/{re.escape(name)}(\?v=\w+)?"', rf'_static/{name}?v={version}"', text
            )
        if text != before:
            path.write_text(text, encoding="utf-8")
