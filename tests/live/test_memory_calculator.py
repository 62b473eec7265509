"""The memory of a GPT: a page computes what Python does, and says what it means."""

from __future__ import annotations

import random
from dataclasses import asdict, replace
from typing import Any

import pytest

from livetorch.live import MemoryCalculator, WidgetError
from livetorch.live.widgets.memory_calculator import FIRST, LARGEST, PRESETS, START
from livetorch.live.widgets.memory_calculator import whole_settings as whole
from livetorch.memory_sizes import MemoryUse, parameter_count
from livetorch.models.gpt import GPTSettings
from livetorch.weights import PLAYS_GPT
from tests.live.node import page_answers, page_calls

SETTINGS = {preset.name: preset.settings for preset in PRESETS}


def asked(settings: GPTSettings = SETTINGS[FIRST], **use: Any) -> dict[str, Any]:
    return {"settings": whole(settings), "use": asdict(replace(START, **use))}


def questions() -> list[dict[str, Any]]:
    """Random models and uses, and every public model."""
    draw = random.Random(0)
    made = []
    for number in range(300):
        heads, key_heads = draw.choice([(1, 1), (4, 2), (6, 3), (8, 8)])
        settings = GPTSettings(
            draw.randint(2, 200_000),
            context_length=draw.randint(64, 4096),
            num_layers=draw.randint(1, 100),
            num_heads=heads,
            num_key_heads=key_heads,
            width=heads * draw.randint(1, 400),
            hidden_features=draw.randint(1, 9999),
            activation=draw.choice(["relu", "relu^2", "gelu", "gelu tanh", "swiglu"]),
            norm=draw.choice(["layer", "rms"]),
            positions=draw.choice(["learned", "rotary"]),
            normalize=draw.random() < 0.5,
            bias=draw.random() < 0.5,
            tied=draw.random() < 0.5,
        )
        training = draw.random() < 0.5
        use = MemoryUse(
            training=training,
            batch_size=draw.randint(1, 100),
            num_tokens=draw.randint(1, 64),
            precision=draw.choice(["float32", "bfloat16"] + ["int8", "int4"] * (not training)),
            optimizer=draw.choice(["sgd", "momentum", "adam"]),
            checkpointing=draw.random() < 0.5,
            attention=draw.choice(["blocks", "table"]),
            num_processes=draw.randint(1, 100),
            sharding=draw.randint(0, 3),
        )
        made.append({"settings": whole(settings), "use": asdict(use)})
        made += [asked(preset.settings, num_tokens=64) for preset in PRESETS if number == 0]
    return made


def test_the_page_computes_what_python_does() -> None:
    widget = MemoryCalculator()
    replies = page_answers("memory_calculator", questions(), widget.options)
    for question, page in zip(questions(), replies, strict=True):
        assert page["answer"] == widget.answer(question)


def test_what_is_no_model_is_refused_in_the_same_words() -> None:
    widget, tiny = MemoryCalculator(), GPTSettings(50)
    wrong = asked(tiny)
    wrong["settings"]["width"] = None  # NaN on its way to a kernel
    for question, words in (
        (asked(replace(tiny, width=130)), "4 heads do not divide a width of 130."),
        (asked(replace(tiny, num_key_heads=3)), "3 heads of keys do not divide 4 of queries."),
        (asked(tiny, num_tokens=129), "129 tokens are more than the context of 128."),
        (asked(tiny, num_tokens=8, precision="int4"), "Weights in int4 are not trained"),
        (asked(replace(tiny, num_layers=0)), "Sizes are whole numbers from 1 to 1,000,000."),
        (asked(tiny, batch_size=LARGEST + 1), "Sizes are whole numbers from 1 to 1,000,000."),
        (asked(tiny, batch_size=1.5), "Sizes are whole numbers from 1 to"),
        (wrong, "Sizes are whole numbers from 1 to"),
    ):
        with pytest.raises(WidgetError, match=words) as refused:
            widget.answer(question)
        (reply,) = page_answers("memory_calculator", [question], widget.options)
        assert reply == {"error": str(refused.value)}


@pytest.mark.parametrize(
    ("name", "millions"),
    [
        ("GPT-2 small", 124.439808),
        ("GPT-2 XL", 1557.6112),
        ("Llama 2 7B", 6738.415616),
        ("Llama 3 8B", 8030.261248),
        ("Llama 3 70B", 70553.706496),
    ],
)
def test_public_models_have_their_published_sizes(name: str, millions: float) -> None:
    assert parameter_count(SETTINGS[name]) == pytest.approx(millions * 1e6, abs=0.5)


def test_the_books_model_is_the_one_that_ships() -> None:
    assert SETTINGS["The shipped model of this book"] == PLAYS_GPT


def test_the_still_pictures_words_are_its_numbers() -> None:
    sizes = MemoryCalculator().answer(asked())
    rounded = [
        round(sizes[name] / 1e9) for name in ("optimizer", "parameters", "gradients", "activations")
    ]
    assert rounded == [96, 16, 16, 62]
    for number in rounded[:1] + rounded[-1:]:
        assert str(number) in MemoryCalculator.description


def test_sizes_in_words() -> None:
    sizes = [0, 999, 1000, 999_499, 999_500, 16_060_522_496, 1.5e12, 2e21]
    words = ["0 bytes", "999 bytes", "1 kB", "999 kB", "1 MB", "16.1 GB", "1.5 TB", "2000 EB"]
    assert page_calls("memory_words", "bytes", [[size] for size in sizes]) == words
    counts = page_calls("memory_words", "many", [[797_000], [1_557_611_200], [7e13]])
    assert counts == ["797,000", "1.56 billion", "70 trillion"]


def formulas(**use: Any) -> dict[str, str]:
    question = asked(**use)
    sizes = MemoryCalculator().answer(question)
    made: dict[str, str]
    (made,) = page_calls("memory_words", "formulas", [[*question.values(), sizes]])
    return made


def test_formulas_give_the_bytes() -> None:
    training = formulas(sharding=2, num_processes=4)
    assert training["parameters"] == "8.03 billion × 2 bytes"
    assert training["gradients"] == "8.03 billion × 2 bytes ÷ 4"
    assert training["optimizer"] == "8.03 billion × (4 + 4 + 4) bytes ÷ 4"
    assert training["activations"].startswith("1 × 8,192 tokens × (32 layers × ")
    kept = formulas(checkpointing=True, num_tokens=64)
    assert kept["activations"].startswith("1 × 64 tokens × (32 layers × 8.19 kB + one block's ")
    assert formulas(precision="float32", optimizer="sgd")["optimizer"] == ""
    writing = formulas(training=False, precision="int4")
    assert writing["parameters"] == "8.03 billion × ½ byte, a scale for 32"
    assert writing["cache"] == "2 × 32 layers × 1 × 8,192 tokens × 1,024 numbers × 2 bytes"
    assert MemoryCalculator().answer(asked(training=False))["cache"] == 2 * 32 * 8192 * 1024 * 2


def test_the_verdict() -> None:
    sizes = MemoryCalculator().answer(asked(training=False))
    (alone,) = page_calls("memory_words", "verdict", [[sizes, 24, 1]])
    assert alone == (
        "17.1 GB: it fits into a device of 24 GB, the line. Most of it, 94 %: parameters."
    )
    (shared,) = page_calls("memory_words", "verdict", [[sizes, 16, 8]])
    assert shared.startswith("17.1 GB on each process: too much for a device of 16 GB")
