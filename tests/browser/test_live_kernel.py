"""The kernel explorer, with mouse, touch and keys."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import torch
from playwright.sync_api import Browser, Locator, expect
from torch.nn import functional

from tests.browser.visit import NARROW, Visit, looks
from tests.browser.widget import at_widget, stays_inside, violations

PAGE, MODULE = "chapters/10-convolutional-networks/1-the-operation.html", "kernel"


def options_of(visit: Visit) -> dict[str, Any]:
    text = visit.page.locator(f'.live[data-live="{MODULE}"] script').first.text_content()
    options: dict[str, Any] = json.loads(text or "")
    return options


def shown(box: Locator) -> tuple[int, int, float]:
    """Row, column and number of the cell that the text below the maps speaks of."""
    text = box.locator(".live-readout").text_content() or ""
    sentence = re.search(r"row (\d+), column (\d+): .* add up to ([−\d.]+)\.$", text)
    assert sentence is not None, text
    return int(sentence[1]), int(sentence[2]), float(sentence[3].replace("−", "-"))


def wanted(
    options: dict[str, Any], image: str, kernel: list[list[float]], stride: int, padding: int
) -> torch.Tensor:
    pixels, weights = torch.tensor(options["images"][image]), torch.tensor(kernel)
    return functional.conv2d(
        pixels[None, None], weights.float()[None, None], stride=stride, padding=padding
    )[0, 0]


@looks
def test_a_kernel_is_typed_and_the_cell_follows(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size) as (visit, box):
        options = options_of(visit)
        image = next(iter(options["images"]))
        preset, kernel = next(iter(options["presets"].items()))
        expect(box.get_by_label("Kernel", exact=True)).to_have_value(preset)
        row, column, start = shown(box)
        output = wanted(options, image, kernel, 1, 1)
        assert start == pytest.approx(output[row, column].item(), abs=0.01)
        typed: list[list[float]] = [[0, 0, 0], [0, 2, 0], [0, 0, -3.5]]
        for u in range(3):
            for v in range(3):
                box.get_by_label(f"Weight in row {u + 1}, column {v + 1}").fill(str(typed[u][v]))
        output = wanted(options, image, typed, 1, 1)
        assert shown(box)[2] == pytest.approx(output[row, column].item(), abs=0.01)
        cells = box.get_by_role("slider", name="Cell of the output")
        cells.focus()
        visit.page.keyboard.press("ArrowRight")
        assert shown(box)[:2] == (row, column + 1)
        assert shown(box)[2] == pytest.approx(output[row, column + 1].item(), abs=0.01)
        box.get_by_label("Weight in row 1, column 1").fill("x")
        expect(box.get_by_role("alert")).to_contain_text("is a number")
        assert not violations(visit, MODULE, axe)
        assert stays_inside(visit, box)
        box.get_by_role("button", name="Reset").click()
        expect(box.locator(".live-readout")).to_contain_text(f"row {row}, column {column}")
        assert shown(box) == (row, column, start)
        assert not violations(visit, MODULE, axe)


def test_a_click_picks_a_cell_and_a_stride_makes_fewer(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        options = options_of(visit)
        image, pixels = next(iter(options["images"].items()))
        kernel = next(iter(options["presets"].values()))
        box.get_by_role("group", name="Stride:").get_by_label("2").check()
        box.get_by_role("group", name="Padding:").get_by_label("0").check()
        output = wanted(options, image, kernel, 2, 0)
        high, wide = output.shape
        expect(box).to_contain_text(f"Output, {high} × {wide}")
        cells = box.get_by_role("slider", name="Cell of the output")
        cells.scroll_into_view_if_needed()
        place = cells.bounding_box()
        assert place is not None
        cells.click(position={"x": place["width"] * 0.98, "y": place["height"] * 0.02})
        row, column, number = shown(box)
        assert (row, column) == (0, wide - 1)
        assert number == pytest.approx(output[0, wide - 1].item(), abs=0.01)
        assert len(pixels) > 2 * high


def test_a_tap_picks_a_cell(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, size=NARROW, touch=True) as (_visit, box):
        cells = box.get_by_role("slider", name="Cell of the output")
        cells.scroll_into_view_if_needed()
        place = cells.bounding_box()
        assert place is not None
        cells.tap(position={"x": place["width"] * 0.02, "y": place["height"] * 0.98})
        assert shown(box)[1] == 0
        assert shown(box)[0] > 0
