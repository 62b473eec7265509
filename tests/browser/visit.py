"""Open a page, remember what happened meanwhile, and let axe look at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response

WIDE, NARROW = (1280, 900), (390, 844)
SCHEMES = ("light", "dark")
schemes = pytest.mark.parametrize("scheme", SCHEMES)
looks = pytest.mark.parametrize(
    ("scheme", "size"), [("light", WIDE), ("dark", NARROW)], ids=["light-wide", "dark-narrow"]
)
"""What a page starts with; axe looks at both color schemes of each."""


class Visit:
    """A page that was opened, and what happened meanwhile."""

    def __init__(self, page: Page, scheme: str = "light") -> None:
        self.page, self.scheme = page, scheme
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.responses: list[Response] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("response", lambda response: self.responses.append(response))

    def switch(self, scheme: str) -> None:
        """Show the open page in the other colors, at once."""
        self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        self.page.evaluate(
            "document.getAnimations().forEach(a => a instanceof CSSTransition && a.finish())"
        )
        self.scheme = scheme

    def sideways(self) -> int:
        """How many pixels of the page are beyond the screen's side; it scrolls inside a frame."""
        beyond: int = self.page.evaluate(
            """() => Math.max(...[...document.querySelectorAll("html, .content")]
                .map(part => part.scrollWidth - part.clientWidth))"""
        )
        return beyond

    def axe(self, source: str, place: str = "html") -> list[dict[str, Any]]:
        """What axe finds there: violations, each with its id and its nodes."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(source)
        how = {"resultTypes": ["violations"], "preload": False, "elementRef": False}
        violations: list[dict[str, Any]] = self.page.evaluate(
            "([place, how]) => axe.run(place, how).then(found => found.violations)", [place, how]
        )
        return violations


@contextmanager
def opened(
    browser: Browser,
    address: str,
    scheme: str = "light",
    size: tuple[int, int] = WIDE,
    *,
    touch: bool = False,
    scripts: bool = True,
    only: str = "",
) -> Iterator[Visit]:
    """A page in a browser of its own; ``only`` names a widget that its article is cut down to."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=touch,
        java_script_enabled=scripts,
    )
    context.set_default_timeout(120_000)
    visit = Visit(context.new_page(), scheme)
    visit.page.goto(f"{address}?only={only}" if only else address, wait_until="load")
    try:
        yield visit
    finally:
        context.close()
