"""The speed-up of many processes, with keys, mouse and touch."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, expect

from livetorch.live import SpeedUp
from livetorch.live.widgets.speed_up import START
from tests.browser.visit import NARROW, looks
from tests.browser.widget import at_widget, slide, stays_inside, violations
from tests.live.node import page_calls

PAGE, MODULE = "chapters/19-many-processes/6-how-much-faster.html", "speed_up"


def sentence(**changed: Any) -> str:
    """What the widget should say, from torch's numbers."""
    speed_ups = SpeedUp().answer({**START, **changed})["speed_ups"]
    return str(page_calls("speed_up", "verdict", [[speed_ups]])[0])


@looks
def test_faster_links_by_keys(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size) as (visit, box):
        readout = box.locator(".live-readout")
        expect(readout).to_have_text(sentence())
        links = box.get_by_role("slider", name="Links")
        links.focus()
        visit.page.keyboard.press("ArrowRight")
        expect(readout).to_have_text(sentence(bandwidth=100))
        expect(box.get_by_role("status")).to_have_text(sentence(bandwidth=100))
        assert links.get_attribute("aria-valuetext") == "100 GB/s"
        box.get_by_role("button", name="Reset").click()
        expect(readout).to_have_text(sentence())
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)


def test_the_gradient_by_mouse_and_the_batch_by_touch(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (_, box):
        slide(box.get_by_role("slider", name="Gradient"), 0.75, 0.99)
        expect(box.locator(".live-readout")).to_have_text(sentence(megabytes=1000))
    with at_widget(browser, f"{site}/{PAGE}", MODULE, size=NARROW, touch=True) as (_, box):
        box.get_by_label("A full batch for each process").tap()
        expect(box.locator(".live-readout")).to_have_text(sentence(growing=True))
