"""The trace in its page: zoomed, moved, searched and walked through by mouse, fingers and keys."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, Locator, expect

from livetorch.live import TraceExplorer
from tests.browser.visit import NARROW, Visit, looks
from tests.browser.widget import at_widget, drag, stays_inside, violations

PAGE, MODULE = "chapters/18-fast-code/2-a-step-of-a-gpt.html", "trace_explorer"
WIDGET = TraceExplorer()
WHOLE = WIDGET.spans[0].end


def trace(box: Locator) -> Locator:
    return box.get_by_role("application")


def readout(box: Locator) -> Locator:
    return box.locator(".live-trace-readout")


def seen(box: Locator) -> tuple[float, float]:
    """Which part of the step is seen, by the overview: its start and its length, from 0 to 1."""
    style: list[float] = box.locator(".live-trace-window").evaluate(
        "w => [parseFloat(w.style.left) / 100, parseFloat(w.style.width) / 100]"
    )
    return style[0], style[1]


def count(box: Locator) -> Locator:
    return box.locator("p.live-readout", has_text="spans have it in their name")


def expect_length(visit: Visit, box: Locator, low: float, high: float) -> None:
    """The part that is seen becomes that long: it is drawn in the next frame."""
    visit.page.wait_for_function(
        """([w, low, high]) => {
          const part = parseFloat(w.style.width) / 100;
          return low <= part && part <= high;
        }""",
        arg=[box.locator(".live-trace-window").element_handle(), low, high],
    )


def rows(box: Locator) -> list[str]:
    names: list[str] = box.locator("tbody th").all_text_contents()
    return names


def expected_rows(**question: Any) -> list[str]:
    asked = {"range": [0, WHOLE], "order": "self", "text": "", **question}
    return [row[0] for row in WIDGET.answer(asked)["rows"]]


@looks
def test_the_table_the_search_and_the_keys(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size) as (visit, box):
        expect(readout(box)).to_contain_text("training step: ")
        expect(box.locator("tbody tr")).to_have_count(8)
        assert rows(box) == expected_rows()
        box.get_by_label("total time").check()
        expect(box.locator("caption")).to_contain_text("by total time")
        assert rows(box) == expected_rows(order="total")
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)

        line = box.get_by_label("Search a name")
        line.fill("cross_ENTROPY")
        counts = WIDGET.answer({"range": [0, WHOLE], "order": "self", "text": "cross_entropy"})
        expect(count(box)).to_contain_text(
            f"{counts['found']['calls']} of {len(WIDGET.spans):,} spans"
        )
        expect(box.locator(".live-trace-lit")).not_to_have_count(0)  # drawn in the next frame
        box.get_by_role("button", name="Next match").click()
        expect(readout(box)).to_contain_text("cross_entropy")
        expect(readout(box)).to_contain_text("Inside of loss.")
        box.get_by_role("button", name="Show the chosen span").click()
        expect_length(visit, box, 0.001, 0.06)
        line.fill("no such name")
        expect(count(box)).to_contain_text("0 of")
        expect(box.get_by_role("button", name="Next match")).to_be_disabled()
        assert not violations(visit, MODULE, axe)
        line.fill("x" * 61)
        expect(box.get_by_role("alert")).to_have_text("A name has at most 60 characters here.")
        line.fill("")
        expect(box.locator(".live-trouble")).to_be_empty()

        trace(box).focus()
        visit.page.keyboard.press("Home")
        expect(readout(box)).to_contain_text("training step: ")
        expect_length(visit, box, 1, 1)
        names = []
        for key in ("ArrowDown", "ArrowRight", "ArrowDown", "ArrowUp", "ArrowLeft", "ArrowLeft"):
            visit.page.keyboard.press(key)
            names.append((readout(box).text_content() or "").split(":")[0])
        assert names[0] == "batch"
        assert names[1] == names[3] == "forward"
        assert names[4:] == ["batch", "batch"], "where there is no span the choice stays"
        visit.page.keyboard.press("ArrowRight")
        expect(box.get_by_role("status")).to_contain_text("forward: ")
        visit.page.keyboard.press("Enter")
        expect_length(visit, box, 0.1, 0.6)
        _, length = seen(box)
        visit.page.keyboard.press("+")
        expect_length(visit, box, 0.49 * length, 0.51 * length)
        visit.page.keyboard.press("-")
        expect_length(visit, box, 0.99 * length, 1.01 * length)
        box.get_by_role("button", name="Reset").click()
        expect_length(visit, box, 1, 1)
        assert stays_inside(visit, box)


def test_a_name_of_the_table_is_searched(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (_visit, box):
        name = rows(box)[0]
        box.get_by_role("button", name=name, exact=True).click()
        expect(box.get_by_label("Search a name")).to_have_value(name)
        expect(count(box)).to_be_visible()


def test_the_mouse_chooses_shows_moves_and_zooms(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        rows_ = trace(box)
        backward = next(span for span in WIDGET.spans if span.name == "backward")
        place = rows_.bounding_box()
        assert place is not None
        x = place["width"] * (backward.start + backward.end) / 2 / WHOLE
        rows_.click(position={"x": x, "y": 28})
        expect(readout(box)).to_have_text(re.compile(r"^backward: .* Inside of training step\.$"))
        rows_.dblclick(position={"x": x, "y": 28})
        part = (backward.end - backward.start) / WHOLE
        expect_length(visit, box, 1.08 * part, 1.12 * part)
        start, _ = seen(box)
        drag(rows_, 150, 0)
        visit.page.wait_for_function(
            "([w, start]) => parseFloat(w.style.left) / 100 < start - 0.02",
            arg=[box.locator(".live-trace-window").element_handle(), start],
        )
        expect(readout(box)).to_contain_text("backward: ")
        rows_.hover()
        visit.page.keyboard.down("Control")
        visit.page.mouse.wheel(0, -400)
        visit.page.keyboard.up("Control")
        expect_length(visit, box, 0.01, 0.9 * part)
        before = seen(box)
        visit.page.mouse.wheel(0, 10)  # without Control the page scrolls
        assert seen(box) == before
        box.locator(".live-trace-all").click(position={"x": 5, "y": 5})
        visit.page.wait_for_function(
            "w => parseFloat(w.style.left) < 0.01",
            arg=box.locator(".live-trace-window").element_handle(),
        )
        for _ in range(25):
            box.get_by_role("button", name="Zoom in").click()
        expect(box.locator("caption")).to_contain_text("in 2.0 µs")


PINCH = """(trace) => {
  const box = trace.getBoundingClientRect();
  const send = (kind, pointerId, part) => trace.dispatchEvent(new PointerEvent(kind, {
    pointerId, pointerType: "touch", clientX: box.left + part * box.width,
    clientY: box.top + 40, bubbles: true }));
  trace.setPointerCapture = () => undefined;
  send("pointerdown", 21, 0.4);
  send("pointerdown", 22, 0.6);
  send("pointermove", 22, 0.8);
  send("pointermove", 21, 0.2);
  send("pointerup", 21, 0.2);
  send("pointerup", 22, 0.8);
}"""


def test_fingers_choose_and_zoom(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, size=NARROW, touch=True) as (visit, box):
        trace(box).tap(position={"x": 60, "y": 28})
        expect(readout(box)).to_contain_text("forward: ")
        trace(box).evaluate(PINCH)
        expect_length(visit, box, 0.32, 0.35)
        expect(readout(box)).to_contain_text("forward: ")
        box.get_by_role("button", name="Whole step").tap()
        expect_length(visit, box, 1, 1)
        assert stays_inside(visit, box)
