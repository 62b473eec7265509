"""What was run on a GPU: the record of a run, and how a chapter's page shows it.

``make test-gpu`` writes such a record (`bench.gpu`). One that is kept as ``book/gpu.json`` is shown
where a page says ``{gpu}``; without one the page says that its lines for GPUs were not run.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from book.notebooks import ROOT
from livetorch.files import write_whole

SHIPPED = ROOT / "book" / "gpu.json"
NOT_RUN = (
    "The pages of this chapter were made on a machine without a GPU. What they say about GPUs "
    "follows PyTorch's documentation and was not run for them; `make test-gpu` runs it on a "
    "machine that has one."
)


@dataclass(frozen=True)
class Finding:
    """A statement of the book, and what a run on a GPU says of it."""

    claim: str
    """a sentence of the book, in Markdown"""
    lesson: str
    """the label of the lesson that makes it"""
    measure: str
    """what the number is, such as a ratio of two times"""
    number: float | None
    """None where the check broke"""
    holds: bool
    error: str = ""
    """the first line of what broke it"""


@dataclass(frozen=True)
class GpuRecord:
    """A run of all checks on one machine."""

    device: str
    gigabytes: float
    """the device's memory, in 2^30 bytes"""
    date: str
    """of the run, as 2026-11-30"""
    versions: dict[str, str]
    """python, torch, cuda and what else the numbers depend on"""
    findings: tuple[Finding, ...]

    def __post_init__(self) -> None:
        """Raises ValueError, TypeError: a part is missing or is not what it should be."""
        date.fromisoformat(self.date)
        if not self.device or not self.findings or not {"python", "torch"} <= set(self.versions):
            raise ValueError("a record has a device, findings, and versions of python and torch")
        for finding in self.findings:
            if finding.number is None:
                good = not finding.holds and bool(finding.error)
            else:
                good = math.isfinite(finding.number)
            if not good:
                raise ValueError(f"neither a finite number nor an error: {finding.claim}")

    def write(self, path: Path) -> None:
        """Write it as JSON, whole or not at all."""
        write_whole(path, json.dumps(asdict(self), indent=1, allow_nan=False) + "\n")

    @classmethod
    def read(cls, path: Path) -> GpuRecord:
        """Read what `write` wrote.

        Raises:
            ValueError: it is no JSON, or no record.
        """
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        try:
            findings = tuple(Finding(**finding) for finding in content.pop("findings"))
            return cls(findings=findings, **content)
        except (KeyError, TypeError) as error:
            raise ValueError(f"{path} is not the record of a run on a GPU: {error}") from error

    def markdown(self) -> list[str]:
        """The record as lines of a page: what ran where, and a table."""
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        lines = [
            f"What this chapter says about GPUs was run on {self.date} with `make test-gpu`, on "
            f"one {self.device} with {self.gigabytes:.0f} GiB ({versions}). Ratios on another "
            "device differ.",
            "",
            "| the book says | lesson | measured | | holds |",
            "|---|---|---|---:|---|",
        ]
        for finding in self.findings:
            number = "" if finding.number is None else f"{finding.number:.2g}"
            verdict = "yes" if finding.holds else f"no {finding.error}".rstrip()
            cells = [finding.claim, f"{{ref}}`{finding.lesson}`", finding.measure, number, verdict]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        return lines


def page_lines(path: Path = SHIPPED) -> list[str]:
    """What a page shows: the record that is shipped, or that there is none."""
    return GpuRecord.read(path).markdown() if path.exists() else [NOT_RUN]


class GpuPage(SphinxDirective):
    """``{gpu}``: what of the chapter was run on a GPU, when and on which."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(SHIPPED))
        holder = nodes.Element()
        self.state.nested_parse(StringList(page_lines(), source=""), 0, holder)
        return list(holder.children)
