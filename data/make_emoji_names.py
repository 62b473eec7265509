"""Make the names of emoji that ship, and the queries that they are searched by.

    npm pack emojibase-data@17.0.0 emojilib@4.0.3
    tar xzf emojibase-data-17.0.0.tgz package/en/data.json
    tar xzf emojilib-4.0.3.tgz package/dist/emoji-en-US.json
    python -m data.make_emoji_names package/en/data.json package/dist/emoji-en-US.json

Names and tags are those of emojibase, without the parts that emoji are put together from (hair,
tones of skin). Queries are the keywords of emojilib, another collection: those that hold a letter
and that emojilib gives to one emoji alone, so that each query has one answer. They are written
in small letters with spaces between their words.
"""

from __future__ import annotations

import argparse
import json
import lzma
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from livetorch.datasets.emoji_names import EMOJI_NAMES_SHIPPED

COMPONENTS = 2
"""emojibase's group of what is no emoji by itself."""


def names_of(entries: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, list[str]]]:
    """emojibase's entries -> the emoji, its name and its tags, in emojibase's order.

    Raises:
        ValueError: an emoji stands twice.
    """
    rows = [
        (entry["emoji"], _spaced(entry["label"]), [_spaced(tag) for tag in entry.get("tags", [])])
        for entry in entries
        if entry.get("group") != COMPONENTS and "label" in entry
    ]
    if len({emoji for emoji, _, _ in rows}) < len(rows):
        raise ValueError("an emoji stands twice in the names")
    return rows


def queries_of(
    keywords: Mapping[str, Sequence[str]], emoji: Sequence[str]
) -> list[tuple[str, str]]:
    """{emoji: emojilib's keywords} -> (query, emoji), in alphabetical order."""
    shipped = set(emoji)
    answers: dict[str, set[str]] = {}
    for written, all_keywords in keywords.items():
        for keyword in all_keywords:
            query = _spaced(keyword.replace("_", " ").lower())
            if re.search(r"[^\W\d_]", query):
                answers.setdefault(query, set()).add(
                    # emojilib leaves out the sign that asks for the colored form.
                    written if written in shipped else f"{written}\ufe0f"
                )
    one = {
        query: next(iter(all_emoji)) for query, all_emoji in answers.items() if len(all_emoji) == 1
    }
    return sorted((query, answer) for query, answer in one.items() if answer in shipped)


def _spaced(text: str) -> str:
    """A text without signs that the file divides its columns by."""
    return " ".join(text.replace("|", " ").split())


def make(names: Path, keywords: Path, target: Path) -> None:
    """Write both files into the folder ``target``."""
    rows = names_of(json.loads(names.read_text(encoding="utf-8")))
    queries = queries_of(
        json.loads(keywords.read_text(encoding="utf-8")), [emoji for emoji, _, _ in rows]
    )
    target.mkdir(parents=True, exist_ok=True)
    lines = [f"{emoji}\t{name}\t{'|'.join(tags)}" for emoji, name, tags in rows]
    _pack(lines, target / "names.tsv.xz")
    _pack([f"{query}\t{emoji}" for query, emoji in queries], target / "queries.tsv.xz")


def _pack(lines: Sequence[str], path: Path) -> None:
    path.write_bytes(lzma.compress("\n".join(lines).encode(), preset=9 | lzma.PRESET_EXTREME))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", type=Path, help="the file en/data.json of emojibase-data")
    parser.add_argument("keywords", type=Path, help="the file emoji-en-US.json of emojilib")
    parser.add_argument(
        "--target",
        type=Path,
        default=EMOJI_NAMES_SHIPPED,
        help="where to write (default: into the package)",
    )
    options = parser.parse_args(arguments)
    make(options.names, options.keywords, options.target)


if __name__ == "__main__":
    main()
