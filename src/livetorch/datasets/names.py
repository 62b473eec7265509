"""Surnames and the languages they come from."""

from __future__ import annotations

import torch
from torch import Tensor

from livetorch.datasets.shipped import DATA, shipped_table

SURNAMES_SHIPPED = DATA / "surnames"


def load_surnames() -> tuple[list[str], Tensor, tuple[str, ...]]:
    """4,320 surnames of twelve languages, 360 of each, in mixed order.

    Each name is one word and stands for one language alone: those that two of the source's lists
    have were left out, so a score on this set is kinder than life. Accents are kept;
    `plain_letters` takes them away. Greek and Ukrainian names are written in Latin letters.
    ``data/make_surnames.py`` of the project takes these steps.

    Returns:
        The ``names``, N of them; the ``labels (N,)`` int64, numbers of the languages; and the
        ``languages`` in alphabetical order.

    Raises:
        FileNotFoundError: the file that ships with the package is not there.
        ValueError: the file is damaged.

    Source: the name lists of Faker, https://github.com/joke2k/faker, MIT license.
    """
    rows = shipped_table(SURNAMES_SHIPPED / "surnames.csv", ["name", "language"])
    languages = tuple(sorted({language for _, language in rows}))
    labels = torch.tensor([languages.index(language) for _, language in rows])
    return [name for name, _ in rows], labels, languages
