"""The memory calculator in its page: what the bar, the sentence and the table say of each use."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from playwright.sync_api import Browser, Locator, expect

from livetorch.live import MemoryCalculator
from livetorch.live.widgets.memory_calculator import DEVICE, FIRST, PRESETS, START, whole_settings
from livetorch.memory_sizes import MemoryUse
from livetorch.models.gpt import GPTSettings
from tests.browser.visit import NARROW, looks
from tests.browser.widget import at_widget, slide, stays_inside, violations
from tests.live.node import page_calls

PAGE, MODULE = "chapters/14-large-models/1-where-the-memory-goes.html", "memory_calculator"
PARTS = ("parameters", "gradients", "optimizer", "activations", "cache")
SETTINGS = {preset.name: preset.settings for preset in PRESETS}


def expect_sizes(
    box: Locator,
    use: MemoryUse = START,
    settings: GPTSettings = SETTINGS[FIRST],
    device: int = DEVICE,
) -> str:
    """The sentence, the widths of the bar and the table are Python's; the sentence is returned."""
    question = {"settings": whole_settings(settings), "use": asdict(use)}
    sizes: dict[str, Any] = MemoryCalculator().answer(question)
    processes = use.num_processes if use.sharding else 1
    (words,) = page_calls("memory_words", "verdict", [[sizes, device, processes]])
    expect(box.locator(".live-readout")).to_have_text(words)
    (how,) = page_calls("memory_words", "formulas", [[*question.values(), sizes]])
    texts = page_calls("memory_words", "bytes", [[sizes[part]] for part in PARTS])
    rows = box.locator(".live-bytes tbody tr")
    shown = rows.evaluate_all(
        "rows => rows.slice(0, 5).map(row => [row.querySelector('.live-how').textContent, "
        "row.lastElementChild.textContent])"
    )
    assert shown == [[how[part] or "none", text] for part, text in zip(PARTS, texts, strict=True)]
    end = max(device * 1e9, sum(sizes[part] for part in PARTS)) * 1.04
    widths = box.locator(".live-stack-track .live-part").evaluate_all(
        "parts => parts.map(part => parseFloat(part.style.width))"
    )
    for part, width in zip(PARTS, widths, strict=True):
        assert abs(width - 100 * sizes[part] / end) < 0.01, part
    return str(words)


@looks
def test_a_model_by_keys(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size) as (visit, box):
        expect_sizes(box)
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)
        box.get_by_label("Model").select_option("GPT-2 small")
        small = SETTINGS["GPT-2 small"]
        words = expect_sizes(box, replace(START, num_tokens=1024), small)
        expect(box.get_by_role("status")).to_have_text(words)
        tokens = box.get_by_role("slider", name="Tokens of each")
        assert tokens.get_attribute("aria-valuetext") == "1,024"
        tokens.focus()
        visit.page.keyboard.press("ArrowLeft")
        expect_sizes(box, replace(START, num_tokens=512), small)

        width = box.get_by_label("Width")
        width.fill("770")
        expect(box.get_by_role("alert")).to_have_text("12 heads do not divide a width of 770.")
        expect_sizes(box, replace(START, num_tokens=512), small)  # the last good state
        width.fill("much")
        expect(box.get_by_role("alert")).to_contain_text("Sizes are whole numbers")
        assert width.get_attribute("aria-invalid") == "true"
        width.fill("1,536")
        expect(box.locator(".live-trouble")).to_be_hidden()
        wide = replace(small, width=1536, hidden_features=3072)
        expect_sizes(box, replace(START, num_tokens=512), wide)
        expect(box.get_by_label("Model")).to_have_value("a model of my own")

        box.get_by_role("button", name="Reset").click()
        expect_sizes(box)


def test_the_use_by_mouse(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (_, box):
        processes = box.get_by_role("slider", name="Processes")
        expect(processes).to_be_disabled()
        box.get_by_label("parameters, too").click()
        slide(processes, 0.01, 0.3)
        count = int(processes.get_attribute("aria-valuetext") or "")
        assert count > 1
        box.get_by_label("Checkpointing").click()
        box.get_by_label("by a full table").click()
        divided = replace(START, sharding=3, num_processes=count, checkpointing=True)
        divided = replace(divided, attention="table")
        assert "on each process" in expect_sizes(box, divided)
        box.get_by_label("SGD").click()
        expect_sizes(box, replace(divided, optimizer="sgd"))
        slide(box.get_by_role("slider", name="Device"), 0.6, 0.01)
        expect_sizes(box, replace(divided, optimizer="sgd"), device=8)


def test_writing_by_touch(browser: Browser, site: str, axe: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, "dark", NARROW, touch=True) as (visit, box):
        expect(box.get_by_label("int4")).to_be_disabled()
        box.get_by_label("write text").tap()
        expect(box.get_by_label("Adam")).to_be_hidden()
        expect_sizes(box, replace(START, training=False))
        box.get_by_label("int4").tap()
        expect_sizes(box, replace(START, training=False, precision="int4"))
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)
        box.get_by_label("train", exact=True).tap()
        expect_sizes(box)
        expect(box.get_by_label("bfloat16")).to_be_checked()
