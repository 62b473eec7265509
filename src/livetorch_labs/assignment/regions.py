"""Regions of a cell: ``### BEGIN SOLUTION`` and ``### BEGIN HIDDEN TESTS`` to their ``END``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .. import LabError

SOLUTION = "SOLUTION"
HIDDEN_TESTS = "HIDDEN TESTS"
MARK = re.compile(rf"\s*### (BEGIN|END) ({SOLUTION}|{HIDDEN_TESTS})\s*")
"""A line that marks the begin or the end of a region."""


@dataclass(frozen=True)
class Part:
    """A stretch of a cell's lines, inside a region or outside."""

    inside: bool
    source: str


def split(source: str, name: str) -> list[Part]:
    """A cell's source in parts, without the lines that mark the region.

    Raises:
        LabError: a region is not closed, or closed twice: it would leak what it is to hide.
    """
    parts = [Part(is_inside, "\n".join(lines)) for is_inside, lines in _stretches(source, name)]
    return [part for part in parts if part.source.strip()]


def _stretches(source: str, name: str) -> Iterator[tuple[bool, list[str]]]:
    """The lines of a source that mark nothing, up to the next mark, and whether they are inside."""
    lines: list[str] = []
    inside = False
    for line in source.splitlines():
        mark = MARK.fullmatch(line)
        if mark is None or mark[2] != name:
            lines.append(line)
            continue
        if (mark[1] == "BEGIN") == inside:
            raise LabError(f"### BEGIN and ### END {name} do not pair in:\n{source}")
        yield inside, lines
        lines, inside = [], not inside
    if inside:
        raise LabError(f"### BEGIN {name} is not closed in:\n{source}")
    yield inside, lines


def without_region(source: str, name: str, replacement: str = "") -> str:
    """A cell's source without what the regions hold, and where they stood the replacement.

    The replacement takes the indentation of what it replaces.

    Raises:
        LabError: a region is not closed, or closed twice.
    """
    kept: list[str] = []
    for is_inside, lines in _stretches(source, name):
        if is_inside:
            indentation = re.match(r"\s*", lines[0] if lines else "")
            before = indentation[0] if indentation else ""
            lines = [before + line for line in replacement.splitlines()]
        kept += lines
    return "\n".join(kept).rstrip()


def inside(source: str, name: str) -> str:
    """Only what the regions hold."""
    return "\n".join(part.source for part in split(source, name) if part.inside)


def without_markers(source: str) -> str:
    """A cell's source without the lines that mark regions."""
    return "\n".join(line for line in source.splitlines() if not MARK.fullmatch(line))


def marked_lines(source: str, name: str) -> frozenset[int]:
    """Which lines stand inside regions, counted from 1 as ``without_markers`` leaves them."""
    numbers: set[int] = set()
    count = 0
    for is_inside, lines in _stretches(source, name):
        before = count
        count += sum(not MARK.fullmatch(line) for line in lines)
        numbers |= set(range(before + 1, count + 1)) if is_inside else set()
    return frozenset(numbers)


def marks(name: str) -> tuple[str, str]:
    """The lines before and after a region."""
    return f"### BEGIN {name}", f"### END {name}"


def normal(source: str) -> str:
    """A source as it compares: no blanks at the ends of lines, no blank lines around it."""
    return "\n".join(line.rstrip() for line in source.splitlines()).strip("\n")
