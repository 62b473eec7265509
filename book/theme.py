"""Marks that assistive technology needs and that the theme lacks.

What Sphinx writes from a page's text gets them where it is written, by the translator below. What
stands in Furo's own template is replaced while a page is rendered (templates/page.html), once, and
what is not found there is an error: a new Furo may have mended it, or have moved it.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.errors import ThemeError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

BACK_TO_TOP = '<a href="#" class="back-to-top muted-link">'
END_OF_BACK_TO_TOP = "<span>Back to top</span>\n        </a>"
ON_EVERY_PAGE = {
    # Two regions of one kind need names,
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="Chapters">',
    # and a link needs a region.
    BACK_TO_TOP: f'<nav aria-label="To the top">{BACK_TO_TOP}',
    END_OF_BACK_TO_TOP: f"{END_OF_BACK_TO_TOP}</nav>",
    # Where a browser forbids pages to keep anything, the very question is an error.
    'document.body.dataset.theme = localStorage.getItem("theme") || "auto";': (
        'document.body.dataset.theme = "auto"; '
        'try { document.body.dataset.theme = localStorage.getItem("theme") || "auto" } catch {}'
    ),
}
WITH_CONTENTS = {
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="On this page">',
}
"""On pages that have a table of their contents at the side."""


def mended(body: str, page: str, contents: bool) -> str:
    """The body of a page as Furo's template renders it, with the marks that it lacks.

    Raises:
        ThemeError: something to be mended is not there exactly once.
    """
    for old, new in {**ON_EVERY_PAGE, **(WITH_CONTENTS if contents else {})}.items():
        times = body.count(old)
        if times != 1:
            raise ThemeError(
                f"{page}: Furo's page has {old!r} {times} times and not once: look at its "
                "page.html and base.html, and adapt book/theme.py"
            )
        body = body.replace(old, new)
    return body


class BookTranslator(HTML5Translator):
    """Sphinx's writer of HTML with roles and levels that assistive technology knows."""

    def starttag(self, node: nodes.Element, *arguments: Any, **attributes: Any) -> str:
        if attributes.get("ROLE") == "heading":  # the parts of the book in the list of chapters
            attributes["ARIA-LEVEL"] = "2"
        if attributes.get("role") == "doc-biblioentry":  # deprecated; the list around it says list
            attributes["role"] = "listitem"
        return super().starttag(node, *arguments, **attributes)


class OneNameEach(SphinxPostTransform):
    """Takes back the names that Furo's wrappers of formulas and tables copy from what they wrap."""

    default_priority = 501  # the next after Furo's own
    formats = ("html",)

    def run(self, **_: Any) -> None:
        for wrapper in self.document.findall(nodes.container):
            if {"math-wrapper", "table-wrapper"} & set(wrapper["classes"]):
                wrapper["ids"] = []
