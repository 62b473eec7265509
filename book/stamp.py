"""The line under a chapter's title: how long it takes, and what its outputs were made with."""

from __future__ import annotations

import html
from typing import Any

from docutils import nodes
from sphinx.transforms import SphinxTransform

from book.launch import repository
from book.notebooks import ROOT, read
from book.way import next_on_the_way, reading_time


class StampTransform(SphinxTransform):
    """Puts the run stamp and the launch buttons under a chapter's title."""

    default_priority = 410

    def apply(self, **_: Any) -> None:
        page = self.env.docname
        path = ROOT / f"{page}.ipynb"
        title = next(iter(self.document.findall(nodes.title)), None)
        if self.app.builder.format != "html" or title is None or not path.exists():
            return
        if (following := next_on_the_way(page)) is not None:
            self.env.note_dependency(str(following.path))
        place = title.parent
        place.insert(place.index(title) + 1, nodes.raw("", stamp(page), format="html"))


def stamp(page: str) -> str:
    """The line and the buttons, as HTML."""
    notebook = read(ROOT / f"{page}.ipynb")
    stored = notebook.metadata.get("livetorch", {})
    facts = [f"Read in about {reading_time(notebook)} minutes"]
    if stored:
        facts += [
            f"run in {float(stored['seconds']):.0f} s on one thread",
            f"outputs of <time>{html.escape(stored['date'])}</time>",
            f"torch {html.escape(stored['torch'])}",
            f"seed {html.escape(str(stored['seed']))}",
        ]
    name = page.rsplit("/", 1)[-1]
    up = "../" * page.count("/")
    if (following := next_on_the_way(page)) is not None:
        title = html.escape(following.title)
        facts.append(f'next on the way: <a href="{up}{following.page}.html">{title}</a>')
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
