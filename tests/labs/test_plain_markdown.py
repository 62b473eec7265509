"""MyST made plain: what stands in place of each kind of markup, and what is left alone."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from livetorch_labs import LabError
from livetorch_labs.assignment.repository import Repository
from livetorch_labs.markdown.citations import read_works
from livetorch_labs.markdown.plain import plain_markdown
from livetorch_labs.markdown.references import Book, Place, fragment, read_book

BIB = r"""
@article{one, title = {On {Slopes}}, author = {Ang, Ann}, year = {1999}, doi = {10.1/x_y}}
@article{two, title = {Two}, author = {van der Bo, B{\"o} and {Team of C}}, year = 2001,
  url = {https://example.org/a_b~c}}
@misc{docs, title = {Views}, author = {{PyTorch contributors}}, url = {https://example.org/v}}
@book{paper, title = {A Book}, author = {D, E and F, G and H, I}, year = {1980}}
"""
CHAPTERS = {
    "01-one": [
        "(one)=\n# One\n\nText.",
        "(one-a)=\n(one-alias)=\n## Part `a` (really?)\n\n```{math}\n:label: rule\na = b\n```",
        "$$\nc = d\n$$ (second)",
        '(quoted)=\n## "a $x$"',
    ],
    "02-two": ["(Two)=\n# Two\n\n(two-b)=\n## Part b"],
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("book")
    (root / "references.bib").write_text(BIB, encoding="utf-8")
    (root / "chapters").mkdir()
    for name, texts in CHAPTERS.items():
        notebook = new_notebook(cells=[new_markdown_cell(text) for text in texts])
        nbformat.write(notebook, root / "chapters" / f"{name}.ipynb")
    (root / "pages").mkdir()
    (root / "index.md").write_text("(home)=\n# Home\n", "utf-8")
    (root / "pages" / "terms.md").write_text("---\nx: 1\n---\n(terms)=\n# Terms\n", "utf-8")
    return root


@pytest.fixture(scope="module")
def book(root: Path) -> Book:
    return read_book(root)


@pytest.fixture(scope="module")
def online(root: Path) -> Book:
    return read_book(root, Repository("Some", "book").site)


def test_labels_lead_to_the_heading_under_them(book: Book) -> None:
    part = "Part a (really?)"
    assert book.places["one-alias"] == Place("chapters/01-one", "One", part, "one-alias")
    assert book.places["rule"] == Place("chapters/01-one", "One", part, "equation-rule", 1)
    assert book.places["second"].equation == 2
    assert book.places["second"].heading == part, "of an earlier cell"
    assert book.places["terms"].title == "Terms"
    assert book.places["home"].page == "index"
    assert fragment(book.places["one-a"], "one-a") == "<#Part-a-(really?)>"
    assert fragment(book.places["quoted"], "quoted") == "#quoted"


HERE = "<#Part-a-(really?)>"
CASES = {
    "(one)=\n# One": ("# One", "# One"),
    '(quoted)=\n## "a $x$"': ('<a id="quoted"></a>\n\n## "a $x$"',) * 2,
    "{ref}`quoted`": ('["a $x$"](#quoted)',) * 2,
    "{ref}`one-a`": (f"[Part a (really?)]({HERE})",) * 2,
    "see {ref}`a long\n  text <one-a>`.": (f"see [a long text]({HERE}).",) * 2,
    "{ref}`there <two-b>`": (
        "there (“Part b” in “Two”)",
        "[there](https://some.github.io/book/chapters/02-two.html#two-b)",
    ),
    "{ref}`two-b`": (
        "Part b (in “Two”)",
        "[Part b](https://some.github.io/book/chapters/02-two.html#two-b)",
    ),
    "{ref}`lesson 2 <two>`": (
        "lesson 2 (“Two”)",
        "[lesson 2](https://some.github.io/book/chapters/02-two.html#two)",
    ),
    "{ref}`two`": ("Two", "[Two](https://some.github.io/book/chapters/02-two.html#two)"),
    "[there](#two-b)": (
        "there (“Part b” in “Two”)",
        "[there](https://some.github.io/book/chapters/02-two.html#two-b)",
    ),
    "by {eq}`rule`": (f"by [(1)]({HERE})",) * 2,
    "A {term}`tensor` or {term}`two <tensor>`": (
        "A tensor or two",
        "A [tensor](https://some.github.io/book/pages/glossary.html) or "
        "[two](https://some.github.io/book/pages/glossary.html)",
    ),
    "So {cite:p}`one,two`.": (
        "So ([Ang, 1999](https://doi.org/10.1/x_y); "
        "[van der Bo and Team of C, 2001](https://example.org/a_b~c)).",
    )
    * 2,
    "{cite:t}`docs` and {cite:t}`paper`": (
        "[PyTorch contributors (Views)](https://example.org/v) and D et al. (1980), *A Book*",
    )
    * 2,
    "{math}`x^2`": ("$x^2$",) * 2,
    "```{math}\n:label: rule\na = b\n```": ("$$\na = b \\tag{1}\n$$",) * 2,
    "$$\nc = d\n$$ (second)": ("$$\nc = d \\tag{2}\n$$",) * 2,
    "\\begin{align}\na\n\\end{align}": ("$$\n\\begin{align}\na\n\\end{align}\n$$",) * 2,
    ":::{note}\nOne, {ref}`one`.\n:::": ("> **Note.**\n>\n> One, [One](#One).",) * 2,
    "```{admonition} Mind\n:class: tip\nIt is *so*.\n```": ("> **Mind.**\n>\n> It is *so*.",) * 2,
    "- a\n\n  :::{tip}\n  b\n  :::\n\n- c": ("- a\n\n  > **Tip.**\n  >\n  > b\n\n- c",) * 2,
    "a\n\n% a comment\n\nb": ("a\n\n\nb",) * 2,
}


@pytest.mark.parametrize("source", CASES)
def test_markup_becomes_plain(source: str, book: Book, online: Book) -> None:
    made = [plain_markdown(source, "chapters/01-one", known) for known in (book, online)]
    assert tuple(made) == CASES[source]


@pytest.mark.parametrize(
    "source",
    [
        "`{ref}` and ``{ref}`one` `` in code",
        "```python\n# {ref}`one`\n(one)=\n```",
        "````\n```{note}\n```\n````",
        "    (one)=\n    {ref}`one`",
        "A \\{ref}`one` that is meant.",
        "$$\n\\begin{aligned} a \\\\ b \\end{aligned}\n$$\n\nand $\\{x\\}$",
        "| a | b |\n|---|---|\n| `x` | (y) |",
        "[a link](https://example.org) with {braces} and (words)= inside",
        "# A heading\n\n1. one\n\n   two\n\n- three",
    ],
)
def test_what_is_code_or_plain_stays_as_it_is(source: str, book: Book) -> None:
    assert plain_markdown(source, "chapters/01-one", book) == source


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("{ref}`nowhere`", "label 'nowhere', which is in no lesson and no page"),
        ("{cite:p}`nobody`", "cites 'nobody', which is not in references.bib"),
        ("{eq}`one`", "'one' names no equation"),
        ("{download}`x`", "the role {download} has no plain form"),
        ("```{figure} x.png\n```", "the block {figure} has no plain form"),
    ],
)
def test_what_has_no_plain_form_is_refused_with_the_reason(
    source: str, sentence: str, book: Book
) -> None:
    with pytest.raises(LabError, match=re.escape(sentence)):
        plain_markdown(source, "chapters/01-one", book)


def test_a_label_in_two_places_is_refused(root: Path) -> None:
    path = root / "pages" / "again.md"
    path.write_text("(one-a)=\n# Again\n", "utf-8")
    with pytest.raises(LabError, match="label 'one-a' is in pages/again and in chapters/01-one"):
        read_book(root)
    path.unlink()


def test_a_folder_without_a_bibliography_has_no_works(tmp_path: Path) -> None:
    assert read_works(tmp_path / "references.bib") == {}
    (tmp_path / "bad.bib").write_text("@article{one, title = ", "utf-8")
    with pytest.raises(LabError, match="can not be read as BibTeX"):
        read_works(tmp_path / "bad.bib")


def test_the_published_book_is_where_github_serves_it() -> None:
    assert Repository("Some", "book").site == "https://some.github.io/book/"
    assert Repository("some", "some.github.io").site == "https://some.github.io/"
