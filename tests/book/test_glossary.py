"""The glossary, and the links that chapters get to it."""

from __future__ import annotations

import html
import re

import pytest
from docutils import nodes
from docutils.core import publish_doctree

from book.glossary import CLASS, PAGE, Finder, Term, link_terms, spellings
from book.notebooks import BUILD, ROOT, pages

TERMS = {
    "batch": Term("g", "term-batch", "Some examples."),
    "batch normalization": Term("g", "term-batch-normalization", "A layer."),
    "learning rate": Term("g", "term-learning-rate", "A factor."),
    "loss": Term("g", "term-loss", "How wrong."),
    "mini-batch": Term("g", "term-batch", "Some examples."),
    "Adam": Term("g", "term-Adam", "An optimizer."),
    "entropy": Term("g", "term-entropy", "Surprise."),
    "stride": Term("g", "term-stride", "A way in memory."),
}
HTML = BUILD / "html"
LINK = re.compile(rf'<a class="{CLASS}[^"]*" href="([^"]*)" title="([^"]*)">(.*?)</a>', re.DOTALL)


def linked(text: str) -> list[tuple[str, str]]:
    """The links that a page in reStructuredText gets: text and address."""
    settings = {"report_level": 5, "doctitle_xform": False}
    document = publish_doctree(text, settings_overrides=settings)
    before = document.astext()
    link_terms(document, TERMS, lambda term: f"{term.page}#{term.anchor}")
    assert document.astext() == before, "a link changes no word"
    references = [n for n in document.findall(nodes.reference) if CLASS in n["classes"]]
    assert all(node["reftitle"] and node["internal"] for node in references)
    return [(node.astext(), node["refuri"].removeprefix("g#term-")) for node in references]


def test_the_first_use_is_linked_and_no_other() -> None:
    assert linked("A loss, a loss.\n\nThe loss.") == [("loss", "loss")]
    assert linked("Losses fall. Batches come.") == [("Losses", "loss"), ("Batches", "batch")]
    assert linked("A mini-batch is a batch.") == [("mini-batch", "batch")]
    assert linked("Two entropies.") == [("entropies", "entropy")]


def test_the_longest_name_wins_and_lines_may_break_it() -> None:
    assert linked("With batch\nnormalization, one batch.") == [
        ("batch\nnormalization", "batch-normalization"),
        ("batch", "batch"),
    ]
    assert linked("A *learning rate*.") == [("learning rate", "learning-rate")]


@pytest.mark.parametrize(
    "text",
    [
        "Lossless, a glossary, batched, my-loss, loss-free, cross-entropy.",
        "That adam is a name.",
        "``loss`` and `a loss <https://example.org>`_ and https://example.org/loss.",
        ":math:`loss`",
        "**loss** is a number. From then on, a loss is known.",
        "Chapter\n=======\n\nThe loss\n--------\n\nIn words.\n\nThe batch\n---------\n\nIn words.",
        "=====  =====\nloss   batch\n=====  =====\n",
        "::\n\n   loss = batch\n",
        ".. _ex-one-1:\n\nExercise\n--------\n\nA loss.\n\nMore\n----\n\nNone.",
        ".. _one-exercises:\n\nExercises\n---------\n\nA loss.\n\nMore\n----\n\nNone.",
        "Batch it, so to speak. The seed of it.",
        "With stride, padding and groups.",
    ],
)
def test_nothing_else_is_linked(text: str) -> None:
    assert linked(text) == []


def test_a_quiz_and_a_code_cell_are_left_alone() -> None:
    document = publish_doctree(
        "Quiz\n====\n\nWhich loss?\n\nOther\n=====\n\nWhich batch?",
        settings_overrides={"doctitle_xform": False},
    )
    quiz, other = document.findall(nodes.section)
    quiz.insert(1, nodes.raw("", '<div class="live" data-live="quiz">', format="html"))
    cell = nodes.container(nb_element="cell_code")
    cell += nodes.paragraph("", "A loss.")
    other += cell
    link_terms(document, TERMS, lambda term: term.anchor)
    assert [n.astext() for n in document.findall(nodes.reference)] == ["batch"]


def test_a_name_with_parentheses_is_never_linked() -> None:
    finder = Finder({**TERMS, "view (of a tensor)": Term("g", "term-view", "Another tensor.")})
    anchors = [term.anchor for _, _, term in finder.find("A view (of a tensor), a view, a batch")]
    assert anchors == ["term-batch"]


def entries() -> dict[str, str]:
    """The definitions of the glossary's page by the last name of each."""
    text = PAGE.read_text(encoding="utf-8")
    text = re.split(r":::", text)[1]
    return dict(re.findall(r"^(\S[^\n]*)\n((?:  [^\n]+\n)+)", text, re.MULTILINE))


def test_entries_are_sorted_short_and_name_their_chapter() -> None:
    definitions = entries()
    assert len(definitions) >= 70
    page = PAGE.read_text(encoding="utf-8").split(":::{glossary}")[1]
    heads = re.findall(r"\n\n(\S[^\n]*)\n", page)
    assert [head.lower() for head in heads] == sorted(head.lower() for head in heads)
    for name, text in definitions.items():
        words = " ".join(text.split())
        assert re.search(r"See \{ref\}`[\w-]+`\.$", words), name
        assert 5 <= len(words.split()) <= 45, name
        assert len(re.findall(r"[.!?](?: |$)", words)) <= 3, f"{name}: two sentences and the link"


CHAPTERS = [page for page in pages() if (ROOT / f"{page}.ipynb").exists()]


@pytest.mark.skipif("pages/glossary" not in pages(), reason="the glossary is no page")
@pytest.mark.parametrize("page", CHAPTERS)
def test_a_built_page_links_each_term_once_and_only_in_running_text(page: str) -> None:
    text = (HTML / f"{page}.html").read_text(encoding="utf-8")
    links = LINK.findall(text)
    if page.startswith("chapters/"):
        assert len(links) >= 3
    addresses = [address for address, _, _ in links]
    assert len(set(addresses)) == len(addresses)
    glossary = (HTML / "pages" / "glossary.html").read_text(encoding="utf-8")
    for address, title, words in links:
        anchor = address.split("#")[1]
        assert f'id="{anchor}"' in glossary
        definition = html.unescape(re.sub(r"<[^>]+>|\s+", " ", glossary.split(f'id="{anchor}"')[1]))
        assert re.sub(r"\W", "", html.unescape(title)) in re.sub(r"\W", "", definition)
        name = html.unescape(re.split(rf'id="{anchor}">', glossary)[1].split("<")[0])
        assert re.fullmatch(spellings(name), html.unescape(words)), (words, name)
    for inside in (
        r"<h[1-6]\b.*?</h[1-6]>",
        r"<pre\b.*?</pre>",
        r"<table\b.*?</table>",
        r"<code\b.*?</code>",
        r'<span class="katex.*?</span>',
        r'<div class="live-still">.*?</section>',
        r'<section id="(?:ex-|exercise-).*?</section>',
        r"<nav\b.*?</nav>",
    ):
        for part in re.findall(inside, text, re.DOTALL):
            assert f'class="{CLASS}' not in part, part[:200]
