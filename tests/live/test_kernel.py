"""A page computes what torch's conv2d computes, and refuses what it cannot use."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional

from livetorch.live import KernelExplorer
from tests.live.node import page_answers


def explorer() -> KernelExplorer:
    generator = torch.Generator().manual_seed(0)
    return KernelExplorer(
        {
            "square": torch.rand(9, 9, generator=generator),
            "wide": torch.rand(3, 14, generator=generator),
        }
    )


def questions() -> list[dict[str, Any]]:
    generator = torch.Generator().manual_seed(1)
    return [
        {
            "image": image,
            "kernel": (4 * torch.randn(3, 3, generator=generator)).tolist(),
            "stride": stride,
            "padding": padding,
        }
        for image in ("square", "wide")
        for stride in (1, 2, 3)
        for padding in (0, 1, 2)
    ]


def test_a_page_correlates_as_torch_does() -> None:
    widget = explorer()
    page_says = page_answers("kernel", questions(), widget.options)
    for question, reply in zip(questions(), page_says, strict=True):
        output = torch.tensor(reply["answer"]["output"])
        torch.testing.assert_close(output, torch.tensor(widget.answer(question)["output"]))
        image = torch.tensor(widget.options["images"][question["image"]])
        kernel = torch.tensor(question["kernel"])
        want = functional.conv2d(
            image[None, None],
            kernel[None, None],
            stride=question["stride"],
            padding=question["padding"],
        )
        torch.testing.assert_close(output, want[0, 0], rtol=1e-4, atol=1e-4)


def test_bad_questions_and_images_are_refused_in_the_same_words() -> None:
    widget = explorer()
    good = questions()[0]
    for wrong in (
        {"image": "moon"},
        {"kernel": [[1, 2], [3, 4]]},
        {"kernel": [[100, 0, 0]] * 3},
        {"stride": 0},
        {"padding": 3},
    ):
        with pytest.raises(ValueError, match=r"\w+ \w+") as refused:
            widget.answer({**good, **wrong})
        reply = page_answers("kernel", [{**good, **wrong}], widget.options)[0]
        assert reply["error"] == str(refused.value)
    for image in (
        torch.zeros(2, 5),
        torch.zeros(21, 21),
        torch.zeros(1, 5, 5),
        torch.zeros(4, 4) / 0,
    ):
        with pytest.raises(ValueError, match="must"):
            KernelExplorer({"x": image})
    with pytest.raises(ValueError, match="must be an image"):
        KernelExplorer({})


def test_the_same_images_make_the_same_small_widget() -> None:
    assert explorer().as_html() == explorer().as_html()
    assert len(str(explorer().options)) < 20_000
