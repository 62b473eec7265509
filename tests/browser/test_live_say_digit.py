"""Say a digit in its page: clips, files, and a microphone that Chromium plays a file into.

The voice is one that the network never learned from. A browser can have one such file, so another
one starts for the microphone; the rest goes through files that are chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, FilePayload, Locator, expect
from torch import Tensor

from livetorch.datasets import load_seventh_voice
from livetorch.datasets.speech import SAMPLE_RATE, WORDS
from livetorch.signals import resample
from tests.browser.microphone import FLAGS, REFUSES_RATES, TRACKS, launched
from tests.browser.recurrent import Model, options, percent, shares, started
from tests.browser.visit import WIDE, Visit, looks, opened
from tests.browser.widget import stays_inside, violations
from tests.live.node import page_calls
from tests.live.test_microphone_parts import wave_bytes

MODULE = "say_digit"
PAGE = "chapters/17-speech/2-spoken-digits.html"


def with_rests(*digits: int, rest: float = 0.6) -> Tensor:
    """Words of the seventh voice with rests around them, in a quiet room."""
    parts = [torch.zeros(int(rest * SAMPLE_RATE))]
    for digit in digits:
        parts += [0.6 * load_seventh_voice().clip(digit), parts[0]]
    sound = torch.cat([*parts, torch.zeros(SAMPLE_RATE)])
    return sound + 0.0005 * torch.randn(len(sound), generator=torch.Generator().manual_seed(0))


def file_of(sound: Tensor, rate: int = SAMPLE_RATE, name: str = "mine.wav") -> FilePayload:
    content = wave_bytes(resample(sound, SAMPLE_RATE, rate).double().numpy(), rate, 2)
    return {"name": name, "mimeType": "audio/wav", "buffer": content}


def expected_words(model: Model, sound: Tensor) -> str:
    """What the widget must say of a sound, made of this side's numbers."""
    start, end = page_calls("hearing", "findWord", [[sound.tolist(), SAMPLE_RATE]])[0]
    word = sound[start:end]
    whole = torch.tensor(page_calls("hearing", "wholeSamples", [[word.tolist()]])[0])
    beliefs = model(samples=whole[None] / 2**15)[0][0]
    top = int(beliefs.argmax())
    if beliefs[top] >= 0.5:
        return f"It hears {WORDS[top]} ({percent(float(beliefs[top]))})."
    second = int(beliefs.topk(2).indices[1])
    return f"It is not sure: {WORDS[top]} ({percent(float(beliefs[top]))}) or {WORDS[second]}."


def readout(box: Locator) -> Locator:
    return box.locator(".live-readout")


