"""Regions of a cell: ``### BEGIN SOLUTION`` and ``### BEGIN HIDDEN TESTS`` to their ``END``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from . import LabError

SOLUTION = "SOLUTION"
HIDDEN_TESTS = "HIDDEN TESTS"


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
    parts: list[Part] = []
    lines: list[str] = []
    inside = False
    for line in source.splitlines():
        marker = re.fullmatch(rf"\s*### (BEGIN|END) {name}\s*", line)
        if marker is None:
            lines.append(line)
            continue
        if (marker[1] == "BEGIN") == inside:
            raise LabError(f"### BEGIN and ### END {name} do not pair in:\n{source}")
        parts.append(Part(inside, "\n".join(lines)))
        lines, inside = [], not inside
    if inside:
        raise LabError(f"### BEGIN {name} is not closed in:\n{source}")
    parts.append(Part(inside, "\n".join(lines)))
    return [part for part in parts if part.source.strip()]


def inside(source: str, name: str) -> str:
    """Only what the regions hold."""
    return "\n".join(part.source for part in split(source, name) if part.inside)


def without_markers(source: str) -> str:
    """A cell's source without the lines that mark regions."""
    marker = re.compile(rf"\s*### (BEGIN|END) ({SOLUTION}|{HIDDEN_TESTS})\s*")
    return "\n".join(line for line in source.splitlines() if not marker.fullmatch(line))


def marked_lines(source: str, name: str) -> frozenset[int]:
    """Which lines stand inside regions, counted from 1 as ``without_markers`` leaves them."""
    number, within, lines = 0, False, set()
    for line in source.splitlines():
        marker = re.fullmatch(rf"\s*### (BEGIN|END) ({SOLUTION}|{HIDDEN_TESTS})\s*", line)
        if marker is None:
            number += 1
            lines |= {number} if within else set()
        elif marker[2] == name:
            within = marker[1] == "BEGIN"
    return frozenset(lines)


def normal(source: str) -> str:
    """A source as it compares: no blanks at the ends of lines, no blank lines around it."""
    return "\n".join(line.rstrip() for line in source.splitlines()).strip("\n")
