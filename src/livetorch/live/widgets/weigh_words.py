"""A sentence whose words can be switched off, and what a bag of words makes of the others."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from livetorch.live.frame.widget import Widget, WidgetError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WORD = re.compile(r"\w\w+")


class WeighWords(Widget):
    """A line to write in, and each of its words with its weight, to switch on and off.

    ``weights`` are those of a logistic regression on counts of words, ``{word: weight}`` with the
    words in lower case, and ``bias`` is what it adds for every text. A word is two letters,
    digits or underscores or more, as for scikit-learn's `CountVectorizer`. ``classes`` names the
    class of label 0 and that of label 1. The first of the ``examples`` is the start.

    The question is ``{"text": text, "off": the places of words that are switched off}``. The answer
    has the ``words``, the ``weights`` of each, None where the classifier does not know it, the
    ``sum`` of those that are on and the bias, and the ``probability`` of the class of label 1.

    Raises:
        ValueError: no example; a weight that is not finite.
    """

    module = "weigh_words"
    title = "Weigh the words"
    description = (
        "Each word of a sentence with its weight, above or below zero: the weights of the words "
        "that are on, and a bias, add up to how positive the sentence is."
    )
    LONGEST: ClassVar[int] = 280
    """characters"""

    def __init__(
        self,
        weights: Mapping[str, float],
        bias: float,
        examples: Sequence[str],
        classes: tuple[str, str] = ("negative", "positive"),
    ) -> None:
        if not examples:
            raise ValueError("examples must hold at least one text, the start")
        if not all(map(math.isfinite, (bias, *weights.values()))):
            raise ValueError("the weights and the bias must be finite")
        super().__init__(
            weights={word: round(weight, 2) for word, weight in weights.items()},
            bias=round(bias, 2),
            examples=list(examples),
            classes=list(classes),
            longest=self.LONGEST,
        )
        self.answer({"text": examples[0], "off": []})

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        text, off = question["text"], question["off"]
        if not text.strip():
            raise WidgetError("Write at least one word.")
        if len(text) > self.LONGEST:
            raise WidgetError(f"Only texts of up to {self.LONGEST} characters, please.")
        words = WORD.findall(text.lower())
        if not words:
            raise WidgetError("There is no word in it. Emoji and signs have no weight here.")
        weights = [self.options["weights"].get(word) for word in words]
        if all(weight is None for weight in weights):
            raise WidgetError("It knows none of these words. It has learned from English alone.")
        total = self.options["bias"]
        for place, weight in enumerate(weights):
            if weight is not None and place not in off:
                total += weight
        return {
            "words": words,
            "weights": weights,
            "sum": total,
            "probability": 1 / (1 + math.exp(-total)),
        }

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        from livetorch.colors import LIGHT

        answer = self.answer({"text": self.options["examples"][0], "off": []})
        words, weights = answer["words"][:14], [w or 0 for w in answer["weights"][:14]]
        figure = Figure(figsize=(5.6, 0.8 + 0.24 * len(words)), layout="constrained")
        axes = figure.subplots()
        colors = [LIGHT["blue"] if weight > 0 else LIGHT["orange"] for weight in weights]
        axes.barh(range(len(words)), weights, color=colors)
        axes.axvline(0, color=LIGHT["grey"], linewidth=1)
        axes.set(yticks=range(len(words)), yticklabels=words, xlabel="weight")
        axes.set_title(f"{self.options['classes'][1]}: {answer['probability']:.0%}")
        axes.invert_yaxis()
        return figure
