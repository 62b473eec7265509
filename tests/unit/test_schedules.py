"""Schedules of a step: their order, what may not overlap, and the formula of the bubble."""

from __future__ import annotations

import itertools
import random

import pytest

from livetorch.schedules import (
    COMPUTES,
    KINDS,
    bubble_share,
    busy_time,
    idle_share,
    most_kept,
    pipeline_order,
    schedule,
    step_time,
)

SIZES = [(p, m) for p in (1, 2, 3, 4, 6) for m in (1, 2, 3, 5, 8, 16)]


@pytest.mark.parametrize("kind", ["gpipe", "1f1b"])
def test_a_pipelines_idle_share_is_the_formulas(kind: str) -> None:
    for ranks, many in SIZES:
        tasks = schedule(kind, ranks, many, 12)
        assert idle_share(tasks, ranks) == pytest.approx(bubble_share(ranks, many))
        assert step_time(tasks) == pytest.approx((many + ranks - 1) * 3 * 12 / ranks)


@pytest.mark.parametrize("kind", KINDS)
def test_every_micro_batch_goes_both_ways_once_and_a_rank_does_one_thing_at_a_time(
    kind: str,
) -> None:
    draw = random.Random(0)
    for ranks, many in SIZES:
        sending = draw.choice([0, 0.5, 1, 3])
        tasks = schedule(kind, ranks, many, 12, sending)
        for own in ([t for t in tasks if t.rank == r and t.kind in COMPUTES] for r in range(ranks)):
            for before, task in itertools.pairwise(sorted(own, key=lambda t: t.start)):
                assert before.end <= task.start
        work = sum(busy_time(tasks, r) for r in range(ranks))
        assert work == pytest.approx(many * 3 * 12)
        if kind in ("gpipe", "1f1b"):
            ends = {(t.rank, t.kind, t.micro_batch): t.end for t in tasks}
            assert len(ends) == len(tasks) == 2 * ranks * many
            for t in tasks:
                source = t.rank - 1 if t.kind == "forward" else t.rank + 1
                ready = ends.get((source, t.kind, t.micro_batch), 0)
                if t.kind == "backward":
                    ready = max(ready, ends[t.rank, "forward", t.micro_batch])
                assert ready <= t.start


def test_one_forward_one_backward_keeps_no_more_than_the_stages_behind() -> None:
    for ranks, many in SIZES:
        for rank in range(ranks):
            assert most_kept(schedule("gpipe", ranks, many, 12), rank) == many
            kept = most_kept(schedule("1f1b", ranks, many, 12), rank)
            assert kept == min(ranks - rank, many)
            order = pipeline_order("1f1b", rank, ranks, many)
            assert sorted(order) == sorted(pipeline_order("gpipe", rank, ranks, many))


def test_data_parallel_ranks_wait_for_what_is_sent_alone() -> None:
    for kind in ("ddp", "fsdp"):
        assert idle_share(schedule(kind, 4, 8, 32), 4) == 0
        assert idle_share(schedule(kind, 4, 6, 32), 4) == pytest.approx(1 / 4)  # two have one less
        assert idle_share(schedule(kind, 1, 5, 32, 2.0), 1) == 0  # alone, with nobody to send to
    # The last all-reduce, which has no pass to go on beside, takes twice an all-gather's time.
    assert step_time(schedule("ddp", 2, 2, 10, 0.5)) == 30 + 1
    # The first all-gather has none before it, and the last reduce-scatter none behind it.
    assert step_time(schedule("fsdp", 2, 2, 10, 0.5)) == 0.5 + 30 + 0.5
    # Where sending takes longer than computing it is what decides: 3 passages of all layers.
    assert step_time(schedule("fsdp", 2, 2, 10, 9)) >= 3 * 10 * 9
    assert step_time(schedule("ddp", 2, 2, 10, 9)) == 10 + 2 + 10 * 18


def test_what_is_sent_lies_beside_what_is_computed() -> None:
    tasks = schedule("fsdp", 2, 4, 6, 0.5)
    sent = [t for t in tasks if t.rank == 0 and t.kind not in COMPUTES]
    gathers = sum(t.end - t.start for t in sent if t.kind == "all-gather")
    scatters = sum(t.end - t.start for t in sent if t.kind == "reduce-scatter")
    assert (gathers, scatters) == (2 * 2 * 6 * 0.5, 2 * 6 * 0.5)
    for before, task in itertools.pairwise(sorted(sent, key=lambda t: t.start)):
        assert before.end <= task.start


def test_what_is_no_schedule_is_refused() -> None:
    for arguments, words in (
        (("zero bubble", 2, 2, 4), "kind must be one of ddp, fsdp, gpipe, 1f1b"),
        (("ddp", 0, 2, 4), "whole numbers from 1"),
        (("gpipe", 3, 2, 4), "3 stages cannot share 4 layers evenly"),
    ):
        with pytest.raises(ValueError, match=words):
            schedule(*arguments)
