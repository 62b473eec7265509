"""The capacity slider, with keys, mouse and touch."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Browser, Locator, expect

from livetorch.live import Capacity
from tests.browser.visit import NARROW, looks
from tests.browser.widget import at_widget, stays_inside, violations

PAGE, MODULE = "chapters/06-data-and-validation/5-overfitting.html", "capacity"


def sentence(options: dict[str, Any], degree: int, count: int = 20, strength: float = 0.0) -> str:
    """What the widget should say, from torch."""
    widget = Capacity(options["train"], options["val"])
    question = {"degree": degree, "count": count, "strength": strength}
    losses = widget.answer(question)["losses"]
    best = min(range(len(losses)), key=lambda d: losses[d][1])
    train, val = (f"{loss:#.3g}" for loss in losses[degree])
    return (
        f"Degree {degree}: training loss {train}, validation loss {val}. "
        f"Lowest on validation: degree {best}."
    )


def options_of(box: Locator) -> dict[str, Any]:
    text = box.page.locator(f'.live[data-live="{MODULE}"] script[type="application/json"]')
    options: dict[str, Any] = json.loads(text.first.text_content() or "")
    return options


@looks
def test_the_degree_moves_by_keys_and_the_losses_are_those_of_torch(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size) as (visit, box):
        options = options_of(box)
        readout = box.locator(".live-readout")
        expect(readout).to_have_text(sentence(options, 3))
        drawn = box.locator(".live-plot").first.locator("path[stroke-width='2']")
        start = drawn.get_attribute("d")
        box.get_by_role("slider").focus()
        for _ in range(5):
            visit.page.keyboard.press("ArrowRight")
        expect(readout).to_have_text(sentence(options, 8))
        expect(box.get_by_role("status")).to_have_text(sentence(options, 8))
        assert drawn.get_attribute("d") != start
        assert not violations(visit, MODULE, axe)
        box.get_by_role("button", name="Reset").click()
        expect(readout).to_have_text(sentence(options, 3))
        assert drawn.get_attribute("d") == start
        assert stays_inside(visit, box)


def test_points_and_penalty_by_mouse_and_touch(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (_, box):
        options = options_of(box)
        points = box.locator(".live-plot").first.locator("circle")
        expect(points).to_have_count(20)
        box.get_by_label("80", exact=True).click()
        expect(points).to_have_count(80)
        expect(box.locator(".live-readout")).to_have_text(sentence(options, 3, 80))
        box.get_by_label("Show the validation points").click()
        fresh = box.locator(".live-plot").first.locator("g rect")
        expect(fresh).to_have_count(len(options["val"][0]))
    with at_widget(browser, f"{site}/{PAGE}", MODULE, size=NARROW, touch=True) as (_, box):
        box.get_by_label("0.01", exact=True).tap()
        expect(box.locator(".live-readout")).to_have_text(sentence(options, 3, 20, 0.01))
