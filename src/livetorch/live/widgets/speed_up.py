"""Speed-up: how much faster many processes are, for a model, a batch and links of the reader's."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from livetorch.colors import INK, LIGHT
from livetorch.live.frame.widget import Widget, WidgetError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PROCESSES = 64
MILLISECONDS = (5, 20, 100, 400, 2000)
MEGABYTES = (0.1, 1, 10, 100, 1000)
GIGABYTES_A_SECOND = (0.1, 1, 10, 100)
LATENCY = 2e-5
START = {"milliseconds": 400, "megabytes": 100, "bandwidth": 10, "growing": False}


def speed_ups(compute: float, volume: float, bandwidth: float, growing: bool) -> Tensor:
    """Of 1 to 64 processes (64,): how many times as many examples a second they go through.

    A step computes ``compute`` seconds on one process. Then a ring all-reduce sends the gradient
    of ``volume`` bytes over links of ``bandwidth`` bytes a second. ``growing`` gives each process a
    batch as large as that of one; else one batch is divided.
    """
    processes = torch.arange(1, PROCESSES + 1, dtype=torch.float64)
    parts = (processes - 1) / processes
    exchange = 2 * parts * volume / bandwidth + 2 * (processes - 1) * LATENCY
    if growing:
        return processes * compute / (compute + exchange)
    return compute / (compute / processes + exchange)


class SpeedUp(Widget):
    """A curve of speed-ups against processes, and what decides them.

    The question is ``{"milliseconds", "megabytes", "bandwidth", "growing"}``: of one process's
    step, of the gradient, gigabytes a second, and whether the batch grows. The answer is
    ``{"speed_ups": 64 numbers}``.
    """

    module = "speed_up"
    title = "How much faster?"
    description = (
        "Speed-up against 1 to 64 processes. A straight line shows the ideal. The curve for a "
        "gradient of 100 megabytes over links of 10 gigabytes a second flattens below 15."
    )

    def __init__(self) -> None:
        super().__init__(
            start=START,
            milliseconds=list(MILLISECONDS),
            megabytes=list(MEGABYTES),
            bandwidths=list(GIGABYTES_A_SECOND),
            latency=LATENCY,
            processes=PROCESSES,
        )

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        numbers = [question[name] for name in ("milliseconds", "megabytes", "bandwidth")]
        if not all(
            isinstance(number, int | float) and math.isfinite(number) and number > 0
            for number in numbers
        ):
            raise WidgetError("Times, sizes and speeds must be numbers above 0.")
        milliseconds, megabytes, bandwidth = numbers
        seconds, size, speed = milliseconds / 1e3, megabytes * 1e6, bandwidth * 1e9
        return {"speed_ups": speed_ups(seconds, size, speed, question["growing"]).tolist()}

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5.6, 2.7), layout="constrained")
        axes = figure.subplots()
        processes = range(1, PROCESSES + 1)
        axes.plot(processes, processes, "--", color=INK["light"], linewidth=1, label="ideal")
        axes.plot(processes, self.answer(START)["speed_ups"], color=LIGHT["blue"], label="speed-up")
        axes.set(xlabel="processes", ylabel="speed-up", ylim=(0, PROCESSES))
        axes.legend(loc="upper left")
        return figure
