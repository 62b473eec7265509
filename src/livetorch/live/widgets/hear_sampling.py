"""A tone and its samples: which tone the samples show, drawn and heard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from livetorch.colors import LIGHT
from livetorch.live.frame.widget import Widget, WidgetError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RATES = (8000, 4000, 2000)
"""samples a second that the reader chooses from"""
HIGHEST = 8000
"""of the tones, in hertz"""
MILLISECONDS = 2.5
"""of a tone that are drawn"""
START = {"hertz": 3000, "rate": 8000}


class HearSampling(Widget):
    """The reader moves a tone past half the sampling rate.

    The question is ``{"hertz": a whole number, "rate": one of RATES}``; the answer is ``{"shown":
    the tone below half the rate that has these samples, "sign": 1, -1 where it is turned upside
    down, "samples": those of 2.5 milliseconds}``.
    """

    module = "hear_sampling"
    title = "Hear the samples"
    description = (
        "A wave of 3,000 hertz and its samples, 8,000 a second. Beside it a line that says which "
        "tone the samples show: it rises to 4,000 hertz and then falls again."
    )

    def __init__(self) -> None:
        super().__init__(rates=list(RATES), highest=HIGHEST, milliseconds=MILLISECONDS, **START)

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        hertz, rate = question["hertz"], question["rate"]
        if rate not in RATES:
            raise WidgetError("The rate is 8000, 4000 or 2000 samples a second.")
        if not isinstance(hertz, int) or not 0 < hertz <= HIGHEST:
            raise WidgetError(f"The tone is a whole number of hertz, from 1 to {HIGHEST}.")
        rest = hertz % rate
        # Whole turns are taken off while the numbers are whole.
        count = int(MILLISECONDS * rate / 1000) + 1
        turns = (hertz * torch.arange(count) % rate).double() / rate
        return {
            "shown": min(rest, rate - rest),
            "sign": -1 if rest > rate / 2 else 1,
            "samples": torch.sin(2 * torch.pi * turns).tolist(),
        }

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        hertz, rate = START["hertz"], START["rate"]
        samples = self.answer({"hertz": hertz, "rate": rate})["samples"]
        fine = torch.linspace(0, MILLISECONDS, 500)
        figure = Figure(figsize=(6.4, 2.7), layout="constrained")
        left, right = figure.subplots(1, 2)
        left.plot(fine, torch.sin(2 * torch.pi * hertz * fine / 1000), color=LIGHT["blue"])
        left.plot(torch.arange(len(samples)) * 1000 / rate, samples, "o", color=LIGHT["orange"])
        left.set(xlabel="milliseconds")
        right.plot([0, rate / 2, rate], [0, rate / 2, 0], color=LIGHT["grey"])
        right.plot(hertz, hertz, "o", color=LIGHT["orange"])
        right.set(xlabel="tone (hertz)", ylabel="what the samples show")
        return figure
