"""Compare two pieces of code by running them in turn, and say it as a row of the table.

Machines drift by more than what is measured here. So the two run one right after the other, the
ratio is taken of each such pair, and the middle of the ratios counts.
"""

from __future__ import annotations

import gc
import os
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

RUNS = 15
"""Pairs behind a median that may be quoted."""

Clock = Callable[[], float]


@dataclass(frozen=True)
class Row:
    """One line of the table, and one object of the JSON list."""

    name: str
    ratio: float
    """the median of the ratios of all runs"""
    low: float
    """their lower quartile"""
    high: float
    """their upper quartile"""
    goal: float | None
    """what the ratio should reach; None where the row is there to be looked at"""
    better: str
    """``lower`` or ``higher``"""
    runs: int

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        if self.goal is None:
            return None
        return self.ratio <= self.goal if self.better == "lower" else self.ratio >= self.goal


def row(
    name: str, ratios: Sequence[float], *, goal: float | None = None, better: str = "lower"
) -> Row:
    """The median and the quartiles of some ratios.

    Raises:
        ValueError: there is no ratio, or ``better`` is neither ``lower`` nor ``higher``.
    """
    if not ratios:
        raise ValueError(f"{name}: no ratio was measured")
    if better not in ("lower", "higher"):
        raise ValueError(f"{name}: better must be 'lower' or 'higher', got {better!r}")
    middle = statistics.median(ratios)
    low = high = middle
    if len(ratios) > 1:
        low, _, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return Row(name, middle, low, high, goal, better, len(ratios))


def seconds(run: Callable[[], object], clock: Clock = time.process_time) -> float:
    """What one run takes by a clock, with no garbage collection in the middle of it."""
    gc.collect()
    enabled = gc.isenabled()
    gc.disable()
    try:
        start = clock()
        run()
        return clock() - start
    finally:
        if enabled:
            gc.enable()


def ratios(
    contender: Callable[[], object],
    baseline: Callable[[], object],
    runs: int = RUNS,
    clock: Clock = time.process_time,
) -> list[float]:
    """The contender's time over the baseline's, pair by pair, after one pair to warm up.

    Time is processor time by default: it leaves out what other programs on the machine take.
    """
    contender()
    baseline()
    gc.collect()
    gc.freeze()  # what is there by now need not be searched again before every run
    try:
        return [seconds(contender, clock) / seconds(baseline, clock) for _ in range(runs)]
    finally:
        gc.unfreeze()


def children_cpu() -> float:
    """Processor seconds of all programs that this one started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def one_thread() -> None:
    """Keep torch and the programs started from here to one thread; call before torch is loaded."""
    os.environ["OMP_NUM_THREADS"] = "1"