def test_clips_and_files_are_heard_as_the_model_says(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/{PAGE}", only=MODULE) as visit:
        model = Model(site, "spoken-digits")
        box = started(visit, MODULE, "It ")
        for name, text in options(visit, MODULE)["clips"]:
            box.get_by_role("button", name=name).click()
            clip = torch.tensor(list(page_calls("spectra", "samplesOfText", [[text]])[0].values()))
            expect(readout(box)).to_have_text(expected_words(model, clip))
        top = readout(box).inner_text()
        assert len(shares(box)) == 10
        right = 0
        for digit, rate in ((0, 8_000), (6, 44_100), (9, 48_000)):
            sound = with_rests(digit)
            box.get_by_label("A WAV file of yours").set_input_files(file_of(sound, rate))
            expect(readout(box)).not_to_have_text(top)
            top = readout(box).inner_text()
            right += WORDS[digit] in top
            note = "" if rate == SAMPLE_RATE else f"The file has {rate:,} samples a second"
            expect(box.locator(".live-note").first).to_contain_text(note)
        assert right >= 2, "a voice that the network never heard"
        assert not visit.errors, visit.errors
        assert all(url.startswith((site, "blob:", "data:")) for url in visit.requests)


def test_a_file_with_no_word_gets_a_sentence_and_what_was_shown_stays(
    browser: Browser, site: str
) -> None:
    draw = torch.Generator().manual_seed(0)
    cases: dict[str, FilePayload] = {
        "It is silent.": file_of(torch.zeros(8_000)),
        "That is noise": file_of(0.1 * torch.randn(8_000, generator=draw)),
        "That is too short": file_of(0.5 * torch.ones(400)),
        "There are 2 words or more": file_of(with_rests(3, 4)),
        "That is longer than a digit takes": file_of(with_rests(3, 4, 5, rest=0.0)),
        "This is no WAV file.": {"name": "a.wav", "mimeType": "audio/wav", "buffer": b"OggS"},
        "has 4,000 samples a second": {
            "name": "slow.wav",
            "mimeType": "audio/wav",
            "buffer": wave_bytes(np.ones(4_000) / 2, 4_000, 2),
        },
    }
    with opened(browser, f"{site}/{PAGE}", only=MODULE) as visit:
        box = started(visit, MODULE, "It ")
        before = readout(box).inner_text(), shares(box)
        for sentence, payload in cases.items():
            box.get_by_label("A WAV file of yours").set_input_files(payload)
            expect(box.get_by_role("alert")).to_contain_text(sentence)
            assert (readout(box).inner_text(), shares(box)) == before
        box.get_by_role("button", name=options(visit, MODULE)["clips"][1][0]).click()
        expect(box.locator(".live-trouble")).to_have_text("")
        assert not visit.errors, visit.errors


@pytest.fixture(scope="module")
def spoken_to(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser whose microphone hears *nine*, once each time that it is opened."""
    path = tmp_path_factory.mktemp("microphone") / "nine.wav"
    sound = resample(with_rests(9, rest=0.9), SAMPLE_RATE, 48_000).double().numpy()
    path.write_bytes(wave_bytes(sound, 48_000, 2))
    made = launched(browser, *FLAGS, f"--use-file-for-fake-audio-capture={path}%noloop")
    yield made
    made.close()


@contextmanager
def at_microphone(
    browser: Browser, site: str, *, allowed: bool = True, script: str = ""
) -> Iterator[tuple[Visit, Locator]]:
    context = browser.new_context(
        viewport={"width": WIDE[0], "height": WIDE[1]},
        permissions=["microphone"] if allowed else [],
    )
    context.set_default_timeout(120_000)
    if script:
        context.add_init_script(script)
    visit = Visit(context.new_page())
    visit.page.goto(f"{site}/{PAGE}?only={MODULE}", wait_until="load")
    box = started(visit, MODULE, "It ")
    yield visit, box
    assert not visit.errors, visit.errors
    assert all(url.startswith((site, "blob:", "data:")) for url in visit.requests)
    context.close()


@pytest.mark.parametrize("script", ["", REFUSES_RATES], ids=["own rate", "another rate"])
def test_a_spoken_digit_is_heard(spoken_to: Browser, site: str, script: str) -> None:
    with at_microphone(spoken_to, site, script=script) as (visit, box):
        visit.page.evaluate(TRACKS)
        talk = box.get_by_role("button", name="microphone")
        talk.click()
        expect(talk).to_have_text("Stop the microphone")
        expect(readout(box)).to_contain_text("nine")
        expect(talk).to_have_text("Use the microphone")
        assert visit.page.evaluate("tracks.map((track) => track.readyState)") == ["ended"]
        for helper in ("echoCancellation", "noiseSuppression", "autoGainControl"):
            assert visit.page.evaluate(f"wishes.{helper}") is False, helper
        note = "44,100 samples a second, of which 8,000 are made here" if script else ""
        expect(box.locator(".live-note").first).to_contain_text(note)
        expect(box.get_by_role("status")).to_contain_text("nine")


def test_it_can_be_stopped_and_reset_ends_it(spoken_to: Browser, site: str) -> None:
    with at_microphone(spoken_to, site) as (visit, box):
        visit.page.evaluate(TRACKS)
        before = readout(box).inner_text()
        talk = box.get_by_role("button", name="microphone")
        talk.click()
        talk.click()
        expect(talk).to_have_text("Use the microphone")
        talk.click()
        box.get_by_role("button", name="Reset").click()
        expect(readout(box)).to_have_text(before)
        visit.page.wait_for_function(
            "tracks.length === 2 && tracks.every((track) => track.readyState === 'ended')"
        )


def test_without_permission_and_at_an_unsafe_address(spoken_to: Browser, site: str) -> None:
    with at_microphone(spoken_to, site, allowed=False) as (_, box):
        box.get_by_role("button", name="microphone").click()
        expect(box.get_by_role("alert")).to_contain_text("The microphone was not allowed.")
        expect(box.get_by_role("button", name="microphone")).to_have_text("Use the microphone")
    context = spoken_to.new_context()
    page = context.new_page()
    page.goto(f"{site.replace('127.0.0.1', 'insecure.test')}/{PAGE}?only={MODULE}")
    box = started(Visit(page), MODULE, "It ")
    box.get_by_role("button", name="microphone").click()
    expect(box.get_by_role("alert")).to_contain_text("only to pages with a safe address")
    context.close()


def test_without_a_microphone(browser: Browser, site: str) -> None:
    made = launched(browser, "--use-fake-ui-for-media-stream")
    with at_microphone(made, site) as (_, box):
        box.get_by_role("button", name="microphone").click()
        expect(box.get_by_role("alert")).to_have_text("There is no microphone on this device.")
    made.close()


@looks
def test_keys_alone_are_enough_and_it_is_accessible(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with opened(browser, f"{site}/{PAGE}", scheme, size, only=MODULE) as visit:
        box, keys = started(visit, MODULE, "It "), visit.page.keyboard
        first = readout(box).inner_text()
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)
        second = options(visit, MODULE)["clips"][1][0]
        box.get_by_role("button", name=second).focus()
        keys.press("Enter")
        expect(box.get_by_role("status")).to_contain_text(second)
        assert readout(box).inner_text() != first
        keys.press("Tab")
        chooser = box.get_by_label("A WAV file of yours")
        for _ in range(12):
            if chooser.evaluate("e => e === document.activeElement"):
                break
            keys.press("Tab")
        else:
            pytest.fail("the file chooser cannot be reached by keys")
        assert not visit.errors, visit.errors


def test_a_finger_is_enough(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/{PAGE}", touch=True, only=MODULE) as visit:
        box = started(visit, MODULE, "It ")
        name = options(visit, MODULE)["clips"][2][0]
        box.get_by_role("button", name=name).tap()
        expect(box.get_by_role("status")).to_contain_text(name)
