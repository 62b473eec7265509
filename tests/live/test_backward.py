"""A page reads and differentiates an expression as the kernel's torch does, errors included."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch

from livetorch.live import Backward, WidgetError
from tests.live.node import page_answers

VALUES = {"w": 2.0, "x": 3.0, "y": 5.0}


def an_expression(draw: random.Random, depth: int) -> str:
    if depth == 0 or draw.random() < 0.15:
        return draw.choice(["w", "x", "y", "k1", "x", "2", "0.5", "3", "1.5", "0"])
    forms = (
        "{} + {}|{} - {}|{} * {}|({}) * ({})|({}) / ({})|({}) ** 2|({}) ** {}|{} ** -1|-{}|-({})"
        "|({})|tanh({})|sin({})|exp({})|log({})|relu({})"
    )
    form = draw.choice(forms.split("|"))
    return form.format(*[an_expression(draw, depth - 1) for _ in range(form.count("{}"))])


def said_by_torch(question: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"answer": Backward().answer(question)}
    except WidgetError as error:
        return {"error": str(error)}


def as_number(value: float | str | None) -> float:
    """What JSON can not hold comes as text; the parts without a gradient have none."""
    return -12345.0 if value is None else float(value)


def test_values_and_gradients_of_every_box_are_torchs() -> None:
    draw = random.Random(1)
    questions = [
        {
            "expression": an_expression(draw, draw.randrange(1, 5)),
            "values": {name: draw.choice([-2.5, -1.0, 0.0, 0.5, 1.0, 3.0]) for name in "wxy"},
        }
        for _ in range(600)
    ]
    page_says = page_answers("backward", questions)
    drawn = 0
    for question, page in zip(questions, page_says, strict=True):
        kernel = said_by_torch(question)
        if "error" in kernel:
            assert page == kernel, question
            continue
        drawn += 1
        ours, theirs = page["answer"]["boxes"], kernel["answer"]["boxes"]
        assert [(b["op"], b["name"]) for b in ours] == [(b["op"], b["name"]) for b in theirs]
        for one, other in zip(ours, theirs, strict=True):
            assert [p if isinstance(p, int) else "n" for p in one["parts"]] == [
                p if isinstance(p, int) else "n" for p in other["parts"]
            ]
            numbers = []
            for box in (one, other):
                constants = [p["number"] for p in box["parts"] if not isinstance(p, int)]
                values = [box["value"], box["grad"], *box["local"], *box["passed"], *constants]
                numbers.append(torch.tensor([as_number(v) for v in values], dtype=torch.float64))
            close = torch.isclose(numbers[0], numbers[1], rtol=1e-9, atol=1e-12, equal_nan=True)
            assert close.all(), (question, one, other)
    assert drawn > 300


def test_a_variable_used_twice_gathers_both_gradients() -> None:
    question = {"expression": "(w * x - y) ** 2 + 0.5 * w ** 2", "values": VALUES}
    boxes = {box["name"]: box for box in Backward().answer(question)["boxes"]}
    assert boxes["w"]["grad"] == 8.0  # the number that the chapter finds by hand
    assert boxes["v1"]["passed"] == [6.0, 4.0]
    assert boxes["v4"]["passed"] == [2.0, None]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-x ** 2", -9.0),
        ("2 ** 3 ** x * x / x", 2.0**27),
        ("x - 1 - 1", 1.0),
        ("2 ** -x", 0.125),
        ("8 / x / 2", 8 / 3 / 2),
        ("- -x", 3.0),
        ("+x", 3.0),
        ("x ** 2 * 2", 18.0),
        ("1e1 * x", 30.0),
    ],
)
def test_operations_are_ordered_as_in_python(text: str, value: float) -> None:
    question = {"expression": text, "values": VALUES}
    (page,) = page_answers("backward", [question])
    for answer in (page["answer"], Backward().answer(question)):
        assert answer["boxes"][-1]["value"] == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Write an expression"),
        ("x ^ 2", r"Write a power as \*\*"),
        ("x $ 2", r"cannot read \$"),
        ("2x", r"between 2 and x, such as \*"),
        ("x y", "between x and y"),
        ("(x + 1) (x - 1)", r"between \) and \("),
        ("x +", "missing at the end"),
        ("x + * y", r"did not expect \*"),
        ("(x + 1", "not closed"),
        ("x + 1)", r"a \) without its \("),
        ("()", r"did not expect \)"),
        ("cos(x)", "do not know the function cos"),
        ("x(2)", "do not know the function x"),
        ("exp x", "Write exp with brackets"),
        ("1 + 2", "no variable"),
        ("weight * 2", "at most 5 letters"),
        ("a + b + c + d + e", "At most 4 variables"),
        ("x*x*x*x*x*x*x*x*x*x*x*x*x", "13 boxes; 12 have room"),
        ("x + " * 20 + "x", "too long"),
        ("__import__('os')", "cannot read '"),
        ("().__class__", r"cannot read \."),
    ],
)
def test_bad_input_gets_the_same_sentence_from_both(text: str, words: str) -> None:
    question = {"expression": text, "values": {}}
    with pytest.raises(WidgetError, match=words) as refused:
        Backward().answer(question)
    assert page_answers("backward", [question]) == [{"error": str(refused.value)}]


def test_random_texts_never_surprise() -> None:
    draw = random.Random(2)
    signs = ["x", "y", "v1", "2", ".5", "1e3", *"+-*/()", "**", "sin", "exp(", " "]
    questions = [
        {"expression": "".join(draw.choice(signs) for _ in range(draw.randrange(9))), "values": {}}
        for _ in range(1500)
    ]
    page_says = page_answers("backward", questions)
    good = 0
    for question, page in zip(questions, page_says, strict=True):
        kernel = said_by_torch(question)
        assert page.get("error") == kernel.get("error"), question
        good += "answer" in kernel
    assert good > 60
