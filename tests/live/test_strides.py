"""A page's answer about views is torch's: strides, memory, copies and error messages."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
import torch

from livetorch.live import Strides, WidgetError
from tests.live.node import page_answers

INDICES: list[list[Any]] = [
    [0], [1], [[1, None, None]], [[0, 1, None]], [[None, None, 2]], [[None, None, -1]],
    [[0, None, 1], 1], [[0, None, 1], [1, None, 1]], [[0, None, 1], [None, 1, 1]],
    [[0, None, 1], [None, None, 2]], [[1, 3, 1], [0, 4, 3], 1],
]  # fmt: skip


def a_step(draw: random.Random, many: int) -> dict[str, Any]:
    """An operation; the sizes of a view are often the right number."""
    operation = draw.choice(
        ["index", "index", "transpose", "view", "reshape", "expand", "flip", "contiguous"]
    )
    if operation == "index":
        chosen = draw.choice(INDICES)
        steps = [[*at[:2], at[2] or 1] if isinstance(at, list) else at for at in chosen]
        return {"op": "index", "index": steps}
    if operation not in ("view", "reshape", "expand"):
        return {"op": operation}
    sizes: list[int] = []
    if operation != "expand" and draw.random() < 0.7:
        while many > 1 and len(sizes) < 3:
            factor = draw.choice([f for f in range(1, many + 1) if many % f == 0])
            sizes.append(factor)
            many //= factor
        sizes.append(draw.choice([many, -1]))
    else:
        sizes = [draw.choice([-1, 0, 1, 2, 3, 4, 3, 4]) for _ in range(draw.randrange(5))]
    return {"op": operation, "shape": sizes}


def programs(shape: tuple[int, ...], many: int) -> list[dict[str, Any]]:
    """Random programs that go on as long as torch goes on."""
    draw = random.Random(str(shape))
    widget = Strides(shape)
    made: list[dict[str, Any]] = []
    while len(made) < many:
        steps: list[dict[str, Any]] = []
        for _ in range(7):
            now = widget.answer({"steps": steps}) if steps else {"shape": list(shape)}
            numbers = torch.Size(now["shape"]).numel()
            step = a_step(draw, min(numbers, 200))
            made.append({"steps": [*steps, step]})
            try:
                refused = "error" in widget.answer({"steps": [*steps, step]})
            except WidgetError:
                refused = True
            if not refused:
                steps.append(step)
    return made


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4), (5,), (1, 6)])
def test_a_page_follows_views_as_torch_does(shape: tuple[int, ...]) -> None:
    questions = programs(shape, 500)
    widget = Strides(shape)
    torch_says: list[dict[str, Any]] = []
    for question in questions:
        try:
            torch_says.append({"answer": widget.answer(question)})
        except WidgetError as error:
            torch_says.append({"error": str(error)})
    page_says = page_answers("strides", questions, {"shape": list(shape)})
    for question, page, kernel in zip(questions, page_says, torch_says, strict=True):
        assert page == kernel, question
    errors = Counter(
        reply["answer"]["error"][:30] for reply in torch_says if "error" in reply.get("answer", {})
    )
    assert len(errors) >= 6, "the programs met few of torch's errors"
    assert any(reply.get("answer", {}).get("copies") for reply in torch_says)


def test_large_views_are_views_and_large_copies_are_refused() -> None:
    tall = [{"op": "index", "index": [[0, 1, 1]]}, {"op": "expand", "shape": [999, 4]}]
    beyond = [*tall, {"op": "expand", "shape": [999, 999, 4]}]
    questions = [
        {"steps": steps}
        for steps in (
            tall,
            [*tall, {"op": "contiguous"}],
            [*tall, {"op": "reshape", "shape": [-1]}],
            [*tall, {"op": "flip"}],
            [*tall, {"op": "reshape", "shape": [5, 5]}],
            beyond,
        )
    ]
    widget = Strides()
    page = page_answers("strides", questions, {"shape": [3, 4]})
    assert page[0]["answer"] == widget.answer(questions[0])
    assert page[0]["answer"]["strides"] == [0, 1]
    assert page[4]["answer"] == widget.answer(questions[4])
    assert "is invalid for input" in page[4]["answer"]["error"]
    for number in (1, 2, 3, 5):
        with pytest.raises(WidgetError) as refused:
            widget.answer(questions[number])
        assert page[number] == {"error": str(refused.value)}


def test_an_unknown_operation_gets_a_sentence() -> None:
    with pytest.raises(WidgetError, match="no operation"):
        Strides().answer({"steps": [{"op": "__class__"}]})
