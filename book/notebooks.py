"""Where the notebooks are, how they are read and written, and what their cells are."""

from __future__ import annotations

import os
import re
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode

# Which parts of a cell are a solution or a hidden test is decided once, where labs are made.
from livetorch_labs.assignment.regions import HIDDEN_TESTS as HIDDEN_TESTS
from livetorch_labs.assignment.regions import SOLUTION as SOLUTION
from livetorch_labs.assignment.regions import without_markers as without_markers
from livetorch_labs.assignment.regions import without_region as without_region

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"
RUNS = BUILD / os.environ.get("LIVETORCH_RUNS", "")
"""What running the notebooks leaves; as another processor they have a folder of their own."""
CACHE = RUNS / "executed"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
"""What a widget shows in a notebook while its kernel lives; another name in each run."""
write_whole: Callable[[Path, str | bytes], None] = runpy.run_path(
    str(ROOT / "src" / "livetorch" / "files.py")  # importing the package would import torch
)["write_whole"]
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"


class NotebookError(RuntimeError):
    """A notebook that cannot be used, with what to do about it."""


def pages() -> list[str]:
    """Every page of ``_toc.yml`` in order, without its ending."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())

    def files(entry: object) -> Iterator[str]:
        if isinstance(entry, dict):
            for key, value in entry.items():
                if key in ("root", "file"):
                    yield value
                else:
                    yield from files(value)
        elif isinstance(entry, list):
            for item in entry:
                yield from files(item)

    return list(files(toc))


def notebook_paths() -> list[Path]:
    """The notebooks of ``_toc.yml`` in order.

    Raises:
        NotebookError: a page of ``_toc.yml`` has no file.
    """
    paths = []
    for page in pages():
        candidates = [ROOT / f"{page}{suffix}" for suffix in (".ipynb", ".md")]
        existing = [path for path in candidates if path.exists()]
        if not existing:
            raise NotebookError(f"_toc.yml names {page}, but there is no {page}.ipynb or .md")
        if existing[0].suffix == ".ipynb":
            paths.append(existing[0])
    return paths


def chapter_paths() -> list[Path]:
    """The notebooks that are lessons, with exercises and a quiz: all that lie under chapters."""
    return [path for path in notebook_paths() if path.is_relative_to(ROOT / "chapters")]


def page_of(path: Path) -> str:
    """The page of a notebook, as ``_toc.yml`` names it."""
    return path.relative_to(ROOT).with_suffix("").as_posix()


def read(path: Path) -> NotebookNode:
    """A notebook, checked against the format.

    Raises:
        NotebookError: it is not JSON, not a notebook, or of format 3.
    """
    try:
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
    except (ValueError, nbformat.ValidationError) as error:
        raise NotebookError(
            f"{path} is not a valid notebook ({str(error).splitlines()[0]}): open it in "
            "JupyterLab and save it, or take the last version from git"
        ) from error
    if notebook.nbformat != 4 or notebook.nbformat_minor < 5:
        raise NotebookError(
            f"{path} has format {notebook.nbformat}.{notebook.nbformat_minor}, this book's have "
            "4.5: open it in a current JupyterLab and save it"
        )
    return notebook


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook in one form: indented by one, a newline at the end, moved into place."""
    write_whole(path, nbformat.writes(notebook).rstrip("\n") + "\n")


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def exported(notebook: NotebookNode) -> list[str]:
    """The names of the models that a notebook's code exports for its page."""
    sources = "\n".join(cell.source for cell in code_cells(notebook))
    return re.findall(r"\blive\.export\(\s*[\"']([\w-]+)[\"']", sources)


def is_solution(metadata: dict[str, dict[str, object]]) -> bool:
    return bool(metadata.get("nbgrader", {}).get("solution"))


def is_test(metadata: dict[str, dict[str, object]]) -> bool:
    return bool(metadata.get("nbgrader", {}).get("grade"))
