"""Paint clothes, or change pictures of them, and see what trained networks make of it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from livetorch.live.frame.widget import Widget, WidgetError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDE = 28
WINDOW, STEP = 8, 4
"""A square that is covered, and how far the next one is, in pixels: 6 x 6 squares reach all."""


class DrawClothes(Widget):
    """An image to paint in, and all that some networks compute from it.

    ``model`` maps images ``(N, 1, 28, 28)`` in 0 .. 1 to logits ``(N, M, K)`` of M networks, and
    the feature maps of the first one's stages, each ``(N, C, H, W)``; a page runs its exported
    file ``clothes``. ``networks`` names the M, ``classes`` what the K logits stand for. ``images``,
    each ``(28, 28)`` by its name, are what the reader can start from, the first of them at once.

    The question is ``{"pixels": 784 whole numbers from 0 to 255, "cover": bool}``. The answer has
    the probabilities ``(M, K)`` and the maps; and where ``cover`` is true, ``falls``: by how much
    the first network's largest probability falls when one square of the image is covered with
    background, for 6 x 6 squares, row by row.

    Raises:
        ValueError: there is no image, or one has another shape or numbers outside of 0 .. 1.
    """

    module = "clothes"
    title = "Draw clothes"
    description = (
        "A small gray picture of a pullover, and a bar for each of the ten classes: the bar of "
        "the pullover is by far the longest."
    )
    needs = ("runtime", "clothes")

    def __init__(
        self,
        model: nn.Module,
        networks: Sequence[str],
        classes: Sequence[str],
        images: Mapping[str, Tensor],
    ) -> None:
        self.model = model
        if not images:
            raise ValueError("there must be an image to start from")
        for name, image in images.items():
            if image.shape != (SIDE, SIDE) or not (image.min() >= 0 and image.max() <= 1):
                raise ValueError(
                    f"image {name!r} must be ({SIDE}, {SIDE}) with numbers from 0 to 1, got "
                    f"{tuple(image.shape)} from {image.min():g} to {image.max():g}"
                )
        pictures = [[name, packed(image)] for name, image in images.items()]
        super().__init__(networks=list(networks), classes=list(classes), pictures=pictures)

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        pixels = question["pixels"]
        if len(pixels) != SIDE**2 or not all(
            isinstance(value, int) and 0 <= value <= 255 for value in pixels
        ):
            raise WidgetError(f"A painting is {SIDE**2} whole numbers from 0 to 255.")
        image = torch.tensor(pixels).reshape(1, 1, SIDE, SIDE) / 255
        images = torch.cat([image, covered(image[0])]) if question["cover"] else image
        with torch.no_grad():
            logits, *maps = self.model(images)
        beliefs = logits.softmax(dim=2)  # (N, M, K)
        of_top = beliefs[:, 0, beliefs[0, 0].argmax()]
        return {
            "probabilities": beliefs[0].tolist(),
            "maps": [{"shape": list(m.shape[1:]), "values": m[0].flatten().tolist()} for m in maps],
            "falls": (of_top[0] - of_top[1:]).tolist(),
        }

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        from livetorch.colors import LIGHT

        classes = self.options["classes"]
        pixels = list(base64.b64decode(self.options["pictures"][0][1]))
        figure = Figure(figsize=(5.6, 2.4), layout="constrained")
        picture, bars = figure.subplots(1, 2, width_ratios=(1, 1.2))
        picture.imshow(
            torch.tensor(pixels).reshape(SIDE, SIDE).numpy(), cmap="gray", vmin=0, vmax=255
        )
        picture.axis("off")
        answer = self.answer({"pixels": pixels, "cover": False})
        bars.barh(range(len(classes)), answer["probabilities"][0], color=LIGHT["blue"])
        bars.set(yticks=range(len(classes)), yticklabels=classes, xlim=(0, 1))
        bars.set_xlabel("probability")
        bars.invert_yaxis()
        return figure


def packed(image: Tensor) -> str:
    """An image ``(H, W)`` in 0 .. 1 as a short text: base64 of one byte a pixel, row by row."""
    return base64.b64encode(bytes((image * 255).round().flatten().int().tolist())).decode()


def covered(image: Tensor) -> Tensor:
    """``image (1, 28, 28)`` -> ``(36, 1, 28, 28)``: each with one square set to background."""
    corners = range(0, SIDE - WINDOW + 1, STEP)
    images = image.repeat(len(corners) ** 2, 1, 1, 1)
    for n, (row, column) in enumerate(torch.cartesian_prod(*[torch.tensor(corners)] * 2).tolist()):
        images[n, :, row : row + WINDOW, column : column + WINDOW] = 0
    return images
