"""Emoji by the words that people call them by: a small collection of texts to search in."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from livetorch.datasets.shipped import DATA, damaged, shipped_text

EMOJI_NAMES_SHIPPED = DATA / "emoji-names"


@dataclass(frozen=True)
class EmojiNames:
    """N emoji with what they are called, and Q queries of another source, each with its answer."""

    emoji: tuple[str, ...]
    names: tuple[str, ...]
    """N, such as ``umbrella with rain drops``"""
    tags: tuple[tuple[str, ...], ...]
    """N, each some words more, or none"""
    queries: tuple[str, ...]
    answers: Tensor
    """(Q,) int64, the number of the one emoji that a query stands for in its source"""

    @property
    def texts(self) -> list[str]:
        """Each emoji as a line to search in: its name, a colon, its tags with commas."""
        return [
            f"{name}: {', '.join(tags)}" if tags else name
            for name, tags in zip(self.names, self.tags, strict=True)
        ]


def load_emoji_names() -> EmojiNames:
    """1,940 emoji with English names and tags, and queries that others wrote for the same emoji.

    Names and tags come from emojibase-data 17.0.0, which has them from Unicode's CLDR; the queries
    are keywords of emojilib 4.0.3 that stand there for one emoji alone. The two are not
    independent: many keywords are copies of the name. ``data/make_emoji_names.py`` of the project
    makes the files.

    Raises:
        FileNotFoundError: a file that ships with the package is not there.
        ValueError: a file is damaged.

    Source: https://github.com/milesj/emojibase and https://github.com/muan/emojilib, both under
    the MIT license; CLDR under the Unicode License v3.
    """
    names = _rows("names.tsv.xz", 3)
    queries = _rows("queries.tsv.xz", 2)
    numbers = {emoji: number for number, (emoji, _, _) in enumerate(names)}
    missing = [emoji for _, emoji in queries if emoji not in numbers]
    if missing:
        raise damaged(
            EMOJI_NAMES_SHIPPED / "queries.tsv.xz", f"no name ships for its answer {missing[0]}"
        )
    return EmojiNames(
        emoji=tuple(numbers),
        names=tuple(name for _, name, _ in names),
        tags=tuple(tuple(tags.split("|")) if tags else () for _, _, tags in names),
        queries=tuple(query for query, _ in queries),
        answers=torch.tensor([numbers[emoji] for _, emoji in queries]),
    )


def _rows(file: str, columns: int) -> list[list[str]]:
    """A file's lines, each divided at its tabs."""
    path = EMOJI_NAMES_SHIPPED / file
    rows = [line.split("\t") for line in shipped_text(path).split("\n")]
    for number, row in enumerate(rows, 1):
        if len(row) != columns or not all(row[:2]):
            raise damaged(path, f"line {number} does not hold {columns} values")
    if len({row[0] for row in rows}) < len(rows):
        raise damaged(path, "a line stands twice")
    return rows
