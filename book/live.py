"""Widgets in the pages: their modules, the runtime and the models as static files, and their HTML.

A widget's output is HTML that names its module and what that needs: livetorch.live.frame.widget.
Here the still picture in it takes the theme's colors, and a widget that loads much learns how much,
or that a part is missing.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import json
import re
import runpy
import shutil
from collections.abc import Callable
from pathlib import Path

from book.figures import figure_html
from book.notebooks import BUILD, ROOT, RUNS, exported, notebook_paths, read, write_whole

SOURCES = ROOT / "src" / "livetorch" / "live"
FOLDER = BUILD / "static" / "live"
MODELS = RUNS / "models"
"""Where the notebooks put what they export, see livetorch.live.export."""


def model_file(name: str) -> Path:
    """Where the model of a name is, once its notebook ran."""
    return MODELS / f"{name}.onnx"


def model_files() -> list[Path]:
    """The models of the book as it is; others may lie beside them from notebooks that were."""
    names = {name for path in notebook_paths() for name in exported(read(path))}
    return [model_file(name) for name in sorted(names)]


MODULES = runpy.run_path(str(SOURCES / "frame" / "modules.py"))
bundle: Callable[[str], str] = MODULES["bundle"]
module_paths: Callable[[], dict[str, Path]] = MODULES["module_paths"]
RUNTIME_VERSION: str = json.loads((ROOT / "book" / "package.json").read_text())[
    "optionalDependencies"
]["onnxruntime-web"]
RUNTIME = {
    "ort.wasm.bundle.min.mjs": "ort.wasm.bundle.min.mjs",
    "ort-wasm-simd-threaded.wasm": "ort-wasm-simd-threaded.wasm.gz",
}
"""onnxruntime-web's two files, and their names in the book."""
LOST = BUILD / "lost.txt"
"""What npm said when it could not fetch the packages; absent where it could."""
MISSING = (
    "This figure needs {what}, which could not be had when the book was built. Its picture stands "
    "here instead; in a notebook it works."
)
MISSING_LATER = (
    "This part of the figure needs {what}, which could not be had when the book was built. In a "
    "notebook it works."
)


def version() -> str:
    """Changes with every module, so that no reader's browser mixes two editions."""
    digest = hashlib.sha256()
    for path in module_paths().values():
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def make_live_files(node_modules: Path | None) -> None:
    """Put modules, models and the runtime where pages find them."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "models").mkdir(parents=True)
    for name in module_paths():
        text = bundle(name).replace("ORT_VERSION", RUNTIME_VERSION)
        (FOLDER / f"{name}.mjs").write_text(text, encoding="utf-8")
    for path in filter(Path.exists, model_files()):
        shutil.copy(path, FOLDER / "models")
    if node_modules is None:
        return
    for source, name in RUNTIME.items():
        path = node_modules / "onnxruntime-web" / "dist" / source
        if path.exists():
            # Many hosts compress no WebAssembly: it is kept compressed and inflated by the page.
            shutil.copy(packed(path) if name.endswith(".gz") else path, FOLDER / name)


def packed(path: Path) -> Path:
    """The compressed copy that lies beside a file of npm's; made once, since it takes seconds."""
    made = path.with_name(f"{path.name}.gz")
    if not made.exists():
        write_whole(made, gzip.compress(path.read_bytes(), 9, mtime=0))
    return made


def files_needed(needs: str) -> list[str]:
    """The files under ``live/`` that a widget's ``data-needs`` names."""
    names: list[str] = []
    for need in needs.split():
        names += RUNTIME.values() if need == "runtime" else [f"models/{need}.onnx"]
    return names


def missing(needs: str) -> str:
    """What of a widget's needs is not there, in words; empty where all is."""
    lost = [name for name in files_needed(needs) if not (FOLDER / name).exists()]
    if any(name in RUNTIME.values() for name in lost):
        return "onnxruntime-web, a package of npm"
    return ", ".join(lost)


def page_part(text: str) -> str:
    """Of a widget's stored HTML what is meant for a page, see ``Widget.stored_html``."""
    comment = re.search(r"<!--live (.*) -->", text, re.DOTALL)
    return comment[1].replace("-&#45;", "--") if comment else text


def live_html(text: str, prefix: str) -> str:
    """A widget's HTML with its still picture in the theme's colors and the weight of its files."""
    text = page_part(text)
    svg = re.search(r"<svg\b.*</svg>", text, re.DOTALL)
    if svg is not None and "<metadata>" in svg[0]:  # drawn by matplotlib
        # The element around it has the words; a figure of its own would be read twice.
        drawn = figure_html(svg[0], "-", prefix).removeprefix('<figure class="lt-figure">')
        drawn = drawn.removesuffix("</figure>").replace('role="img" aria-label="-"', "")
        text = text.replace(svg[0], drawn)
    return weighed(weighed(text, "data-", "needs", MISSING), "data-later-", "later", MISSING_LATER)


def weighed(text: str, start: str, name: str, words: str) -> str:
    """A widget's HTML with what the files of ``data-NAME`` weigh, or words on what is missing."""
    attribute = re.search(rf'data-{name}="([^"]*)"', text)
    if attribute is None or not attribute[1]:
        return text
    lost = missing(attribute[1])
    if lost:
        made = f'{start}missing="{html.escape(words.format(what=lost))}"'
    else:
        size = sum((FOLDER / file).stat().st_size for file in files_needed(attribute[1]))
        made = f'{start}bytes="{size}"'
    return text.replace(attribute[0], f"{made} {attribute[0]}", 1)
