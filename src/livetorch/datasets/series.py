"""Series of numbers in time: a chaotic one from its equation, and the spots on the sun."""

from __future__ import annotations

import torch
from torch import Tensor

from livetorch.datasets.shipped import DATA, damaged, shipped_table

SUNSPOTS_SHIPPED = DATA / "sunspots"
STEPS_PER_SAMPLE = 10
"""How finely the equation is solved between two samples."""


def make_mackey_glass(
    length: int, *, delay: int = 17, start: float = 1.2, warm_up: int = 500
) -> Tensor:
    r"""A series (length,) float32 that follows a short rule and still cannot be foreseen for long.

    It solves $\dot x(t) = 0.2\, x(t-\tau) / (1 + x(t-\tau)^{10}) - 0.1\, x(t)$, a model of how
    the body regulates its white blood cells, with one sample per unit of time. With a delay
    $\tau$ of 17 the solution is chaotic: of two that start almost alike, each soon goes its own
    way. With a delay of 10 they come together and repeat themselves.

    Args:
        delay: $\tau$, in units of time.
        start: the value of $x$ at time 0 and before.
        warm_up: so many first samples are thrown away.

    Raises:
        ValueError: a length, delay, start or warm-up that makes no sense.

    Source: Mackey and Glass (1977), https://doi.org/10.1126/science.267326
    """
    if length < 1 or delay < 1 or warm_up < 0 or not 0 < start < 10:
        raise ValueError(
            "need length >= 1, delay >= 1, warm_up >= 0 and a start between 0 and 10; "
            f"got {length}, {delay}, {warm_up}, {start}"
        )
    # Python's own floats, and no power function: a chaotic series makes a difference in the last
    # digit, between one processor and another, into another series.
    step, lag = 1 / STEPS_PER_SAMPLE, delay * STEPS_PER_SAMPLE
    values = [start] * (lag + 1)
    for _ in range((warm_up + length - 1) * STEPS_PER_SAMPLE):
        now, before, after = values[-1], _inflow(values[-lag - 1]), _inflow(values[-lag])
        # Heun's method: the mean of the slope here and the slope at the end of the step.
        slope = before - 0.1 * now
        values.append(now + step * (slope + after - 0.1 * (now + step * slope)) / 2)
    samples = values[lag::STEPS_PER_SAMPLE]
    return torch.tensor(samples[warm_up:])


def _inflow(value: float) -> float:
    square = value * value
    fourth = square * square
    return 0.2 * value / (1 + fourth * fourth * square)


def load_sunspots() -> tuple[Tensor, Tensor]:
    """The years (309,) int64 from 1700 to 2008 and the yearly mean sunspot numbers (309,) float32.

    The number adds ten for each group of spots to the count of spots, scaled so that different
    observers agree. It rises and falls in about eleven years, never twice alike. This is the
    series as it stood before its revision of 2015.

    Raises:
        FileNotFoundError: the file that ships with the package is not there.
        ValueError: the file is damaged.

    Source: the US National Geophysical Data Center, https://ngdc.noaa.gov/stp/solar/ssn.html,
    as statsmodels carries it; public domain.
    """
    path = SUNSPOTS_SHIPPED / "sunspots.csv"
    rows = shipped_table(path, ["year", "sunspots"])
    try:
        years = torch.tensor([int(year) for year, _ in rows])
        return years, torch.tensor([float(number) for _, number in rows])
    except ValueError as error:
        raise damaged(path, str(error)) from error


def windows(series: Tensor, context: int, *, horizon: int = 1) -> tuple[Tensor, Tensor]:
    """series (N,) -> inputs (M, context), targets (M,), where M = N - context - horizon + 1

    Row i of the inputs is ``series[i : i + context]``; its target is the value ``horizon`` steps
    after the last of these. Split a series into its parts first, each part a stretch of time, and
    cut the windows then: windows that overlap, dealt to training and test, would give away the
    answers.

    Raises:
        ValueError: the series is not of one dimension, or is too short for a single window.
    """
    if series.ndim != 1 or context < 1 or horizon < 1:
        raise ValueError(
            "need a series (N,), context >= 1 and horizon >= 1; "
            f"got {tuple(series.shape)}, {context}, {horizon}"
        )
    if len(series) < context + horizon:
        raise ValueError(
            f"a window of {context} values and a target {horizon} later need "
            f"{context + horizon} values, the series has {len(series)}: take a smaller context"
        )
    inputs = series.unfold(0, context, 1)[: len(series) - context - horizon + 1]
    return inputs.clone(), series[context + horizon - 1 :].clone()
