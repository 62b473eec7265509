"""Sentences that twenty people each rated, from very negative to very positive."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from livetorch.datasets.shipped import DATA, damaged, shipped_text

RATINGS_SHIPPED = DATA / "ratings"
RATING_SOURCES = ("tweets", "amazon", "movies")
RATERS = 20
CLEAR = 0.5
"""How far the mean of the ratings is from zero where people lean to a side."""


@dataclass(frozen=True)
class RatedTexts:
    """N texts of one source, each with what twenty people thought of it."""

    texts: tuple[str, ...]
    ratings: Tensor
    """(N, 20) int8, from -4, very negative, to 4, very positive; the order of people is not one"""
    groups: Tensor
    """(N,) int64, the number of the document that a text is a sentence of"""

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def means(self) -> Tensor:
        """(N,) float32: what the twenty thought on average."""
        return self.ratings.float().mean(dim=1)

    @property
    def labels(self) -> Tensor:
        """(N,) int64: 1 where the mean is above zero, else 0."""
        return (self.means > 0).long()

    def select(self, chosen: Tensor) -> RatedTexts:
        """chosen, a mask (N,) or row numbers -> those texts, in that order."""
        rows = chosen.nonzero().flatten() if chosen.dtype == torch.bool else chosen
        texts = tuple(self.texts[row] for row in rows.tolist())
        return RatedTexts(texts, self.ratings[rows], self.groups[rows])

    def clear(self) -> RatedTexts:
        """Those with a mean of more than 0.5 or less than -0.5."""
        return self.select(self.means.abs() > CLEAR)


def load_ratings(source: str) -> RatedTexts:
    """Texts with their single ratings, in the order of their source.

    ``tweets``: 4,190 short messages in the manner of Twitter, each a document of its own.
    ``amazon``: 3,696 sentences of 300 reviews of five products. ``movies``: 1,500 short sentences
    of reviews, each taken as a document, and sorted by opinion: the first half is nearly all
    praise. Names of users stand as ``@anonymous`` and web addresses as ``http://url_removed``.
    ``data/make_ratings.py`` of the project takes these steps, and names what it left out.

    Raises:
        ValueError: another source; or the file is damaged.
        FileNotFoundError: the file that ships is not there.

    Source: Hutto and Gilbert, 2014, VADER, as the package vaderSentiment 0.5 carries it,
    https://github.com/cjhutto/vaderSentiment, MIT license.
    """
    if source not in RATING_SOURCES:
        raise ValueError(f"there is no source {source!r}: choose from {', '.join(RATING_SOURCES)}")
    path = RATINGS_SHIPPED / f"{source}.tsv.xz"
    texts, ratings, groups = [], [], []
    for number, line in enumerate(shipped_text(path).splitlines(), 1):
        group, digits, *text = line.split("\t")
        if not (group.isdecimal() and len(digits) == RATERS and len(text) == 1 and text[0]):
            raise damaged(path, f"line {number} is not a document, {RATERS} ratings and a text")
        if not set(digits) <= set("012345678"):
            raise damaged(path, f"line {number} has ratings beyond -4 to 4")
        groups.append(int(group))
        ratings.append([int(digit) - 4 for digit in digits])
        texts.append(text[0])
    if not texts:
        raise damaged(path, "it is empty")
    return RatedTexts(tuple(texts), torch.tensor(ratings, dtype=torch.int8), torch.tensor(groups))


def held_out(groups: Tensor, share: float = 0.25, seed: int = 0) -> Tensor:
    """groups (N,) -> mask (N,), True for the texts of about this share of the documents.

    No document is on both sides. The documents are drawn at random, and the same seed draws the
    same ones.

    Raises:
        ValueError: the share leaves a side without a document.
    """
    documents = groups.unique()
    count = int(len(documents) * share)
    if not 0 < count < len(documents):
        raise ValueError(
            f"a share of {share:g} of {len(documents)} documents leaves a side without any"
        )
    order = torch.randperm(len(documents), generator=torch.Generator().manual_seed(seed))
    return torch.isin(groups, documents[order[:count]])
