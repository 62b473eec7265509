"""Type a name, and see after each letter which language the model believes it comes from."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from livetorch.live.frame.widget import Widget, WidgetError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from livetorch.datasets.text import CharacterVocabulary
    from livetorch.models.sequences import SequenceClassifier


class TypeName(Widget):
    """A line to type in, and the belief over the languages after each letter.

    ``model`` tells what it believes after every letter, ``beliefs(tokens (1, T)) -> logits
    (1, T, K)``; a page runs its exported file ``surnames``, made with T = `LONGEST`. ``vocabulary``
    is the one that the model was trained with, ``languages`` are the K classes in their order. The
    first of the ``examples`` is the start.

    Raises:
        ValueError: no example; the vocabulary keeps no number for padding; the model has another
            number of classes.
    """

    module = "type_name"
    title = "Type a name"
    description = (
        "A table of shades: a column for each letter of a name, a row for each language. A bright "
        "cell is a strong belief, which moves between languages as letters come."
    )
    needs = ("runtime", "surnames")
    LONGEST: ClassVar[int] = 30
    """letters; a page pads to this length, because an exported model takes one length alone"""

    def __init__(
        self,
        model: SequenceClassifier,
        vocabulary: CharacterVocabulary,
        languages: Sequence[str],
        examples: Sequence[str],
    ) -> None:
        if not examples:
            raise ValueError("examples must name at least one name, the start")
        if not vocabulary.padding:
            raise ValueError("the vocabulary must keep 0 for padding: fit it with padding=True")
        self.model, self.vocabulary = model, vocabulary
        known = vocabulary.characters
        ids = dict(zip(known, vocabulary.encode("".join(known)).tolist(), strict=True))
        super().__init__(
            languages=list(languages),
            examples=list(examples),
            ids=ids,
            unknown=vocabulary.unknown_id,
            longest=self.LONGEST,
        )
        classes = len(self.answer({"name": examples[0]})["beliefs"][0])
        if classes != len(languages):
            raise ValueError(f"the model has {classes} classes, and {len(languages)} are named")

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """``{"name": ...}`` -> its letters as the model reads them, those it never saw, and the
        probability of each language after each letter.
        """
        letters = unicodedata.normalize("NFC", question["name"])
        # Names begin with a capital in the data; who types is often spared the Shift key.
        if letters[:1].upper() in self.options["ids"]:
            letters = letters[0].upper() + letters[1:]
        if len(letters) > self.LONGEST:
            raise WidgetError(f"Only names of up to {self.LONGEST} letters, please.")
        strange = [c for c in dict.fromkeys(letters) if c not in self.options["ids"]]
        if strange and self.vocabulary.unknown_id is None:
            raise WidgetError(f"The model has no number for {strange[0]}: leave it out.")
        beliefs = []
        if letters:
            with torch.no_grad():
                logits = self.model.beliefs(self.vocabulary.encode(letters).unsqueeze(0))
            beliefs = logits[0].double().softmax(dim=1).tolist()
        return {"letters": list(letters), "strange": strange, "beliefs": beliefs}

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        answer = self.answer({"name": self.options["examples"][0]})
        languages = self.options["languages"]
        figure = Figure(figsize=(5.6, 3.3), layout="constrained")
        axes = figure.subplots()
        shades = torch.tensor(answer["beliefs"]).T.numpy()
        axes.imshow(shades, cmap="cividis", aspect="auto", vmin=0, vmax=1)
        axes.set_xticks(range(len(answer["letters"])), answer["letters"])
        axes.set_yticks(range(len(languages)), languages)
        axes.set(xlabel="after each letter")
        axes.grid(False)
        return figure
