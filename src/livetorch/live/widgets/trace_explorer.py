"""A profiler's trace to zoom into: the spans of a step in rows, a table of them, a search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from livetorch.colors import FAINT, INK, LIGHT
from livetorch.live.frame.widget import Widget, WidgetError
from livetorch.traces import Span, load_gpt_step, own_times, packed, times_by_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 8
"""names in the table"""
LONGEST = 60
"""characters to search for"""
MOST = 20_000
"""spans"""


class TraceExplorer(Widget):
    """The spans of a trace in rows; without any, those of the GPT's step that ships.

    The question is ``{"range": [first, last], "order": "self" or "total", "text": what is searched
    in names}``, times in ticks of `livetorch.traces`. The answer is ``{"rows": [[name, calls,
    total, self], ...], "names": how many there are, "found": {"calls", "total", "own"}}``, the
    last of all spans with the text in their name.

    Args:
        spans: as of `livetorch.traces.spans_of`, to look at a trace of your own.
        about: where they come from, a sentence.

    Raises:
        ValueError: there are no spans, or more than a page can show.
    """

    module = "trace_explorer"
    title = "One step of a GPT, span by span"
    description = (
        "A training step of the GPT as rows of spans on a line of time. The forward pass takes the "
        "first third of the step, the backward pass more than half, the optimizer little. Below "
        "each part lie the modules and operations that ran inside it."
    )

    def __init__(self, spans: Sequence[Span] | None = None, about: str = "") -> None:
        if spans is None:
            step = load_gpt_step()
            spans = step.spans
            about = f"Recorded on {step.date} with torch {step.torch}, on {step.machine}."
        if not 1 <= len(spans) <= MOST:
            raise ValueError(f"a trace has 1 to {MOST:,} spans here, this one {len(spans):,}")
        super().__init__(**packed(spans), about=about, longest=LONGEST)
        self.spans = tuple(spans)
        self.whole = max(span.end for span in spans)

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        spans, (first, last) = self.spans, question["range"]
        order, text = question["order"], question["text"].lower()
        numbers = isinstance(first, int) and isinstance(last, int)
        if not numbers or first < 0 or last > self.whole or first >= last:
            raise WidgetError("The range must lie inside of the trace.")
        if order not in ("self", "total"):
            raise WidgetError("Names are ordered by self or total.")
        if len(text) > LONGEST:
            raise WidgetError(f"A name has at most {LONGEST} characters here.")
        names = times_by_name(spans, (first, last)).values()
        rows = sorted(names, key=lambda row: -(row.own if order == "self" else row.total))
        return {
            "rows": [list(row) for row in rows[:SHOWN]],
            "names": len(rows),
            "found": _matches(spans, text),
        }

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        spans, whole = self.spans, self.whole
        figure = Figure(figsize=(6.4, 3.0), layout="constrained")
        axes = figure.subplots()
        for span in spans:
            part = (span.end - span.start) / whole
            if part < 0.003:
                continue
            color = FAINT["light"] if ":" not in span.name else LIGHT["blue"]
            left, wide = span.start / 10_000, (span.end - span.start) / 10_000
            axes.barh(span.depth, wide, left=left, height=0.86, color=color, align="edge")
            if part > 0.015 * len(span.name):
                place = (left + 0.005 * whole / 10_000, span.depth + 0.43)
                axes.text(*place, span.name, color=INK["light"], va="center", fontsize=8)
        axes.set(xlim=(0, whole / 10_000), xlabel="milliseconds", yticks=[])
        axes.invert_yaxis()
        axes.grid(False)
        return figure


def _matches(spans: Sequence[Span], text: str) -> dict[str, int]:
    """The spans with the text in their name: how many, the time in one of them, and their own."""
    counts = {"calls": 0, "total": 0, "own": 0}
    around: list[bool] = []
    for span, own in zip(spans, own_times(spans), strict=True):
        del around[span.depth :]
        match = bool(text) and text in span.name.lower()
        if match:
            counts["calls"] += 1
            counts["total"] += 0 if any(around) else span.end - span.start
            counts["own"] += own
        around.append(match)
    return counts
