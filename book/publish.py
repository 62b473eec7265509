"""The notebooks that pages offer: plain Markdown, no hidden test, and they install the package.

The Markdown is made plain by the labs' package, which an instructor has without this one.
"""

from __future__ import annotations

import copy
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from book.notebooks import HIDDEN_TESTS, ROOT, is_test, page_of, read, without_region, write
from livetorch_labs.assignment.repository import Repository
from livetorch_labs.markdown.plain import plain_notebook
from livetorch_labs.markdown.references import Book, read_book

INSTALL = """\
# On a machine without the book's package (Colab, say), this installs it. Elsewhere it does nothing.
from importlib.util import find_spec

if find_spec("livetorch") is None:
    %pip install --quiet "{requirement}"
"""


def published(
    notebook: NotebookNode, page: str, book: Book, project: Repository | None
) -> NotebookNode:
    """A copy of a page's notebook for readers to take along.

    It is in plain Markdown and without hidden tests. Where the project's place is known, its first
    code cell installs the package from there if it is not importable.
    """
    made = copy.deepcopy(notebook)
    plain_notebook(made, page, book)
    for cell in made.cells:
        if cell.cell_type == "code" and is_test(cell.metadata):
            cell.source = without_region(cell.source, HIDDEN_TESTS)
    if project is not None:
        cell = nbformat.v4.new_code_cell(INSTALL.format(requirement=project.install).rstrip())
        cell.id = "install-livetorch"
        cell.metadata["tags"] = ["remove-cell"]
        first = next(i for i, c in enumerate(made.cells) if c.cell_type == "code")
        made.cells.insert(first, cell)
    return made


def publish(paths: list[Path], folder: Path, project: Repository | None) -> None:
    """Write the notebooks of the chapters into a folder of the built book."""
    folder.mkdir(parents=True, exist_ok=True)
    book = read_book(ROOT, project.site if project else "")
    for path in paths:
        write(published(read(path), page_of(path), book, project), folder / path.name)
