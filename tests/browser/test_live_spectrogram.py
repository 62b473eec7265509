"""A spectrogram of clips and of a microphone that is a file, with mouse, touch and keys."""

from __future__ import annotations

import math
import re
import struct
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser import chromium
from tests.browser.visit import NARROW, Visit, looks
from tests.browser.widget import at_widget, drag, stays_inside, violations

PAGE, MODULE = "chapters/17-speech/1-sound-as-numbers.html", "spectrogram"
READ = re.compile(r"At (\d\.\d\d) s, near ([\d,]+) Hz: −?(\d+) dB from the loudest\.")

BRIGHTEST = """box => {
  const canvas = box.querySelector("canvas");
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const light = Array.from({ length: height }, (_, y) => {
    let sum = 0;
    for (let x = Math.floor(width * 0.9); x < width; x++) sum += data[4 * (y * width + x)];
    return sum;
  });
  return [height - 1 - light.indexOf(Math.max(...light)), width, height];
}"""


def brightest(box: Locator) -> list[int]:
    """The row, from below, that is the brightest in the newest tenth; width and height."""
    brightest: list[int] = box.evaluate(BRIGHTEST)
    return brightest


def place(box: Locator) -> tuple[float, int, int]:
    text = box.locator(".live-readout").text_content() or ""
    sentence = READ.fullmatch(text)
    assert sentence is not None, text
    return float(sentence[1]), int(sentence[2].replace(",", "")), int(sentence[3])


@looks
def test_a_clip_with_other_frames_and_rows(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size) as (visit, box):
        expect(box.locator("canvas")).to_have_attribute("height", "129")
        box.get_by_role("group", name="Frames:").get_by_label("128 ms").check()
        expect(box.locator("canvas")).to_have_attribute("height", "513")
        box.get_by_role("group", name="Rows:").get_by_label("64 mel bands").check()
        expect(box.locator("canvas")).to_have_attribute("height", "64")
        expect(box.locator(".live-axes")).to_contain_text("mel")
        wide = box.locator("canvas").get_attribute("width")
        box.get_by_role("button", name="three").click()
        expect(box.locator("canvas")).not_to_have_attribute("width", wide or "")
        expect(box.get_by_role("button", pressed=True)).to_have_text("three")
        mark = box.get_by_role("slider", name="Place in the spectrogram")
        mark.focus()
        time, hertz, _ = place(box)
        visit.page.keyboard.press("Shift+ArrowRight")
        visit.page.keyboard.press("Shift+ArrowUp")
        later, higher, level = place(box)
        assert later > time
        assert higher > hertz
        assert 0 <= level <= 80
        assert not violations(visit, MODULE, axe)
        assert stays_inside(visit, box)
        box.get_by_role("button", name="Reset").click()
        expect(box.locator("canvas")).to_have_attribute("height", "129")


def test_the_mark_is_dragged_and_the_vowel_is_louder_than_the_silence(
    browser: Browser, site: str
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (_visit, box):
        mark = box.get_by_role("slider", name="Place in the spectrogram")
        drag(mark, -20, 0)
        _, _, vowel = place(box)
        drag(mark, 100, 0)
        time, _, silence = place(box)
        assert 0.3 < time < 0.42
        assert silence > vowel + 20


def test_a_tap_shows_another_clip_and_plays_it(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, size=NARROW, touch=True) as (visit, box):
        visit.page.evaluate(
            """() => { const Context = AudioContext; window.rates = [];
            window.AudioContext = class extends Context {
              constructor(settings) { super(settings); rates.push(this.sampleRate); } }; }"""
        )
        before = box.locator("canvas").get_attribute("width")
        box.get_by_role("button", name="nine").tap()
        expect(box.locator("canvas")).not_to_have_attribute("width", before or "")
        assert visit.page.evaluate("rates") == [], "silent until it is asked for"
        box.get_by_role("button", name="Play it").tap()
        assert visit.page.evaluate("rates") == [8000]
        expect(box.locator(".live-trouble")).to_be_empty()


def test_a_microphone_that_is_not_allowed(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (_visit, box):
        wide = box.locator("canvas").get_attribute("width") or ""
        box.get_by_role("button", name="Follow the microphone").click()
        expect(box.get_by_role("alert")).to_contain_text("microphone")
        expect(box.get_by_role("button", name="Follow the microphone")).to_be_visible()
        # What was shown before is still there.
        expect(box.locator("canvas")).to_have_attribute("width", wide)


@pytest.fixture
def listening(browser: Browser, tmp_path: Path) -> Iterator[Browser]:
    """A browser whose microphone hears a tone of 1,500 Hz, and knows no end."""
    path, rate = tmp_path / "tone.wav", 48_000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        tone = (round(9000 * math.sin(2 * math.pi * 1500 * i / rate)) for i in range(rate))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in tone))
    flags = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={path}",
    ]
    made = browser.browser_type.launch(
        executable_path=chromium.find(), args=[*chromium.FLAGS, *flags]
    )
    yield made
    made.close()


def test_a_microphone_is_followed_and_let_go(listening: Browser, site: str) -> None:
    with at_widget(listening, f"{site}/{PAGE}", MODULE) as (visit, box):
        visit.page.evaluate(
            """() => { const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            window.tracks = [];
            navigator.mediaDevices.getUserMedia = async (...settings) => {
              const stream = await get(...settings);
              tracks.push(...stream.getTracks());
              return stream; }; }"""
        )
        box.get_by_role("button", name="Follow the microphone").click()
        expect(box.get_by_role("button", name="Stop the microphone")).to_be_visible()
        visit.page.wait_for_function(
            f"box => ({BRIGHTEST})(box)[0] === 48", arg=box.element_handle()
        )
        row, wide, high = brightest(box)
        assert (wide, high) == (372, 129)
        assert row == 48, "1,500 Hz in rows of 31.25 Hz"
        # Another look while it listens is computed anew from what was heard.
        box.get_by_role("group", name="Frames:").get_by_label("8 ms", exact=True).check()
        visit.page.wait_for_function(
            f"box => ({BRIGHTEST})(box)[0] === 12", arg=box.element_handle()
        )
        assert still_open(visit) == [True]
        box.get_by_role("button", name="Stop the microphone").click()
        assert still_open(visit) == [False], "the browser's red dot goes out"
        expect(box.get_by_role("button", pressed=True)).to_have_count(0)
        # What was heard stays, and can be looked at in another way.
        box.get_by_role("group", name="Frames:").get_by_label("128 ms").check()
        expect(box.locator("canvas")).to_have_attribute("height", "513")
        assert brightest(box)[0] == 192
        box.get_by_role("button", name="six").click()
        expect(box.locator("canvas")).not_to_have_attribute("width", "360")


def still_open(visit: Visit) -> list[bool]:
    tracks: list[bool] = visit.page.evaluate("tracks.map(track => track.readyState === 'live')")
    return tracks
