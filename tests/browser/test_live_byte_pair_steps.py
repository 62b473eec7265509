"""Byte pair encoding merge by merge, with mouse, touch and keys."""

from __future__ import annotations

from playwright.sync_api import Browser, Locator, expect

from livetorch.live import BytePairSteps
from livetorch.live.widgets.byte_pair_steps import EXAMPLES, LINE
from livetorch.tokenizers import BytePairs
from tests.browser.visit import NARROW, looks
from tests.browser.widget import at_widget, press_when, slide, stays_inside, violations

PAGE, MODULE = "chapters/13-language-models/1-pieces-of-text.html", "byte_pair_steps"


def pieces(text: str, tokenizer: BytePairs) -> list[str]:
    """What the widget shows of a text in ASCII."""
    cut = [tokenizer.decode([token]) for token in tokenizer.encode(text).tolist()]
    return [piece.replace(" ", "␣") for piece in cut]


def expect_step(box: Locator, text: str, step: int) -> None:
    """Both cuts, and the verdict, are those of Python."""
    known = BytePairSteps().answer({"text": text})
    merges = [(one, two) for one, two in known["merges"]]
    tokenizer = BytePairs(tuple(merges[:step]))
    shown = pieces(text, tokenizer)
    count = f"{len(shown)} piece" + "s" * (len(shown) != 1)
    expect(box.locator(".live-readout").first).to_contain_text(f"{count} now.")
    own, plays = box.locator(".live-pieces").all()
    assert own.locator(".live-piece").all_inner_texts() == shown
    assert own.get_attribute("aria-label") == f"{count}: {', '.join(shown)}"
    assert plays.locator(".live-piece").all_inner_texts() == pieces(text, BytePairs.shipped())
    expect(box).to_contain_text(f"{step} of {len(merges)}")
    if step:
        expect(own.locator(".live-fresh").first).to_be_visible()
        assert set(own.locator(".live-fresh").all_inner_texts()) == {
            tokenizer.pieces[-1].decode().replace(" ", "␣")
        }
    chosen = box.locator(".live-chosen")
    if step < len(merges):
        expect(chosen.locator("td").first).to_have_text(str(known["counts"][step]))
        expect(chosen).to_contain_text("next merge")
    else:
        expect(chosen).to_have_count(0)


@looks
def test_merges_are_made_one_by_one(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size) as (visit, box):
        expect_step(box, LINE, 0)
        box.get_by_role("button", name="Next").click()
        box.get_by_role("button", name="Next").click()
        expect_step(box, LINE, 2)
        expect(box.get_by_role("status")).to_contain_text("Next: ")
        assert not violations(visit, MODULE, axe)
        slide(box.get_by_label("Merges"), 2 / 13, 1)
        expect_step(box, LINE, 13)
        expect(box).to_contain_text("No pair is there twice.")
        box.get_by_role("button", name="Other scripts").click()
        expect(box.locator(".live-pieces").first).to_contain_text("⟨c3⟩")
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)
        box.get_by_role("button", name="Reset").click()
        expect_step(box, LINE, 0)


def test_a_text_is_typed_and_what_cannot_be_read_leaves_the_last(
    browser: Browser, site: str, axe: str
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        text = box.get_by_label("Text")
        text.focus()
        visit.page.keyboard.press("Control+A")
        visit.page.keyboard.type("aaab aaab <b>&amp;")
        expect_step(box, "aaab aaab <b>&amp;", 0)
        box.get_by_label("Merges").focus()
        for _ in range(3):
            visit.page.keyboard.press("ArrowRight")
        expect_step(box, "aaab aaab <b>&amp;", 3)
        text.fill("a" * 401)
        expect(box.get_by_role("alert")).to_contain_text("up to 400 characters")
        expect(text).to_have_attribute("aria-invalid", "true")
        assert not violations(visit, MODULE, axe)
        expect_step(box, "aaab aaab <b>&amp;", 3)
        text.fill("")
        expect(box.get_by_role("alert")).to_contain_text("at least one character")
        box.get_by_role("button", name="Back").press("Enter")
        expect_step(box, "aaab aaab <b>&amp;", 2)
        text.fill("x")
        expect(box.locator(".live-trouble")).to_be_hidden()
        expect_step(box, "x", 0)
        expect(box).to_contain_text("No two pieces stand side by side")


def test_merges_play_and_stop_at_a_tap(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, size=NARROW, touch=True) as (visit, box):
        name, text = EXAMPLES[1]
        box.get_by_role("button", name=name).tap()
        expect_step(box, text, 0)
        box.get_by_role("button", name="Play").tap()
        press_when(box, "Pause", "/Merge 2 /.test(box.textContent)")
        expect_step(box, text, 2)
        visit.page.wait_for_timeout(1300)
        expect_step(box, text, 2)
        assert stays_inside(visit, box)
