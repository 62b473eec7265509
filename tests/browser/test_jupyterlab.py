"""Notebooks in JupyterLab: widgets with a kernel, and what one sees who has just opened a file."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import nbformat
import pytest
from matplotlib.figure import Figure
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Browser, Page, expect

from book.notebooks import WIDGET_VIEW, chapter_paths
from livetorch.live import Quiz, Strides
from livetorch.style import PAPER, RC_PARAMS, png_text
from tests.browser.visit import WIDE

LESSON = chapter_paths()[0]
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

MARKUP = [
    "(top)=\n# Markup\n\nSee {ref}`the part below <below>`, by {cite:p}`someone`, and $x^2$.",
    "(below)=\n## Below\n\n:::{note}\nA note.\n:::\n\n```{math}\n:label: rule\na = b\n```",
]


def stored() -> NotebookNode:
    """A notebook that was run elsewhere: its figure, a widget and a quiz as they are kept."""
    with matplotlib.rc_context(RC_PARAMS):
        figure = Figure()
        figure.subplots().plot([1, 3, 2])
        svg = io.StringIO()
        figure.savefig(svg, format="svg")
        drawn = {"image/svg+xml": svg.getvalue(), "image/png": png_text(figure)}
    bundles = [
        drawn,
        *(made._repr_mimebundle_()[0] for made in (Strides(), Quiz(LESSON.stem, LESSON.parent))),
    ]
    cells = [new_markdown_cell(text) for text in MARKUP]
    for bundle in bundles:
        bundle.pop(WIDGET_VIEW, None)
        bundle.setdefault("text/plain", "<Figure size 560x330 with 1 Axes>")
        cells.append(new_code_cell("...", outputs=[new_output("display_data", data=bundle)]))
    return new_notebook(cells=cells)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a notebook in a JupyterLab of its own, without anybody's settings."""
    folder = tmp_path_factory.mktemp("lab")
    notebook = new_notebook(cells=[new_code_cell(source.strip()) for source in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "widgets.ipynb")
    elsewhere = stored()
    elsewhere.metadata["kernelspec"] = notebook.metadata["kernelspec"]
    nbformat.write(elsewhere, folder / "stored.ipynb")
    names = (
        "JUPYTER_RUNTIME_DIR",
        "JUPYTER_CONFIG_DIR",
        "JUPYTERLAB_SETTINGS_DIR",
        "JUPYTERLAB_WORKSPACES_DIR",
        "IPYTHONDIR",
    )
    places = {name: str(folder / name) for name in names}
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0",
        "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True",
        f"--ServerApp.root_dir={folder}", "--LabApp.news_url=None", "--expose-app-in-browser",
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
    ]  # fmt: skip
    log = folder / "log.txt"
    with log.open("w") as file:
        server = subprocess.Popen(
            command,
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=os.environ | places | {"OMP_NUM_THREADS": "1"},
        )
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


@pytest.fixture(scope="module")
def untrusted(browser: Browser, lab: str) -> Iterator[Page]:
    """A notebook that another person ran, in the dark theme: no script of it may run."""
    context = browser.new_context(viewport={"width": WIDE[0], "height": 2000})
    opened = context.new_page()
    opened.goto(lab.replace("widgets.ipynb", "stored.ipynb"))
    expect(opened.locator(".jp-CodeCell")).to_have_count(3, timeout=120_000)
    opened.evaluate(
        "() => jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
    )
    expect(opened.locator("body")).to_have_attribute("data-jp-theme-light", "false", timeout=60_000)
    yield opened
    context.close()


def test_pictures_are_legible_in_an_untrusted_dark_notebook(untrusted: Page) -> None:
    pictures = untrusted.locator(".jp-OutputArea img")
    expect(pictures).to_have_count(2)
    corner = """(image) => {
        const canvas = document.createElement("canvas");
        canvas.getContext("2d").drawImage(image, 0, 0);
        return [...canvas.getContext("2d").getImageData(2, 2, 1, 1).data];
    }"""
    paper = [*bytes.fromhex(PAPER["light"].removeprefix("#")), 255]
    for picture in pictures.all():
        assert (picture.get_attribute("src") or "").startswith("data:image/png;base64,")
        assert picture.evaluate(corner) == paper
    assert pictures.last.get_attribute("alt") == Strides.description


def test_widgets_that_do_not_run_are_a_sentence(untrusted: Page) -> None:
    texts = [area.inner_text().strip() for area in untrusted.locator(".jp-OutputArea-output").all()]
    assert texts == [
        "",
        "Strides explorer, a figure to move: run this cell.",
        f"Run this cell to answer the quiz {LESSON.stem} here.",
    ]


def test_markup_is_rendered(untrusted: Page) -> None:
    cells = untrusted.locator(".jp-MarkdownCell")
    expect(cells.first.locator("h1")).to_have_text("Markup")
    expect(cells.first.get_by_role("link", name="the part below")).to_be_visible()
    expect(cells.first.locator(".katex").first).to_be_visible()
    expect(cells.last.locator("aside")).to_contain_text("A note.")
    expect(cells.last.locator(".katex").first).to_be_visible()
    for cell in cells.all():
        assert not re.search(r"\{(ref|cite|math)|\)=|:::|```", cell.inner_text())
