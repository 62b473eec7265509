"""The strides explorer, with mouse, touch and keys."""

from __future__ import annotations

import torch
from playwright.sync_api import Browser, Locator, expect

from tests.browser.visit import NARROW, looks
from tests.browser.widget import at_widget, stays_inside, violations

PAGE, MODULE = "chapters/01-tensors/3-one-memory.html", "strides"


def expect_facts(box: Locator, x: torch.Tensor) -> None:
    """The widget says of its view what torch knows of ``x``."""
    facts = (tuple(x.shape), x.stride(), x.storage_offset(), x.is_contiguous())
    expect(box.locator("table td")).to_have_text([str(fact) for fact in facts])


def press(box: Locator, *names: str) -> None:
    for name in names:
        box.get_by_role("button", name=name, exact=True).click()


@looks
def test_views_read_the_same_cells_and_errors_are_torchs(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    grid = torch.arange(12).reshape(3, 4)
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size) as (visit, box):
        entries = box.get_by_role("gridcell")
        expect(entries).to_have_count(12)
        expect_facts(box, grid)
        expect(box.locator(".live-readout")).to_contain_text("reads cell 0 + 1 · 4 + 2 · 1 = 6")

        press(box, "x.T", "x[1:]")
        expect(entries).to_have_count(9)
        assert entries.all_inner_texts() == [str(v) for v in grid.T[1:].flatten().tolist()]
        expect_facts(box, grid.T[1:])
        entries.nth(3).hover()  # the mouse picks by lying there
        expect(box.locator(".live-readout")).to_contain_text("x[1, 0] reads cell 1 + 1 · 1")
        expect(box.get_by_role("status")).to_contain_text("reads cell 1 + 1 · 1 + 0 · 4 = 2")

        box.get_by_label("Sizes").fill("9")
        press(box, "x.view(…)")
        expect(box).to_contain_text("spans across two contiguous subspaces). Use .reshape(...)")
        assert not violations(visit, MODULE, axe)
        press(box, "x.reshape(…)")
        expect(box).to_contain_text("new storage, since the last step made a copy")
        expect_facts(box, grid.T[1:].reshape(9))
        press(box, "Undo", "Undo")
        expect_facts(box, grid.T)

        box.get_by_label("Sizes").fill("2, x")
        press(box, "x.view(…)")
        expect(box.get_by_role("alert")).to_contain_text("sizes with commas")
        press(box, "Reset")
        expect(entries).to_have_count(12)
        expect_facts(box, grid)
        expect(box.get_by_role("alert")).to_be_hidden()
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)


def test_the_keyboard_alone_makes_views_and_picks_entries(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        keys = visit.page.keyboard
        box.get_by_role("button", name="x[:, 1:]").focus()
        keys.press("Enter")
        expect(box.get_by_role("gridcell")).to_have_count(9)
        keys.press("Enter")  # the button still has the focus
        expect(box.get_by_role("gridcell")).to_have_count(6)
        box.get_by_role("gridcell", selected=True).focus()
        for key in ("ArrowUp", "ArrowUp", "ArrowLeft", "ArrowDown", "ArrowDown"):
            keys.press(key)
        expect(box.get_by_role("gridcell", selected=True)).to_have_text("10")
        expect(box.locator(".live-readout")).to_contain_text("cell 2 + 2 · 4 + 0 · 1 = 10")
        box.get_by_role("button", name="x[::-1]").focus()
        keys.press("Space")
        expect(box).to_contain_text("ValueError: step must be greater than zero")


def test_taps_show_that_an_expanded_row_reads_each_cell_again(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, size=NARROW, touch=True) as (_, box):
        for name in ("x[0:1]", "x.expand(3, 4)"):
            box.get_by_role("button", name=name, exact=True).tap()
        expect(box.get_by_role("gridcell")).to_have_count(12)
        expect_facts(box, torch.arange(12).reshape(3, 4)[0:1].expand(3, 4))
        box.get_by_role("gridcell").nth(11).tap()
        expect(box.locator(".live-readout")).to_contain_text("x[2, 3] reads cell 0 + 2 · 0 + 3 · 1")
        border = "cell => getComputedStyle(cell).borderTopColor"
        colors = [cell.evaluate(border) for cell in box.get_by_role("gridcell").all()]
        assert [i for i, color in enumerate(colors) if color == colors[11]] == [3, 7, 11]
