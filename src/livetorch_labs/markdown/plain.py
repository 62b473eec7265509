"""A lesson's text without MyST: Markdown that every notebook viewer shows as it is meant.

The book's pages understand labels, references, citations and blocks such as notes. JupyterLab,
Colab and VS Code show them raw. Here references become links to the published page or to the part
of the same notebook, citations author and year with a link, labels go, and blocks become quotes.
What stands in code is left alone: MyST's own parser says what is code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .. import LabError
from .myst import Directive, directive, parser
from .references import Book, fragment, linkable

if TYPE_CHECKING:
    from markdown_it.token import Token
    from nbformat import NotebookNode

ADMONITIONS = frozenset(
    [
        "attention",
        "caution",
        "danger",
        "error",
        "hint",
        "important",
        "note",
        "seealso",
        "tip",
        "warning",
        "admonition",
    ]
)
DROPPED = ("myst_line_comment", "myst_block_break")
KEPT = ("fence", "colon_fence", "code_block", "math_block", "html_block")
"""blocks whose lines hold no roles"""
TICKS = r"(?P<{0}>`+)(?!`)(?P<{1}>.+?)(?<!`)(?P={0})(?!`)"
INLINE = re.compile(
    r"\\.|\{(?P<role>[\w:+-]+)\}"
    + TICKS.format("fence", "content")
    + "|"
    + TICKS.format("ticks", "code")
    + r"|\[(?P<text>[^\[\]]*)\]\(#(?P<label>[\w-]+)\)",
    re.DOTALL,
)
EXPLICIT = re.compile(r"(?P<text>.*?)\s*<(?P<target>[^<>]+)>", re.DOTALL)


def plain_notebook(notebook: NotebookNode, page: str, book: Book) -> None:
    """Make the Markdown cells of a notebook plain, in place; ``page`` is its name in the book.

    Raises:
        LabError: a label or a work is unknown, or something has no plain form.
    """
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = plain_markdown(cell.source, page, book)


def plain_markdown(source: str, page: str, book: Book) -> str:
    """A text of the book in plain Markdown.

    Raises:
        LabError: a label or a work is unknown, or something has no plain form.
    """
    lines = source.split("\n")
    blocks: dict[int, tuple[int, list[str]]] = {}
    for token in parser().parse(source):
        if token.map is None:
            continue
        start, end = token.map
        if token.type == "amsmath":
            end = start + len(token.content.splitlines())  # its map lacks the last line
        while end > start + 1 and not lines[end - 1].strip():
            end -= 1  # a block may reach over the empty lines behind it
        made = plain_block(token, page, book)
        if made is not None:
            margin = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
            blocks[start] = end, [(margin + line).rstrip() for line in made]
        elif token.type in KEPT:
            blocks[start] = end, lines[start:end]
    pieces: list[str] = []
    running: list[str] = []
    number = 0
    while number < len(lines):
        if number in blocks:
            pieces += plain_lines(running, page, book)
            running = []
            number, text = blocks[number]
            pieces += text
        else:
            running.append(lines[number])
            number += 1
    pieces += plain_lines(running, page, book)
    return "\n".join(pieces).strip("\n")


def plain_block(token: Token, page: str, book: Book) -> list[str] | None:
    """The lines in place of a label, a formula or a directive; None for all else."""
    if token.type == "myst_target":
        place = book.place(token.content)
        named = linkable(place.heading or place.title)
        return [] if named else [f'<a id="{token.content}"></a>', ""]
    if token.type in DROPPED:
        return []
    block = directive(token)
    if block is not None:
        return plain_directive(block, page, book)
    if token.type == "math_block_label":
        return formula(token.content, book.place(token.info).equation)
    return formula(token.content, 0) if token.type == "amsmath" else None


def plain_directive(block: Directive, page: str, book: Book) -> list[str]:
    """A note as a quote with a bold title, a formula between dollar signs."""
    if block.name == "math":
        label = block.options.get("label")
        return formula(block.body, book.place(label).equation if label else 0)
    if block.name in ADMONITIONS:
        title = block.argument or ("See also" if block.name == "seealso" else block.name.title())
        body = plain_markdown(f"**{title}.**\n\n{block.body}", page, book)
        return [f"> {line}".rstrip() for line in body.split("\n")]
    raise LabError(
        f"{page}: the block {{{block.name}}} has no plain form: write it otherwise, or add its "
        "form to markdown/plain.py"
    )


def formula(latex: str, number: int) -> list[str]:
    """A formula that stands alone, with its number; 0 for none."""
    tag = f" \\tag{{{number}}}" if number else ""
    return ["$$", *(latex.strip() + tag).split("\n"), "$$"]


def plain_lines(lines: list[str], page: str, book: Book) -> list[str]:
    """Running text without roles; a code span never reaches over an empty line."""

    def replace(match: re.Match[str]) -> str:
        if match["role"]:
            return plain_role(match["role"], " ".join(match["content"].split()), page, book)
        if match["label"]:
            return reference(match["text"], match["label"], page, book)
        return match[0]

    if not lines:
        return []
    paragraphs = re.split(r"(\n[ \t]*\n)", "\n".join(lines))
    return "".join(INLINE.sub(replace, paragraph) for paragraph in paragraphs).split("\n")


def plain_role(name: str, content: str, page: str, book: Book) -> str:
    """What stands in place of ``{name}`content```."""
    if name in ("cite", "cite:p", "cite:t"):
        return citation(name, content, book)
    if name == "math":
        return f"${content}$"
    explicit = EXPLICIT.fullmatch(content)
    text, target = (explicit["text"], explicit["target"]) if explicit else ("", content)
    if name == "eq":
        place = book.place(target)
        if not place.equation:
            raise LabError(f"{page}: {target!r} names no equation: refer to it by {{ref}}")
        return reference(f"({place.equation})", target, page, book)
    if name in ("ref", "numref"):
        return reference(text, target, page, book)
    if name == "term":
        address = book.address("pages/glossary")
        return f"[{text or target}]({address})" if book.site else text or target
    raise LabError(
        f"{page}: the role {{{name}}} has no plain form: write it otherwise, or add its form to "
        "markdown/plain.py"
    )


def reference(text: str, label: str, page: str, book: Book) -> str:
    """A link to the part of this notebook or to the published page; words where there is none."""
    place = book.place(label)
    shown = text or place.heading or place.title
    if place.page == page:
        return f"[{shown}]({fragment(place, label)})"
    if book.site:
        return f"[{shown}]({book.address(place.page, place.anchor)})"
    if shown.lower() == place.title.lower():
        return shown
    where = f"in “{place.title}”" if shown == place.heading else place.words
    return f"{shown} ({where})"


def citation(name: str, content: str, book: Book) -> str:
    """Works by author and year."""
    works = []
    for key in (key.strip() for key in content.split(",")):
        if key not in book.works:
            raise LabError(f"a lesson cites {key!r}, which is not in references.bib")
        works.append(book.works[key])
    if name == "cite:t":
        return ", ".join(work.narrative() for work in works)
    return "(" + "; ".join(work.parenthetical() for work in works) + ")"
