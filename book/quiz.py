"""A chapter's quiz on its page: the questions as Sphinx sets them, which need no script.

The cell ``Quiz("NAME")`` of a notebook leaves a line of HTML as its output. On the page the
questions of ``NAME.quiz.yml`` beside the notebook stand in its place, and
src/livetorch/live/quiz/quiz.mjs
makes forms of them. Without scripts every choice opens to its explanation.
"""

from __future__ import annotations

import contextlib
import html
import json
import re
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from docutils.utils import new_document
from myst_parser.parsers.sphinx_ import MystParser
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from book.notebooks import ROOT, chapter_paths

if TYPE_CHECKING:
    from livetorch.live.quiz.questions import Choice, Question, QuizError, layout, load_quiz
else:  # read by its path, since importing the package would import torch
    _questions = runpy.run_path(str(ROOT / "src" / "livetorch" / "live" / "quiz" / "questions.py"))
    Choice, Question = _questions["Choice"], _questions["Question"]
    QuizError, layout, load_quiz = (_questions[n] for n in ("QuizError", "layout", "load_quiz"))

__all__ = ["Choice", "Question", "QuizError", "load_quiz", "quiz_ids", "quiz_nodes", "quiz_path"]

PLACE = re.compile(r'<div class="live" data-live="quiz" data-quiz="([^"]*)">')
"""What the cell of a quiz leaves in its output, see livetorch.live.quiz.quiz."""
logger = logging.getLogger(__name__)


def quiz_ids() -> dict[str, list[str]]:
    """The ids of the questions of each chapter that has a quiz."""
    ids = {}
    for path in chapter_paths():
        # A quiz that is not in the form is reported where its page is made.
        with contextlib.suppress(QuizError):
            ids[path.stem] = [q.id for q in load_quiz(quiz_path(path))]
    return ids


def quiz_path(notebook: Path) -> Path:
    """Where the questions of a notebook are."""
    return notebook.with_suffix(".quiz.yml")


def quiz_nodes(name: str, document: nodes.document, at: nodes.Node | None) -> list[nodes.Node]:
    """The quiz ``name`` as nodes of a page; a warning at ``at`` where it cannot be shown."""
    path = quiz_path(ROOT / Path(document.settings.env.docname).with_name(name))
    document.settings.env.note_dependency(str(path))
    try:
        questions = load_quiz(path)
    except QuizError as error:
        logger.warning("quiz: %s", error, location=at)
        return []
    options = json.dumps({"title": "Quiz", "quiz": name})
    made: list[nodes.Node] = [
        raw(
            '<div class="live" data-live="quiz" data-title="Quiz">'
            f'<script type="application/json">{options}</script><div class="live-still">'
        )
    ]
    for kind, text in layout(questions):
        if kind == "html":
            made.append(raw(text))
        elif kind == "markdown":
            made += parsed(text, document)
        else:
            made.append(nodes.literal_block(text, text, language=kind))
    return [*made, raw("</div></div>")]


def raw(text: str) -> nodes.raw:
    return nodes.raw("", text, format="html")


def parsed(text: str, document: nodes.document) -> list[nodes.Node]:
    """Markdown as the page's parser reads it."""
    holder = new_document(document.get("source", ""), document.settings)
    MystParser().parse(text, holder)
    return list(holder.children)


def replace_quizzes(document: nodes.document) -> None:
    """Put the questions where the cell of a quiz left its line."""
    for node in list(document.findall(nodes.raw)):
        place = PLACE.search(node.astext())
        if place:
            made = quiz_nodes(html.unescape(place[1]), document, node)
            at = node.parent.index(node)
            # Not replace_self: it would hand the output's classes to the first of the new nodes.
            node.parent[at : at + 1] = made


class QuizDirective(SphinxDirective):
    """``{quiz} NAME``: the same on a page that is no notebook."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        return quiz_nodes(self.arguments[0], self.state.document, self.state.parent)
