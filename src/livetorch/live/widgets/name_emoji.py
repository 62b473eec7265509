"""Name a picture: an emoji as the reader's device draws it, a drawing, or a picture from disk."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from livetorch.live.frame.widget import Widget, WidgetError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDE = 64


class NameEmoji(Widget):
    """A sheet of paper for a picture, and what a network believes it shows.

    The reader's own device is an artist, too, and a new one where its set is not among those that
    were learned: at a press it draws one of the ``signs``, or all of them in turn, for a score. The
    reader can also draw, or open a picture.

    ``model`` maps pictures ``(N, 3, 64, 64)``, floats from 0 to 255 on white, to probabilities
    ``(N, K)``; a page runs its exported file ``emoji``, with input ``pictures`` and output
    ``probabilities``. ``kinds`` names the K. Each of ``signs`` is an emoji as text, its name and
    its kind. ``start`` is a name, its kind, and the picture ``(3, 64, 64)`` uint8 that is shown
    first. Below the probability ``unsure_below`` the answer is called unsure.

    The question is ``{"picture": 12,288 bytes as base64}``: red, green and blue of each pixel, row
    by row. The answer is ``{"probabilities": ...}``.

    Raises:
        ValueError: a kind that is not in ``kinds``, a picture of another form, or a threshold that
            is no probability.
    """

    module = "name_emoji"
    title = "Name a picture"
    description = (
        "A small picture on white paper, and a bar for each of the kinds that a network knows: the "
        "bar of what the picture shows is the longest."
    )
    needs = ("runtime", "emoji")

    def __init__(
        self,
        model: nn.Module,
        kinds: Sequence[str],
        signs: Sequence[tuple[str, str, str]],
        start: tuple[str, str, Tensor],
        unsure_below: float,
    ) -> None:
        self.model = model
        name, kind, picture = start
        unknown = {kind, *(sign[2] for sign in signs)} - set(kinds)
        if unknown:
            raise ValueError(f"there is no kind {sorted(unknown)[0]!r} among {', '.join(kinds)}")
        if picture.shape != (3, SIDE, SIDE) or picture.dtype != torch.uint8:
            raise ValueError(
                f"the picture to start with must be (3, {SIDE}, {SIDE}) uint8, got "
                f"{tuple(picture.shape)} {picture.dtype}"
            )
        if not 0 <= unsure_below <= 1:
            raise ValueError(f"unsure_below must be a probability, got {unsure_below}")
        super().__init__(
            kinds=list(kinds),
            signs=[list(sign) for sign in signs],
            start={"name": name, "kind": kind, "picture": packed(picture)},
            unsureBelow=float(unsure_below),
        )

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        with torch.no_grad():
            probabilities = self.model(unpacked(question["picture"])[None].float())[0]
        return {"probabilities": probabilities.tolist()}

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        from livetorch.colors import LIGHT

        kinds, start = self.options["kinds"], self.options["start"]
        figure = Figure(figsize=(5.6, 2.6), layout="constrained")
        picture, bars = figure.subplots(1, 2, width_ratios=(1, 1.3))
        picture.imshow(unpacked(start["picture"]).permute(1, 2, 0).numpy(), interpolation="none")
        picture.axis("off")
        bars.barh(range(len(kinds)), self.answer(start)["probabilities"], color=LIGHT["blue"])
        bars.set(yticks=range(len(kinds)), yticklabels=kinds, xlim=(0, 1), xlabel="probability")
        bars.invert_yaxis()
        return figure


def packed(picture: Tensor) -> str:
    """A picture ``(3, 64, 64)`` uint8 as a question has it."""
    return base64.b64encode(bytes(picture.permute(1, 2, 0).flatten().tolist())).decode()


def unpacked(text: str) -> Tensor:
    """``(3, 64, 64)`` uint8 out of a question.

    Raises:
        WidgetError: it is no such picture.
    """
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        content = b""
    if len(content) != SIDE**2 * 3:
        raise WidgetError(f"A picture is {SIDE} × {SIDE} × 3 bytes.")
    colors = torch.frombuffer(bytearray(content), dtype=torch.uint8)
    return colors.reshape(SIDE, SIDE, 3).permute(2, 0, 1)
