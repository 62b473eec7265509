"""A threshold on a classifier's scores: the four counts, and the point on the ROC curve."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from livetorch.colors import INK, LIGHT
from livetorch.live.frame.widget import Widget, WidgetError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDEST = 10
"""Logits beyond it are drawn at the edge: their probabilities are 0 or 1 to four digits."""
SHAPES = (("o", "plum"), ("s", "blue"))
"""marker and color of positive examples, then of negative ones"""


class Threshold(Widget):
    """The logits ``(N,)`` of N examples and their labels, 0 or 1; the reader moves the threshold.

    The question is ``{"threshold": a logit}``; the answer is ``{"counts": [TP, FP, FN, TN]}``,
    where an example is called positive if its logit is at least the threshold.
    """

    module = "threshold"
    title = "Threshold explorer"
    description = (
        "The scores of positive examples in one row and of negative ones in another, with a line "
        "at the threshold. Beside it the ROC curve, with a point for that threshold."
    )

    def __init__(
        self,
        logits: Tensor,
        labels: Tensor,
        *,
        positive: str = "positive",
        negative: str = "negative",
    ) -> None:
        scores, classes = logits.detach().flatten(), labels.detach().flatten()
        if scores.shape != classes.shape or not scores.isfinite().all():
            raise ValueError("there must be one finite logit for each label")
        if sorted(classes.unique().tolist()) != [0, 1]:
            raise ValueError("the labels must be 0 and 1, and both must be there")
        super().__init__(
            scores=scores.tolist(),
            labels=[int(label) for label in classes.tolist()],
            range=[
                max(-WIDEST, math.floor(scores.min().item())),
                min(WIDEST, math.ceil(scores.max().item())),
            ],
            start=0.0,
            cost=20,
            names=[positive, negative],
        )

    def tensors(self) -> tuple[Tensor, Tensor]:
        """Scores and labels as the page has them: rounded, in double precision."""
        scores = torch.tensor(self.options["scores"], dtype=torch.float64)
        return scores, torch.tensor(self.options["labels"]) == 1

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        threshold = question["threshold"]
        if not isinstance(threshold, int | float) or not math.isfinite(threshold):
            raise WidgetError("The threshold must be a number.")
        scores, true = self.tensors()
        called = scores >= threshold
        cases = (called & true, called & ~true, ~called & true, ~called & ~true)
        return {"counts": [int(case.sum()) for case in cases]}

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        from livetorch.classification import roc_points

        scores, true = self.tensors()
        figure = Figure(figsize=(6.4, 2.7), layout="constrained")
        left, right = figure.subplots(1, 2)
        for row, (marker, color) in enumerate(SHAPES):
            places = scores[true if row == 0 else ~true]
            heights = 1 - row + 0.12 * (torch.arange(len(places)) % 5 - 2)
            shown = places.clamp(*self.options["range"])
            left.plot(shown, heights, marker, color=LIGHT[color], markersize=3, fillstyle="none")
        left.axvline(self.options["start"], color=LIGHT["orange"])
        left.set(yticks=[1, 0], yticklabels=self.options["names"], ylim=(-0.5, 1.5), xlabel="logit")
        false_rate, true_rate, _ = roc_points(scores, true.double())
        right.plot(false_rate, true_rate, color=INK["light"])
        tp, fp, fn, tn = self.answer({"threshold": self.options["start"]})["counts"]
        right.plot(fp / (fp + tn), tp / (tp + fn), "o", color=LIGHT["orange"])
        right.set(xlabel="false positive rate", ylabel="true positive rate")
        return figure
