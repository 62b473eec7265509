"""Quiz questions: the form they are written in, and its checks.

The book's build reads this file by its path, so it imports nothing heavy and nothing of the
package. CONTRIBUTING.md describes the form.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

KINDS = ("single", "multiple", "numeric", "predict")


class QuizError(ValueError):
    """A question that is not in the form, with its id and what is wrong."""


@dataclass(frozen=True)
class Choice:
    """A possible answer."""

    text: str
    right: bool
    why: str
    """why it is right, or what one who picks it has in mind"""


@dataclass(frozen=True)
class Question:
    """A question with an explanation for each answer."""

    id: str
    kind: str
    """single, multiple, numeric, or predict (what does this code print?)"""
    question: str
    choices: tuple[Choice, ...] = ()
    code: str = ""
    answer: float | None = None
    tolerance: float = 0.0
    """how far a number may be from the answer and still be right"""
    why: str = ""
    hints: tuple[tuple[float, str], ...] = ()
    """numeric: likely wrong numbers, and what leads to each"""
    computed: str = ""
    """numeric: a Python expression that gives the answer; a test evaluates it"""
    hints_computed: tuple[str, ...] = ()
    """the same for each hint: what the mistake computes"""


def load_quiz(path: Path) -> list[Question]:
    """The questions of a file.

    Raises:
        QuizError: the file cannot be read or is not YAML, or a question is not in the form.
    """
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise QuizError(f"there is no quiz at {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise QuizError(f"{path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise QuizError(f"{path} is not YAML: {error}") from error
    if not isinstance(entries, list) or not entries:
        raise QuizError(f"{path} must be a list of questions")
    questions = [question(entry, path) for entry in entries]
    if len({q.id for q in questions}) < len(questions):
        raise QuizError(f"{path}: two questions have one id")
    return questions


def question(entry: Any, path: Path) -> Question:
    """One question from its entry in a file, checked."""
    if not isinstance(entry, dict):
        raise QuizError(f"{path.name}: {entry!r} is not a question with fields")
    name = f"{path.name}: {entry.get('id', entry)}"
    entry = dict(entry)
    try:
        choices = tuple(_choice(c) for c in entry.pop("choices", []))
        mistakes = entry.pop("hints", [])
        hints = tuple((_number(h["answer"]), _words(h["why"])) for h in mistakes)
        expressions = tuple(str(h.get("computed", "")) for h in mistakes)
        for field in ("answer", "tolerance"):
            if field in entry:
                entry[field] = _number(entry[field])
        for field in ("id", "kind", "question", "code", "why", "computed"):
            if field in entry:
                entry[field] = _words(entry[field])
        made = Question(choices=choices, hints=hints, hints_computed=expressions, **entry)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise QuizError(f"{name}: a field is missing, unknown or no good: {error}") from error
    fault = problem(made)
    if fault:
        raise QuizError(f"{name}: {fault}")
    return made


def problem(made: Question) -> str:
    """What is wrong with a question, in words; empty where nothing is."""
    if not re.fullmatch(r"[a-z0-9-]+", made.id):
        return "an id is made of small letters, digits and hyphens"
    if made.kind not in KINDS:
        return f"kind is {made.kind!r}, it must be one of {KINDS}"
    if made.kind == "numeric":
        return _problem_of_number(made)
    if made.answer is not None or made.tolerance or made.why or made.hints or made.computed:
        return "answer, tolerance, why, hints and computed belong to kind numeric"
    right = sum(choice.right for choice in made.choices)
    if len(made.choices) < 2 or right < 1 or (made.kind != "multiple" and right != 1):
        return f"{len(made.choices)} choices of which {right} are right"
    if len({choice.text for choice in made.choices}) < len(made.choices):
        return "two choices are the same"
    if (made.kind == "predict") != bool(made.code):
        return "code belongs to kind predict, and to no other"
    return ""


def _problem_of_number(made: Question) -> str:
    if made.answer is None or not made.why or len(made.hints) < 2 or made.choices or made.code:
        return "numeric wants answer, why, two hints, and no choices and no code"
    if made.tolerance < 0:
        return "a tolerance is not negative"
    wrong = [number for number, _ in made.hints]
    if any(abs(number - made.answer) <= made.tolerance for number in wrong):
        return "a hint is about a number that counts as right"
    if len(set(wrong)) < len(wrong):
        return "two hints are about one number"
    return ""


def layout(questions: list[Question]) -> Iterator[tuple[str, str]]:
    """A quiz without a script, part by part: pairs of a kind and a text.

    A part of kind ``html`` stands as it is. ``markdown``, ``python`` (code) and ``text`` (what
    code prints) are for the one who asks to set: Sphinx in a page, markdown-it in a notebook.
    Each choice is a block that opens to its explanation; quiz.mjs makes a form of it.
    """
    for number, item in enumerate(questions, start=1):
        yield "html", f'<div class="lt-question" data-id="{item.id}" data-kind="{item.kind}">'
        yield "html", '<div class="lt-asked">'
        yield "markdown", f"**{number}.** {item.question}"
        if item.code:
            yield "python", item.code
        yield "html", "</div>"
        if item.answer is not None:
            numbers = f'data-answer="{item.answer!r}" data-tolerance="{item.tolerance!r}"'
            yield "html", f'<details class="lt-choice lt-right lt-number" {numbers}>'
            yield "html", "<summary>Show the answer</summary>"
            yield "html", f'<p class="lt-verdict">{written(item.answer)}</p><div class="lt-why">'
            yield "markdown", item.why
            yield "html", "</div>"
            for wrong, why in item.hints:
                yield "html", f'<div class="lt-hint" data-number="{wrong!r}">'
                yield "html", f'<p class="lt-got">You got <strong>{written(wrong)}</strong>?</p>'
                yield "markdown", why
                yield "html", "</div>"
            yield "html", "</details>"
        for choice in item.choices:
            verdict = "right" if choice.right else "wrong"
            yield "html", f'<details class="lt-choice lt-{verdict}"><summary>'
            yield "text" if item.kind == "predict" else "markdown", choice.text
            yield "html", f'</summary><p class="lt-verdict">{verdict.capitalize()}.</p>'
            yield "html", '<div class="lt-why">'
            yield "markdown", choice.why
            yield "html", "</div></details>"
        yield "html", "</div>"


def written(number: float) -> str:
    """A number as a reader would write it: 60, 0.25, 16777216."""
    return f"{number:.12g}"


def _choice(entry: dict[str, Any]) -> Choice:
    unknown = entry.keys() - {"text", "right", "why"}
    if unknown:
        raise ValueError(f"a choice has no {sorted(unknown)}")
    right = entry.get("right", False)
    if not isinstance(right, bool):
        raise TypeError(f"right is {right!r}, it must be true or false")
    text = entry["text"]  # an output that is a number needs no quotes
    return Choice(_words(text if text is None else str(text)), right, _words(entry["why"]))


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError(f"{value} is not a number")
    number = float(value)  # YAML 1.1 reads 1e-3 as a text
    if not math.isfinite(number):
        raise ValueError(f"{value} is not finite")
    return number


def _words(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError(f"{value!r} is not a text")
    return value.strip()
