"""What a profiler noted: spans of time inside each other, and one stored training step of a GPT.

Times are whole numbers of a tenth of a microsecond, here called ticks, so that sums are exact.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from torch.profiler import profile

GPT_STEP = Path(__file__).parent / "datasets" / "data" / "gpt-step" / "trace.json"
TICKS = 10
"""in a microsecond"""


class Span(NamedTuple):
    """One call: its name, when it began and ended, in ticks, and how many spans it lies in."""

    name: str
    start: int
    end: int
    depth: int


@dataclass(frozen=True)
class RecordedStep:
    """The spans of a step, each behind the one that it lies in, and where they come from."""

    spans: tuple[Span, ...]
    date: str
    machine: str
    """what kind it is"""
    torch: str
    """the version"""


class NameTimes(NamedTuple):
    """The calls of one name together; a call inside one of the same name adds nothing to total."""

    name: str
    calls: int
    total: int
    own: int
    """without the spans inside: self time"""


def nested(events: Iterable[tuple[str, float, float]]) -> tuple[Span, ...]:
    """(name, start, end) in microseconds, in any order -> spans that begin at 0, in their order.

    Raises:
        ValueError: there are none; one ends before it begins, or overlaps another without lying in
            it, as spans of two threads do.
    """
    ordered = sorted(events, key=lambda event: (event[1], -event[2]))
    if not ordered:
        raise ValueError("the trace is empty: there is no span in it")
    zero = round(ordered[0][1] * TICKS)
    spans: list[Span] = []
    around: list[Span] = []
    for name, *ends in ordered:
        start, end = (round(time * TICKS) - zero for time in ends)
        if end < start:
            raise ValueError(f"{name!r} ends before it begins")
        while around and around[-1].end <= start:
            around.pop()
        if around and end > around[-1].end:
            raise ValueError(
                f"{name!r} begins inside of {around[-1].name!r} and ends after it: take the spans "
                "of one thread"
            )
        spans.append(Span(name, start, end, len(around)))
        around.append(spans[-1])
    return tuple(spans)


def spans_of(trace: profile) -> tuple[Span, ...]:
    """The spans that a profiler noted on the processor, of the thread that has most of them.

    Raises:
        ValueError: it noted none.
    """
    events = [event for event in trace.events() or [] if event.device_type.name == "CPU"]
    threads = Counter(event.thread for event in events)
    thread = threads.most_common(1)[0][0] if threads else None
    return nested(
        (event.name, event.time_range.start, event.time_range.end)
        for event in events
        if event.thread == thread
    )


def own_times(spans: Sequence[Span], window: tuple[int, int] | None = None) -> list[int]:
    """The ticks that each span ran itself, without those inside; of a window, the part in it."""
    first, last = window or (spans[0].start, max(span.end for span in spans))
    own: list[int] = []
    around: list[int] = []
    for place, span in enumerate(spans):
        del around[span.depth :]
        length = max(0, min(span.end, last) - max(span.start, first))
        if around:
            own[around[-1]] -= length
        own.append(length)
        around.append(place)
    return own


def times_by_name(
    spans: Sequence[Span], window: tuple[int, int] | None = None
) -> dict[str, NameTimes]:
    """The calls of each name, in the order of the first: how many, their time and their own time.

    Of a window what lies in it: the times in it, and the calls that have some time in it.
    """
    first, last = window or (spans[0].start, max(span.end for span in spans))
    names: dict[str, NameTimes] = {}
    around: list[str] = []
    for span, own in zip(spans, own_times(spans, (first, last)), strict=True):
        del around[span.depth :]
        length = min(span.end, last) - max(span.start, first)
        if length > 0:
            _, calls, total, before = names.get(span.name, NameTimes(span.name, 0, 0, 0))
            total += 0 if span.name in around else length
            names[span.name] = NameTimes(span.name, calls + 1, total, before + own)
        around.append(span.name)
    return names


def packed(spans: Sequence[Span]) -> dict[str, list[str] | list[int]]:
    """Names, and for each span four numbers: of its name, its depth, the ticks since the start of
    the span before it, and its length."""
    names = list(dict.fromkeys(span.name for span in spans))
    numbers = {name: number for number, name in enumerate(names)}
    flat: list[int] = []
    before = 0
    for span in spans:
        flat += [numbers[span.name], span.depth, span.start - before, span.end - span.start]
        before = span.start
    return {"names": names, "spans": flat}


def unpacked(names: Sequence[str], flat: Sequence[int]) -> tuple[Span, ...]:
    """The spans that `packed` wrote."""
    spans, start = [], 0
    for at in range(0, len(flat), 4):
        number, depth, after, length = flat[at : at + 4]
        start += after
        spans.append(Span(names[number], start, start + length, depth))
    return tuple(spans)


def load_gpt_step() -> RecordedStep:
    """A training step of the GPT of chapter 13, recorded by ``data/make_gpt_step.py``.

    16 texts of 128 tokens, 2 blocks of width 64, on one thread. Names without a colon are the parts
    of the loop and the modules of the model; the others are torch's.
    """
    stored = json.loads(GPT_STEP.read_text(encoding="utf-8"))
    spans = unpacked(stored["names"], stored["spans"])
    return RecordedStep(spans, stored["date"], stored["machine"], stored["torch"])
