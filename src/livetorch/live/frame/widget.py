"""The frame of every widget: in a notebook Python answers, in a page the module itself does.

A widget is a small class here and one ES module of the same name beside it. JupyterLab, VS Code and
Colab draw it with anywidget, and its questions go to the kernel, so that torch answers. A page has
no kernel: it takes the same module and the options from the widget's HTML, and the module's own
``answer`` is asked instead. Tests compare the two answers.
"""

from __future__ import annotations

import html
import io
import json
import re
from base64 import b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import anywidget
import traitlets

from livetorch.colors import css_variables
from livetorch.live.frame.modules import FOLDER, bundle
from livetorch.style import RC_PARAMS, png

if TYPE_CHECKING:
    from matplotlib.figure import Figure


Form = TypeVar("Form")
"""a figure written down: SVG as text, or PNG as bytes"""


class WidgetError(ValueError):
    """A question or an option that a widget cannot use: its text is shown to the reader."""


class Widget(anywidget.AnyWidget):
    """A figure that the reader can move.

    A subclass names its ``module`` and says what it shows; it overrides `answer` where something is
    asked of torch, and `still` with the picture of its start.
    """

    module: ClassVar[str] = ""
    """the name of the ES module, without its folder and ending"""
    title: ClassVar[str] = ""
    description: ClassVar[str] = ""
    """what one who cannot see the still picture should know: a sentence or two"""
    needs: ClassVar[tuple[str, ...]] = ()
    """the files that a page loads at the reader's click: the runtime, and models by their names"""
    later: ClassVar[tuple[str, ...]] = ()
    """files of this kind that a button inside loads: until then the widget works without them"""

    options = traitlets.Dict().tag(sync=True)

    def __init_subclass__(cls, **settings: Any) -> None:
        if "module" in cls.__dict__:  # traitlets makes subclasses of its own, without one
            cls._esm = bundle(cls.module)
            cls._css = style_sheet()
        super().__init_subclass__(**settings)

    def __init__(self, **options: Any) -> None:
        super().__init__(options=_rounded({"title": self.title, **options}))
        self.on_msg(self._reply)

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """What torch says to a question of the module.

        Raises:
            WidgetError: the question makes no sense, in words for the reader.
        """
        raise NotImplementedError(f"{type(self).__name__} has nothing to ask torch")

    def still(self) -> Figure:
        """The picture of the start, for print and where scripts are off.

        It is drawn in the book's style, as a ``matplotlib.figure.Figure`` of its own, which pyplot
        does not know and so need not close.
        """
        raise NotImplementedError

    def as_text(self) -> str:
        """What stands in place of the widget where nothing but text is shown."""
        return f"{self.title}, a figure to move: run this cell. Its start: {self.description}"

    def _reply(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        """Answer a message of the module; no question may end without an answer."""
        reply: dict[str, Any] = {"id": content.get("id")}
        try:
            reply["answer"] = self.answer(content["question"])
        except Exception as error:  # the reader sees it, in the widget instead of a log
            reply["error"] = str(error)
        self.send(reply)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def _repr_mimebundle_(self, **settings: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        made = super()._repr_mimebundle_(**settings)
        data, metadata = made if made is not None else ({}, {})
        return {**data, "text/html": self.stored_html(), "text/plain": self.as_text()}, metadata

    def stored_html(self) -> str:
        """The widget where it cannot run: its picture, and for the book's build the page's HTML.

        A notebook that is not trusted drops scripts and the tags of an SVG, whose words would stay
        as rows of digits; so the page's HTML is a comment, which nothing shows.
        """
        picture = b64encode(self._drawn(png)).decode()
        return (
            f'<figure style="margin:0"><img src="data:image/png;base64,{picture}" '
            f'alt="{html.escape(self.description)}" style="max-width:100%">\n'
            f"<figcaption><strong>{html.escape(self.title)}</strong>, a figure to move: run this "
            f"cell.</figcaption></figure>\n{hidden(self.as_html())}"
        )

    def as_html(self) -> str:
        """The widget for a page: its options, and the still picture that stands until it moves."""
        options = json.dumps(self.options).replace("</", "<\\/")
        later = f'data-later="{" ".join(self.later)}" ' if self.later else ""
        return (
            f'<div class="live" data-live="{self.module}" data-needs="{" ".join(self.needs)}" '
            f'{later}data-title="{html.escape(self.title)}">\n'
            f'<script type="application/json">{options}</script>\n'
            f'<div class="live-still" role="img" aria-label="{html.escape(self.description)}">\n'
            f"{self._drawn(_svg)}\n</div></div>"
        )

    def _drawn(self, form: Callable[[Figure], Form]) -> Form:
        import matplotlib

        with matplotlib.rc_context(RC_PARAMS):  # an artist takes its look when it is made
            return form(self.still())


def hidden(page: str) -> str:
    """HTML as a comment, in which no two hyphens may follow each other; book/live.py reads it."""
    return f"<!--live {page.replace('--', '-&#45;')} -->"


def style_sheet() -> str:
    """The look of all widgets, with the book's colors for a notebook's light and dark themes."""
    dark = (
        '[data-jp-theme-light="false"] .live-box, [data-vscode-theme-kind="vscode-dark"] .live-box'
    )
    return f".live-box{{{css_variables('light')}}}\n{dark}{{{css_variables('dark')}}}\n" + (
        FOLDER / "frame" / "live.css"
    ).read_text(encoding="utf-8")


def _rounded(value: Any) -> Any:
    """Numbers to five digits: those after are noise that differs between processors."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


def _svg(figure: Figure) -> str:
    """A figure as SVG text, the same in every run."""
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    text = file.getvalue()[file.getvalue().index("<svg") :]
    return re.sub(r"(?<=\d\.\d\d)\d+", "", text)  # a hundredth of a point is finer than a pixel
