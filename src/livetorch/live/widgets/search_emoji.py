"""Search emoji by the words of their names and tags, and by meaning, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from livetorch.live.frame.widget import Widget, WidgetError
from livetorch.searching import NearestTexts, WordIndex

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from livetorch.datasets import EmojiNames
    from livetorch.wordpiece import WordPiece

SHOWN = 10
UNKNOWN = "[UNK]"


class SearchEmoji(Widget):
    """What comes first among emoji by BM25 and by an encoder, and its nearest vectors drawn.

    A page searches by words at once. At a click it loads the exported files ``minilm``, made of
    ``model`` from ``ids (1, T)`` with T open, its outputs ``scores`` and ``products``; and
    ``wordpiece``, which is ``WordList`` of the pieces that ``wordpiece`` knows. ``model`` gives the
    nearest ten of the emoji of ``names``, in their order. ``queries`` are what the reader can pick,
    the first at once.

    The question is ``{"text", "by": "words" or "meaning"}``. The answer has the ``places`` of the
    first ten among the emoji and their ``scores``; by meaning also the ``spots`` of the query and
    those ten in two dimensions, the share of the squared distances that is ``kept`` there, the
    ``pieces`` of the text and how many of them are ``read``.

    Raises:
        ValueError: no query; the model has vectors of another number of texts, or gives another
            number of nearest ones than ten; its encoder has another number of pieces.
    """

    module = "search_emoji"
    title = "Say what you mean"
    description = (
        "The names of the ten emoji nearest to a query by meaning, with a bar for the cosine of "
        "each, and beside them ten numbered points around a cross that stands for the query."
    )
    later = ("runtime", "minilm", "wordpiece")
    MOST = 2000

    def __init__(
        self,
        model: NearestTexts,
        wordpiece: WordPiece,
        names: EmojiNames,
        queries: Sequence[str],
    ) -> None:
        settings = model.encoder.settings
        if not queries:
            raise ValueError("queries must hold at least one text, the start")
        if model.nearest != SHOWN or model.columns.shape[1] != len(names.emoji):
            raise ValueError(
                f"the model must give the nearest {SHOWN} of {len(names.emoji)} texts, it gives "
                f"{model.nearest} of {model.columns.shape[1]}"
            )
        if len(wordpiece) != settings.vocabulary_size:
            raise ValueError(
                f"the encoder knows {settings.vocabulary_size} pieces, the tokenizer "
                f"{len(wordpiece)}"
            )
        self.model, self.wordpiece, self.names = model, wordpiece, names
        self.index = WordIndex(names.texts)
        lines = [
            f"{emoji}\t{name}\t{', '.join(tags)}"
            for emoji, name, tags in zip(names.emoji, names.names, names.tags, strict=True)
        ]
        super().__init__(
            texts="\n".join(lines),
            queries=list(queries),
            longest=settings.longest,
            most=self.MOST,
        )

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        text = question["text"]
        if not text.strip():
            raise WidgetError("Write what you look for.")
        if len(text) > self.MOST:
            raise WidgetError(f"At most {self.MOST} characters, please.")
        if question["by"] == "words":
            return _ranked(self.index.scores(text))
        longest = self.options["longest"]
        pieces = self.wordpiece.decode(self.wordpiece.encode(text))[1:-1]
        if all(piece == UNKNOWN for piece in pieces):
            raise WidgetError(
                "The encoder knows no sign of this, as of emoji alone: say it in words."
            )
        with torch.no_grad():
            scores, products = self.model(self.wordpiece.encode(text, longest)[None])
        spots, kept = projected(products)
        return {
            **_ranked(scores + 2),  # a cosine may be negative: all stand in the list
            "scores": scores.sort(descending=True).values[:SHOWN].tolist(),
            "spots": spots.tolist(),
            "kept": kept,
            "pieces": pieces,
            "read": min(len(pieces), longest - 2),
        }

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        from livetorch.colors import LIGHT

        query = self.options["queries"][0]
        near = self.answer({"text": query, "by": "meaning"})
        names = [f"{self.names.names[place]}  {i}" for i, place in enumerate(near["places"], 1)]
        figure = Figure(figsize=(6.4, 3.2), layout="constrained")
        bars, axes = figure.subplots(1, 2)
        bars.barh(range(SHOWN), near["scores"], color=LIGHT["blue"])
        bars.set(yticks=range(SHOWN), yticklabels=names, xlabel="cosine with the query")
        bars.invert_yaxis()
        cross, *others = near["spots"]
        axes.plot(*cross, "+", color=LIGHT["orange"], markersize=14, markeredgewidth=3)
        for number, spot in enumerate(others, 1):
            axes.annotate(str(number), spot, ha="center", va="center")
            axes.plot(*spot, alpha=0)  # a text alone does not widen the axes
        axes.set(xticks=[], yticks=[], xlabel="two dimensions of 384")
        axes.margins(0.12)
        figure.suptitle(query)
        return figure


class WordList(nn.Module):
    """The pieces of a vocabulary as bytes, one a line, for a page; whatever comes in is left out.

    first (1,) -> bytes (B,) float32
    """

    def __init__(self, wordpiece: WordPiece) -> None:
        super().__init__()
        self.lines: Tensor
        text = "\n".join(wordpiece.vocabulary).encode()
        self.register_buffer("lines", torch.frombuffer(bytearray(text), dtype=torch.uint8))

    def forward(self, first: Tensor) -> Tensor:
        return self.lines.float() + 0 * first


def _ranked(scores: Tensor) -> dict[str, Any]:
    """The places of the first ten, and their scores; what scores 0 is not among them."""
    order = scores.argsort(descending=True, stable=True)[:SHOWN]
    order = order[scores[order] > 0]
    return {"places": order.tolist(), "scores": scores[order].tolist()}


def projected(products: Tensor) -> tuple[Tensor, float]:
    """products (K, K) of all pairs of vectors -> spots (K, 2), the share of the squared distances
    that they keep: the two coordinates that keep most, seen from the first vector. The second lies
    to the right of the first, the third above it.

    Source: Torgerson, 1952, Multidimensional scaling: I. Theory and method.
    """
    products = products.double()
    centered = products - products.mean(0) - products.mean(1, keepdim=True) + products.mean()
    values, vectors = torch.linalg.eigh(centered)
    spots = vectors[:, [-1, -2]] * values[[-1, -2]].clamp(min=0).sqrt()
    spots = spots - spots[0]
    sides = torch.tensor([-1.0 if spots[axis + 1, axis] < 0 else 1.0 for axis in (0, 1)])
    return spots * sides, float(values[-2:].sum() / values.sum())
