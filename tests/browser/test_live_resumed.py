"""The resumed run, with mouse, touch and keys."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

from playwright.sync_api import Browser, expect

from livetorch.live.widgets.resumed import PARTS
from tests.browser.visit import NARROW, Visit, looks
from tests.browser.widget import at_widget, stays_inside, violations

PAGE, MODULE = "chapters/08-saving/1-weights-and-resuming.html", "resumed"


def data(visit: Visit) -> dict[str, Any]:
    script = visit.page.locator(f'.live[data-live="{MODULE}"] script').first
    options: dict[str, Any] = json.loads(script.text_content() or "")
    return options


@looks
def test_each_checkpoint_shows_its_run(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size) as (visit, box):
        options = data(visit)
        verdict = box.locator(".live-readout").first
        expect(verdict).to_contain_text("Another run")
        for held in product([False, True], repeat=3):
            for part, yes in zip(PARTS, held, strict=True):
                box.get_by_label(part).set_checked(yes)
            parts = [part for part, yes in zip(PARTS, held, strict=True) if yes]
            outcome = options["outcomes"]["+".join(parts)]
            expect(verdict).to_contain_text(" + ".join(["weights", *parts]))
            words = "bit for bit" if outcome["same"] else f"last loss is {outcome['losses'][-1]:g}"
            expect(verdict).to_contain_text(words)
        expect(box.locator(".live-voice")).to_contain_text("The two runs are one")
        assert not violations(visit, MODULE, axe)
        box.get_by_role("button", name="Reset").click()
        expect(verdict).to_contain_text("Another run")
        expect(box.get_by_label("optimizer")).not_to_be_checked()
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)


def test_keys_alone_tick_and_look(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        options = data(visit)
        box.get_by_label("schedule").focus()
        visit.page.keyboard.press("Space")
        box.get_by_label("Look at step").focus()
        visit.page.keyboard.press("Home")
        first = len(options["before"]) + 1
        mine = options["outcomes"]["schedule"]["losses"][0]
        expect(box.locator(".live-readout").last).to_have_text(
            f"Step {first}: loss {mine:g} resumed, {options['after'][0]:g} uninterrupted."
        )
        expect(box.locator(".live-voice")).to_contain_text(f"Step {first}")


def test_a_finger_ticks(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, size=NARROW, touch=True) as (_, box):
        for part in PARTS:
            box.get_by_label(part).tap()
        expect(box.locator(".live-readout").first).to_contain_text("bit for bit")
