"""The name reader in its page: what it believes after each letter, by keys, mouse and finger."""

from __future__ import annotations

import torch
from playwright.sync_api import Browser, Locator, expect
from torch import Tensor

from tests.browser.recurrent import NAMES, Model, options, percent, shares, started
from tests.browser.visit import NARROW, opened
from tests.browser.widget import stays_inside, violations

MODULE = "type_name"


def beliefs(model: Model, given: dict[str, object], name: str) -> Tensor:
    """name of T letters -> the probability of each language after each letter (T, K)"""
    ids = given["ids"]
    assert isinstance(ids, dict)
    tokens = torch.zeros(1, int(str(given["longest"])), dtype=torch.int64)
    for place, letter in enumerate(name):
        tokens[0, place] = ids.get(letter, given["unknown"])
    return model(tokens=tokens)[0][0, : len(name)].softmax(dim=1)


def expect_belief(box: Locator, languages: list[str], belief: Tensor, front: str) -> None:
    """The bars, and the sentence, say what the model said after the first letters."""
    first = int(belief.argmax())
    leading = f"After “{front}”: {languages[first]} {percent(float(belief[first]))}"
    expect(box.locator(".live-readout")).to_contain_text(leading)
    expected = [[name, percent(float(p))] for name, p in zip(languages, belief, strict=True)]
    assert shares(box) == expected


def test_the_belief_after_each_letter_is_the_models(browser: Browser, site: str, axe: str) -> None:
    with opened(browser, f"{site}/{NAMES}", only=MODULE) as visit:
        given, model = options(visit, MODULE), Model(site, "surnames")
        languages, start = given["languages"], given["examples"][0]
        box = started(visit, MODULE, f"After “{start}”")
        expect_belief(box, languages, beliefs(model, given, start)[-1], start)
        assert not violations(visit, MODULE, axe)

        box.get_by_label("Name").fill("")
        expect(box.locator(".live-readout")).to_have_text("Type a name.")
        box.get_by_label("Name").press_sequentially("janssoη")
        read = "Jansso"
        expected = beliefs(model, given, read + "η")
        expect_belief(box, languages, expected[-1], read + "η")
        expect(box).to_contain_text("It never saw “η”")
        expect(box.get_by_role("status")).to_contain_text("It never saw “η”")
        drawn = box.locator(".live-shade").evaluate_all(
            "cells => cells.map(cell => Number(cell.getAttribute('fill-opacity')))"
        )
        torch.testing.assert_close(
            torch.tensor(drawn).reshape(expected.shape), expected, rtol=0, atol=6e-4
        )

        slider = box.get_by_label("After letter")
        slider.press("Home")
        expect_belief(box, languages, expected[0], "J")
        slider.press("ArrowRight")
        expect_belief(box, languages, expected[1], "Ja")
        # Pointing at a letter is as good as the slider.
        box.locator("svg text", has_text="n").last.scroll_into_view_if_needed()
        box.locator(".live-shade").nth(4 * len(languages)).hover()
        expect_belief(box, languages, expected[4], "Janss")
        assert slider.input_value() == "5"

        box.get_by_label("Name").fill("J" * 31)
        expect(box.get_by_role("alert")).to_contain_text("up to 30 letters")
        box.get_by_role("button", name=given["examples"][1]).click()
        expect(box.locator(".live-trouble")).to_be_hidden()
        expect(box.locator(".live-readout")).to_contain_text(given["examples"][1])
        box.get_by_role("button", name="Reset").click()
        expect_belief(box, languages, beliefs(model, given, start)[-1], start)
        assert not visit.errors


def test_a_finger_finds_a_letter_and_nothing_overflows(
    browser: Browser, site: str, axe: str
) -> None:
    with opened(browser, f"{site}/{NAMES}", "dark", NARROW, touch=True, only=MODULE) as visit:
        given = options(visit, MODULE)
        box = started(visit, MODULE, f"After “{given['examples'][0]}”")
        box.get_by_label("Name").fill("W" * 30)
        expect(box.locator(".live-readout")).to_contain_text("W" * 30)
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)
        box.locator(".live-shade").nth(2 * len(given["languages"]) + 1).tap()
        expect(box.locator(".live-readout")).to_contain_text("After “WWW”")
        assert not visit.errors
