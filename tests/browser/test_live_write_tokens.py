"""The token writer in its page: under every rule it writes what Python draws, cache or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import torch
from playwright.sync_api import Browser, Locator, expect
from torch import Tensor

from livetorch.generation import next_token_probabilities
from livetorch.live.parts.sampling import pick, uniform
from livetorch.live.widgets.write_tokens import start_of_window
from livetorch.tokenizers import BytePairs
from tests.browser.recurrent import Model, options, percent, shares, started
from tests.browser.visit import NARROW, opened
from tests.browser.widget import press_when, slide, stays_inside, violations

PAGE = "chapters/13-language-models/3-writing.html"
MODULE = "write_tokens"
READY = "can be drawn"


def tokenizer(given: dict[str, Any]) -> BytePairs:
    return BytePairs(tuple((first, second) for first, second in given["merges"]))


def scores(model: Model, given: dict[str, Any], tokens: list[int]) -> Tensor:
    """What may come after the tokens (V,), all of the window read at once."""
    layers, heads, features = given["cache"]
    window = tokens[start_of_window(len(tokens), given["context"]) :]
    empty = torch.zeros(layers, 1, heads, 0, features)
    return model(tokens=torch.tensor([window]), past_keys=empty, past_values=empty)[0][0].double()


def drawn(
    model: Model, given: dict[str, Any], prompt: str, seed: int, **rules: Any
) -> Iterator[str]:
    """The text so far, longer by one piece each time."""
    pairs = tokenizer(given)
    tokens = pairs.encode(prompt).tolist()
    for count in range(200):
        after = next_token_probabilities(scores(model, given, tokens), **rules)
        order = after.argsort(descending=True, stable=True)
        tokens.append(int(order[pick(after[order], uniform(seed, count))]))
        yield pairs.decode(tokens)


def rows(model: Model, given: dict[str, Any], prompt: str, **rules: Any) -> list[list[str]]:
    """The percentages that the bars must show."""
    logits = scores(model, given, tokenizer(given).encode(prompt).tolist())
    both = torch.stack([logits.softmax(0), next_token_probabilities(logits, **rules)], dim=1)
    order = both[:, 0].argsort(descending=True)
    shown = [*both[order[:10]].tolist(), both[order[10:]].sum(dim=0).tolist()]
    return [[*map(percent, pair)] for pair in shown]


def bars(box: Locator) -> list[list[str]]:
    return [row[1:] for row in shares(box)]


def read(box: Locator) -> int:
    """How many tokens the model has read, as the widget says."""
    match = re.search(r"for this text: (\d+)", box.locator(".live-readout").inner_text())
    assert match is not None
    return int(match[1])


def test_rules_are_moved_and_the_draw_is_shown(browser: Browser, site: str, axe: str) -> None:
    with opened(browser, f"{site}/{PAGE}", only=MODULE) as visit:
        given, model = options(visit, MODULE), Model(site, "plays")
        assert not [r for r in visit.requests if r.endswith(".onnx") or "ort" in r.split("/")[-1]]
        box = started(visit, MODULE, READY)
        prompt, rules = given["prompts"][0], given["rules"]
        assert rules == {"temperature": 1.0, "topK": None, "topP": None, "minP": 0.1}
        assert bars(box) == rows(model, given, prompt, min_p=0.1)
        assert not violations(visit, MODULE, axe)

        slide(box.get_by_label("Temperature"), 0.5, 0.8)
        heat = float(box.get_by_label("Temperature").input_value())
        assert heat > 1.2
        box.get_by_label("Min-p").press("Home")
        expect(box.get_by_label("Min-p")).to_have_attribute("aria-valuetext", "off")
        for _ in range(4):
            box.get_by_label("Top-k").press("ArrowRight")
        expect(box.get_by_label("Top-k")).to_have_attribute("aria-valuetext", "10")
        expect(box.locator(".live-readout")).to_contain_text("10 pieces of 768 can be drawn")
        assert bars(box) == rows(model, given, prompt, temperature=heat, top_k=10)
        box.get_by_label("Top-p").press("End")
        expect(box.get_by_label("Top-p")).to_have_attribute("aria-valuetext", "0.05")
        expect(box.locator(".live-readout")).to_contain_text("1 piece of 768 can be drawn")
        assert bars(box) == rows(model, given, prompt, temperature=heat, top_k=10, top_p=0.05)
        box.get_by_label("Top-p").press("Home")
        expect(box.locator(".live-readout")).to_contain_text("10 pieces of 768")

        # The mark stands over the part of the piece that is taken.
        words = box.locator(".live-strip-words")
        expect(words).to_contain_text(f"The number drawn is {uniform(1, 0):.3f}")
        mark, part = box.locator(".live-strip-mark"), box.locator(".live-strip-drawn")
        arrow, under = mark.bounding_box(), part.bounding_box()
        assert arrow is not None
        assert under is not None
        assert under["x"] - 1 <= arrow["x"] + arrow["width"] / 2 <= under["x"] + under["width"] + 1
        text = next(drawn(model, given, prompt, 1, temperature=heat, top_k=10))
        box.get_by_role("button", name="One piece").click()
        expect(box.locator(".live-written")).to_have_text(text)
        expect(words).to_contain_text(f"The number drawn is {uniform(1, 1):.3f}")
        assert read(box) == len(tokenizer(given).encode(prompt)) + 1
        assert not visit.errors


def test_it_writes_stops_and_keeps_the_last_good_state(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/{PAGE}", only=MODULE) as visit:
        given, model = options(visit, MODULE), Model(site, "plays")
        box = started(visit, MODULE, READY)
        prompt, text = given["prompts"][0], box.locator(".live-written")
        box.get_by_label("Temperature").press("Home")
        expect(box.locator(".live-readout")).to_contain_text("1 piece of 768")
        box.get_by_role("button", name="Write").press("Enter")
        enough = len(prompt) + 10
        condition = f"box.querySelector('.live-written').textContent.length >= {enough}"
        press_when(box, "Stop", condition)
        expect(box.get_by_role("button", name="Write")).to_be_visible()
        beginning = text.text_content() or ""
        visit.page.wait_for_timeout(300)
        assert text.text_content() == beginning, "it wrote on after it was stopped"
        expect(box.get_by_role("status")).to_contain_text("It wrote:")
        for greedy in drawn(model, given, prompt, 1, temperature=0.0):
            if len(greedy) >= len(beginning):
                break
        assert greedy == beginning
        assert len(beginning) >= enough

        box.get_by_label("Prompt").fill("")
        expect(box.get_by_role("alert")).to_contain_text("at least one character")
        expect(box.get_by_role("button", name="Write")).to_be_disabled()
        assert text.text_content() == beginning, "the last text stays until there is another"
        box.get_by_label("Prompt").fill("long " * 130)
        expect(box.get_by_role("alert")).to_contain_text("looks back on 128 pieces")
        box.get_by_label("Prompt").fill("café 👩‍🚀")
        expect(box.locator(".live-trouble")).to_be_hidden()
        expect(text).to_have_text("café 👩‍🚀")
        assert bars(box) == rows(model, given, "café 👩‍🚀", temperature=0)
        box.get_by_role("button", name="Reset").press("Enter")
        expect(box.get_by_label("Prompt")).to_have_value(prompt)
        expect(box.locator(".live-strip-words")).to_contain_text(f"{uniform(1, 0):.3f}")
        assert bars(box) == rows(model, given, prompt, min_p=0.1)
        assert not visit.errors


def test_a_seed_is_one_text_with_a_cache_and_without(browser: Browser, site: str, axe: str) -> None:
    with opened(browser, f"{site}/{PAGE}", "dark", NARROW, touch=True, only=MODULE) as visit:
        visit.page.emulate_media(reduced_motion="reduce", color_scheme="dark")
        given, model = options(visit, MODULE), Model(site, "plays")
        box = started(visit, MODULE, READY)
        prompt, text = given["prompts"][1], box.locator(".live-written")
        begun = len(tokenizer(given).encode(prompt))
        box.get_by_role("button", name=" ".join(prompt.split())).tap()
        expect(box.get_by_label("Prompt")).to_have_value(prompt)
        box.get_by_role("button", name="Another seed").tap()
        expect(box.locator(".live-box .live-row, .live-row").last).to_contain_text("Seed 2")
        # Who asked for less motion gets the text as a whole, here far beyond the context.
        box.get_by_role("button", name="Write").tap()
        expect(box.get_by_role("button", name="Write")).to_be_visible(timeout=60_000)
        *_, whole = drawn(model, given, prompt, 2, min_p=0.1)
        expect(text).to_have_text(whole)
        kept = read(box)
        assert begun + 199 < kept < begun + 200 + 2 * 64
        box.get_by_label("Keep keys and values").tap()
        expect(text).to_have_text(prompt)
        box.get_by_role("button", name="Write").tap()
        expect(box.get_by_role("button", name="Write")).to_be_visible(timeout=60_000)
        expect(text).to_have_text(whole)
        assert read(box) > 30 * kept
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)
        assert not visit.errors
