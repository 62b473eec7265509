"""Spectrograms of short clips, or of what a microphone hears, with frames of several lengths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from torch import Tensor

from livetorch.live.frame.widget import Widget, WidgetError
from livetorch.live.parts.clips import clip_samples, clip_texts
from livetorch.signals import decibels, mel_filters, stft

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RATE = 8000
"""samples a second"""
LENGTHS = (64, 256, 1024)
"""of a frame, in samples, that the reader chooses from"""
HOP = 64
SHORTEST, LONGEST = 1024, 12_000
"""of a clip, in samples"""
BANDS = 64
"""of the mel scale"""
TOP = 80
"""decibels from the loudest that are drawn"""
START = {"length": 256, "scale": "hertz"}


class Spectrogram(Widget):
    """Clips by name, each ``(N,)`` with 8,000 samples a second from -1 to 1.

    The question is ``{"clip": name, "length": one of LENGTHS, "scale": "hertz" or "mel"}``; the
    answer is ``{"levels": rows}``, from low to high frequencies, in decibels below the loudest. A
    clip is kept in a byte a sample, in steps that are finer where it is quiet.
    """

    module = "spectrogram"
    title = "A spectrogram"
    description = (
        "A word as a picture: time from left to right, frequency from below to above, and the "
        "brighter a place, the more power of that frequency was in the sound at that time."
    )

    def __init__(self, clips: Mapping[str, Tensor]) -> None:
        texts = clip_texts(clips, SHORTEST, LONGEST)
        super().__init__(clips=texts, rate=RATE, lengths=list(LENGTHS), hop=HOP, top=TOP, **START)

    def samples(self, name: str) -> Tensor:
        """A clip as the page has it."""
        return clip_samples(self.options["clips"][name]).double()

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        name, length, scale = question["clip"], question["length"], question["scale"]
        if name not in self.options["clips"]:
            raise WidgetError("There is no such clip here.")
        if length not in LENGTHS:
            raise WidgetError("Frames have 64, 256 or 1024 samples.")
        if scale not in ("hertz", "mel"):
            raise WidgetError("The scale is hertz or mel.")
        power = stft(self.samples(name), length, HOP).abs().square()
        if scale == "mel":
            power = mel_filters(BANDS, length, RATE).double() @ power
        level = decibels(power, TOP)
        rows = (level - level.max()).tolist()
        return {"levels": [[round(value, 1) for value in row] for row in rows]}

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        name = next(iter(self.options["clips"]))
        levels = self.answer({"clip": name, **START})["levels"]
        seconds = len(self.samples(name)) / RATE
        figure = Figure(figsize=(5.6, 3.0), layout="constrained")
        axes = figure.subplots()
        axes.imshow(levels, origin="lower", aspect="auto", extent=(0, seconds, 0, RATE / 2))
        axes.grid(False)
        axes.set(xlabel="seconds", ylabel="hertz", title=name)
        return figure
