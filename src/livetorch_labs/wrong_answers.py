"""The catalogue of wrong answers: what people really write, and what the tests must tell them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from . import LabError
from .chapters import Chapter

FOLDER = "wrong_answers"
FEWEST = 3


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


def catalogue_path(chapter: Chapter) -> Path:
    """``wrong_answers/CHAPTER.yml`` beside the chapters."""
    return chapter.path.parent / FOLDER / f"{chapter.name}.yml"


def load_wrong_answers(chapter: Chapter) -> list[WrongAnswer]:
    """The catalogue of a chapter; empty where there is none.

    Raises:
        LabError: the file is not a catalogue.
    """
    path = catalogue_path(chapter)
    if not path.exists():
        return []
    fields = ("exercise", "misconception", "feedback", "code")
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8")) or []
        return [WrongAnswer(*(str(entry[field]) for field in fields)) for entry in entries]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise LabError(f"{path} is not a catalogue of wrong answers: {error}") from error
