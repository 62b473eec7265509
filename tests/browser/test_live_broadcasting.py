"""The broadcasting explorer, with mouse, touch and keys."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.visit import NARROW, looks
from tests.browser.widget import at_widget, stays_inside, violations

PAGE, MODULE = "chapters/01-tensors/2-shapes-together.html", "broadcasting"


@looks
def test_two_shapes_stretch_or_torch_raises(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size) as (visit, box):
        expect(box.locator("svg rect")).to_have_count(24)
        first = box.get_by_label("Shape of a")
        first.focus()
        visit.page.keyboard.press("Control+A")
        visit.page.keyboard.type("2, 3")
        error = "The size of tensor a (3) must match the size of tensor b (4)"
        expect(box.locator(".live-result")).to_contain_text(error)
        expect(box.get_by_role("status")).to_contain_text("torch raises")
        assert not violations(visit, MODULE, axe)
        first.fill("2, x")
        expect(box.get_by_role("alert")).to_contain_text("whole numbers")
        box.get_by_role("button", name="Reset").click()
        expect(first).to_have_value("3, 1")
        expect(box.locator("svg rect")).to_have_count(24)
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)


def test_a_pair_is_picked_by_touch(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, size=NARROW, touch=True) as (_, box):
        box.get_by_role("button", name="(2, 1, 4) and (3, 1)").tap()
        expect(box.locator("svg rect")).to_have_count(48)
        expect(box.locator("table")).to_contain_text("1 → 3")
