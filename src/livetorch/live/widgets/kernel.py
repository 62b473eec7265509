"""A 3 x 3 kernel over a small image: its output, and how one number of it is computed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from livetorch.live.frame.widget import Widget, WidgetError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDE = 20
"""Images are at most this high and wide: each pixel is drawn as a square that a finger can meet."""
LIMIT = 99
"""The largest weight, so that numbers fit the boxes."""
PRESETS = {
    "edge, left to right": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "edge, top to bottom": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "blur": [[0.11, 0.11, 0.11], [0.11, 0.11, 0.11], [0.11, 0.11, 0.11]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "outline": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "move right": [[0, 0, 0], [1, 0, 0], [0, 0, 0]],
}


class KernelExplorer(Widget):
    """Small gray images by name, each ``(H, W)``; the reader edits the kernel that goes over one.

    The question is ``{"image": name, "kernel": 3 rows of 3, "stride": 1 to 3, "padding": 0 to 2}``;
    the answer is ``{"output": rows}``, the cross-correlation of the two in double precision.
    """

    module = "kernel"
    title = "Kernel explorer"
    description = (
        "A small gray image, and beside it the map that a kernel for edges from left to right "
        "makes of it: the left borders of things are bright, their right borders dark."
    )

    def __init__(self, images: Mapping[str, Tensor]) -> None:
        if not images:
            raise ValueError("there must be an image")
        for name, image in images.items():
            if image.ndim != 2 or not 3 <= min(image.shape) <= max(image.shape) <= SIDE:
                raise ValueError(
                    f"image {name!r} must be (H, W), 3 to {SIDE} pixels each, got "
                    f"{tuple(image.shape)}"
                )
            if not image.isfinite().all():
                raise ValueError(f"image {name!r} must hold finite numbers")
        # Two digits are what the reader sees; more would only make the page larger.
        rows = {
            name: [[round(value, 2) for value in row] for row in image.tolist()]
            for name, image in images.items()
        }
        super().__init__(images=rows, presets=PRESETS)

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        if question["image"] not in self.options["images"]:
            raise WidgetError("There is no such image here.")
        kernel = [number for row in question["kernel"] for number in row]
        if len(kernel) != 9 or not all(
            isinstance(number, int | float) and math.isfinite(number) and abs(number) <= LIMIT
            for number in kernel
        ):
            raise WidgetError(
                f"Each of the nine weights must be a number from -{LIMIT} to {LIMIT}."
            )
        stride, padding = question["stride"], question["padding"]
        if stride not in (1, 2, 3) or padding not in (0, 1, 2):
            raise WidgetError("The stride is 1, 2 or 3, the padding 0, 1 or 2.")
        image = torch.tensor(self.options["images"][question["image"]], dtype=torch.float64)
        weight = torch.tensor(kernel, dtype=torch.float64).view(1, 1, 3, 3)
        output = functional.conv2d(image[None, None], weight, stride=stride, padding=padding)
        return {"output": output[0, 0].tolist()}

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        name, image = next(iter(self.options["images"].items()))
        kernel = next(iter(PRESETS.values()))
        question = {"image": name, "kernel": kernel, "stride": 1, "padding": 1}
        figure = Figure(figsize=(6.0, 2.8), layout="constrained")
        for axes, title, shown in zip(
            figure.subplots(1, 2),
            ("image", "output"),
            (image, self.answer(question)["output"]),
            strict=True,
        ):
            axes.imshow(shown, cmap="gray")
            axes.set_title(title)
            axes.axis("off")
        return figure
