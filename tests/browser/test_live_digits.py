"""The trained model in the page: no byte before the click, then it reads what is drawn."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Sequence

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.visit import NARROW, Visit, looks, opened
from tests.browser.widget import stays_inside, violations

PAGE, MODULE = "pages/meet-a-trained-model.html", "digits"
Stroke = Sequence[tuple[float, float]]


def oval(x: float, y: float, wide: float, tall: float, start: float, end: float) -> Stroke:
    angles = [math.radians(start + (end - start) * i / 14) for i in range(15)]
    return [(x + wide * math.cos(a), y + tall * math.sin(a)) for a in angles]


# Written for this test, as a hand would: x to the right, y down, both in 0 .. 1.
DIGITS: dict[int, list[Stroke]] = {
    0: [oval(0.5, 0.5, 0.24, 0.36, -80, 285)],
    1: [[(0.36, 0.3), (0.52, 0.12), (0.51, 0.5), (0.5, 0.88)]],
    2: [[*oval(0.5, 0.32, 0.2, 0.19, -165, 25), (0.5, 0.66), (0.29, 0.86), (0.74, 0.85)]],
    3: [[*oval(0.46, 0.31, 0.21, 0.18, -140, 85), *oval(0.46, 0.68, 0.23, 0.19, -85, 145)]],
    4: [[(0.6, 0.12), (0.26, 0.6), (0.78, 0.61)], [(0.62, 0.36), (0.6, 0.9)]],
    5: [[(0.7, 0.14), (0.36, 0.15), (0.34, 0.46), *oval(0.48, 0.65, 0.22, 0.21, -110, 140)]],
    6: [[(0.62, 0.12), (0.42, 0.34), *oval(0.5, 0.67, 0.19, 0.2, -170, 180)]],
    7: [[(0.27, 0.15), (0.74, 0.14), (0.58, 0.45), (0.46, 0.88)]],
    8: [[*oval(0.5, 0.31, 0.16, 0.17, 80, 440), *oval(0.5, 0.68, 0.2, 0.19, -95, 270)]],
    9: [[*oval(0.5, 0.33, 0.18, 0.19, -10, -350), (0.67, 0.55), (0.6, 0.9)]],
}


def runtime_requests(visit: Visit) -> list[str]:
    return [r.url for r in visit.responses if re.search(r"ort|\.onnx|worker|digits\.mjs", r.url)]


def started(visit: Visit) -> Locator:
    """Press the button, and wait until the model has answered."""
    button = visit.page.locator(f'.live[data-live="{MODULE}"] > .live-button')
    expect(button).to_have_text(re.compile(r"^Start it here \(\d\.\d MB\)$"))
    button.click()
    box = visit.page.locator(f'.live[data-live="{MODULE}"] .live-box')
    expect(box.locator(".live-readout")).to_contain_text("It reads a 3")
    return box


def draw(page: Page, pad: Locator, strokes: Sequence[Stroke]) -> None:
    frame = pad.bounding_box()
    assert frame is not None
    for stroke in strokes:
        places = [
            (frame["x"] + x * frame["width"], frame["y"] + y * frame["height"]) for x, y in stroke
        ]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()


def test_nine_of_ten_drawn_digits_are_read_right(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/{PAGE}", only=MODULE) as visit:
        visit.page.keyboard.press("End")
        visit.page.wait_for_load_state("networkidle")
        assert not runtime_requests(visit), "nothing heavy is loaded before the click"
        box = started(visit)
        pad, words = box.locator(".live-pad"), box.locator(".live-readout")
        pad.scroll_into_view_if_needed()
        right = []
        for digit, strokes in DIGITS.items():
            box.get_by_role("button", name="Clear").click()
            expect(words).to_have_text("Draw a digit.")
            draw(visit.page, pad, strokes)
            with contextlib.suppress(AssertionError):  # it may read one of them wrongly
                expected = re.compile(rf"(reads a|unsure:) {digit} ")
                expect(words).to_contain_text(expected, timeout=5_000)
                right.append(digit)
        assert len(right) >= 9, right
        assert not visit.errors
        assert all(r.url.startswith((site, "blob:", "data:")) for r in visit.responses)


@looks
def test_it_is_used_with_keys_alone_and_is_accessible(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with opened(browser, f"{site}/{PAGE}", scheme, size, only=MODULE) as visit:
        page = visit.page
        button = page.locator(f'.live[data-live="{MODULE}"] > .live-button')
        button.focus()
        page.keyboard.press("Enter")
        box = page.locator(f'.live[data-live="{MODULE}"] .live-box')
        words = box.locator(".live-readout")
        expect(words).to_contain_text("It reads a 3")
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)
        # A stroke straight down from the pen's first place is a one.
        box.locator(".live-pad").focus()
        page.keyboard.press("Space")
        for _ in range(12):
            page.keyboard.press("ArrowDown")
        expect(words).to_contain_text(re.compile("(reads a|unsure:) 1 "))
        expect(box.get_by_role("status")).to_contain_text(" 1 ")
        box.get_by_role("button", name="The letter A").click()
        expect(words).to_contain_text("It is unsure")
        box.get_by_role("button", name="Reset").click()
        expect(words).to_contain_text("It reads a 3")
        assert not visit.errors


def test_a_finger_draws_and_still_scrolls_elsewhere(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/{PAGE}", size=NARROW, touch=True, only=MODULE) as visit:
        page = visit.page
        page.locator(f'.live[data-live="{MODULE}"] > .live-button').tap()
        box = page.locator(f'.live[data-live="{MODULE}"] .live-box')
        expect(box.locator(".live-readout")).to_contain_text("It reads a 3")
        pad = box.locator(".live-pad")
        pad.scroll_into_view_if_needed()
        frame = pad.bounding_box()
        assert frame is not None
        assert frame["width"] < NARROW[0] - 40, "room to scroll beside the area"
        session = page.context.new_cdp_session(page)

        def touch(kind: str, x: float, y: float) -> None:
            at = [{"x": x, "y": y}] if kind != "touchEnd" else []
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

        before = page.evaluate("scrollY")
        x = frame["x"] + frame["width"] / 2
        touch("touchStart", x, frame["y"] + 20)
        for i in range(1, 12):
            touch("touchMove", x, frame["y"] + 20 + i * 20)
        touch("touchEnd", 0, 0)
        expect(box.locator(".live-readout")).to_contain_text(re.compile("(reads a|unsure:) 1 "))
        assert page.evaluate("scrollY") == before
        touches = box.evaluate(
            "box => [...box.querySelectorAll('*')].filter("
            "e => getComputedStyle(e).touchAction === 'none').map(e => e.getAttribute('class'))"
        )
        assert touches == ["live-pad"]


def test_the_runtime_is_kept_for_the_next_page(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/{PAGE}", only=MODULE) as visit:
        started(visit)
        assert any("wasm" in url for url in runtime_requests(visit))
        visit.page.wait_for_function(
            "async () => (await (await caches.open('livetorch-runtime')).keys()).length === 1"
        )
        visit.responses.clear()
        visit.page.reload()
        started(visit)
        assert any(".onnx" in url for url in runtime_requests(visit))
        assert not [url for url in runtime_requests(visit) if "wasm.gz" in url]


def test_a_lost_connection_is_said_and_can_be_tried_again(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/{PAGE}", only=MODULE) as visit:
        page = visit.page
        page.context.route("**/*.onnx*", lambda route: route.abort())
        button = page.locator(f'.live[data-live="{MODULE}"] > .live-button')
        button.click()
        note = page.locator(f'.live[data-live="{MODULE}"] > .live-note')
        expect(note).to_contain_text("could not be loaded")
        expect(page.locator(f'.live[data-live="{MODULE}"] > .live-still')).to_be_visible()
        page.context.unroute("**/*.onnx*")
        started(visit)


def test_without_scripts_and_in_print_there_is_a_picture(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/{PAGE}", scripts=False, only=MODULE) as visit:
        still = visit.page.locator(f'.live[data-live="{MODULE}"] > .live-still')
        expect(still).to_be_visible()
        assert "three" in (still.get_attribute("aria-label") or "")
        expect(still.locator("svg")).to_be_visible()
    with opened(browser, f"{site}/{PAGE}", only=MODULE) as visit:
        box = started(visit)
        visit.page.emulate_media(media="print")
        expect(visit.page.locator(f'.live[data-live="{MODULE}"] > .live-still')).to_be_visible()
        expect(box).to_be_hidden()
