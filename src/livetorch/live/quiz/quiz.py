"""Quizzes in a notebook: the same questions and the same form as on the chapter's page."""

from __future__ import annotations

import html
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from livetorch.live.frame.widget import Widget
from livetorch.live.quiz.questions import QuizError, layout, load_quiz

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

LOST = (
    "The questions of this quiz are not here: put the file {file} beside this notebook and run "
    "this cell again, or answer them on the chapter's page."
)


class Quiz(Widget):
    """The questions of ``NAME.quiz.yml`` beside the notebook, to be answered.

    Where there is no such file, or it is not in the form, the widget says so in words.
    """

    module = "quiz"
    title = "Quiz"
    description = "Questions on the chapter, and under each possible answer why it is right or not."

    def __init__(self, name: str, folder: str | Path = ".") -> None:
        self.quiz = name
        path = Path(folder) / f"{name}.quiz.yml"
        if path.exists():
            try:
                shown = {"html": questions_html(path)}
            except QuizError as error:
                shown = {"lost": f"This quiz cannot be shown: {error}"}
        else:
            shown = {"lost": LOST.format(file=path.as_posix())}
        super().__init__(quiz=name, **shown)

    def as_text(self) -> str:
        return str(self.options.get("lost", f"Run this cell to answer the quiz {self.quiz} here."))

    def stored_html(self) -> str:
        return self.as_html()

    def as_html(self) -> str:
        """A line in place of the questions, which the notebook then does not hold twice.

        The book's build puts them here, see book/quiz.py.
        """
        return (
            f'<div class="live" data-live="quiz" data-quiz="{html.escape(self.quiz)}">'
            f"<p>{html.escape(self.as_text())}</p></div>"
        )

    def __repr__(self) -> str:
        return f"Quiz({self.quiz!r})"


def questions_html(path: Path) -> str:
    """The questions of a file as HTML that needs no script.

    Raises:
        QuizError: the file is not in the form.
    """
    parts = []
    for kind, text in layout(load_quiz(path)):
        if kind == "markdown":
            parts.append(_markdown().render(text))
        elif kind == "html":
            parts.append(text)
        else:
            parts.append(f'<pre class="lt-{kind}"><code>{html.escape(text)}</code></pre>')
    return "".join(parts)


@cache
def _markdown() -> MarkdownIt:
    """Markdown with formulas between dollar signs, as MyST reads it; no HTML of its own."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    made = MarkdownIt("commonmark", {"html": False})
    return made.use(dollarmath_plugin, renderer=lambda text, _options: _mathml(text))


def _mathml(text: str) -> str:
    """A formula as MathML, which browsers show without a script; else as it was written."""
    from latex2mathml.converter import convert

    try:
        return convert(text)
    except Exception:  # its errors share no class, and a formula is no reason to lose a quiz
        return f"<code>{html.escape(text)}</code>"
