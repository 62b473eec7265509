"""The threshold explorer, with mouse, touch and keys."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.visit import NARROW, Visit, looks
from tests.browser.widget import at_widget, drag, stays_inside, violations

PAGE, MODULE = "chapters/05-logistic-regression/3-the-price-of-a-mistake.html", "threshold"


def counts(options: dict[str, Any], threshold: float) -> list[int]:
    """TP, FN, FP, TN, in the order of the table."""
    called = [score >= threshold for score in options["scores"]]
    pairs = list(zip(options["labels"], called, strict=True))
    return [pairs.count(pair) for pair in ((1, True), (1, False), (0, True), (0, False))]


def options_of(visit: Visit) -> dict[str, Any]:
    text = visit.page.locator(f'.live[data-live="{MODULE}"] script').first.text_content()
    options: dict[str, Any] = json.loads(text or "")
    return options


def shown(box: Locator) -> list[int]:
    return [int(text) for text in box.locator("table strong").all_text_contents()]


def filled(box: Locator) -> int:
    return box.locator('svg [fill-opacity="0.85"]').count()


@looks
def test_keys_move_the_threshold(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size) as (visit, box):
        options = options_of(visit)
        assert shown(box) == counts(options, 0)
        bar = box.get_by_label("Threshold", exact=True)
        bar.focus()
        for _ in range(20):
            visit.page.keyboard.press("ArrowLeft")
        expect(bar).to_have_attribute("aria-valuetext", "p ≥ 0.269")
        tp, fn, fp, tn = counts(options, -1)
        assert shown(box) == [tp, fn, fp, tn]
        assert filled(box) == tp + fp
        expect(box.locator(".live-readout")).to_contain_text(f"= {20 * fn + fp}.")
        expect(box.locator(".live-readout")).to_contain_text(f"recall {tp / (tp + fn):.3f}")
        expect(box.get_by_role("status")).to_contain_text(f"{tp} found, {fn} missed")
        assert not violations(visit, MODULE, axe)
        price = box.get_by_label("A miss costs")
        price.focus()
        visit.page.keyboard.press("Home")
        expect(box.locator(".live-readout")).to_contain_text(f"= {fn + fp}.")
        assert stays_inside(visit, box)
        box.get_by_role("button", name="Reset").click()
        expect(bar).to_have_value("0")
        assert shown(box) == counts(options, 0)
        assert not violations(visit, MODULE, axe)


def test_the_handle_is_dragged_and_the_roc_point_follows(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        options = options_of(visit)
        chart = box.get_by_role("group", name="The ROC curve")
        point = chart.locator("circle")
        before = [float(point.get_attribute(name) or "nan") for name in ("cx", "cy")]
        knob = box.get_by_role("slider", name="Threshold on the drawing")
        drag(knob, -60, 0)
        threshold = float(box.get_by_label("Threshold", exact=True).input_value())
        assert threshold < -1
        assert shown(box) == counts(options, threshold)
        after = [float(point.get_attribute(name) or "nan") for name in ("cx", "cy")]
        assert after[0] >= before[0]
        assert after[1] <= before[1]
        assert after != before
        knob.focus()
        visit.page.keyboard.press("ArrowRight")
        moved = float(box.get_by_label("Threshold", exact=True).input_value())
        assert moved == pytest.approx(threshold + 0.1)


def test_a_tap_moves_the_threshold(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, size=NARROW, touch=True) as (visit, box):
        options = options_of(visit)
        bar = box.get_by_label("Threshold", exact=True)
        size = bar.bounding_box()
        assert size is not None
        bar.tap(position={"x": size["width"] * 0.8, "y": size["height"] / 2})
        threshold = float(bar.input_value())
        assert threshold > 1
        assert shown(box) == counts(options, threshold)
