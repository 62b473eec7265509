"""The line under a chapter's title: how long it takes, and what its outputs were made with."""

from __future__ import annotations

import html
from typing import Any

from docutils import nodes
from sphinx.transforms import SphinxTransform

from book.launch import repository
from book.notebooks import ROOT, read

WORDS_A_MINUTE = 160
LINES_A_MINUTE = 25
"""Slower than a novel, since formulas and code are read twice."""


class StampTransform(SphinxTransform):
    """Puts the run stamp and the launch buttons under a chapter's title."""

    default_priority = 410

    def apply(self, **_: Any) -> None:
        page = self.env.docname
        path = ROOT / f"{page}.ipynb"
        title = next(iter(self.document.findall(nodes.title)), None)
        if self.app.builder.format != "html" or title is None or not path.exists():
            return
        place = title.parent
        place.insert(place.index(title) + 1, nodes.raw("", self.stamp(page), format="html"))

    def stamp(self, page: str) -> str:
        stored = read(ROOT / f"{page}.ipynb").metadata.get("livetorch", {})
        minutes = max(5, round(self.minutes() / 5) * 5)
        facts = [f"Read in about {minutes} minutes"]
        if stored:
            facts += [
                f"run in {float(stored['seconds']):.0f} s on one thread",
                f"outputs of <time>{html.escape(stored['date'])}</time>",
                f"torch {html.escape(stored['torch'])}",
                f"seed {html.escape(str(stored['seed']))}",
            ]
        name = page.rsplit("/", 1)[-1]
        up = "../" * page.count("/")
        links = [("Download notebook", f"{up}notebooks/{name}.ipynb")]
        project = repository()
        if project is not None:
            links = [*project.links(page), *links]
        buttons = "".join(
            f'<a class="lt-button" href="{html.escape(address)}">{label}</a>'
            for label, address in links
        )
        return (
            f'<div class="lt-stamp"><p>{" · ".join(facts)}</p>'
            f'<nav aria-label="This notebook">{buttons}</nav></div>'
        )

    def minutes(self) -> float:
        """How long the paragraphs and the code take to read; outputs come with the code."""
        words = sum(len(p.astext().split()) for p in self.document.findall(nodes.paragraph))
        inputs = [b for b in self.document.findall(nodes.literal_block)
                  if "cell_input" in b.parent.get("classes", [])]  # fmt: skip
        lines = sum(len(block.astext().splitlines()) for block in inputs)
        return words / WORDS_A_MINUTE + lines / LINES_A_MINUTE
