"""Open a page at one of its widgets, and look at that widget as a reader and as axe would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, FloatRect, Locator, expect

from tests.browser.visit import SCHEMES, WIDE, Visit, opened


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


def drag(mark: Locator, dx: float, dy: float) -> None:
    """Move a mark with the mouse by so many pixels."""
    place = _seen(mark)
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    _pull(mark, (x, y), (x + dx, y + dy))


def slide(slider: Locator, start: float, end: float) -> None:
    """Move a slider with the mouse, from one place to another, as parts of its length."""
    place = _seen(slider)
    left, middle = place["x"], place["y"] + place["height"] / 2
    _pull(slider, (left + place["width"] * start, middle), (left + place["width"] * end, middle))


def _seen(thing: Locator) -> FloatRect:
    """Where it lies, once it is on the screen."""
    thing.scroll_into_view_if_needed()
    place = thing.bounding_box()
    assert place is not None
    return place


def _pull(thing: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    mouse = thing.page.mouse
    mouse.move(*start)
    mouse.down()
    mouse.move(*end, steps=4)
    mouse.up()


ALONE = """holder => {
  for (let part = holder; !part.matches("article, body"); part = part.parentElement)
    for (const other of [...part.parentElement.children])
      if (other !== part && !other.matches("h1, h2, h3, h4")) other.remove();
}"""
"""Nothing stays of the article but the widget, what it lies in, and headings."""


def violations(visit: Visit, module: str, axe: str) -> list[str]:
    """What axe finds in the widget, in both color schemes, as texts.

    The rest of the article, which has checks of its own, goes first: axe looks at every element of
    a page before it checks a part, and a chapter has twenty thousand.
    """
    place, start = f'.live[data-live="{module}"]', visit.scheme
    visit.page.locator(place).first.evaluate(ALONE)
    told = []
    for scheme in sorted(SCHEMES, key=lambda scheme: scheme != start):
        visit.switch(scheme)
        found = visit.axe(axe, place)
        told += [f"{scheme}: {v['id']}: {v['nodes'][0]['html'][:200]}" for v in found]
    visit.switch(start)
    return told


def stays_inside(visit: Visit, box: Locator) -> bool:
    """Whether the widget makes no page scroll sideways, and no text in its drawings is tiny."""
    small: int = box.evaluate(
        """box => [...box.querySelectorAll('svg text')].filter(text => {
            const m = text.getScreenCTM();
            return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(m.a, m.b) < 8;
        }).length"""
    )
    return visit.sideways() == 0 and small == 0
