"""The whole book, built again and again: the same bytes as from nothing, whatever came before."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from book.checkout import Checkout
from book.notebooks import BUILD, ROOT, chapter_paths, read, write
from tests.builds.trees import differences, tree

CHANGED = chapter_paths()[3].relative_to(ROOT)
"""A chapter that others point to, by its title and by its parts' titles."""


class Book(Checkout):
    """The book with the notebooks' runs of this working tree: only its pages are made."""

    def made(self) -> dict[str, str]:
        self.python("-m", "book.build")
        return tree(self.build / "html")

    def touch(self) -> None:
        """Change the prose of a notebook, its title and the title of a part."""
        notebook = read(self.root / CHANGED)
        texts = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
        texts[0].source = texts[0].source.replace("\n# ", "\n# Touched: ")
        part = next(cell for cell in texts[1:] if "\n## " in cell.source)
        part.source = part.source.replace("\n## ", "\n## Touched: ")
        texts[-1].source += "\n\nA last word."
        write(notebook, self.root / CHANGED)


@pytest.fixture(scope="module")
def book() -> Iterator[Book]:
    root = BUILD / "again"  # within the working tree, so that its project is the same
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    made = Book(root)
    made.take_runs()
    yield made
    shutil.rmtree(root)


def test_a_build_does_not_depend_on_those_before_it(book: Book) -> None:
    before = (book.root / CHANGED).read_bytes()
    first = book.made()
    here = tree(BUILD / "html")
    assert not differences(first, here), "_build/html is not made of these sources: run make book"
    second = book.made()
    assert not differences(first, second)
    book.touch()
    touched = book.made()
    changed = {name for name in first if first[name] != touched[name]}
    page = CHANGED.with_suffix(".html").as_posix()
    assert {page, f"notebooks/{CHANGED.name}", "searchindex.js", "index.html"} <= changed
    book.forget("executed", "models")
    assert not differences(touched, book.made()), "the touched book, and the same from nothing"
    (book.root / CHANGED).write_bytes(before)
    third = book.made()
    assert not differences(first, third)


def test_a_difference_is_found_and_shown(tmp_path: Path) -> None:
    for name, text in (("a", "<p>one</p>"), ("b", "<p>two</p>")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "page.html").write_text(text)
        (tmp_path / name / f"{name}.svg").write_text("drawn")
    lines = differences(tree(tmp_path / "a"), tree(tmp_path / "b"))
    assert lines == [
        "a.svg: in one of them alone",
        "b.svg: in one of them alone",
        "page.html, letter 3: '<p>one</p>' / '<p>two</p>'",
    ]
