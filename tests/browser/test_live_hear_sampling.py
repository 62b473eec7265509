"""A tone beyond half the rate, with mouse, touch and keys; and silence before a press."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, expect

from tests.browser.visit import NARROW, Visit, looks
from tests.browser.widget import at_widget, slide, stays_inside, violations

PAGE, MODULE = "chapters/17-speech/1-sound-as-numbers.html", "hear_sampling"

LISTEN = """() => {
  window.heard = { opened: 0, closed: 0, tones: [] };
  const Context = AudioContext, Oscillator = OscillatorNode;
  window.AudioContext = class extends Context {
    constructor(...settings) { super(...settings); heard.opened += 1; }
    close() { heard.closed += 1; return super.close(); }
  };
  window.OscillatorNode = class extends Oscillator {
    constructor(context, settings) {
      super(context, settings);
      heard.tones.push(settings.frequency);
    }
  };
}"""


def heard(visit: Visit) -> dict[str, Any]:
    """What was opened and closed, and the first tone of each sound."""
    counts: dict[str, Any] = visit.page.evaluate("heard")
    return counts


@looks
def test_what_the_samples_show_follows_the_tone_and_the_rate(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size) as (visit, box):
        visit.page.evaluate(LISTEN)
        readout = box.locator(".live-readout").first
        expect(readout).to_have_text("8,000 samples a second of 3,000 Hz show that tone.")
        tone = box.get_by_role("slider", name="Tone")
        tone.fill("5000")
        expect(readout).to_have_text("8,000 samples a second of 5,000 Hz show 3,000 Hz.")
        tone.press("ArrowRight")
        expect(readout).to_have_text("8,000 samples a second of 5,050 Hz show 2,950 Hz.")
        box.get_by_role("group", name="Samples a second:").get_by_label("4,000").check()
        expect(readout).to_have_text("4,000 samples a second of 5,050 Hz show 1,050 Hz.")
        assert not violations(visit, MODULE, axe)
        assert stays_inside(visit, box)
        assert heard(visit)["opened"] == 0, "silent until a button is pressed"
        box.get_by_role("button", name="Reset").click()
        expect(readout).to_have_text("8,000 samples a second of 3,000 Hz show that tone.")


def test_the_slider_is_moved_with_the_mouse(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (_visit, box):
        slide(box.get_by_role("slider", name="Tone"), 0.37, 0.95)
        expect(box.locator(".live-readout").first).to_contain_text(re.compile(r"show \d{1,3} Hz"))


def test_a_press_plays_and_another_ends_it(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        visit.page.evaluate(LISTEN)
        playing = box.locator(".live-readout").last
        stop = box.get_by_role("button", name="Stop")
        expect(stop).to_be_disabled()
        box.get_by_role("slider", name="Tone").fill("5000")
        box.get_by_role("button", name="Play a rising tone").click()
        expect(playing).to_have_text("Playing a tone that rises.")
        # The tone on the page rises with the one that is heard.
        expect(box.get_by_role("slider", name="Tone")).not_to_have_value("5000")
        stop.click()
        expect(playing).to_have_text("")
        box.get_by_role("slider", name="Tone").fill("5000")
        box.get_by_role("button", name="Play the tone").click()
        expect(playing).to_have_text("Playing 5,000 Hz.")
        box.get_by_role("button", name="Play what the samples show").click()
        expect(playing).to_have_text("Playing 3,000 Hz.")
        box.get_by_role("button", name="Play what its samples show").click()
        expect(playing).to_have_text("Playing what the samples of a rising tone show.")
        stop.click()
        expect(stop).to_be_disabled()
        assert heard(visit) == {"opened": 4, "closed": 4, "tones": [50, 5000, 3000, 50]}


def test_a_tap_plays_and_silence_is_said(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, size=NARROW, touch=True) as (visit, box):
        visit.page.evaluate(LISTEN)
        box.get_by_role("slider", name="Tone").fill("8000")
        expect(box.locator(".live-readout").first).to_contain_text("show no tone at all")
        box.get_by_role("button", name="Play what the samples show").tap()
        expect(box.get_by_role("alert")).to_have_text(
            "All samples are 0: there is no tone to hear."
        )
        assert heard(visit)["opened"] == 0
        box.get_by_role("button", name="Play the tone").tap()
        expect(box.locator(".live-readout").last).to_have_text("Playing 8,000 Hz.")
        assert heard(visit)["tones"] == [8000]
        # A tone that was not stopped ends by itself, and its context is closed.
        expect(box.locator(".live-readout").last).to_have_text("")
        assert heard(visit)["closed"] == 1


def test_a_browser_without_sound_says_so(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        visit.page.evaluate("delete window.AudioContext")
        box.get_by_role("button", name="Play a rising tone").click()
        expect(box.get_by_role("alert")).to_have_text("This browser plays no sound.")
        expect(box.get_by_role("button", name="Stop")).to_be_disabled()
        expect(box.locator(".live-readout").first).to_contain_text("3,000 Hz show that tone")
