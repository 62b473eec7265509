"""A page records of a run what autograd does; the counts of lines are those of real runs."""

from __future__ import annotations

import random
import sys
from collections import Counter
from types import FrameType
from typing import Any

import pytest
import torch

from livetorch.live import Branch, WidgetError
from livetorch.live.widgets import branch as module
from tests.live.node import page_answers

INPUTS = [round(-3 + 0.1 * step, 1) for step in range(151)]


def test_a_page_records_the_graph_that_autograd_records() -> None:
    draw = random.Random(0)
    questions = [{"x": x} for x in [*INPUTS, *(draw.uniform(-3, 12) for _ in range(100))]]
    widget = Branch()
    graphs = set()
    for question, page in zip(questions, page_answers("branch", questions), strict=True):
        ours, theirs = page["answer"], widget.answer(question)
        for exact in ("lines", "nodes", "edges"):
            assert ours[exact] == theirs[exact], question
        assert ours["value"] == pytest.approx(theirs["value"], rel=1e-14, abs=1e-15)
        assert ours["grad"] == pytest.approx(theirs["grad"], rel=1e-14, abs=1e-15)
        graphs.add(str(theirs["nodes"]))
    assert len(graphs) == 6, "the branch, and up to four turns of the loop"


@pytest.mark.parametrize("x", [-2.0, 0.0, 0.5, 1.0, 2.0, 3.0, 9.0])
def test_the_shown_code_runs_as_often_as_the_widget_says(x: float) -> None:
    code = "import torch\n" + "\n".join(Branch().options["code"])
    names: dict[str, Any] = {}
    exec(compile(code, "shown", "exec"), names)
    ran: Counter[int] = Counter()

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        if frame.f_code.co_filename == "shown":
            ran.update([frame.f_lineno - 2] if event == "line" else [])
            return trace
        return None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        result = names["f"](torch.tensor(x, dtype=torch.float64))
    finally:
        sys.settrace(before)
    answer = Branch().answer({"x": x})
    assert [ran[line] for line in range(6)] == answer["lines"] == module.lines_run(x)
    assert result.item() == answer["value"]


@pytest.mark.parametrize("x", [13.0, -12.5, float("inf")])
def test_an_input_beyond_the_drawing_gets_a_sentence(x: float) -> None:
    with pytest.raises(WidgetError) as refused:
        Branch().answer({"x": x})
    if x < 100:
        assert page_answers("branch", [{"x": x}]) == [{"error": str(refused.value)}]
