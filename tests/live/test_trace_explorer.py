"""A page's trace is the package's: windows, names, searches, and what its parts compute."""

from __future__ import annotations

import random
from typing import Any

import pytest

from livetorch.live import TraceExplorer, WidgetError
from livetorch.live.widgets.trace_explorer import LONGEST, MOST
from livetorch.traces import Span, load_gpt_step
from tests.live.node import page_answers, page_calls

WHOLE = load_gpt_step().spans[0].end


def questions() -> list[dict[str, Any]]:
    """Windows of all lengths, with names to search for."""
    draw = random.Random(0)
    made: list[dict[str, Any]] = [
        {"range": [0, WHOLE], "order": order, "text": "mm"} for order in ("self", "total")
    ]
    for number in range(60):
        middle, length = draw.randint(0, WHOLE), int(WHOLE ** draw.random())
        first, last = max(0, middle - length), min(WHOLE, middle + length + 1)
        text = ("", "AtEn::M", "Backward", "blocks.0", "no such name", "[")[number % 6]
        order = draw.choice(["self", "total"])
        made.append({"range": [min(first, last - 1), last], "order": order, "text": text})
    return made


def test_the_page_computes_what_python_does() -> None:
    widget = TraceExplorer()
    replies = page_answers("trace_explorer", questions(), widget.options)
    for question, page in zip(questions(), replies, strict=True):
        assert page["answer"] == widget.answer(question)
    assert replies[0]["answer"]["found"]["calls"] > 40


def test_calls_inside_of_calls_count_once() -> None:
    spans = [Span("aa", 0, 30, 0), Span("b", 5, 25, 1), Span("ab", 10, 20, 2), Span("a", 40, 45, 0)]
    widget = TraceExplorer(spans)
    question = {"range": [0, 45], "order": "total", "text": "A"}
    assert widget.answer(question)["found"] == {"calls": 3, "total": 35, "own": 25}
    (page,) = page_answers("trace_explorer", [question], widget.options)
    assert page["answer"] == widget.answer(question)


def test_a_page_unpacks_the_spans_and_their_parents() -> None:
    widget = TraceExplorer()
    (page,) = page_calls(
        "trace_spans", "unpacked", [[widget.options[k] for k in ("names", "spans")]]
    )
    assert tuple(Span(p["name"], p["start"], p["end"], p["depth"]) for p in page) == widget.spans
    for place, one in enumerate(page):
        parent = one["parent"]
        assert (parent < 0) == (one["depth"] == 0)
        if parent >= 0:
            assert parent < place
            assert page[parent]["depth"] == one["depth"] - 1
            assert page[parent]["start"] <= one["start"] <= one["end"] <= page[parent]["end"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"range": [5, 5]}, "must lie inside"),
        ({"range": [-1, 5]}, "must lie inside"),
        ({"range": [0, WHOLE + 1]}, "must lie inside"),
        ({"range": [0, 1.5]}, "must lie inside"),
        ({"range": [None, 3]}, "must lie inside"),
        ({"order": "calls"}, "ordered by self or total"),
        ({"text": "x" * (LONGEST + 1)}, "at most 60 characters"),
    ],
)
def test_bad_questions_are_refused_in_the_same_words(wrong: dict[str, Any], words: str) -> None:
    widget, question = TraceExplorer(), {"range": [0, 50], "order": "self", "text": "", **wrong}
    with pytest.raises(WidgetError, match=words) as refused:
        widget.answer(question)
    (reply,) = page_answers("trace_explorer", [question], widget.options)
    assert reply == {"error": str(refused.value)}


def test_traces_of_ones_own() -> None:
    widget = TraceExplorer([Span("a$<b>", 0, 30, 0), Span("c", 10, 20, 1)], "Here and now.")
    assert widget.answer({"range": [0, 30], "order": "self", "text": "C"}) == {
        "rows": [["a$<b>", 1, 30, 20], ["c", 1, 10, 10]],
        "names": 2,
        "found": {"calls": 1, "total": 10, "own": 10},
    }
    assert "Here and now." in widget.as_html()
    for spans in ([], [Span("a", 0, 1, 0)] * (MOST + 1)):
        with pytest.raises(ValueError, match="a trace has 1 to 20,000 spans here"):
            TraceExplorer(spans)


def test_the_page_is_small_and_the_same_each_time() -> None:
    assert len(TraceExplorer().as_html()) < 150_000
    assert TraceExplorer().as_html() == TraceExplorer().as_html()


def test_ranges_stay_inside() -> None:
    calls = [[50, 20, 100], [0, 20, 100], [99, 30, 100], [50, 1, 100], [50, 500, 100], [3, 9, 10]]
    ranges = page_calls("trace_rows", "rangeAround", calls)
    assert ranges == [[40, 60], [0, 20], [70, 100], [40, 60], [0, 100], [0, 10]]


def test_times_in_words() -> None:
    words = page_calls("trace_spans", "inTime", [[0], [7], [99], [100], [9_999], [10_000], [2e6]])
    assert words == ["0.0 µs", "0.7 µs", "9.9 µs", "10.0 µs", "1000 µs", "1.00 ms", "200 ms"]


def test_kinds_of_names() -> None:
    names = [
        *("forward", "blocks.0.attention", "Optimizer.step#Muon.step"),
        *("aten::mm", "aten::addmm", "aten::_scaled_dot_product_flash_attention_for_cpu"),
        *("autograd::engine::evaluate_function: MmBackward0", "MmBackward0", "aten::mul"),
    ]
    kinds = page_calls("trace_spans", "kindOf", [[name] for name in names])
    assert kinds == [0, 0, 4, 1, 1, 2, 3, 3, 4]
