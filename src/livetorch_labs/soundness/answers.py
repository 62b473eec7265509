"""What people answer: right answers in other forms, wrong ones, and edits that change nothing.

A test must let every right answer pass, fail every wrong one with words that name the mistake, and
notice each edit of the reference solution (a mutant) that changes what the task asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import yaml

from .. import LabError
from ..assignment.lesson import Lesson

FEWEST = 3
"""Wrong answers to an exercise, and right ones, that the catalogue holds at least."""


@dataclass(frozen=True)
class RightAnswer:
    """A right answer in another form than the reference solution."""

    exercise: str
    form: str  # in what it differs: "a loop over the rows", "einsum"
    code: str

    @property
    def name(self) -> str:
        return f"{self.exercise}, {self.form}"


@dataclass(frozen=True)
class WrongAnswer:
    """A plausible wrong answer to an exercise."""

    exercise: str
    misconception: str
    feedback: str  # words that the message of a failing test holds
    code: str

    @property
    def name(self) -> str:
        return f"{self.exercise}, {self.misconception}"


@dataclass(frozen=True)
class Equivalent:
    """An edit of the reference solution that changes nothing that the task asks."""

    exercise: str
    edit: str  # as the list of mutants writes it
    because: str

    @property
    def name(self) -> str:
        return f"{self.exercise}, {self.edit}"


@dataclass(frozen=True)
class Answers:
    """The catalogue of a lesson."""

    right: tuple[RightAnswer, ...] = ()
    wrong: tuple[WrongAnswer, ...] = ()
    equivalent: tuple[Equivalent, ...] = ()


KINDS = {"right": RightAnswer, "wrong": WrongAnswer, "equivalent": Equivalent}
Entry = RightAnswer | WrongAnswer | Equivalent
Kind = TypeVar("Kind", RightAnswer, WrongAnswer, Equivalent)


def _entries(kind: type[Kind], items: list[dict[str, Any]] | None) -> tuple[Kind, ...]:
    fields = kind.__dataclass_fields__
    for item in items or []:
        if unknown := item.keys() - fields.keys():
            raise KeyError(f"unknown: {', '.join(sorted(unknown))}")
    return tuple(kind(**{name: str(item[name]) for name in fields}) for item in items or [])


def load_answers(lesson: Lesson) -> Answers:
    """The catalogue of a lesson; empty where there is none.

    Raises:
        LabError: the file is not a catalogue.
    """
    path = lesson.beside("answers")
    if not path.exists():
        return Answers()
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        if unknown := data.keys() - KINDS.keys():
            raise KeyError(f"unknown: {', '.join(sorted(unknown))}")
        return Answers(
            _entries(RightAnswer, data.get("right")),
            _entries(WrongAnswer, data.get("wrong")),
            _entries(Equivalent, data.get("equivalent")),
        )
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise LabError(f"{path} is not a catalogue of answers: {error}") from error
