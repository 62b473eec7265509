"""Where a reader of dates looks before each sign that it writes, head by head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from livetorch.live.frame.widget import Widget, WidgetError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from livetorch.models.dates import DateReader


class AttentionExplorer(Widget):
    """A line to type a date in, the same date as a machine writes it, and the heads' weights.

    ``model`` explains itself, ``explain(tokens (1, S), signs (1, T), heads (H,)) -> logits
    (1, T, K), scores (1, H, T, S), weights (1, H, T, S)``; a page runs its exported file ``dates``,
    made with T = `WRITTEN` and S = ``longest``. ``characters`` are those that it reads, the first
    as token 1, since 0 is padding; ``digits`` are the K signs that it writes, in the order of the
    logits. The first of the ``examples`` is the start.

    Raises:
        ValueError: no example; or the model writes another number of signs.
    """

    module = "attention_explorer"
    title = "Where it looks"
    description = (
        "A table of shades: a row for each sign of a written date, a column for each character of "
        "the date as people say it. A dark cell is a character that the heads looked at, on "
        "average, before that sign was written; digits look at their digits."
    )
    needs = ("runtime", "dates")
    WRITTEN: ClassVar[int] = 10
    """signs of a written date"""

    def __init__(
        self,
        model: DateReader,
        examples: Sequence[str],
        characters: str,
        digits: str,
        longest: int = 30,
    ) -> None:
        if not examples:
            raise ValueError("examples must name at least one date, the start")
        self.model = model
        super().__init__(
            examples=list(examples),
            characters=list(characters),
            digits=list(digits),
            heads=model.num_heads,
            written=self.WRITTEN,
            longest=longest,
        )
        self.answer(self._start())

    def _start(self) -> dict[str, Any]:
        """The question that the start asks."""
        return {"text": self.options["examples"][0], "heads": [1] * self.options["heads"]}

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """``{"text", "heads"}``: a date, and for each head whether it is on (1 or 0) -> the
        ``letters`` as they are read, the signs ``written`` one after another, each the likeliest,
        the ``chances`` that they were given, and the ``scores`` and ``weights`` (H, T, S) of the
        heads over all places, the padding behind the letters included.
        """
        letters = list(question["text"].lower())
        known, longest = self.options["characters"], self.options["longest"]
        if not letters:
            raise WidgetError("Write a date.")
        if len(letters) > longest:
            raise WidgetError(f"Only dates of up to {longest} characters, please.")
        for letter in letters:
            if letter not in known:
                raise WidgetError(f"No date that it learned from has “{letter}”.")
        tokens = torch.zeros(1, longest, dtype=torch.int64)
        tokens[0, : len(letters)] = torch.tensor([known.index(c) + 1 for c in letters])
        heads = torch.tensor(question["heads"], dtype=torch.float32)
        signs = torch.zeros(1, self.WRITTEN, dtype=torch.int64)
        with torch.no_grad():
            for place in range(self.WRITTEN):
                logits, scores, weights = self.model.explain(tokens, signs, heads)
                signs[0, place] = logits[0, place].argmax()
        digits = self.options["digits"]
        if logits.shape[2] != len(digits):
            raise ValueError(f"the model has {logits.shape[2]} signs, and {len(digits)} are named")
        chances = logits[0].double().softmax(dim=1).gather(1, signs[0, :, None])
        return {
            "letters": letters,
            "written": "".join(digits[i] for i in signs[0].tolist()),
            "chances": chances.flatten().tolist(),
            "scores": scores[0].tolist(),
            "weights": weights[0].tolist(),
        }

    def still(self) -> Figure:
        from matplotlib.colors import LinearSegmentedColormap
        from matplotlib.figure import Figure

        from livetorch.colors import LIGHT, PAPER

        answer = self.answer(self._start())
        letters = answer["letters"]
        shades = torch.tensor(answer["weights"]).mean(dim=0)[:, : len(letters)]
        figure = Figure(figsize=(5.6, 3.3), layout="constrained")
        axes = figure.subplots()
        blues = LinearSegmentedColormap.from_list("blues", [PAPER["light"], LIGHT["blue"]])
        axes.imshow(shades.numpy(), cmap=blues, aspect="auto", vmin=0, vmax=1)
        axes.set_xticks(range(len(letters)), ["␣" if c == " " else c for c in letters])
        axes.set_yticks(range(self.WRITTEN), list(answer["written"]))
        axes.set(xlabel="what is read", ylabel="what is written")
        axes.grid(False)
        return figure
