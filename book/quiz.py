"""Quiz questions: the form they are written in, and how a page shows them without a script.

``{quiz} NAME`` shows the questions of ``chapters/quizzes/NAME.yml``. CONTRIBUTING.md describes
the form. Every choice opens to its explanation, with the keyboard too, and nothing is loaded.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from book.notebooks import ROOT

FOLDER = ROOT / "chapters" / "quizzes"
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
    why: str = ""
    hints: tuple[tuple[float, str], ...] = ()
    """numeric: likely wrong numbers, and what leads to each"""


def load_quiz(path: Path) -> list[Question]:
    """The questions of a file.

    Raises:
        QuizError: the file is missing or not YAML, or a question is not in the form.
    """
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise QuizError(f"there is no quiz at {path}") from None
    except yaml.YAMLError as error:
        raise QuizError(f"{path} is not YAML: {error}") from error
    if not isinstance(entries, list) or not entries:
        raise QuizError(f"{path} must be a list of questions")
    questions = [question(entry, path) for entry in entries]
    if len({q.id for q in questions}) < len(questions):
        raise QuizError(f"{path}: two questions have one id")
    return questions


def question(entry: dict[str, Any], path: Path) -> Question:
    """One question from its entry in a file, checked."""
    name = f"{path.name}: {entry.get('id', entry)}"
    try:
        entry = dict(entry)
        choices = tuple(
            Choice(str(c["text"]).strip(), bool(c.get("right", False)), c["why"].strip())
            for c in entry.pop("choices", [])
        )
        hints = tuple((float(h["answer"]), h["why"].strip()) for h in entry.pop("hints", []))
        made = Question(choices=choices, hints=hints, **entry)
    except (KeyError, TypeError, AttributeError) as error:
        raise QuizError(f"{name}: a field is missing or unknown: {error}") from error
    if made.kind not in KINDS:
        raise QuizError(f"{name}: kind is {made.kind!r}, it must be one of {KINDS}")
    if made.kind == "numeric":
        if made.answer is None or not made.why or len(hints) < 2 or choices:
            raise QuizError(f"{name}: numeric wants answer, why, two hints, and no choices")
        return made
    right = sum(choice.right for choice in choices)
    if len(choices) < 2 or right < 1 or (made.kind != "multiple" and right != 1):
        raise QuizError(f"{name}: {len(choices)} choices of which {right} are right")
    if any(not choice.why or not choice.text for choice in choices):
        raise QuizError(f"{name}: every choice needs a text and an explanation")
    if (made.kind == "predict") != bool(made.code):
        raise QuizError(f"{name}: code belongs to kind predict, and to no other")
    return made


class QuizDirective(SphinxDirective):
    """``{quiz} NAME``: the questions of a file, each choice a block that opens."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        path = FOLDER / f"{self.arguments[0]}.yml"
        self.env.note_dependency(str(path))
        try:
            questions = load_quiz(path)
        except QuizError as error:
            raise self.error(str(error)) from error
        shown: list[nodes.Node] = []
        for number, item in enumerate(questions, start=1):
            section = nodes.container(classes=["lt-question"])
            section += self.parse(f"**{number}.** {item.question}")
            if item.code:
                section += nodes.literal_block(item.code.rstrip(), item.code.rstrip(),
                                               language="python")  # fmt: skip
            if item.kind == "numeric":
                section += self.numeric(item)
            for choice in item.choices:
                section += self.block(
                    self.answer_text(item, choice), choice.why, "right" if choice.right else "wrong"
                )
            shown.append(section)
        return shown

    def numeric(self, item: Question) -> list[nodes.Node]:
        lines = [f"**{item.answer:g}.** {item.why}"]
        lines += [f"You got **{answer:g}**? {why}" for answer, why in item.hints]
        return self.block(self.parse("Show the answer"), "\n\n".join(lines), "right")

    def answer_text(self, item: Question, choice: Choice) -> list[nodes.Node]:
        if item.kind == "predict":
            return [nodes.literal_block(choice.text, choice.text, language="text")]
        return self.parse(choice.text)

    def block(self, summary: list[nodes.Node], why: str, verdict: str) -> list[nodes.Node]:
        """A ``<details>``: the choice, and under it whether it is right and why."""
        word = html.escape(verdict.capitalize())
        opened = f'<details class="lt-choice lt-{verdict}"><summary>'
        return [
            nodes.raw("", opened, format="html"),
            *summary,
            nodes.raw("", f'</summary><p class="lt-verdict">{word}.</p>', format="html"),
            *self.parse(why),
            nodes.raw("", "</details>", format="html"),
        ]

    def parse(self, text: str) -> list[nodes.Node]:
        holder = nodes.container()
        self.state.nested_parse([*text.splitlines()], self.content_offset, holder)
        return list(holder.children)
