"""The steps forward and backward through an expression, with mouse, touch and keys."""

from __future__ import annotations

import torch
from playwright.sync_api import Browser, Locator, expect

from tests.browser.visit import NARROW, looks
from tests.browser.widget import at_widget, slide, stays_inside, violations

PAGE, MODULE = "chapters/02-autograd/2-an-engine-of-your-own.html", "backward"


def texts(box: Locator) -> dict[str, list[str]]:
    """The lines in each box of the drawing, by the name that stands first."""
    nodes: list[list[str]] = box.locator(".live-node").evaluate_all(
        "boxes => boxes.map(box => [...box.querySelectorAll('text')].map(text => text.textContent))"
    )
    return {lines[0].split()[0]: lines for lines in nodes}


def step(box: Locator, number: int) -> None:
    box.get_by_label("Step").fill(str(number))


@looks
def test_values_and_gradients_appear_box_by_box(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size) as (visit, box):
        words, steps = box.locator(".live-readout"), box.get_by_label("Step")
        expect(box.locator(".live-node")).to_have_count(9)
        assert texts(box)["v1"] == ["v1 = w * x", "value …", "grad …"]
        box.get_by_role("button", name="Next").click()
        expect(words).to_have_text("Multiply: v1 = w * x = 2 * 3 = 6.")
        assert texts(box)["v1"][1] == "value 6"
        assert texts(box)["v2"][1] == "value …"
        expect(box.get_by_role("status")).to_contain_text("v1 = w * x = 2 * 3 = 6")
        step(box, 10)
        expect(words).to_contain_text("w is upstream 0.5 times 2 · w = 4, which makes 2")
        assert texts(box)["w"][2] == "grad 2"
        step(box, 13)
        expect(words).to_contain_text("upstream 2 times x = 3, which makes 6")
        expect(words).to_contain_text("It has 2 from another path already: together 8")
        # The mouse draws w away from 2: torch must agree with what is shown then.
        handle = box.get_by_label("w", exact=True)
        slide(handle, 2 / 3, 0.3)
        w = torch.tensor(float(handle.input_value()), requires_grad=True, dtype=torch.float64)
        assert w.item() < 0
        ((w * 3 - 5) ** 2 + 0.5 * w**2).backward()
        assert w.grad is not None
        expect(words).to_contain_text(f"w.grad = {float(f'{w.grad:.4g}'):g}")
        assert not violations(visit, MODULE, axe)
        assert stays_inside(visit, box)
        box.get_by_role("button", name="Reset").click()
        expect(steps).to_have_value("0")
        expect(handle).to_have_value("2")
        assert texts(box)["v1"][1:] == ["value …", "grad …"]


def test_the_keyboard_alone_writes_an_expression_and_steps_through_it(
    browser: Browser, site: str, axe: str
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        keys = visit.page.keyboard
        box.get_by_role("textbox", name="Expression").focus()
        keys.press("Control+A")
        keys.type("relu(x) * 2x")
        expect(box.get_by_role("alert")).to_contain_text("between 2 and x")
        expect(box.locator(".live-node")).to_have_count(3)  # the last that could be read stands
        assert not violations(visit, MODULE, axe)
        keys.press("Backspace")
        expect(box.get_by_role("alert")).to_be_hidden()
        box.get_by_label("x", exact=True).focus()
        keys.press("Home")
        box.get_by_label("Step").focus()
        keys.press("End")
        words = box.locator(".live-readout")
        expect(words).to_contain_text("times the slope of relu at x = 0, which makes 0")
        expect(words).to_contain_text("x.grad = 0")


def test_touch_plays_and_pauses(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, size=NARROW, touch=True) as (visit, box):
        visit.page.clock.install()
        box.get_by_role("button", name="Play").tap()
        visit.page.clock.run_for(2 * 2600 + 100)
        expect(box.locator(".live-readout")).to_contain_text("Subtract: v2 = v1 - y = 6 - 5 = 1")
        box.get_by_role("button", name="Pause").tap()
        visit.page.clock.run_for(10_000)
        expect(box.get_by_label("Step")).to_have_value("2")
