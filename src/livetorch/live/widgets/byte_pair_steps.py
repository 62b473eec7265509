"""Byte pair encoding on the reader's own text, one merge at a time."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from livetorch.live.frame.widget import Widget, WidgetError
from livetorch.tokenizers import BytePairs, merge, split_text, train_byte_pairs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINE = "If it were done when 'tis done, then 'twere well it were done quickly"
EXAMPLES = (
    ("Macbeth", LINE),
    ("A tongue twister", "the thin thief thinks the thing is theirs"),
    ("Other scripts", "naïve café, naïve cafés: 中文, 中国, 🙂🙂"),
    ("Numbers", "1600 1601 1602 1603 1610 1611 and 1612"),
)


class BytePairSteps(Widget):
    """A text to type, its merges one at a time, and what the tokenizer of the plays makes of it.

    The question is ``{"text": text}``. The answer holds the ``merges`` of its own pairs as long as
    a pair is there twice, with ``counts``, how often each was there and how many times the next
    pairs are, and ``plays``, the tokens of `BytePairs.shipped`.

    Args:
        text: the text at the start.
    """

    module = "byte_pair_steps"
    title = "Merge by merge"
    description = (
        "A line of text cut into colored pieces three times: without merges each byte is a piece, "
        "and with more merges of the most frequent pairs the pieces grow longer and fewer."
    )
    LONGEST: ClassVar[int] = 400
    """characters"""
    MOST: ClassVar[int] = 100
    """merges"""

    def __init__(self, text: str = LINE) -> None:
        super().__init__(
            text=text,
            examples=[list(pair) for pair in EXAMPLES],
            merges=[list(pair) for pair in BytePairs.shipped().merges],
            longest=self.LONGEST,
            most=self.MOST,
        )
        self.answer({"text": text})

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        text = question["text"]
        if not text:
            raise WidgetError("Write at least one character.")
        if len(text) > self.LONGEST:
            raise WidgetError(f"Only texts of up to {self.LONGEST} characters, please.")
        if any(0xD800 <= ord(sign) < 0xE000 for sign in text):
            raise WidgetError("The text holds half a character, for which UTF-8 has no bytes.")
        parts = [list(part.encode()) for part in split_text(text)]
        merges: list[list[int]] = []
        counts: list[int] = []
        for new, best in enumerate(train_byte_pairs(text, self.MOST), 256):
            count = sum(pair == best for part in parts for pair in pairwise(part))
            if count < 2:
                break
            merges.append(list(best))
            counts.append(count)
            parts = [merge(part, best, new) for part in parts]
        return {
            "merges": merges,
            "counts": counts,
            "plays": BytePairs.shipped().encode(text).tolist(),
        }

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        from livetorch.style import LIGHT

        text = self.options["text"].split("\n")[0][:41]
        merges = self.answer({"text": text})["merges"] if text else []
        figure = Figure(figsize=(6.4, 1.9))
        axes = figure.subplots()
        for row, many in enumerate((0, len(merges) // 2, len(merges))):
            tokenizer, bars, place = BytePairs(tuple(map(tuple, merges[:many]))), [], 0
            for token in tokenizer.encode(text).tolist():
                piece = tokenizer.decode([token])
                bars.append((place, len(piece) - 0.12))
                middle = place + len(piece) / 2
                axes.text(middle, row, piece.strip(), ha="center", va="center", size=8)
                place += len(piece)
            for start, color in enumerate(("blue", "orange")):
                axes.broken_barh(bars[start::2], (row - 0.35, 0.7), color=LIGHT[color], alpha=0.3)
        axes.set(
            yticks=range(3),
            yticklabels=[0, len(merges) // 2, len(merges)],
            ylabel="merges",
            xticks=[],
            xlim=(-1, max(1, len(text))),
        )
        axes.invert_yaxis()
        axes.grid(False)
        return figure
