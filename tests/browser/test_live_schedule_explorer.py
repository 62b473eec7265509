"""The schedule explorer in its page: what the timeline, the sentences and the table say."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Locator, expect

from livetorch.live import ScheduleExplorer
from livetorch.live.widgets.schedule_explorer import START
from tests.browser.visit import NARROW, looks
from tests.browser.widget import at_widget, slide, stays_inside, violations
from tests.live.node import page_calls

PAGE, MODULE = "chapters/19-many-processes/4-cut-in-other-ways.html", "schedule_explorer"


def expect_step(box: Locator, time: float = 0, **changes: Any) -> None:
    """The sentences, the drawing and the table are those of Python's answer."""
    reply = ScheduleExplorer().answer(START | changes)
    (words,) = page_calls(MODULE, "summary", [[reply]])
    expect(box.locator(".live-readout").last).to_have_text(words)
    (now,) = page_calls(MODULE, "at", [[reply["tasks"], len(reply["ranks"]), time]])
    expect(box.locator(".live-schedule-now")).to_have_text(now)
    expect(box.locator(".live-span")).to_have_count(len(reply["tasks"]))
    sizes = [[rank["kept"], rank["sent"]] for rank in reply["ranks"]]
    texts = page_calls("memory_words", "bytes", [[size] for row in sizes for size in row])
    rows = box.locator(".live-schedule tbody tr")
    expect(rows).to_have_count(len(reply["ranks"]))
    shown = rows.evaluate_all(
        "rows => rows.flatMap(row => [...row.querySelectorAll('td')].slice(2).map("
        "cell => cell.textContent))"
    )
    assert shown == texts


@looks
def test_a_pipeline_by_keys(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size) as (visit, box):
        expect_step(box)
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)
        expect(box.get_by_role("slider", name="Gather a layer")).to_be_disabled()
        many = box.get_by_role("slider", name="Micro-batches")
        many.focus()
        visit.page.keyboard.press("ArrowRight")
        expect_step(box, micro_batches=5)
        time = box.get_by_role("slider", name="Time in the step")
        time.focus()
        visit.page.keyboard.press("ArrowRight")
        visit.page.keyboard.press("Shift+ArrowRight")
        expect_step(box, 11, micro_batches=5)
        text = time.get_attribute("aria-valuetext") or ""
        assert text.startswith("At 11: rank 0: forward 1; rank 1: forward 0; rank 2: waits")
        visit.page.keyboard.press("End")
        expect_step(box, 192, micro_batches=5)
        ranks = box.get_by_role("slider", name="Ranks")
        ranks.focus()
        visit.page.keyboard.press("ArrowRight")  # the step is shorter: the mark stays at its end
        expect_step(box, 144, micro_batches=5, ranks=8)
        assert stays_inside(visit, box)
        box.get_by_role("button", name="Reset").click()
        expect_step(box)


def test_what_is_sent_by_mouse(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (_, box):
        box.get_by_label("FSDP").click()
        expect_step(box, kind="fsdp")
        slide(box.get_by_role("slider", name="Gather a layer"), 0.5, 0.99)
        expect_step(box, kind="fsdp", sending=2)
        box.get_by_label("DDP", exact=True).click()
        expect_step(box, kind="ddp", sending=2)
        chart = box.get_by_role("slider", name="Time in the step")
        slide(chart, 0.2, 0.99)
        end = ScheduleExplorer().answer(START | {"kind": "ddp", "sending": 2})["time"]
        expect_step(box, end, kind="ddp", sending=2)
        box.get_by_label("1F1B").click()
        slide(chart, 0.9, 0.01)
        expect_step(box, kind="1f1b", sending=2)


def test_a_schedule_by_touch(browser: Browser, site: str, axe: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, "dark", NARROW, touch=True) as (visit, box):
        box.get_by_label("1F1B").tap()
        expect_step(box, kind="1f1b")
        chart = box.get_by_role("slider", name="Time in the step")
        chart.scroll_into_view_if_needed()
        place = chart.bounding_box()
        assert place is not None
        chart.tap(position={"x": place["width"] * 26 / 360 + 1, "y": place["height"] / 2})
        expect(box.locator(".live-schedule-now")).to_contain_text("rank 0: forward 0")
        chart.tap(position={"x": place["width"] - 1, "y": place["height"] / 2})
        expect(box.locator(".live-schedule-now")).to_have_text(
            "At 168: rank 0: waits; rank 1: waits; rank 2: waits; rank 3: waits."
        )
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)
