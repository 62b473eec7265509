"""Open a page at one of its widgets, and look at that widget as a reader and as axe would."""

from __future__ import annotations

import re
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
    with opened(browser, address, scheme, size, touch=touch, only=module) as visit:
        holder = visit.page.locator(f'.live[data-live="{module}"]').first
        holder.scroll_into_view_if_needed()
        box = holder.locator(".live-box")
        expect(box).to_be_visible()
        yield visit, box
        assert not visit.errors, visit.errors


def press_start(visit: Visit, module: str, *, tap: bool = False) -> Locator:
    """Press the button that says what a widget's start loads, by a key or a finger; its box."""
    holder = visit.page.locator(f'.live[data-live="{module}"]')
    button = holder.locator("> .live-button")
    expect(button).to_have_text(re.compile(r"^Start it here \(\d\.\d MB\)$"))
    button.scroll_into_view_if_needed()
    if tap:
        button.tap()
    else:
        button.focus()
        visit.page.keyboard.press("Enter")
    return holder.locator(".live-box")


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


def violations(visit: Visit, module: str, axe: str) -> list[str]:
    """What axe finds in the widget, in both color schemes, as texts."""
    place, start = f'.live[data-live="{module}"]', visit.scheme
    messages = []
    for scheme in sorted(SCHEMES, key=lambda scheme: scheme != start):
        visit.switch(scheme)
        faults = visit.axe(axe, place)
        messages += [f"{scheme}: {v['id']}: {v['nodes'][0]['html'][:200]}" for v in faults]
    visit.switch(start)
    return messages


PRESS_WHEN = """(box, [name, condition]) => new Promise((done) => {
  const holds = new Function("box", `return ${condition}`);
  const look = () => {
    if (!holds(box)) return;
    watch.disconnect();
    [...box.querySelectorAll("button")].find((b) => b.textContent.trim() === name).click();
    done();
  };
  const watch = new MutationObserver(look);
  watch.observe(box, { subtree: true, childList: true, characterData: true });
  look();
})"""


def press_when(box: Locator, button: str, condition: str) -> None:
    """Press a button in the very moment when a condition holds, however slow the machine is.

    Args:
        box: the widget.
        button: the text on it.
        condition: of the element ``box``, in JavaScript; asked whenever the widget changes.
    """
    box.evaluate(PRESS_WHEN, [button, condition])


def stays_inside(visit: Visit, box: Locator) -> bool:
    """Whether the widget makes no page scroll sideways, and no text in its drawings is tiny."""
    small: int = box.evaluate(
        """box => [...box.querySelectorAll('svg text')].filter(text => {
            const m = text.getScreenCTM();
            return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(m.a, m.b) < 8;
        }).length"""
    )
    return visit.sideways() == 0 and small == 0
