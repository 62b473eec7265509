"""Widgets in the built book: their files, and what becomes of them where a part cannot be had."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from book import build, live, vendor
from book.live import RUNTIME, live_html, missing
from book.notebooks import BUILD, NotebookError, exported, notebook_paths, read
from book.runs import executed

STATIC = BUILD / "html" / "_static"
WIDGET = (
    '<div class="live" data-live="digits" data-needs="runtime digits" data-title="t">'
    '<div class="live-still" role="img" aria-label="a picture"><p>still</p></div></div>'
)


def test_the_runtime_the_models_and_the_fonts_are_in_the_book() -> None:
    """A build without npm gives a book too; it must not be what is tested or published."""
    assert not missing("runtime")
    for name in RUNTIME.values():
        assert (STATIC / "live" / name).stat().st_size > 50_000
    models = {name for path in notebook_paths() for name in exported(read(path))}
    assert models
    for name in models:
        assert (STATIC / "live" / "models" / f"{name}.onnx").exists()
    assert list((STATIC / "fonts").glob("*.woff2"))


def test_a_widget_is_one_file_that_asks_for_no_other() -> None:
    modules = [p for p in (STATIC / "live").glob("*.mjs") if p.name not in RUNTIME.values()]
    assert len(modules) > 10
    for path in modules:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^import ", text, re.MULTILINE), path.name
        assert "ORT_VERSION" not in text
    assert "LIVE_VERSION" not in (STATIC / "book.js").read_text(encoding="utf-8")


def test_a_widget_knows_what_its_start_will_load() -> None:
    text = live_html(WIDGET, "l0")
    size = re.search(r'data-bytes="(\d+)"', text)
    assert size is not None
    assert int(size[1]) == sum(
        (live.FOLDER / name).stat().st_size for name in live.files_needed("runtime digits")
    )
    light = WIDGET.replace("runtime digits", "")
    assert "data-bytes" not in live_html(light, "l0")


LATER = WIDGET.replace('data-needs="runtime digits"', 'data-needs="" data-later="runtime digits"')


def test_a_widget_knows_what_a_button_inside_of_it_will_load() -> None:
    text, heavy = live_html(LATER, "l0"), live_html(WIDGET, "l0")
    size = re.search(r'data-bytes="(\d+)"', heavy)
    assert size is not None
    assert f'data-later-bytes="{size[1]}"' in text
    assert "data-bytes" not in text, "it starts by itself"


@pytest.fixture
def without_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The static files of a build that could fetch nothing."""
    monkeypatch.setattr(live, "FOLDER", tmp_path / "static" / "live")
    monkeypatch.setattr(vendor, "STATIC", tmp_path / "static")
    return vendor.make_static_files(None)


def test_without_npm_a_heavy_widget_says_what_is_missing(without_npm: Path) -> None:
    text = live_html(WIDGET, "l0")
    assert "data-bytes" not in text
    assert "onnxruntime-web, a package of npm, which could not be had" in text
    assert "<p>still</p>" in text
    assert (without_npm / "live" / "broadcasting.mjs").exists(), "light widgets work"
    later = live_html(LATER, "l0")
    assert "data-missing" not in later, "it works without"
    assert 'data-later-missing="This part of the figure needs onnxruntime-web' in later


def test_without_npm_formulas_show_as_mathml(without_npm: Path) -> None:
    look = (without_npm / "livetorch.css").read_text(encoding="utf-8")
    assert ".katex-html{display:none}" in look
    assert "font-face" not in look


def test_without_npm_the_build_says_so_in_one_line(
    without_npm: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    lost = without_npm / "lost.txt"
    lost.write_text("npm said: no route to the registry")
    monkeypatch.setattr(build, "LOST", lost)
    build.say_what_is_missing()
    printed = capfd.readouterr().err
    assert printed.startswith("NOT COMPLETE: ")
    assert "no route to the registry" in printed
    assert printed.count("\n") == 1


def test_a_model_that_is_not_there_is_reason_to_run_its_notebook(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = next(path for path in notebook_paths() if exported(read(path)))
    assert executed(path)
    monkeypatch.setattr(live, "MODELS", tmp_path)
    with pytest.raises(NotebookError, match="was not run"):
        executed(path)
    assert exported(new_notebook(cells=[new_code_cell("print(1)")])) == []
