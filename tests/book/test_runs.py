"""The kept runs of notebooks: which are taken, and which are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from jupyter_cache import get_cache
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from book import live, runs
from book.build import causes
from book.notebooks import write
from book.runs import cached, model_hashes, run_file, store


@pytest.fixture
def exporting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Path, NotebookNode]:
    """A notebook that exports a model, with the model that its run left and no run kept."""
    monkeypatch.setattr(runs, "CACHE", tmp_path / "executed")
    monkeypatch.setattr(live, "MODELS", tmp_path)
    notebook = new_notebook(cells=[new_code_cell('live.export("digits", network)')])
    path = tmp_path / "exporting.ipynb"
    write(notebook, path)
    (tmp_path / "digits.onnx").write_bytes(b"weights")
    return path, notebook


def test_a_run_counts_only_with_the_models_that_it_left(
    exporting: tuple[Path, NotebookNode], tmp_path: Path
) -> None:
    """The code may have been changed, run, and changed back: the model is another one's."""
    path, notebook = exporting
    assert run_file(path) is None
    cache = get_cache(tmp_path / "executed")
    store(cache, path, notebook, {"models": model_hashes(notebook)})
    kept = run_file(path)
    assert kept is not None
    assert "live.export" in kept.read_text(encoding="utf-8")
    model = tmp_path / "digits.onnx"
    model.write_bytes(b"other weights")
    assert cached(cache, notebook) is None
    model.unlink()
    assert cached(cache, notebook) is None
    model.write_bytes(b"weights")
    assert run_file(path) == kept


def test_the_causes_of_a_failed_build_are_its_warnings_or_its_last_words() -> None:
    warned = ["reading", "a.md:3: WARNING: unknown role", "done"]
    assert causes(warned) == ["a.md:3: WARNING: unknown role"]
    raised = ["reading", "Theme error:", "one.md: moved", "Traceback (most recent call last):", "x"]
    assert causes(raised) == ["reading", "Theme error:", "one.md: moved"]


def test_a_second_note_of_the_same_package_changes_no_fingerprint(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As ``src/livetorch.egg-info``, which a build of the project leaves there."""
    before = runs.installed()
    torch = next(each for each in before if each.startswith("torch=="))
    name, version = torch.split("==")
    for note in (f"{name}-{version}", "planted-1.0"):
        folder = tmp_path / f"{note}.dist-info"
        folder.mkdir()
        planted, number = note.split("-", 1)
        (folder / "METADATA").write_text(f"Name: {planted}\nVersion: {number}\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert runs.installed() == [before[0], *sorted([*before[1:], "planted==1.0"])]
