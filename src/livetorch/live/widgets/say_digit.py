"""Say a digit, and see which one a trained network hears."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from livetorch.datasets.speech import SAMPLE_RATE, WORDS
from livetorch.live.frame.widget import Widget, WidgetError
from livetorch.live.parts.clips import clip_samples, clip_texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHORTEST, LONGEST = 800, 24_000
"""samples of a word that is asked about: 0.1 to 3 seconds"""
FULL = 2**15
UNSURE = 0.5
"""A digit whose probability is below that is not named without a doubt."""


class SayDigit(Widget):
    """Clips to choose, a WAV file, or a microphone: the word in it is cut out, and named.

    ``model`` maps samples ``(1, N)`` from -1 to 1, 8,000 a second, to probabilities ``(1, 10)`` for
    any N from 800 to 24,000; a page runs its exported file ``spoken-digits``. ``clips``, each
    ``(N,)`` by its name, are what the reader can start from, the first of them at once. A clip is
    kept in a byte a sample, in steps that are finer where it is quiet.

    The question is ``{"samples": whole numbers from -32768 to 32767}``, the answer has the ten
    ``probabilities``.

    Raises:
        ValueError: there is no clip, or one has another shape, too few or many samples, or numbers
            outside of -1 to 1.
    """

    module = "say_digit"
    title = "Say a digit"
    description = (
        "The samples of a short word over time, and a bar for each of the ten digits: the bar of "
        "the digit that the network hears is by far the longest."
    )
    needs = ("runtime", "spoken-digits")

    def __init__(self, model: nn.Module, clips: Mapping[str, Tensor]) -> None:
        self.model = model
        texts = [*map(list, clip_texts(clips, SHORTEST, LONGEST).items())]
        super().__init__(clips=texts, words=list(WORDS), rate=SAMPLE_RATE, unsure=UNSURE)

    def samples(self, number: int) -> Tensor:
        """A clip as the page has it: (N,)"""
        return clip_samples(self.options["clips"][number][1])

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        samples = question["samples"]
        if not SHORTEST <= len(samples) <= LONGEST or not all(
            isinstance(value, int) and -FULL <= value < FULL for value in samples
        ):
            raise WidgetError(
                f"A word is {SHORTEST:,} to {LONGEST:,} whole numbers from -32,768 to 32,767."
            )
        with torch.no_grad():
            probabilities = self.model(torch.tensor(samples)[None] / FULL)
        return {"probabilities": probabilities[0].tolist()}

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        from livetorch.colors import LIGHT

        samples = self.samples(0)
        whole = (samples * (FULL - 1)).round().int().tolist()
        answer = self.answer({"samples": whole})
        figure = Figure(figsize=(5.6, 2.4), layout="constrained")
        sound, bars = figure.subplots(1, 2, width_ratios=(1.2, 1))
        seconds = torch.arange(len(samples)) / SAMPLE_RATE
        sound.plot(seconds, samples, color=LIGHT["blue"], linewidth=0.5)
        sound.set(xlabel="seconds", ylabel="sample", title=self.options["clips"][0][0])
        bars.barh(range(len(WORDS)), answer["probabilities"], color=LIGHT["blue"])
        bars.set(yticks=range(len(WORDS)), yticklabels=WORDS, xlim=(0, 1), xlabel="probability")
        bars.invert_yaxis()
        return figure
