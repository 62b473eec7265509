"""Links from the first use of a term in a chapter to its entry in pages/glossary.md.

Nobody marks terms in a chapter: the entries of the glossary are looked for in the paragraphs of
each notebook's page. A term that a page sets in bold is defined there and gets no link from then
on. A term whose name has parentheses, such as "view (of a tensor)", is never linked: the word alone
means other things as well.

MyST's role ``{term}`` is not used: it asks an author to mark each first use, and to move the mark
whenever a sentence moves, and a notebook outside of the book would show it raw.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from book.notebooks import ROOT

PAGE = ROOT / "pages" / "glossary.md"
CLASS = "lt-term"
ENDING = ".ipynb"
"""The pages whose terms are linked: the notebooks."""

# Where a paragraph is no running text of the chapter: code cells with their outputs, the quiz
# among them, tables, and entries of lists of words.
OUTSIDE = (nodes.table, nodes.figure, nodes.caption, nodes.citation, nodes.topic, addnodes.glossary)
# What stands in a paragraph and is not to be searched.
CLOSED = (
    nodes.reference,
    addnodes.pending_xref,
    nodes.literal,
    nodes.math,
    nodes.raw,
    nodes.image,
    nodes.footnote_reference,
    nodes.problematic,
    nodes.title_reference,
)
QUIZ = 'data-live="quiz"'
OTHER_MEANINGS = (
    "to the accuracy",
    "seed of",
    "seed every",
    "batch it",
    "activation SiLU",
    "stride, padding",
)
"""Phrases in which the word of an entry means something else; they are passed over."""


@dataclass(frozen=True)
class Term:
    """An entry of the glossary: the page and the place it is at, and its first sentence."""

    page: str
    anchor: str
    sentence: str


class GlossaryLinks(SphinxPostTransform):
    """Links terms once all other references of a page are resolved."""

    default_priority = 700
    formats = ("html",)

    def run(self, **_: Any) -> None:
        if not str(self.env.doc2path(self.env.docname)).endswith(ENDING):
            return
        terms = glossary_terms(self.app)
        if not terms:
            return

        def address(term: Term) -> str:
            page = self.app.builder.get_relative_uri(self.env.docname, term.page)
            return f"{page}#{term.anchor}"

        link_terms(self.document, terms, address)


def glossary_terms(app: Sphinx) -> dict[str, Term]:
    """The terms of every glossary in the book by name, read once in each process that writes."""
    known: dict[str, Term] | None = getattr(app, "livetorch_terms", None)
    if known is not None:
        return known
    env = app.env
    objects = env.get_domain("std").get_objects()
    pages = {page for _, _, kind, page, _, _ in objects if kind == "term"}
    terms = {}
    for page in sorted(pages):
        for item in env.get_doctree(page).findall(nodes.definition_list_item):
            if not isinstance(item.parent.parent, addnodes.glossary):
                continue
            definition = next(child for child in item if isinstance(child, nodes.definition))
            text = " ".join(definition[0].astext().split())
            sentence = re.split(r"(?<=[.:]) ", text)[0].rstrip(":")
            for term in item.findall(nodes.term):
                name = " ".join(term.astext().split())
                terms[name] = Term(page, term["ids"][0], sentence)
    app.livetorch_terms = terms  # type: ignore[attr-defined]
    return terms


def spellings(name: str) -> str:
    """A pattern for a term: in the plural too, at the start of a sentence, over a line's end."""
    first = f"[{name[0]}{name[0].upper()}]" if name[0].islower() else re.escape(name[0])
    rest = name[1:]
    if re.search(r"(ss|ch|sh|x)$", rest):
        plural = "(?:es)?"
    elif re.search(r"[^aeiou]y$", rest):
        rest, plural = rest[:-1], "(?:y|ies)"
    else:
        plural = "s?" if not rest.endswith("s") else ""
    return first + r"\s+".join(map(re.escape, rest.split(" "))) + plural


class Finder:
    """Finds terms that were not met so far; where two begin, the longer one is meant."""

    def __init__(self, terms: Mapping[str, Term]) -> None:
        names = [*(name for name in terms if "(" not in name), *OTHER_MEANINGS]
        self.names = sorted(names, key=lambda name: (-len(name), name))
        groups = "|".join(f"(?P<t{i}>{spellings(name)})" for i, name in enumerate(self.names))
        self.pattern = re.compile(rf"(?<![\w-])(?:{groups})(?![\w-])")
        self.terms = terms
        self.met: set[tuple[str, str]] = set()

    def find(self, text: str) -> Iterator[tuple[int, int, Term]]:
        """Where terms stand in a text that stand there for the first time."""
        for match in self.pattern.finditer(text):
            assert match.lastgroup is not None
            term = self.terms.get(self.names[int(match.lastgroup[1:])])
            if term is None:
                continue
            place = term.page, term.sentence  # names with one meaning count as one
            if place not in self.met:
                self.met.add(place)
                yield match.start(), match.end(), term


def link_terms(
    document: nodes.document, terms: Mapping[str, Term], address: Callable[[Term], str]
) -> None:
    """Make a link of the first use of each term in the paragraphs of a page."""
    finder = Finder(terms)
    for paragraph in list(document.findall(nodes.paragraph)):
        if running_text(paragraph):
            link_in(paragraph, finder, address)


def running_text(paragraph: nodes.paragraph) -> bool:
    """Whether a paragraph is the chapter's own text, and no exercise, quiz, table or output."""
    node = paragraph.parent
    while node is not None:
        if isinstance(node, OUTSIDE) or node.get("nb_element") == "cell_code":
            return False
        if isinstance(node, nodes.section):
            if any(name.startswith("ex-") or name.endswith("-exercises") for name in node["ids"]):
                return False
            if any(isinstance(child, nodes.raw) and QUIZ in child.astext() for child in node):
                return False
        node = node.parent
    return True


def link_in(element: nodes.Element, finder: Finder, address: Callable[[Term], str]) -> None:
    """Link terms in the texts of an element and of what is in it."""
    made: list[nodes.Node] = []
    text = ""
    for child in [*element.children, None]:
        if isinstance(child, nodes.Text):
            text += child.astext()  # a line's end is a text of its own
            continue
        end = 0
        for start, stop, term in finder.find(text):
            made.append(nodes.Text(text[end:start]))
            made.append(
                nodes.reference(
                    "",
                    text[start:stop],
                    internal=True,
                    refuri=address(term),
                    reftitle=term.sentence,
                    classes=[CLASS],
                )
            )
            end = stop
        made.append(nodes.Text(text[end:]))
        text = ""
        if isinstance(child, nodes.strong):
            list(finder.find(child.astext()))  # defined here: met, and not linked
        elif isinstance(child, nodes.Element) and not isinstance(child, CLOSED):
            link_in(child, finder, address)
        if child is not None:
            made.append(child)
    element.children = []
    element.extend(node for node in made if not isinstance(node, nodes.Text) or node.astext())
