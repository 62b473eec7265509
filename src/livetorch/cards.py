"""A model card: what a network is for, what it learned from, what was measured, what it cannot do.

The numbers on a card are those that were computed beside it, so that it cannot say what was not
measured. After Mitchell et al., 2019, Model cards for model reporting.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from torch import Tensor


@dataclass(frozen=True)
class Share:
    """A share of n independent cases, with the standard error that a share of so many has."""

    value: float
    count: int

    @classmethod
    def of(cls, right: Tensor) -> Share:
        """right (n,), True where a case is right -> the share of those

        Raises:
            ValueError: it is empty, or not boolean of one dimension.
        """
        if right.dim() != 1 or right.dtype.is_floating_point or right.dtype.is_complex:
            raise ValueError(
                "right must have one dimension, True for each case that is right: got "
                f"{tuple(right.shape)}, {right.dtype}"
            )
        if not len(right):
            raise ValueError("a share of no cases is not known: right is empty")
        return cls(right.bool().double().mean().item(), len(right))

    @property
    def standard_error(self) -> float:
        """Root of p (1 - p) / n: what a share varies by from one draw of n cases to the next."""
        return math.sqrt(self.value * (1 - self.value) / self.count)

    def __str__(self) -> str:
        return f"{self.value:.2f} ± {self.standard_error:.2f} (n = {self.count:,})"


@dataclass(frozen=True)
class ModelCard:
    """What to know before a model is used, as a table that a notebook shows.

    Args:
        name: of the model.
        task: what it is asked, what it answers.
        learned_from: data, their source and license.
        split: what the cases that it was judged by have in common with what it learned from, and
            what they have not.
        measured: what was measured: a `Share`, or a text with its unit.
        limits: what it should not be trusted with, each with what shows it.
        license: of the weights.

    Raises:
        ValueError: nothing was measured, or no limit is named.
    """

    name: str
    task: str
    learned_from: str
    split: str
    measured: Mapping[str, Share | str]
    limits: Sequence[str]
    license: str

    def __post_init__(self) -> None:
        if not self.measured or not self.limits:
            raise ValueError("a card names what was measured, and at least one limit")

    def rows(self) -> list[tuple[str, str]]:
        """Each row of the table: what it is about, and what it says."""
        return [
            ("Task", self.task),
            ("Learned from", self.learned_from),
            ("Judged by", self.split),
            *((f"Measured: {name}", str(value)) for name, value in self.measured.items()),
            *((f"Limit {number}", limit) for number, limit in enumerate(self.limits, 1)),
            ("License", self.license),
        ]

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{escape(left)}</th><td>{escape(right)}</td></tr>'
            for left, right in self.rows()
        )
        return f"<table><caption>{escape(self.name)}</caption><tbody>{rows}</tbody></table>"

    def __repr__(self) -> str:
        return "\n".join([self.name, *(f"  {left}: {right}" for left, right in self.rows())])
