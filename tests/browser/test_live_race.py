"""The race of optimizers, with mouse, touch and keys."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from livetorch.live import Race
from livetorch.live.widgets.race import RACERS
from tests.browser.visit import NARROW, looks
from tests.browser.widget import at_widget, drag, press_when, stays_inside, violations

PAGE, MODULE = "chapters/07-optimizers/1-from-sgd-to-adam.html", "race"


def heights(box: Locator) -> dict[str, float]:
    """The heights that the sentence tells, in its order."""
    shown = box.locator("p.live-readout").text_content() or ""
    listed = shown.partition("first: ")[2].partition(". Gone")[0].rstrip(".").split(", ")
    return {name: float(height) for name, height in (pair.split() for pair in listed if pair)}


def expected(step: int = 100, **changes: Any) -> dict[str, float]:
    """What torch finds, lowest first."""
    widget = Race()
    paths = widget.answer({**widget.options, **changes})["paths"]
    there = {name: path[step][2] for name, path in paths.items() if len(path) > step}
    return dict(sorted(there.items(), key=lambda pair: pair[1]))


def assert_told(box: Locator, goal: dict[str, float]) -> None:
    shown = heights(box)
    assert list(shown) == list(goal)
    for name, height in shown.items():
        assert height == pytest.approx(goal[name], rel=0.06, abs=1e-9), name


@looks
def test_keys_move_rates_ground_and_start(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size) as (visit, box):
        page = visit.page
        assert_told(box, expected())
        assert box.locator(".live-columns path[stroke-dasharray]").count() >= 2 * len(RACERS)
        rate = box.get_by_role("slider", name="SGD rate")
        rate.focus()
        page.keyboard.press("End")
        expect(box.locator("p.live-readout")).to_contain_text("Gone for good: SGD.")
        expect(box.get_by_role("status")).to_contain_text("Gone for good: SGD.")
        box.get_by_role("radio", name="Turned ravine").check()
        half = 0.5**0.5
        turned: dict[str, Any] = {"surface": "turned", "start": [-5 * half, -3 * half]}
        shown, goal = heights(box), expected(**turned)
        assert "SGD" not in shown
        assert shown["momentum"] == pytest.approx(goal["momentum"], rel=0.06)
        start = box.get_by_role("slider", name="Start of the race")
        start.focus()
        page.keyboard.press("Shift+ArrowUp")
        assert heights(box) != shown
        assert not violations(visit, MODULE, axe)
        box.get_by_role("button", name="Reset").click()
        expect(box.get_by_role("radio", name="Ravine", exact=True)).to_be_checked()
        assert_told(box, expected())
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)


def test_the_mouse_drags_the_start_and_noise_reaches_all(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        before = heights(box)
        drag(box.get_by_role("slider", name="Start of the race"), 60, 20)
        moved = heights(box)
        assert all(moved[name] != before[name] for name in RACERS)
        noise = box.get_by_role("slider", name="Noise")
        noise.focus()
        visit.page.keyboard.press("End")
        assert all(heights(box)[name] != moved[name] for name in RACERS)


def test_play_starts_at_the_first_step_and_stops(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, size=NARROW, touch=True) as (visit, box):
        box.get_by_role("button", name="Play").tap()
        bar = box.get_by_role("slider", name="Step")
        name = bar.get_attribute("id")
        press_when(box, "Pause", f"Number(document.getElementById('{name}').value) > 2")
        expect(box.get_by_role("button", name="Play")).to_be_visible()
        step = int(bar.input_value())
        assert 0 < step < 60
        assert_told(box, expected(step))
        visit.page.wait_for_timeout(400)  # three steps would be gone by then
        expect(bar).to_have_value(str(step))
