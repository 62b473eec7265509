"""A language model that writes piece by piece, each rule of sampling and each draw to be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from livetorch.generation import next_token_probabilities
from livetorch.live.frame.widget import Widget, WidgetError
from livetorch.live.parts.bar_pairs import bar_pairs
from livetorch.live.parts.sampling import pick, uniform
from livetorch.models.attention import KeyValues

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from livetorch.models.gpt import GPT
    from livetorch.tokenizers import BytePairs


@dataclass(frozen=True)
class _Read:
    """What the model read last, and what it keeps of it."""

    window: list[int]
    keep: bool
    cache: list[KeyValues]
    scores: Tensor
    read: int


class WriteTokens(Widget):
    """A text, the probabilities of its next piece before and after the rules, the draw, a writer.

    A page runs the exported file ``plays``, made of ``model.step`` from ``tokens (1, T)``,
    ``past_keys`` and ``past_values (L, 1, K, S, d)``, with T and S open; its outputs are
    ``logits``, ``keys`` and ``values``. ``tokenizer`` is the one that the model was trained with.
    The first of the ``prompts`` is the start, under the rules that are given; a rule that is None
    is off.

    Draws come from a small generator of their own, the same here and in the page's module: a seed
    and the rules stand for one text in both. Tokens lie side by side from the likeliest to the
    rarest, and the one is drawn in whose part the number falls.

    Raises:
        ValueError: no prompt; the tokenizer has another number of tokens than the model; as
            `next_token_probabilities` for rules.
    """

    module = "write_tokens"
    title = "Let it write, piece by piece"
    description = (
        "Bars for the ten likeliest next pieces of a text, two for each: as the model says, and "
        "after the rules of sampling. Below, the probabilities after the rules lie side by side, "
        "and an arrow marks the number that was drawn and the piece on which it falls."
    )
    needs = ("runtime", "plays")
    HOTTEST: ClassVar[float] = 2.0

    def __init__(
        self,
        model: GPT,
        tokenizer: BytePairs,
        prompts: Sequence[str],
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        min_p: float | None = None,
    ) -> None:
        settings = model.settings
        if not prompts:
            raise ValueError("prompts must hold at least one text, the start")
        if len(tokenizer) != settings.vocabulary_size:
            raise ValueError(
                f"the tokenizer has {len(tokenizer)} tokens and the model "
                f"{settings.vocabulary_size}: take the one that the model was trained with"
            )
        self.model, self.tokenizer = model, tokenizer
        self._last: _Read | None = None
        heads = settings.num_key_heads or settings.num_heads
        super().__init__(
            prompts=list(prompts),
            merges=[list(pair) for pair in tokenizer.merges],
            context=settings.context_length,
            cache=[settings.num_layers, heads, settings.width // settings.num_heads],
            hottest=self.HOTTEST,
            rules={"temperature": temperature, "topK": top_k, "topP": top_p, "minP": min_p},
        )
        self.answer(self._start())

    def _start(self) -> dict[str, Any]:
        """The question that the start asks."""
        tokens = self.tokenizer.encode(self.options["prompts"][0]).tolist()
        return {"tokens": tokens, "cache": True, "seed": 1, "drawn": 0, **self.options["rules"]}

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """``{"tokens", "cache", "seed", "drawn"}`` and the rules: the whole text so far, whether
        what was read of it may be kept, and how many numbers of the seed were used up -> the
        probabilities of the next token ``before`` and ``after`` the rules, the ``number`` drawn,
        the ``next`` token on which it falls, and how many tokens the model ``read`` for it.
        """
        tokens, context = question["tokens"], self.options["context"]
        if not tokens:
            raise WidgetError("Write at least one character.")
        if len(tokens) - question["drawn"] > context:
            raise WidgetError(
                f"The model looks back on {context} pieces, and this prompt has "
                f"{len(tokens) - question['drawn']}: leave out its beginning."
            )
        if not 0 <= question["temperature"] <= self.HOTTEST:
            raise WidgetError(f"The temperature goes from 0 to {self.HOTTEST:g}.")
        window = tokens[start_of_window(len(tokens), context) :]
        scores, read = self._scores(window, question["cache"])
        after = next_token_probabilities(
            scores, question["temperature"], question["topK"], question["topP"], question["minP"]
        )
        number = uniform(question["seed"], question["drawn"])
        order = after.argsort(descending=True, stable=True)
        return {
            "before": scores.softmax(dim=0).tolist(),
            "after": after.tolist(),
            "number": number,
            "next": int(order[pick(after[order], number)]),
            "read": read,
        }

    def _scores(self, window: list[int], keep: bool) -> tuple[Tensor, int]:
        """What may follow the window (V,), and how many of its tokens were read for that."""
        last = self._last
        if last is not None and (last.window, last.keep) == (window, keep):
            return last.scores, last.read  # asked again, under other rules
        seen = len(last.window) if last is not None and keep and last.keep else 0
        if last is None or seen >= len(window) or last.window != window[:seen]:
            seen = 0
        cache = last.cache if last is not None and seen else self.model.empty_cache()
        with torch.no_grad():
            logits = self.model(torch.tensor([window[seen:]]), cache)[0, -1]
        self._last = _Read(window, keep, cache, logits.double(), len(window) - seen)
        return self._last.scores, self._last.read

    def shown(self, token: int) -> str:
        """A token's bytes as text, with signs for what cannot be seen; else as hex numbers."""
        text = self.tokenizer.pieces[token].decode(errors="replace")
        text = text.replace(" ", "·").replace("\n", "↵")
        if "�" in text or not text.isprintable():
            return " ".join(f"x{byte:02X}" for byte in self.tokenizer.pieces[token])
        return text

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        from livetorch.colors import LIGHT

        answer = self.answer(self._start())
        top = torch.tensor(answer["before"]).argsort(descending=True, stable=True)[:10].tolist()
        figure = Figure(figsize=(5.6, 4.2), layout="constrained")
        axes, strip = figure.subplots(2, height_ratios=(6, 1))
        # matplotlib takes $ for the start of a formula.
        names = [self.shown(i).replace("$", r"\$") for i in top]
        labels = (("model", "before"), ("after the rules", "after"))
        bar_pairs(axes, names, [(name, [answer[kind][i] for i in top]) for name, kind in labels])
        axes.set(xlabel="probability of the next piece")
        axes.legend()
        left = 0.0
        wide = [value for value in sorted(answer["after"], reverse=True) if value > 0.004]
        for row, value in enumerate(wide):
            strip.barh(0, value, left=left, color=LIGHT["blue"], alpha=0.75 - 0.4 * (row % 2))
            left += value
        strip.plot(answer["number"], 0.55, marker="v", color=LIGHT["orange"], clip_on=False)
        strip.set(xlim=(0, 1), yticks=[], xlabel="the number drawn, among the probabilities")
        return figure


def start_of_window(count: int, context: int) -> int:
    """The first token that the model reads of ``count``: where they no longer fit the context, its
    older half is left out, as `livetorch.generation.generate` does."""
    step = context + 1 - max(1, context // 2)
    return max(0, -(-(count - context) // step)) * step
