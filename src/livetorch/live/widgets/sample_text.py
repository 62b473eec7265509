"""A model that continues a text, letter by letter, at a temperature of the reader's choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from livetorch.generation import next_token_probabilities
from livetorch.live.frame.widget import Widget, WidgetError
from livetorch.live.parts.bar_pairs import bar_pairs
from livetorch.live.parts.sampling import pick, uniform

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from livetorch.datasets.text import CharacterVocabulary
    from livetorch.models.sequences import CharacterModel


class SampleText(Widget):
    """A prompt, what may come next before and after dividing by the temperature, and a writer.

    ``model`` takes one step after another, ``step(tokens (1, T), state) -> logits (1, T, V), state
    (1, 1, H)``; a page runs its exported file ``shakespeare``, made with T = 1 from ``tokens`` and
    ``state``. ``vocabulary`` is the one that the model was trained with. The first of the
    ``prompts`` is the start, and ``temperature``, from 0 to 2, is the first one.

    Draws come from a small generator of their own, the same here and in the page's module, so
    that a seed and a temperature stand for one text in both.

    Raises:
        ValueError: no prompt; the vocabulary keeps numbers for padding or unknown characters, which
            cannot be written; the model's state is not one tensor, as that of an LSTM.
    """

    module = "sample_text"
    title = "Let it write"
    description = (
        "Bars for the ten likeliest next characters of a text, two for each: before and after the "
        "scores were divided by a temperature below one, which makes the long bars longer."
    )
    needs = ("runtime", "shakespeare")
    LONGEST: ClassVar[int] = 100
    """characters in a prompt"""
    HOTTEST: ClassVar[float] = 2.0

    def __init__(
        self,
        model: CharacterModel,
        vocabulary: CharacterVocabulary,
        prompts: Sequence[str],
        temperature: float = 0.5,
    ) -> None:
        if not prompts:
            raise ValueError("prompts must hold at least one text, the start")
        if vocabulary.padding or vocabulary.unknown:
            raise ValueError(
                "the vocabulary must keep no number for padding or unknown characters: a model "
                "could draw them, and there is nothing to write for them"
            )
        self.model, self.vocabulary = model, vocabulary
        with torch.no_grad():
            state = model.step(torch.zeros(1, 1, dtype=torch.int64), None)[1]
        if not isinstance(state, Tensor):
            raise ValueError('the state must be one tensor: take layer="gru" or layer="rnn"')
        super().__init__(
            prompts=list(prompts),
            temperature=float(temperature),
            hottest=self.HOTTEST,
            characters=list(vocabulary.characters),
            hidden=state.shape[-1],
            longest=self.LONGEST,
        )
        self.answer(self._start())

    def _start(self) -> dict[str, Any]:
        """The question that the start asks."""
        text, temperature = self.options["prompts"][0], self.options["temperature"]
        return {"text": text, "state": None, "temperature": temperature, "seed": 1, "drawn": 0}

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """``{"text", "state", "temperature", "seed", "drawn"}``: text that follows a state (None:
        nothing came before), and how many numbers of the seed were used up -> the probabilities of
        the next character ``before`` and ``after`` dividing by the temperature, in the order of
        the vocabulary, the ``next`` one drawn from those, and the new ``state``.
        """
        text, temperature = question["text"], question["temperature"]
        if not text:
            raise WidgetError("Write at least one character.")
        if len(text) > self.LONGEST:
            raise WidgetError(f"Only prompts of up to {self.LONGEST} characters, please.")
        for character in text:
            if character not in self.vocabulary.characters:
                raise WidgetError(f"The text that it learned from has no “{character}”.")
        if not 0 <= temperature <= self.HOTTEST:
            raise WidgetError(f"The temperature goes from 0 to {self.HOTTEST:g}.")
        state = question["state"]
        past = None if state is None else torch.tensor(state).reshape(1, 1, -1)
        with torch.no_grad():
            logits, future = self.model.step(self.vocabulary.encode(text).unsqueeze(0), past)
        scores = logits[0, -1].double()
        after = next_token_probabilities(scores, temperature)
        chosen = pick(after, uniform(question["seed"], question["drawn"]))
        return {
            "before": scores.softmax(dim=0).tolist(),
            "after": after.tolist(),
            "next": self.vocabulary.decode([chosen]),
            "state": future.flatten().tolist(),
        }

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        answer = self.answer(self._start())
        top = torch.tensor(answer["before"]).argsort(descending=True, stable=True)[:10].tolist()
        names = [NAMES.get(c, c) for c in (self.vocabulary.characters[i] for i in top)]
        figure = Figure(figsize=(5.6, 3.3), layout="constrained")
        axes = figure.subplots()
        bar_pairs(
            axes, names, [(kind, [answer[kind][i] for i in top]) for kind in ("before", "after")]
        )
        axes.set(xlabel="probability of the next character", xlim=(0, 1))
        axes.legend(title=f"temperature {self.options['temperature']:g}")
        return figure


NAMES = {" ": "space", "\n": "new line"}
"""characters that cannot be seen"""
