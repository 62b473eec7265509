"""What readers take along holds no markup of the book's own, and its links lead somewhere."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from myst_parser.config.main import MdParserConfig
from myst_parser.mdit_to_docutils.base import DocutilsRenderer
from myst_parser.parsers.mdit import create_md_parser
from nbformat import NotebookNode

from book.notebooks import BUILD, ROOT, chapter_paths, notebook_paths, page_of, read
from book.publish import published
from livetorch_labs.assignment.find import find
from livetorch_labs.assignment.release import handout
from livetorch_labs.assignment.repository import Repository
from livetorch_labs.markdown.references import Book, read_book

PROJECT = Repository("someone", "book")
OWN = (
    "myst_role",
    "myst_target",
    "myst_line_comment",
    "myst_block_break",
    "amsmath",
    "colon_fence",
    "math_block_label",
    "substitution_inline",
    "substitution_block",
)
RAW = re.compile(r"\{[\w:+-]+\}`|^\([\w-]+\)=|^:::|`{3,}\{|^%|\]\(#\)|\[\]\(|\{cite|\{\{", re.M)


@cache
def book(site: str) -> Book:
    return read_book(ROOT, site)


def download(path: Path) -> NotebookNode:
    return published(read(path), page_of(path), book(""), None)


def for_colab(path: Path) -> NotebookNode:
    return published(read(path), page_of(path), book(PROJECT.site), PROJECT)


def lab(path: Path) -> NotebookNode:
    return handout(find(ROOT / "chapters", path.relative_to(ROOT / "chapters").as_posix()))


MADE = [(make, path) for make in (download, for_colab) for path in notebook_paths()]
MADE += [(lab, path) for path in chapter_paths()]
everything = pytest.mark.parametrize(
    ("make", "path"), MADE, ids=[f"{make.__name__} {path.stem}" for make, path in MADE]
)
reader = create_md_parser(
    MdParserConfig(
        enable_extensions={"amsmath", "colon_fence", "deflist", "dollarmath", "substitution"}
    ),
    DocutilsRenderer,
)


def texts(notebook: NotebookNode) -> list[str]:
    """All Markdown of a notebook: its cells, and what its code showed as Markdown."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    return cells + ["".join(o.get("data", {}).get("text/markdown", "")) for o in outputs]


def markup(text: str) -> list[str]:
    """What MyST's own parser finds in a text that plain Markdown does not know."""
    marks = []
    for token in reader.parse(text):
        if token.type in OWN or (token.type == "fence" and token.info.startswith("{")):
            marks.append(f"{token.type} {token.content}")
        marks += [f"{c.type} {c.content}" for c in token.children or [] if c.type in OWN]
    # And by eye, so to speak: what stands outside code and looks like it.
    prose = re.sub(r"^(`{3,}).*?^\1\s*$|(`+)(?!`).+?(?<!`)\2(?!`)", "", text, flags=re.M | re.S)
    return marks + RAW.findall(prose)


def targets(text: str) -> list[str]:
    """The places inside its notebook that a text links to."""
    inline = [child for token in reader.parse(text) for child in token.children or []]
    links = [str(child.attrs["href"]) for child in inline if child.type == "link_open"]
    return [unquote(link[1:]) for link in links if link.startswith("#")]


def headings(notebook: NotebookNode) -> list[str]:
    """The addresses of a notebook's parts in JupyterLab: their text with hyphens, and anchors."""
    addresses = []
    for text in texts(notebook):
        addresses += re.findall(r'<a id="([\w-]+)"></a>', text)
        tokens = reader.parse(text)
        for number, token in enumerate(tokens):
            if token.type == "heading_open":
                parts = tokens[number + 1].children or []
                shown = "".join(f"${c.content}$" if "math" in c.type else c.content for c in parts)
                addresses.append(shown.replace(" ", "-"))
    return addresses


@everything
def test_no_raw_markup_and_every_link_within_leads_somewhere(make: object, path: Path) -> None:
    assert callable(make)
    notebook = make(path)
    parts = headings(notebook)
    for text in texts(notebook):
        assert not markup(text), text
        for target in targets(text):
            assert parts.count(target) == 1, f"{target} in {text}"
            assert quote(target, safe="!#%&'()*+,;=:@/?~$[]") == target, "a browser changes it"


def test_the_check_finds_each_kind_of_markup() -> None:
    for raw in (
        "{ref}`a`",
        "(a)=\n# A",
        ":::{note}\na\n:::",
        "```{math}\na\n```",
        "% a",
        "+++",
        "$$\na\n$$ (b)",
        "{cite:p}`a`",
        "[](#)",
        "{{ a }}",
    ):
        assert markup(raw), raw
    assert not markup("`{ref}` and ``{ref}`a` ``\n\n```python\n% a\n(a)=\n```\n\n$$\na\n$$\n")
    originals = [text for path in notebook_paths() for text in texts(read(path))]
    assert sum(len(markup(text)) for text in originals) > 1000


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem)
def test_links_to_published_pages_lead_somewhere(path: Path) -> None:
    for text in texts(for_colab(path)):
        for page, anchor in re.findall(rf"\]\({PROJECT.site}([\w/-]+)\.html#?([\w-]*)\)", text):
            built = (BUILD / "html" / f"{page}.html").read_text(encoding="utf-8")
            assert not anchor or f'id="{anchor}"' in built, f"{page}#{anchor}"


def test_the_built_downloads_are_what_is_published() -> None:
    for path in notebook_paths():
        stored = read(BUILD / "html" / "notebooks" / path.name)
        assert not [mark for text in texts(stored) for mark in markup(text)]
