"""A reader who presses before a model is there: it answers later, and nothing breaks meanwhile."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.recurrent import NAMES, WRITER
from tests.browser.visit import opened

MODELS = re.compile(r"\.onnx(\?|$)")
CASES = [
    (WRITER, "sample_text", "Likeliest next"),
    (NAMES, "type_name", "%"),
    ("chapters/10-convolutional-networks/3-what-it-sees.html", "clothes", "plain: Pullover"),
    ("chapters/12-attention/2-reading-dates.html", "attention_explorer", "Sign 4 is"),
]


@pytest.mark.parametrize(("page", "module", "words"), CASES, ids=[case[1] for case in CASES])
def test_what_is_pressed_before_the_first_answer_breaks_nothing(
    browser: Browser, site: str, page: str, module: str, words: str
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    with opened(browser, f"{site}/{page}", only=module) as visit:
        visit.page.context.route(MODELS, hold)
        holder = visit.page.locator(f'.live[data-live="{module}"]')
        holder.locator("> .live-button").click()
        box = holder.locator(".live-box")
        expect(box).to_be_visible()
        buttons = box.get_by_role("button", disabled=False)
        names = [name.strip() for name in buttons.all_text_contents()]
        assert len(names) >= 2
        for name in names:
            button = box.get_by_role("button", name=name, exact=True)
            if name != "Reset" and button.count() == 1 and button.is_enabled():
                button.click()
        for slider in box.get_by_role("slider").all():
            if slider.is_enabled():
                slider.press("Home")
        assert held, "the model was asked for"
        assert "undefined" not in box.inner_text()
        visit.page.context.unroute(MODELS, hold)  # which lets them go on
        box.get_by_role("button", name="Reset").click()
        expect(box.locator(".live-readout")).to_contain_text(words)
        assert "undefined" not in box.inner_text()
        assert not visit.errors, visit.errors
