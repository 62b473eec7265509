"""MyST, the Markdown of the chapters, as its own parser reads it: blocks, labels, headings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

OPTION = re.compile(r":([\w-]+):(.*)")


@cache
def parser() -> MarkdownIt:
    """markdown-it with the extensions of MyST that the book turns on in ``_config.yml``."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.amsmath import amsmath_plugin
    from mdit_py_plugins.colon_fence import colon_fence_plugin
    from mdit_py_plugins.dollarmath import dollarmath_plugin
    from mdit_py_plugins.front_matter import front_matter_plugin
    from mdit_py_plugins.myst_blocks import myst_block_plugin
    from mdit_py_plugins.myst_role import myst_role_plugin

    made = MarkdownIt("commonmark").enable("table").use(front_matter_plugin)
    made.use(myst_block_plugin).use(myst_role_plugin).use(colon_fence_plugin).use(amsmath_plugin)
    return made.use(dollarmath_plugin, allow_labels=True)


@dataclass(frozen=True)
class Directive:
    """A block such as ``{note}``: its name, what stands behind it, its options and its text."""

    name: str
    argument: str
    options: dict[str, str]
    body: str


def directive(token: Token) -> Directive | None:
    """The directive that a fence is; None where it is code."""
    opened = re.fullmatch(r"\{([\w:-]+)\}(.*)", token.info.strip(), re.DOTALL)
    if token.type not in ("fence", "colon_fence") or opened is None:
        return None
    lines, options = token.content.splitlines(), {}
    while lines and (option := OPTION.fullmatch(lines[0].strip())):
        options[option[1]] = option[2].strip()
        lines = lines[1:]
    return Directive(opened[1], opened[2].strip(), options, "\n".join(lines).strip("\n"))


def shown(inline: Token) -> str:
    """The text of an inline token as a reader sees it, formulas as they are typed."""
    parts = []
    for child in inline.children or []:
        if child.type == "math_inline":
            parts.append(f"${child.content}$")
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        else:
            parts.append(child.content)
    return "".join(parts)


@dataclass(frozen=True)
class Label:
    """A name in a text, and the heading over or at it; an equation has no name but its label."""

    name: str
    heading: str
    equation: bool = False


def labels(source: str) -> tuple[list[Label], list[str]]:
    """The labels of a text, each with its heading, and all headings in order."""
    all_labels: list[Label] = []
    waiting: list[str] = []
    headings = [""]
    tokens = parser().parse(source)
    for number, token in enumerate(tokens):
        if token.type == "myst_target":
            waiting.append(token.content)
            continue
        if token.type == "heading_open":
            headings.append(shown(tokens[number + 1]))
        all_labels += [Label(name, headings[-1]) for name in waiting]
        waiting = []
        if name := equation_label(token):
            all_labels.append(Label(name, headings[-1], equation=True))
    all_labels += [Label(name, headings[-1]) for name in waiting]
    return all_labels, headings[1:]


def equation_label(token: Token) -> str:
    """The label of a formula; empty for one without, and for all else."""
    block = directive(token)
    if block is not None:
        return block.options.get("label", "") if block.name == "math" else ""
    return token.info if token.type == "math_block_label" else ""
