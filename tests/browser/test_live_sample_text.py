"""The writer in its page: the same seed and temperature give the text that Python draws."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from playwright.sync_api import Browser, expect
from torch import Tensor

from livetorch.generation import next_token_probabilities
from livetorch.live.parts.sampling import pick, uniform
from tests.browser.recurrent import WRITER, Model, options, percent, shares, started
from tests.browser.visit import NARROW, opened
from tests.browser.widget import press_when, slide, stays_inside, violations

MODULE = "sample_text"
NAMES = {" ": "space", "\n": "new line"}


def scores(model: Model, given: dict[str, Any], text: str, state: Tensor) -> tuple[Tensor, Tensor]:
    """What may come after a text that follows a state (V,), and the new state."""
    for character in text:
        token = torch.tensor([[given["characters"].index(character)]])
        logits, state = model(tokens=token, state=state)
    return logits[0, -1].double(), state


def written(
    model: Model, given: dict[str, Any], prompt: str, temperature: float, seed: int
) -> Iterator[str]:
    """Character after character, as torch and the widget's generator draw them."""
    state, text = torch.zeros(1, 1, given["hidden"]), prompt
    for drawn in range(200):
        logits, state = scores(model, given, text, state)
        text = given["characters"][
            pick(next_token_probabilities(logits, temperature), uniform(seed, drawn))
        ]
        yield text


def rows(model: Model, given: dict[str, Any], prompt: str, temperature: float) -> list[list[str]]:
    """What the bars must show: the ten likeliest, then the sum of the others."""
    logits, _ = scores(model, given, prompt, torch.zeros(1, 1, given["hidden"]))
    both = torch.stack(
        [logits.softmax(dim=0), next_token_probabilities(logits, temperature)], dim=1
    )
    order = both[:, 0].argsort(descending=True)
    names = [NAMES.get(c, c) for c in (given["characters"][i] for i in order[:10])]
    shown = [*both[order[:10]].tolist(), both[order[10:]].sum(dim=0).tolist()]
    names.append(f"{len(order) - 10} others")
    return [[name, *map(percent, pair)] for name, pair in zip(names, shown, strict=True)]


def test_it_is_used_with_mouse_and_keys_and_stops_when_told(
    browser: Browser, site: str, axe: str
) -> None:
    with opened(browser, f"{site}/{WRITER}", only=MODULE) as visit:
        given, model = options(visit, MODULE), Model(site, "shakespeare")
        box = started(visit, MODULE, "Likeliest next")
        prompt = given["prompts"][0]
        assert shares(box) == rows(model, given, prompt, given["temperature"])
        heat = box.get_by_label("Temperature")
        assert not violations(visit, MODULE, axe)
        slide(heat, 0.25, 0.8)
        temperature = float(heat.input_value())
        assert temperature > 1.2
        hot = rows(model, given, prompt, temperature)
        expect(box.locator(".live-bars tbody tr").last).to_contain_text(hot[-1][2])
        assert shares(box) == hot
        heat.press("Home")
        expect(box.locator(".live-bars tbody tr").first).to_contain_text("100 %")

        text = box.locator(".live-written")
        box.get_by_role("button", name="Write").press("Enter")
        enough = len(prompt) + 4
        condition = f"box.querySelector('.live-written').textContent.length >= {enough}"
        press_when(box, "Stop", condition)
        expect(box.get_by_role("button", name="Write")).to_be_visible()
        beginning = (text.text_content() or "").removeprefix(prompt)
        visit.page.wait_for_timeout(300)
        assert text.text_content() == prompt + beginning, "it wrote on after it was stopped"
        expect(box.get_by_role("status")).to_contain_text("It wrote:")
        greedy = "".join(written(model, given, prompt, 0, 1))
        assert beginning
        assert greedy.startswith(beginning)
        box.get_by_role("button", name="One character").press("Enter")
        expect(text).to_have_text(prompt + greedy[: len(beginning) + 1])

        box.get_by_label("Prompt").fill("A prompt with ü")
        expect(box.get_by_role("alert")).to_contain_text("no “ü”")
        expect(box.get_by_role("button", name="Write")).to_be_disabled()
        box.get_by_label("Prompt").fill("My ")
        expect(box.locator(".live-trouble")).to_be_hidden()
        expect(text).to_have_text("My ")
        assert shares(box) == rows(model, given, "My ", 0)
        box.get_by_role("button", name="Reset").click()
        expect(box.get_by_label("Prompt")).to_have_value(prompt)
        expect(box.locator(".live-readout")).to_contain_text("Seed 1 draws")
        assert shares(box) == rows(model, given, prompt, given["temperature"])
        assert not visit.errors


def test_a_seed_and_a_temperature_are_one_text(browser: Browser, site: str, axe: str) -> None:
    with opened(browser, f"{site}/{WRITER}", "dark", NARROW, touch=True, only=MODULE) as visit:
        visit.page.emulate_media(reduced_motion="reduce", color_scheme="dark")
        given, model = options(visit, MODULE), Model(site, "shakespeare")
        box = started(visit, MODULE, "Likeliest next")
        prompt, text = given["prompts"][1], box.locator(".live-written")
        box.get_by_role("button", name=" ".join(prompt.split())).tap()
        box.get_by_role("button", name="Another seed").tap()
        expect(box.locator(".live-readout")).to_contain_text("Seed 2 draws")
        box.get_by_role("button", name="Write").tap()
        # Who asked for less motion gets the text as a whole.
        expect(text).not_to_have_text(prompt)
        whole = prompt + "".join(written(model, given, prompt, given["temperature"], 2))
        assert text.text_content() == whole
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)
        box.get_by_role("button", name="Start over").tap()
        expect(text).to_have_text(prompt)
        assert not visit.errors
