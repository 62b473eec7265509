"""The reader of dates in its page: what it writes and where it looks, by keys, mouse and finger."""

from __future__ import annotations

from typing import Any

import torch
from playwright.sync_api import Browser, FloatRect, Locator, expect
from torch import Tensor

from tests.browser.recurrent import Model, options, started
from tests.browser.visit import NARROW, Visit, opened
from tests.browser.widget import drag, slide, stays_inside, violations
from tests.live.node import page_calls

PAGE, MODULE = "chapters/12-attention/2-reading-dates.html", "attention_explorer"


def explained(
    model: Model, given: dict[str, Any], text: str, off: tuple[int, ...] = ()
) -> dict[str, Any]:
    """What the widget should know: each sign is the likeliest after those before it."""
    letters, longest, length = list(text.lower()), given["longest"], given["written"]
    tokens = torch.zeros(1, longest, dtype=torch.int64)
    tokens[0, : len(letters)] = torch.tensor([given["characters"].index(c) + 1 for c in letters])
    heads = torch.tensor([float(head not in off) for head in range(given["heads"])])
    signs = torch.zeros(1, length, dtype=torch.int64)
    for place in range(length):
        logits, scores, weights = model(tokens=tokens, signs=signs, heads=heads)
        signs[0, place] = logits[0, place].argmax()
    chances = logits[0].double().softmax(dim=1).gather(1, signs[0, :, None]).flatten()
    return {
        "letters": letters,
        "written": "".join(given["digits"][i] for i in signs[0].tolist()),
        "chances": chances.tolist(),
        "scores": scores[0],
        "weights": weights[0],
        "on": [int(switch) for switch in heads.tolist()],
    }


def expect_look(box: Locator, known: dict[str, Any], sign: int, head: int) -> None:
    """The signs, the sentence and the shades are the model's; ``head`` -1 is the mean."""
    expect(box.locator(".live-date")).to_have_text(known["written"])
    answer = {name: known[name] for name in ("letters", "written", "chances")}
    answer["weights"] = known["weights"].tolist()
    (words,) = page_calls(MODULE, "looked", [[answer, known["on"], sign, head]])
    expect(box.locator(".live-readout")).to_have_text(words)
    on = torch.tensor(known["on"]).bool()
    weights: Tensor = known["weights"]
    mean = weights[on].mean(dim=0)
    chosen = mean if head < 0 else weights[head]
    count = len(known["letters"])
    each = torch.cat([weights[:, sign], mean[sign][None]])
    expected = torch.cat([chosen, each])[:, :count]
    drawn = box.locator(".live-shade").evaluate_all(
        "cells => cells.map(cell => Number(cell.getAttribute('fill-opacity')))"
    )
    shades = torch.tensor(drawn).reshape(-1, count)
    torch.testing.assert_close(shades, expected, rtol=0, atol=1.2e-3)
    bars = box.locator(".live-score")
    expect(bars).to_have_count(0 if head < 0 else known["scores"].shape[2])
    if head >= 0:
        heights = bars.evaluate_all("bars => bars.map(bar => +bar.getAttribute('height'))")
        row = known["scores"][head, sign].abs()
        torch.testing.assert_close(
            torch.tensor(heights) / max(heights), row / row.max(), rtol=0, atol=0.02
        )
        expect(box.locator(".live-masked")).to_have_count(len(row) - count)


def begun(visit: Visit, site: str) -> tuple[Locator, Model, dict[str, Any]]:
    box = started(visit, MODULE, "Sign 4 is")
    return box, Model(site, "dates"), options(visit, MODULE)


