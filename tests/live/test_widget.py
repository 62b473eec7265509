"""The frame: what a notebook and a page get of a widget, and what becomes of a question."""

from __future__ import annotations

import io
import json
import re
import subprocess
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib
import pytest
from matplotlib.figure import Figure
from PIL import Image

from book.live import page_part
from livetorch import live
from livetorch.live.frame.modules import FOLDER, bundle, module_paths
from livetorch.live.frame.widget import Widget
from livetorch.style import INK, PAPER, use_style
from tests.live.node import node

WIDGETS = [
    made
    for name in live.__all__
    if isinstance(made := getattr(live, name), type)
    and issubclass(made, Widget)
    and made is not Widget
]
every_module = pytest.mark.parametrize("path", module_paths().values(), ids=lambda p: p.stem)


def test_there_are_widgets() -> None:
    assert len(WIDGETS) >= 1
    assert {widget.module for widget in WIDGETS} <= module_paths().keys()


def test_a_module_has_its_name_alone() -> None:
    files = list(FOLDER.rglob("*.mjs"))
    assert sorted(path.stem for path in files) == sorted(module_paths())


def test_widgets_are_pairs_of_a_class_and_a_module() -> None:
    pairs = {path.stem for path in (FOLDER / "widgets").glob("*.mjs")}
    classes = {path.stem for path in (FOLDER / "widgets").glob("*.py")} - {"__init__"}
    assert pairs == classes == {widget.module for widget in WIDGETS} - {"quiz"}


@pytest.mark.parametrize("widget", WIDGETS)
def test_a_widget_says_what_it_shows(widget: type[Widget]) -> None:
    assert widget.title
    assert len(widget.description.split()) >= 8


@pytest.mark.parametrize("widget", WIDGETS)
def test_the_one_text_of_a_notebook_is_a_module(widget: type[Widget], tmp_path: Path) -> None:
    text = bundle(widget.module)
    assert not re.search(r"^import ", text, re.MULTILINE), "a notebook has no file to import"
    assert len(re.findall(r"^export default", text, re.MULTILINE)) == 1
    file = tmp_path / "one.mjs"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run([node(), str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@every_module
def test_modules_stay_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


class Asked(Widget):
    module = "broadcasting"
    title = "Asked"
    description = "A widget that the tests made up, with a picture that says nothing at all."

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        if question["number"] < 0:
            raise live.WidgetError("no number below zero")
        return {"twice": 2 * question["number"]}

    def still(self) -> Figure:
        figure = Figure()
        figure.subplots().set_title("loss -- and more")
        return figure


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(Widget, "send", lambda _self, content: messages.append(content))
    return messages


def test_a_question_is_answered_with_its_number(sent: list[dict[str, Any]]) -> None:
    Asked()._reply(None, {"id": 7, "question": {"number": 4}}, None)
    assert sent == [{"id": 7, "answer": {"twice": 8}}]


@pytest.mark.parametrize("content", [{"id": 1, "question": {"number": -1}}, {"id": 1}])
def test_a_question_without_an_answer_gets_words(
    content: dict[str, Any], sent: list[dict[str, Any]]
) -> None:
    Asked()._reply(None, content, None)
    assert list(sent[0]) == ["id", "error"]
    assert sent[0]["error"]


def test_html_holds_the_options_with_few_digits_and_no_way_out_of_the_script() -> None:
    widget = Asked(number=1 / 3, text="</script><b>", nested=[{"a": (2 / 3,)}])
    text = widget.as_html()
    script = re.search(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)
    assert script is not None
    options = json.loads(script[1])
    assert options == {
        "title": "Asked",
        "number": 0.33333,
        "text": "</script><b>",
        "nested": [{"a": [0.66667]}],
    }
    assert 'data-live="broadcasting"' in text
    assert ">loss -- and more</text>" in text


HEAVY = {"TraceExplorer": 100_000}
"""Widgets that carry much of their own: the 3,755 spans of a training step."""


@pytest.mark.parametrize("widget", WIDGETS)
def test_the_html_is_the_same_in_each_run(widget: type[Widget]) -> None:
    try:
        made = [widget().as_html() for _ in range(2)]
    except TypeError:
        pytest.skip("this widget shows what a chapter gives it")
    assert made[0] == made[1]
    assert len(made[0]) < HEAVY.get(widget.__name__, 65_000)


def test_a_still_has_the_books_look_whatever_the_notebook_has_set() -> None:
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        plain = Asked().as_html(), Asked().stored_html()
        use_style()
        assert (Asked().as_html(), Asked().stored_html()) == plain
    assert INK["light"] in plain[0]


class Words(HTMLParser):
    """What a reader sees of HTML whose tags are dropped, and the pictures' sources and texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words, self.images = "", list[dict[str, str | None]]()
        self.feed(text)

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.images.append(dict(attrs))


def test_where_a_widget_cannot_run_there_is_its_picture_and_a_sentence() -> None:
    widget = Asked(note="a -- b --> c")
    data, _ = widget._repr_mimebundle_()
    seen = Words(data["text/html"])
    assert " ".join(seen.words.split()) == "Asked, a figure to move: run this cell."
    (image,) = seen.images
    assert image["alt"] == widget.description
    source = str(image["src"]).removeprefix("data:image/png;base64,")
    picture = Image.open(io.BytesIO(b64decode(source, validate=True))).convert("RGB")
    assert picture.getpixel((0, 0)) == tuple(bytes.fromhex(PAPER["light"].removeprefix("#")))
    assert data["text/plain"] == (
        f"Asked, a figure to move: run this cell. Its start: {widget.description}"
    )


def test_the_page_gets_its_html_out_of_what_a_notebook_keeps() -> None:
    for note in ("", "a -- b --> c ---", "<!-- -->"):
        widget = Asked(note=note)
        assert page_part(widget.stored_html()) == widget.as_html()
        comment = widget.stored_html().split("<!--", 1)[1].removesuffix("-->")
        assert "--" not in comment
