"""The line and its loss surface, with mouse, touch and keys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, expect

from livetorch.live import FitLine
from tests.browser.visit import NARROW, looks
from tests.browser.widget import at_widget, drag, press_when, stays_inside, violations

PAGE, MODULE = "chapters/04-linear-regression/2-walking-downhill.html", "fit_line"


def loss(box: Locator) -> float:
    loss = re.search(r"loss = ([\d.e+]+)", box.locator(".live-code").text_content() or "")
    assert loss is not None
    return float(loss[1])


@looks
def test_keys_move_line_rate_and_step(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    expected = FitLine().answer(FitLine().options)
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size) as (visit, box):
        page = visit.page
        words = box.locator("p.live-readout").last
        expect(words).to_contain_text(f"from {expected['path'][0][2]:.3f} to")
        assert loss(box) == pytest.approx(expected["path"][0][2], abs=6e-4)
        box.get_by_role("button", name="Next").click()
        assert loss(box) == pytest.approx(expected["path"][1][2], abs=6e-4)
        rate = box.get_by_role("slider", name="Learning rate")
        rate.focus()
        page.keyboard.press("End")
        expect(words).to_contain_text(f"Below a rate of {expected['limit']:.2f} the path stays")
        expect(box.get_by_role("status")).to_contain_text("Below a rate")
        end = box.get_by_role("slider", name="Right end of the line")
        before = loss(box)
        end.focus()
        page.keyboard.press("Shift+ArrowUp")
        assert loss(box) != before
        assert not violations(visit, MODULE, axe)
        box.get_by_role("button", name="Reset").click()
        expect(rate).to_have_value("0.2")
        expect(words).to_contain_text(f"from {expected['path'][0][2]:.3f} to")
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)


def test_the_mouse_drags_a_point_and_the_start(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (_, box):
        before = loss(box)
        for name in ("Point 6", "Weight and bias of the line"):
            drag(box.get_by_role("slider", name=name), 30, 30)
            assert loss(box) != before, name
            before = loss(box)


def test_play_walks_down_and_stops(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, size=NARROW, touch=True) as (visit, box):
        first = loss(box)
        play = box.get_by_role("button", name="Play")
        play.tap()
        expect(box.get_by_role("button", name="Pause")).to_be_visible()
        words = (box.locator(".live-code").text_content() or "").replace("`", "")
        press_when(box, "Pause", f"box.querySelector('.live-code').textContent !== `{words}`")
        expect(play).to_be_visible()
        stopped = loss(box)
        assert stopped < first
        visit.page.wait_for_timeout(600)  # two steps would be gone by then
        assert loss(box) == stopped
