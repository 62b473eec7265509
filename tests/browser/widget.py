"""Open a page at one of its widgets, and look at that widget as a reader and as axe would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Locator, expect

from tests.browser.visit import WIDE, Visit, opened


@contextmanager
def at_widget(
    browser: Browser,
    address: str,
    module: str,
    scheme: str = "light",
    size: tuple[int, int] = WIDE,
    *,
    touch: bool = False,
) -> Iterator[tuple[Visit, Locator]]:
    """A visit, and the widget once it is alive; at the end nothing may have gone wrong."""
    with opened(browser, address, scheme, size, touch=touch) as visit:
        holder = visit.page.locator(f'.live[data-live="{module}"]').first
        holder.scroll_into_view_if_needed()
        box = holder.locator(".live-box")
        expect(box).to_be_visible(timeout=20_000)
        yield visit, box
        assert not visit.errors


def violations(visit: Visit, module: str, axe: str) -> list[str]:
    """What axe finds in the widget, as texts."""
    visit.page.evaluate(axe)
    how = "{resultTypes: ['violations'], preload: false}"
    found: dict[str, Any] = visit.page.evaluate(
        f"""axe.run('.live[data-live="{module}"]', {how})"""
    )
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found["violations"]]


def stays_inside(visit: Visit, box: Locator) -> bool:
    """Whether the widget makes no page scroll sideways, and no text in its drawings is tiny."""
    wide: int = visit.page.evaluate("document.documentElement.scrollWidth")
    small: int = box.evaluate(
        """box => [...box.querySelectorAll('svg text')].filter(text => {
            const m = text.getScreenCTM();
            return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(m.a, m.b) < 8;
        }).length"""
    )
    size = visit.page.viewport_size
    return size is not None and wide <= size["width"] and small == 0
