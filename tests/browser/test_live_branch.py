"""One program on two inputs, with mouse, touch and keys."""

from __future__ import annotations

from playwright.sync_api import Browser, Locator, expect

from livetorch.live import Branch
from tests.browser.visit import NARROW, looks
from tests.browser.widget import at_widget, slide, stays_inside, violations

PAGE, MODULE = "chapters/03-dynamic-graphs/1-the-graph-is-a-recording.html", "branch"


def expect_run(box: Locator, side: str, x: float) -> None:
    """The widget shows of one side what torch records for this input."""
    known = Branch().answer({"x": x})
    labels = [f"x = {x:g}" if n["kind"] == "leaf" else n["label"] for n in known["nodes"]]
    drawn = box.get_by_role("img", name=f"Graph of the {side} run")
    path = ", then ".join([labels[0], *reversed(labels[1:-1]), labels[-1]])
    expect(drawn).to_have_attribute("aria-label", f"Graph of the {side} run: {path}")
    texts = drawn.locator("text").all_text_contents()
    assert sorted(texts) == sorted(labels)
    expect(drawn.locator("path")).to_have_count(len(known["edges"]))
    words = box.locator(".live-readout").filter(has_text="x.grad").nth(int(side == "right"))
    gradient = float(f"{known['grad']:.4g}")
    expect(words).to_contain_text(f"x.grad = {gradient:g}")
    column = "td:nth-of-type(2)" if side == "right" else "td:nth-of-type(1)"
    counts = [text.split()[-1] for text in box.locator(f"tbody {column}").all_inner_texts()[1:]]
    assert counts == [f"{times}×" if times else "–" for times in known["lines"][1:]]


@looks
def test_a_graph_changes_when_its_input_crosses_the_branch(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size) as (visit, box):
        left = box.get_by_label("left x")
        expect_run(box, "left", 0.5)
        expect_run(box, "right", 3.0)
        expect(box).to_contain_text("Two graphs: 1 recorded operation on the left, 3 on the right")
        # The mouse draws the left input below zero.
        slide(left, 3.5 / 15, 0.1)
        x = float(left.input_value())
        assert x < 0
        expect_run(box, "left", x)
        expect(box).to_contain_text("Two graphs: 2 recorded operations on the left")
        expect(box.get_by_role("status")).to_contain_text("left: f(")
        assert not violations(visit, MODULE, axe)
        assert stays_inside(visit, box)
        box.get_by_role("button", name="Reset").click()
        expect(left).to_have_value("0.5")
        expect_run(box, "left", 0.5)


def test_keys_make_the_loop_turn_once_more(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        box.get_by_label("right x").focus()
        for _ in range(11):
            visit.page.keyboard.press("ArrowRight")
        expect_run(box, "right", 4.1)  # one more turn than up to 4
        box.get_by_label("left x").focus()
        visit.page.keyboard.press("End")
        expect(box).to_contain_text("Two graphs: 5 recorded operations on the left, 4 on the right")
        box.get_by_label("right x").focus()
        visit.page.keyboard.press("End")
        expect(box).to_contain_text("The same graph twice")


def test_a_tap_moves_an_input(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, size=NARROW, touch=True) as (_, box):
        right = box.get_by_label("right x")
        at = right.bounding_box()
        assert at is not None
        right.tap(position={"x": at["width"] * 0.05, "y": at["height"] / 2})
        x = float(right.input_value())
        assert x < -1
        expect_run(box, "right", x)
