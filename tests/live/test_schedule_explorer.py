"""The schedules: a page computes what Python does, and says what it means."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from livetorch.live import ScheduleExplorer, WidgetError
from livetorch.live.widgets.schedule_explorer import KINDS, MOST, RANKS, SENDING, START
from livetorch.memory_sizes import LLAMA_2_7B, parameter_count
from livetorch.schedules import bubble_share
from tests.live.node import page_answers, page_calls


def asked(**changes: Any) -> dict[str, Any]:
    return START | changes


def test_the_page_computes_what_python_does() -> None:
    widget = ScheduleExplorer()
    questions = [
        asked(kind=kind, ranks=ranks, micro_batches=many, sending=SENDING[(many + ranks) % 5])
        for (kind, _), ranks, many in itertools.product(KINDS, RANKS, (1, 2, 3, 4, 7, 8, MOST))
    ]
    replies = page_answers("schedule_explorer", questions, widget.options)
    for question, page in zip(questions, replies, strict=True):
        assert page["answer"] == widget.answer(question), question


def test_what_there_is_not_is_refused_in_the_same_words() -> None:
    widget = ScheduleExplorer()
    for changes in (
        *({"kind": "zero bubble"}, {"ranks": 3}, {"micro_batches": 0}, {"micro_batches": 1.5}),
        *({"micro_batches": MOST + 1}, {"sending": -1}, {"sending": None}),
    ):
        with pytest.raises(WidgetError) as refused:
            widget.answer(asked(**changes))
        (reply,) = page_answers("schedule_explorer", [asked(**changes)], widget.options)
        assert reply == {"error": str(refused.value)}


def test_bytes_and_bubbles() -> None:
    widget = ScheduleExplorer()

    def reply(kind: str, ranks: int, many: int) -> dict[str, Any]:
        return widget.answer(asked(kind=kind, ranks=ranks, micro_batches=many, sending=0))

    alone = reply("ddp", 1, 8)
    assert alone["ranks"][0]["sent"] == 0
    assert alone["idle"] == 0
    count = parameter_count(LLAMA_2_7B)
    for ranks in (2, 4, 8):
        ddp, fsdp, gpipe, ofob = (reply(kind, ranks, 8) for kind, _ in KINDS)
        for pipe in (gpipe, ofob):
            assert pipe["idle"] == pytest.approx(bubble_share(ranks, 8))
            sent = [row["sent"] for row in pipe["ranks"]]
            assert sent[0] == sent[-1] == 8 * 4096 * 4096 * 2
            assert all(middle == 2 * sent[0] for middle in sent[1:-1])
        assert [row["most"] for row in ofob["ranks"]] == [min(ranks - r, 8) for r in range(ranks)]
        assert ddp["ranks"][0]["sent"] == math.floor(2 * (ranks - 1) / ranks * 2 * count)
        rounds = 8 // ranks
        ratio = fsdp["ranks"][0]["sent"] / ddp["ranks"][0]["sent"]
        assert ratio == pytest.approx(1.5 * rounds)
        kept = {"ddp": ddp, "fsdp": fsdp, "gpipe": gpipe, "1f1b": ofob}
        most = {name: max(row["kept"] for row in one["ranks"]) for name, one in kept.items()}
        assert most["fsdp"] < most["ddp"]
        assert most["1f1b"] <= most["gpipe"]
    # All stages together have one model's parameters, gradients and optimizer state.
    one = reply("gpipe", 1, 1)["ranks"][0]["kept"]
    assert sum(row["kept"] for row in reply("gpipe", 4, 1)["ranks"]) == one
    assert one == reply("ddp", 1, 1)["ranks"][0]["kept"]


def test_the_lessons_numbers_are_these() -> None:
    reply = {
        kind: ScheduleExplorer().answer(asked(kind=kind, ranks=4, micro_batches=16))["ranks"]
        for kind, _ in KINDS
    }
    sent = {kind: max(row["sent"] for row in rows) for kind, rows in reply.items()}
    kept = {kind: max(row["kept"] for row in rows) for kind, rows in reply.items()}
    assert [round(sent[kind] / 1e9) for kind, _ in KINDS] == [20, 121, 1, 1]
    assert [round(kept[kind] / 1e9) for kind in ("fsdp", "1f1b")] == [55, 56]
    assert min(row["kept"] for row in reply["gpipe"]) > kept["ddp"]
    (count,) = page_calls("memory_words", "many", [[parameter_count(LLAMA_2_7B)]])
    assert count == "6.74 billion"


def test_the_still_pictures_words_are_its_numbers() -> None:
    reply = ScheduleExplorer().answer(START)
    assert START["ranks"] == START["micro_batches"] == 4
    assert reply["idle"] == pytest.approx(3 / 7)
    assert "three sevenths" in ScheduleExplorer.description


def test_a_sentence_and_a_moment_in_words() -> None:
    reply = ScheduleExplorer().answer(START)
    (words,) = page_calls("schedule_explorer", "summary", [[reply]])
    assert words.startswith(
        "The step takes 168; one process alone would take 384. The ranks wait 43 %"
    )
    (now,) = page_calls("schedule_explorer", "at", [[reply["tasks"], 4, 20]])
    assert now == ("At 20: rank 0: forward 2; rank 1: forward 1; rank 2: forward 0; rank 3: waits.")
    sharded = ScheduleExplorer().answer(asked(kind="fsdp"))
    (now,) = page_calls("schedule_explorer", "at", [[sharded["tasks"], 4, 0]])
    assert now.startswith("At 0: rank 0: all-gather; rank 1: all-gather;")
