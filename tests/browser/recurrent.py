"""What onnxruntime says of the models that a page of the book runs, to compare the page with."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import onnxruntime
import torch
from playwright.sync_api import Locator, expect
from torch import Tensor

from tests.browser.visit import Visit

NAMES = "chapters/11-recurrent-networks/3-names.html"
WRITER = "chapters/11-recurrent-networks/4-text-that-writes-itself.html"


class Model:
    """The exported model that a site serves."""

    def __init__(self, site: str, name: str) -> None:
        with urllib.request.urlopen(f"{site}/_static/live/models/{name}.onnx") as file:
            self.session = onnxruntime.InferenceSession(file.read())

    def __call__(self, **inputs: Tensor) -> list[Tensor]:
        made = self.session.run(None, {name: value.numpy() for name, value in inputs.items()})
        return [torch.as_tensor(output) for output in made]


def options(visit: Visit, module: str) -> dict[str, Any]:
    """What the chapter gave the widget."""
    text = visit.page.locator(f'.live[data-live="{module}"] > script').text_content()
    assert text is not None
    made: dict[str, Any] = json.loads(text)
    return made


def started(visit: Visit, module: str, words: str) -> Locator:
    """The widget after a click on its button, once its first line says ``words``."""
    holder = visit.page.locator(f'.live[data-live="{module}"]')
    holder.locator("> .live-button").click()
    box = holder.locator(".live-box")
    expect(box.locator(".live-readout")).to_contain_text(words)
    return box


def shares(box: Locator) -> list[list[str]]:
    """The rows of the widget's bars: a label, and a percentage for each bar."""
    rows: list[list[str]] = box.locator(".live-bars tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('th, .live-share')]"
        ".map(cell => cell.textContent))"
    )
    return rows


def percent(value: float) -> str:
    if 0.995 < value < 1:
        return "> 99 %"
    return "< 1 %" if 0 < value < 0.005 else f"{int(value * 100 + 0.5)} %"
