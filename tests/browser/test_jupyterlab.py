"""The widgets in JupyterLab with a kernel: the same modules, and torch answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page, expect

from tests.browser.visit import WIDE

# What these cells show can come from Python alone: a page's modules know nothing of it.
CELLS = [
    """
import torch
from torch import nn
from livetorch.live import Broadcasting, DrawDigit, FitLine

asked = []

class Counting(Broadcasting):
    def answer(self, question):
        asked.append(question)
        return super().answer(question)

class AlwaysSeven(nn.Module):
    def forward(self, images):
        logits = torch.zeros(len(images), 10)
        logits[:, 7] = 20 * (images.sum() > 0)
        return logits, images, images

Counting()
""",
    "DrawDigit(AlwaysSeven(), sure=0.8)",
    "FitLine()",
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a notebook in a JupyterLab of its own, without anybody's settings."""
    folder = tmp_path_factory.mktemp("lab")
    notebook = new_notebook(cells=[new_code_cell(source.strip()) for source in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "widgets.ipynb")
    names = ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR",
             "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")  # fmt: skip
    places = {name: str(folder / name) for name in names}
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0",
        "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True",
        f"--ServerApp.root_dir={folder}", "--LabApp.news_url=None", "--expose-app-in-browser",
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
    ]  # fmt: skip
    log = folder / "log.txt"
    with log.open("w") as file:
        server = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, cwd=folder,
                                  env=os.environ | places | {"OMP_NUM_THREADS": "1"})  # fmt: skip
    try:
        yield f"{address(Path(places['JUPYTER_RUNTIME_DIR']), server, log)}lab/tree/widgets.ipynb"
    finally:
        server.terminate()
        server.wait(30)


def address(folder: Path, server: subprocess.Popen[bytes], log: Path) -> str:
    """The address that the server wrote down once it listens."""
    for _ in range(600):
        assert server.poll() is None, log.read_text()
        for path in folder.glob("jpserver-*.json"):
            text = path.read_text()
            if text.endswith("}"):
                return str(json.loads(text)["url"])
        time.sleep(0.1)
    raise TimeoutError(log.read_text())


@pytest.fixture(scope="module")
def page(browser: Browser, lab: str) -> Iterator[Page]:
    """The notebook, open, with all its cells run."""
    context = browser.new_context(viewport={"width": WIDE[0], "height": 1400})
    opened = context.new_page()
    opened.goto(lab)
    expect(opened.locator(".jp-CodeCell")).to_have_count(len(CELLS))
    expect(opened.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
    opened.locator(".jp-CodeCell .jp-InputPrompt").first.click()
    for _ in CELLS:  # the command ends when its cell has run
        opened.evaluate("() => jupyterapp.commands.execute('notebook:run-cell-and-select-next')")
    expect(opened.locator(".live-box")).to_have_count(3)
    yield opened
    context.close()


def test_torch_raises_its_own_error(page: Page) -> None:
    box = page.get_by_role("region", name="Broadcasting explorer")
    box.get_by_label("Shape of a").fill("5, 2")
    error = "The size of tensor a (2) must match the size of tensor b (4) at non-singleton"
    expect(box.locator(".live-result")).to_contain_text(error)
    # More entries than any module computes with: torch's own words.
    box.get_by_label("Shape of a").fill(", ".join(["999999"] * 4))
    expect(box.get_by_role("alert")).to_contain_text("integer multiplication overflow")


def test_the_notebooks_own_model_reads_the_drawing(page: Page) -> None:
    box = page.get_by_role("region", name="Draw a digit")
    expect(box.locator(".live-readout")).to_have_text("It reads a 7 (100 %).")
    box.get_by_role("button", name="Clear").click()
    expect(box.locator(".live-readout")).to_have_text("Draw a digit.")
    box.get_by_role("button", name="A one").click()
    expect(box.locator(".live-readout")).to_have_text("It reads a 7 (100 %).")


def test_descent_is_drawn_and_follows_the_slider(page: Page) -> None:
    box = page.get_by_role("region", name="A line, its loss, and the way down")
    words = box.locator("p.live-readout").last
    expect(words).to_contain_text("40 steps take the loss from")
    rate = box.get_by_role("slider", name="Learning rate")
    rate.focus()
    page.keyboard.press("End")
    expect(words).to_contain_text("the path stays")


def test_colors_follow_the_lab(page: Page) -> None:
    color = "getComputedStyle(document.querySelector('.live-box')).backgroundColor"
    light = page.evaluate(color)
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    assert page.evaluate(color) != light
    page.evaluate("document.body.dataset.jpThemeLight = 'true'")
