"""Spans of a trace: how they lie in each other, their own times, and the step that ships."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch
from torch.profiler import ProfilerActivity, profile, record_function

from data import make_gpt_step
from livetorch.traces import (
    GPT_STEP,
    Span,
    load_gpt_step,
    nested,
    own_times,
    packed,
    spans_of,
    times_by_name,
    unpacked,
)


def grown(seed: int) -> list[tuple[str, float, float]]:
    """Random spans inside each other, in microseconds, in a random order."""
    draw = random.Random(seed)
    events: list[tuple[str, float, float]] = []

    def grow(start: float, end: float, depth: int) -> None:
        events.append((draw.choice("abcd"), start, end))
        here = start
        while depth and end - here > 1:
            low = here + draw.choice([0, draw.random()])
            high = draw.uniform(low, end)
            grow(low, high, depth - 1)
            here = high

    grow(500, 600, 4)
    draw.shuffle(events)
    return events


@pytest.mark.parametrize("seed", range(20))
def test_own_times_add_up_in_every_window(seed: int) -> None:
    spans = nested(grown(seed))
    assert spans[0].start == 0
    assert spans[0].depth == 0
    whole = spans[0].end
    assert whole == 1000
    draw = random.Random(seed)
    for _ in range(5):
        first, last = sorted(draw.sample(range(whole + 1), 2))
        own = own_times(spans, (first, last))
        assert min(own) >= 0
        assert sum(own) == last - first
        names = times_by_name(spans, (first, last))
        assert sum(row.own for row in names.values()) == last - first
        for name, row in names.items():
            # The total of a name is the time in which at least one span of it is open.
            steps = [
                any(s.name == name and s.start <= t < s.end for s in spans)
                for t in range(first, last)
            ]
            assert row.total == sum(steps)
    assert unpacked(*packed(spans).values()) == spans  # type: ignore[arg-type]


def test_what_is_no_trace_is_refused() -> None:
    with pytest.raises(ValueError, match="the trace is empty"):
        nested([])
    with pytest.raises(ValueError, match="'b' ends before it begins"):
        nested([("a", 0, 9), ("b", 5, 4)])
    with pytest.raises(ValueError, match="'b' begins inside of 'a' and ends after it"):
        nested([("a", 0, 5), ("b", 4, 9)])


def test_spans_of_a_profile() -> None:
    x = torch.ones(20, 20)
    with profile(activities=[ProfilerActivity.CPU], acc_events=True) as trace:
        with record_function("part"):
            x @ x
        x + x
    spans = spans_of(trace)
    places = {span.name: span.depth for span in spans}
    assert next(iter(places)) == "part"
    assert (places["part"], places["aten::matmul"], places["aten::add"]) == (0, 1, 0)
    assert places["aten::mm"] == 2


def test_the_stored_step() -> None:
    step = load_gpt_step()
    whole = step.spans[0]
    assert (whole.name, whole.start, whole.depth) == ("training step", 0, 0)
    assert max(span.end for span in step.spans) == whole.end
    assert sum(own_times(step.spans)) == whole.end
    inside = [span.name for span in step.spans if span.depth == 1]
    parts = ["batch", "forward", "loss", "zero_grad", "backward", "clip", "optimizer"]
    assert inside == parts
    names = times_by_name(step.spans)
    assert names["blocks.1.attention"].calls == 1
    assert names["aten::_scaled_dot_product_flash_attention_for_cpu"].calls == 2
    assert GPT_STEP.stat().st_size < 150_000
    assert step.date >= "2026-11-30"


def test_a_step_is_recorded_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(make_gpt_step, "WARM_UP", 1)
    threads = torch.get_num_threads()
    try:
        make_gpt_step.main(["a machine", "--repeats", "1", "--target", str(tmp_path)])
    finally:
        torch.set_num_threads(threads)
    assert "spans" in capsys.readouterr().out
    monkeypatch.setattr("livetorch.traces.GPT_STEP", tmp_path / "trace.json")
    made, ours = load_gpt_step(), Span("training step", 0, 0, 0)
    assert made.machine == "a machine"
    assert made.spans[0].name == ours.name
    assert "opyright" in (tmp_path / "LICENSE").read_text(encoding="utf-8")
    assert "data/make_gpt_step.py" in (GPT_STEP.parent / "LICENSE").read_text(encoding="utf-8")