def test_a_date_and_its_heads_by_keys(browser: Browser, site: str, axe: str) -> None:
    with opened(browser, f"{site}/{PAGE}", only=MODULE) as visit:
        box, model, given = begun(visit, site)
        first = given["examples"][0]
        expect_look(box, explained(model, given, first), 3, -1)
        assert not violations(visit, MODULE, axe)

        line = box.get_by_label("Date")
        line.fill("The 3rd of May 1999")
        known = explained(model, given, "the 3rd of may 1999")
        expect_look(box, known, 3, -1)
        box.get_by_role("slider", name="Sign").press("End")
        expect_look(box, known, 9, -1)
        expect(box.get_by_role("status")).to_contain_text(f"It writes {known['written']}.")
        box.get_by_label("head 2", exact=True).press("Space")
        expect_look(box, known, 9, 1)
        box.get_by_label("1", exact=True).press("Space")
        expect_look(box, explained(model, given, "the 3rd of may 1999", (0,)), 9, 1)
        expect(box.locator(".live-off")).to_have_text("head 1")

        line.fill("May 3, the ½th")
        expect(box.get_by_role("alert")).to_contain_text("has “½”")
        expect(box.locator(".live-tile")).to_have_count(19)  # the last good state
        line.fill("")
        expect(box.get_by_role("alert")).to_have_text("Write a date.")
        line.fill("1" * 31)
        expect(box.get_by_role("alert")).to_contain_text("up to 30 characters")
        box.get_by_role("button", name=given["examples"][1]).press("Enter")
        expect(box.locator(".live-trouble")).to_be_hidden()
        expect_look(box, explained(model, given, given["examples"][1], (0,)), 9, 1)

        box.get_by_role("button", name="Reset").click()
        expect_look(box, explained(model, given, first), 3, -1)
        tile = box.locator(".live-tile").first
        tile.press("ArrowRight")
        expect(box.locator(".live-tile").nth(1)).to_be_focused()
        visit.page.keyboard.press("Shift+ArrowRight")
        expect(box.locator(".live-tile").nth(2)).to_be_focused()
        swapped = first[0] + first[2] + first[1] + first[3:]
        expect(line).to_have_value(swapped)
        expect_look(box, explained(model, given, swapped), 3, -1)
        assert not visit.errors


def middle(place: FloatRect | None) -> tuple[float, float]:
    assert place is not None
    return place["x"] + place["width"] / 2, place["y"] + place["height"] / 2


def test_a_character_is_dragged_by_mouse(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/{PAGE}", only=MODULE) as visit:
        box, model, given = begun(visit, site)
        first = given["examples"][0]
        tiles = box.locator(".live-tile")
        tiles.first.scroll_into_view_if_needed()
        start, end = (middle(tiles.nth(i).bounding_box())[0] for i in (0, 5))
        drag(tiles.first, end - start, 0)
        moved = first[1:6] + first[0] + first[6:]
        expect(box.get_by_label("Date")).to_have_value(moved)
        expect_look(box, explained(model, given, moved), 3, -1)

        known = explained(model, given, moved)
        cells = box.locator(".live-shade")
        count, heads = len(moved), given["heads"]
        cells.nth(6 * count + 2).click()  # the seventh sign
        expect_look(box, known, 6, -1)
        cells.nth((given["written"] + 1) * count).click()  # the second head
        expect_look(box, known, 6, 1)
        expect(box.get_by_label("head 2", exact=True)).to_be_checked()
        cells.nth((given["written"] + heads) * count).click()
        expect_look(box, known, 6, -1)
        slide(box.get_by_role("slider", name="Sign"), 0.6, 0.01)
        expect_look(box, known, 0, -1)
        for head in range(heads):
            box.get_by_label(str(head + 1), exact=True).click()
        expect(box.locator(".live-readout")).to_contain_text("No head is on.")
        assert not visit.errors


def test_a_finger_moves_a_character_on_a_phone(browser: Browser, site: str, axe: str) -> None:
    with opened(browser, f"{site}/{PAGE}", "dark", NARROW, touch=True, only=MODULE) as visit:
        box, model, given = begun(visit, site)
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)
        box.get_by_role("button", name=given["examples"][1]).tap()
        second = given["examples"][1]
        expect(box.get_by_label("Date")).to_have_value(second)
        expect_look(box, explained(model, given, second), 3, -1)
        tiles = box.locator(".live-tile")
        tiles.first.scroll_into_view_if_needed()
        start, end = (middle(tiles.nth(i).bounding_box()) for i in (0, 2))
        screen = visit.page.context.new_cdp_session(visit.page)
        for kind, place in (("Start", start), ("Move", end), ("Move", end), ("End", None)):
            points = [{"x": place[0], "y": place[1]}] if place else []
            screen.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
            visit.page.wait_for_timeout(150)  # a fling would swallow the next tap
        moved = second[1:3] + second[0] + second[3:]
        expect(box.get_by_label("Date")).to_have_value(moved)
        expect_look(box, explained(model, given, moved), 3, -1)
        box.get_by_label("head 3", exact=True).tap()
        box.get_by_label("4", exact=True).tap()
        expect_look(box, explained(model, given, moved, (3,)), 3, 2)
        box.get_by_label("Date").fill("9" * given["longest"])
        expect_look(box, explained(model, given, "9" * given["longest"], (3,)), 3, 2)
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)
        assert not visit.errors
