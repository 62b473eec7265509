"""Words switched off and on in a page, with mouse, touch and keys."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Locator, expect

from livetorch.live import WeighWords
from tests.browser.recurrent import options, percent
from tests.browser.visit import NARROW, looks
from tests.browser.widget import at_widget, stays_inside, violations

PAGE, MODULE = "chapters/16-text/3-how-far-it-carries.html", "weigh_words"
OWN = "Great \U0001f642 phone, but the screen is not great"
"""a sentence that is in no data set"""


def kernel(given: dict[str, Any]) -> WeighWords:
    return WeighWords(given["weights"], given["bias"], given["examples"])


def expect_state(box: Locator, given: dict[str, Any], text: str, off: list[int]) -> None:
    """Each word, its weight and the verdict are those of Python."""
    known = kernel(given).answer({"text": text, "off": off})
    buttons = box.locator(".live-word")
    expect(buttons).to_have_count(len(known["words"]))
    for place, (word, weight) in enumerate(zip(known["words"], known["weights"], strict=True)):
        button = buttons.nth(place)
        expect(button).to_contain_text(word)
        if weight is None:
            expect(button).to_be_disabled()
            expect(button).to_contain_text("unknown")
        else:
            expect(button).to_have_attribute("aria-pressed", str(place not in off).lower())
    chance = percent(known["probability"])
    expect(box.locator(".live-readout")).to_contain_text(f"positive with {chance}.")
    expect(box.locator(".live-bars tbody tr").first).to_contain_text(chance)


@looks
def test_words_are_switched_off_and_the_answer_moves(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size) as (visit, box):
        given = options(visit, MODULE)
        start = given["examples"][0]
        expect_state(box, given, start, [])
        assert not violations(visit, MODULE, axe)
        box.get_by_label("Sentence").fill(OWN)
        expect_state(box, given, OWN, [])
        box.get_by_role("button", name="great").first.click()
        expect_state(box, given, OWN, [0])
        box.get_by_role("button", name="great").last.click()
        expect_state(box, given, OWN, [0, 7])
        expect(box.get_by_role("status")).to_contain_text("positive with")
        assert not violations(visit, MODULE, axe)
        assert stays_inside(visit, box)
        box.get_by_role("button", name="great").first.click()
        expect_state(box, given, OWN, [7])
        box.get_by_role("button", name="All words on").click()
        expect_state(box, given, OWN, [])
        box.get_by_role("button", name="Example 2").click()
        expect_state(box, given, given["examples"][1], [])
        box.get_by_role("button", name="Reset").click()
        expect_state(box, given, start, [])


def test_keys_and_what_cannot_be_weighed_leaves_the_last(
    browser: Browser, site: str, axe: str
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        given, text = options(visit, MODULE), box.get_by_label("Sentence")
        text.focus()
        visit.page.keyboard.press("Control+A")
        visit.page.keyboard.type("I love bad <b>films</b> &amp; good ones")
        own = "I love bad <b>films</b> &amp; good ones"
        expect_state(box, given, own, [])
        box.get_by_role("button", name="love").press("Space")
        expect_state(box, given, own, [0])
        for bad, words in (
            ("", "at least one word"),
            ("\U0001f642\U0001f642 :-)", "Emoji and signs have no weight"),
            ("das hier gef\u00e4llt uns", "knows none of these words"),
            ("good " * 57, "up to 280 characters"),
        ):
            text.fill(bad)
            expect(box.get_by_role("alert")).to_contain_text(words)
            expect(text).to_have_attribute("aria-invalid", "true")
            expect_state(box, given, own, [0])
        assert not violations(visit, MODULE, axe)
        box.get_by_role("button", name="love").press("Enter")
        expect_state(box, given, own, [])
        expect(box.get_by_role("alert")).to_contain_text("up to 280 characters")
        text.fill("good")
        expect(box.locator(".live-trouble")).to_be_hidden()
        expect_state(box, given, "good", [])


def test_a_tap_switches_a_word(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, size=NARROW, touch=True) as (visit, box):
        given = options(visit, MODULE)
        box.get_by_role("button", name="Example 2").tap()
        text = given["examples"][1]
        expect_state(box, given, text, [])
        words = kernel(given).answer({"text": text, "off": []})["words"]
        box.get_by_role("button", name="hate").tap()
        expect_state(box, given, text, [words.index("hate")])
        assert stays_inside(visit, box)
