"""The built book served plainly on this machine, whole pages or one widget of a page.

A chapter has twenty thousand elements, and a browser lays all of them out anew for every step of
a test. ``PAGE?only=MODULE`` is the same page, its head, scripts and sidebar too, with an article
that holds nothing but that widget, in what it lies in.
"""

from __future__ import annotations

import http.server
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

ARTICLE = re.compile(r"(<article\b[^>]*>)(.*)(</article>)", re.DOTALL)
LIST = '<div class="toc-tree"><ul><li><a class="reference internal" href="#alone">Top</a></li></ul>'
CELL = '<div class="cell docutils container"><div class="cell_output docutils container">'


def element(text: str, start: int) -> str:
    """The ``<div>`` that begins there, to its end."""
    depth = 0
    for tag in re.finditer(r"<(/?)div\b[^>]*>", text[start:]):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return text[start : start + tag.end()]
    raise ValueError("a <div> has no end")


def with_widget_alone(page: str, module: str) -> str:
    """A page whose article holds its heading and its first widget of that name.

    Raises:
        ValueError: the page has no such widget.
    """
    article = ARTICLE.search(page)
    start = page.find(f'<div class="live" data-live="{module}"')
    if article is None or start < 0:
        raise ValueError(f"the page has no widget {module!r}")
    heading = re.search(r"<h1>.*?</h1>", article[2], re.DOTALL)
    name = heading[0] if heading is not None else ""
    inside = f'<section id="alone">{name}{CELL}{element(page, start)}</div></div></section>'
    # The list of the page's headings follows what one reads, and must not miss any of them.
    foot = page[article.start(3) :]
    listed = foot.find('<div class="toc-tree">')
    if listed >= 0:
        foot = foot.replace(element(foot, listed), f"{LIST}</div>")
    return page[: article.end(1)] + inside + foot


class BookHandler(http.server.SimpleHTTPRequestHandler):
    """Says nothing about what it serves."""

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        only = parse_qs(address.query).get("only")
        if only is None:
            return super().do_GET()
        page = Path(self.translate_path(address.path)).read_text(encoding="utf-8")
        content = with_widget_alone(page, only[0]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        return None
