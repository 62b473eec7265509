"""The network that trains in the page, with mouse, touch and keys."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Locator, expect

from livetorch.live import Playground
from livetorch.live.widgets.playground import LAST
from tests.browser.visit import NARROW, looks
from tests.browser.widget import at_widget, press_when, stays_inside, violations

PAGE = "chapters/09-neural-networks/1-what-a-hidden-layer-does.html"
MODULE = "playground"


def expected(steps: int, **changes: Any) -> str:
    """What torch says after some steps, in the widget's words."""
    widget = Playground()
    chosen = {key: widget.options[key] for key in ("data", "layers", "width", "activation")}
    answer = widget.answer({**chosen, "start": 0, "state": None, **changes, "steps": steps})
    right = round(160 * answer["accuracy"])
    many = len(answer["state"]["theta"])
    return (
        f"Step {steps}: loss {answer['loss']:.3f}, {right} of 160 points right. {many} parameters."
    )


def readout(box: Locator) -> Locator:
    return box.locator("p.live-readout")


@looks
def test_keys_choose_a_network_and_train_it(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size) as (visit, box):
        expect(readout(box)).to_have_text(expected(0))
        box.get_by_role("slider", name="Hidden layers").focus()
        visit.page.keyboard.press("ArrowRight")
        box.get_by_role("slider", name="Width").focus()
        visit.page.keyboard.press("ArrowRight")
        box.get_by_role("radio", name="tanh").check()
        box.get_by_role("radio", name="moons").check()
        chosen = {"data": "moons", "layers": 2, "width": 5, "activation": "tanh"}
        expect(readout(box)).to_have_text(expected(0, **chosen))
        few = box.get_by_role("button", name="10 steps")
        few.focus()
        visit.page.keyboard.press("Enter")
        expect(readout(box)).to_have_text(expected(10, **chosen))
        visit.page.keyboard.press("Enter")
        expect(readout(box)).to_have_text(expected(20, **chosen))
        expect(box.get_by_role("status")).to_contain_text("Step 20")
        box.get_by_role("button", name="Other start").press("Enter")
        expect(readout(box)).to_have_text(expected(0, **chosen, start=1))
        assert not violations(visit, MODULE, axe)
        assert stays_inside(visit, box)
        box.get_by_role("button", name="Reset").click()
        expect(readout(box)).to_have_text(expected(0))
        expect(box.get_by_role("radio", name="ring")).to_be_checked()


def test_train_goes_on_pauses_and_never_stalls_the_page(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, size=NARROW, touch=True) as (visit, box):
        box.get_by_role("radio", name="spiral").check()
        for slider in ("Hidden layers", "Width"):
            box.get_by_role("slider", name=slider).focus()
            visit.page.keyboard.press("End")
        # A page that stands still while a network trains would turn this clock once or twice.
        visit.page.evaluate("window.turns = 0; setInterval(() => window.turns++, 0)")
        box.get_by_role("button", name="Train").tap()
        press_when(box, "Pause", "/Step [1-9]\\d\\d:/.test(box.textContent)")
        turns = visit.page.evaluate("window.turns")
        paused = readout(box).text_content()
        visit.page.wait_for_timeout(300)
        assert readout(box).text_content() == paused
        step = int((paused or "").split(":")[0].removeprefix("Step "))
        chosen = {"data": "spiral", "layers": 3, "width": 8, "activation": "ReLU"}
        assert paused == expected(step, **chosen)
        assert step < LAST
        assert turns > 5
