"""Dates as people write them, and the one form that machines read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import torch
from torch import Tensor

from livetorch.datasets.text import CharacterVocabulary, pad_sequences

FIRST_DAY, LAST_DAY = date(1600, 1, 1).toordinal(), date(2099, 12, 31).toordinal()
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
DATE_LETTERS = CharacterVocabulary.fit(
    ["0123456789 ,.", *MONTHS, "the st nd rd th of"], padding=True
)
"""What dates are written with: letters, digits, a space, a comma and a full stop."""
DATE_SIGNS = CharacterVocabulary.fit("0123456789-")
"""What ``1668-10-28`` is written with."""


def date_forms(day: date) -> tuple[str, ...]:
    """The seven ways in which `make_dates` writes a day."""
    d, name, y = day.day, MONTHS[day.month - 1], day.year
    ending = "th" if 10 < d < 20 else {1: "st", 2: "nd", 3: "rd"}.get(d % 10, "th")
    return (
        f"{d} {name} {y}",
        f"{name} {d}, {y}",
        f"{d} {name[:3]} {y}",
        f"{name[:3]} {d}, {y}",
        f"{y} {name} {d}",
        f"{d}.{day.month}.{y}",
        f"the {d}{ending} of {name} {y}",
    )


def make_dates(num_dates: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """Different days of the years 1600 to 2099, each written in one of seven ways.

    No day comes twice, so that parts of the lists have no day in common.

    Returns:
        The dates as written, such as ``the 28th of october 1668``, and in the form of ISO 8601,
        ``1668-10-28``.

    Raises:
        ValueError: there are not so many days, or less than one is asked for.
    """
    num_days = LAST_DAY - FIRST_DAY + 1
    if not 1 <= num_dates <= num_days:
        raise ValueError(f"num_dates must lie between 1 and {num_days}, got {num_dates}")
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(num_days, generator=generator)[:num_dates].tolist()
    days = [date.fromordinal(FIRST_DAY + number) for number in chosen]
    forms = torch.randint(len(date_forms(days[0])), (num_dates,), generator=generator).tolist()
    written = [date_forms(day)[form] for day, form in zip(days, forms, strict=True)]
    return written, [day.isoformat() for day in days]


def encode_dates(written: Sequence[str], num_places: int | None = None) -> tuple[Tensor, Tensor]:
    """Dates as written -> tokens (B, S) of `DATE_LETTERS`, 0 behind the end; lengths (B,).

    S is the length of the longest, or ``num_places``.

    Raises:
        ValueError: a sign is not in the vocabulary; a date is empty, or longer than the places.
    """
    tokens, lengths = pad_sequences([DATE_LETTERS.encode(text) for text in written])
    if num_places is not None:
        if tokens.shape[1] > num_places:
            raise ValueError(
                f"a date of {tokens.shape[1]} signs has no room in {num_places} places"
            )
        tokens = torch.nn.functional.pad(tokens, (0, num_places - tokens.shape[1]))
    return tokens, lengths
