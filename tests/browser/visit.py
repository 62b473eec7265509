"""Open a page, and remember what happened meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Response

WIDE, NARROW = (1280, 900), (390, 844)
schemes = pytest.mark.parametrize("scheme", ["light", "dark"])


class Visit:
    """A page that was opened, and what happened meanwhile."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.responses: list[Response] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("response", lambda response: self.responses.append(response))


@contextmanager
def opened(
    browser: Browser,
    address: str,
    scheme: str = "light",
    size: tuple[int, int] = WIDE,
    *,
    touch: bool = False,
    scripts: bool = True,
) -> Iterator[Visit]:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=touch,
        java_script_enabled=scripts,
    )
    visit = Visit(context.new_page())
    visit.page.goto(address, wait_until="load")
    try:
        yield visit
    finally:
        context.close()
