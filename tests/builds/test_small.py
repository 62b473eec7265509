"""A small book of its own pages: what a build leaves behind must not depend on those before it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from book.checkout import Checkout
from book.notebooks import BUILD, write
from book.page_colors import PAPER
from book.refresh import KERNEL, LANGUAGE
from tests.builds.trees import tree

TOC = """
format: jb-book
root: index
parts:
- caption: Pages
  chapters:
  - file: pages/one
  - file: pages/glossary
  - file: chapters/figure
"""
INDEX = "(home)=\n# Home\n\nRead {ref}`one` and {ref}`figure`.\n"
ONE = "(one)=\n# One\n\n## Setting optimizer.lr\n\nSee $x^2$, optimizer.lr and https://example.org/told.\n"
GLOSSARY = "# Glossary\n\n```{glossary}\nbatch\n  Some examples.\n```\n"
DRAW = """
from livetorch.style import use_style

import matplotlib.pyplot as plt
use_style()
plt.plot([1, 2], [NUMBERS])
plt.show()
"""
MOVE = "from livetorch.live import Strides\n\nStrides()"


def notebook(numbers: str, title: str = "A figure") -> list[object]:
    metadata = {"mystnb": {"image": {"alt": "A line, drawn to be looked at by a test."}}}
    return [
        new_markdown_cell(f"(figure)=\n# {title}\n\nA batch of points."),
        new_code_cell(DRAW.replace("NUMBERS", numbers), metadata=metadata),
        new_code_cell(MOVE),
    ]


class SmallBook(Checkout):
    """The book's own build, with other pages."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        # Longer than a socket's address may be.
        temporary = self.build / ("t" * (140 - len(str(self.build))))
        temporary.mkdir()
        self.environment["TMPDIR"] = str(temporary)
        for folder in ("chapters", "pages"):
            shutil.rmtree(root / folder)
            (root / folder).mkdir()
        self.write("_toc.yml", TOC)
        self.write("index.md", INDEX)
        self.write("pages/one.md", ONE)
        self.write("pages/glossary.md", GLOSSARY)
        self.draw("1, 2")

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text, encoding="utf-8")

    def draw(self, numbers: str, name: str = "figure", **options: str) -> None:
        made = new_notebook(
            cells=notebook(numbers, **options),
            metadata={"kernelspec": KERNEL, "language_info": LANGUAGE},
        )
        for number, cell in enumerate(made.cells):
            cell.id = f"cell-{number}"
        write(made, self.root / "chapters" / f"{name}.ipynb")

    def make(self) -> subprocess.CompletedProcess[str]:
        self.python("-m", "book.execute")
        return self.try_python("-m", "book.build")

    def made(self) -> dict[str, str]:
        """What lies in the folder of pages after a build, by path."""
        done = self.make()
        assert done.returncode == 0, done.stdout + done.stderr
        assert not self.running(), "a build leaves no process behind"
        return tree(self.build / "html")

    def running(self) -> list[Path]:
        """The programs that work in a temporary folder of this book, as the renderer does."""
        programs = []
        for link in Path("/proc").glob("[0-9]*/cwd"):
            with contextlib.suppress(OSError):
                if self.environment["TMPDIR"] in str(link.readlink()):
                    programs.append(link)
        return programs

    def page(self, name: str) -> str:
        return (self.build / "html" / f"{name}.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def book() -> Iterator[SmallBook]:
    root = BUILD / "small-book"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    yield SmallBook(root)
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def first(book: SmallBook) -> dict[str, str]:
    return book.made()


@pytest.fixture
def unchanged(book: SmallBook, first: dict[str, str]) -> Iterator[SmallBook]:
    """The book after its first build; whatever a test changes is put back, older than it was."""
    names = ("_toc.yml", "index.md", "pages", "chapters", "book")
    kept = BUILD / "small-book-kept"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()
    for name in names:
        copy = shutil.copytree if (book.root / name).is_dir() else shutil.copy2
        copy(book.root / name, kept / name)
    yield book
    for name in names:
        if (book.root / name).is_dir():
            shutil.rmtree(book.root / name)
        else:
            (book.root / name).unlink()
        (kept / name).rename(book.root / name)
    assert book.made() == first, "put back, the book is not what it was"


def test_only_what_is_written_as_an_address_becomes_a_link(unchanged: SmallBook) -> None:
    page = unchanged.page("pages/one")
    assert 'href="https://example.org/told"' in page
    assert "http://optimizer.lr" not in page


def test_a_page_has_the_svg_of_a_figure_and_of_a_widget_and_no_png(
    unchanged: SmallBook, first: dict[str, str]
) -> None:
    page = unchanged.page("chapters/figure")
    assert page.count('<figure class="lt-figure"') == 1
    assert page.count('data-live="strides"') == 1
    assert page.count("<svg") >= 2
    assert "data:image/png" not in page
    assert "a figure to move" not in page, "which stands for the widget elsewhere"
    assert PAPER["light"] not in page.split("<article", 1)[1]
    assert "--lt-paper" not in page.split("<article", 1)[1], "figures lie on the page"
    assert not [name for name in first if re.match(r"(?!_static/).*\.png", name)]


def test_a_warning_comes_again_until_it_is_mended(unchanged: SmallBook) -> None:
    unchanged.write("pages/one.md", ONE + "\nSee {ref}`nowhere`, and {norole}`this`.\n")
    for _ in range(2):
        done = unchanged.make()
        assert done.returncode == 1
        assert "norole" in done.stderr
        assert "nowhere" in done.stderr


def test_a_page_that_is_gone_leaves_nothing(unchanged: SmallBook, first: dict[str, str]) -> None:
    unchanged.write("_toc.yml", TOC.replace("chapters/figure", "chapters/other"))
    (unchanged.root / "chapters" / "figure.ipynb").unlink()
    unchanged.draw("1, 2", "other")
    made = unchanged.made()
    assert {"chapters/figure.html", "notebooks/figure.ipynb"} == first.keys() - made.keys()
    assert {"chapters/other.html", "notebooks/other.ipynb"} == made.keys() - first.keys()
    assert "figure.ipynb" not in made["searchindex.js"]


def test_a_title_changes_on_every_page_that_shows_it(unchanged: SmallBook) -> None:
    unchanged.draw("1, 2", title="Drawn anew")
    unchanged.made()
    for page in ("index", "pages/one", "chapters/figure", "search"):
        assert "Drawn anew" in unchanged.page(page)
        assert "A figure<" not in unchanged.page(page)


def test_a_run_that_gives_other_outputs_is_shown(unchanged: SmallBook) -> None:
    """Though the notebook's file is the same: here its package changed."""
    before = unchanged.page("chapters/figure")
    style = unchanged.root / "src" / "livetorch" / "style.py"
    text = style.read_text(encoding="utf-8")
    style.write_text(text + '\n\nRC_PARAMS["lines.linewidth"] = 7\n', encoding="utf-8")
    unchanged.made()
    assert unchanged.page("chapters/figure") != before
    style.write_text(text, encoding="utf-8")


def test_an_older_file_is_noticed(unchanged: SmallBook) -> None:
    page = unchanged.root / "pages" / "one.md"
    page.write_text(ONE + "\nFrom a backup.\n", encoding="utf-8")
    os.utime(page, (1e9, 1e9))
    unchanged.made()
    assert "From a backup" in unchanged.page("pages/one")


def test_markup_that_the_theme_no_longer_has_is_an_error(unchanged: SmallBook) -> None:
    theme = unchanged.root / "book" / "theme.py"
    text = theme.read_text(encoding="utf-8")
    theme.write_text(
        text.replace("'<aside class=\"toc-drawer\">'", "'<aside class=\"moved\">'"),
        encoding="utf-8",
    )
    done = unchanged.make()
    assert done.returncode == 1
    assert 'pages/one: Furo wrote <aside class="moved"> 0 times and not once' in done.stderr
