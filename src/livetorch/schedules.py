"""Who does what when in a training step that many processes share: four schedules.

P ranks, M micro-batches of one batch, L layers. A time of 1 is the forward pass of one micro-batch
through one layer; its backward pass takes 2. What a loss, an embedding and an optimizer's step take
is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FORWARD, BACKWARD = 1, 2
"""times of a layer, for one micro-batch"""
KINDS = ("ddp", "fsdp", "gpipe", "1f1b")
COMPUTES = ("forward", "backward")


@dataclass(frozen=True)
class Task:
    """What a rank does from one time to another; ``micro_batch`` is None of an all-reduce."""

    rank: int
    kind: str
    micro_batch: int | None
    start: float
    end: float


def pipeline_order(kind: str, rank: int, ranks: int, micro_batches: int) -> list[tuple[str, int]]:
    """What a stage of a pipeline computes, in its order.

    ``gpipe``: all forward passes, then all backward passes. ``1f1b``: as many forward passes as
    there are stages from this one on, then one backward and one forward pass by turns.

    Sources: Huang et al., 2019 (GPipe); Narayanan et al., 2021 (1F1B, with a flush at the end).
    """
    first = micro_batches if kind == "gpipe" else min(ranks - rank, micro_batches)
    order = [("forward", i) for i in range(first)]
    for i in range(micro_batches):
        order.append(("backward", i))
        if first + i < micro_batches:
            order.append(("forward", first + i))
    return order


def pipeline(kind: str, ranks: int, micro_batches: int, layers: int) -> list[Task]:
    """Each rank has a stage, L / P layers that follow each other. Sending takes no time here."""
    orders = [pipeline_order(kind, r, ranks, micro_batches) for r in range(ranks)]
    took = {"forward": FORWARD * layers / ranks, "backward": BACKWARD * layers / ranks}
    ends: dict[tuple[int, str, int], float] = {}
    tasks, free, done = [], [0.0] * ranks, [0] * ranks
    while any(number < len(order) for number, order in zip(done, orders, strict=True)):
        for r, order in enumerate(orders):
            while done[r] < len(order):
                step, i = order[done[r]]
                before = (r - 1, step, i) if step == "forward" else (r + 1, step, i)
                if 0 <= before[0] < ranks and before not in ends:
                    break  # what it reads has not been computed yet
                start = max(free[r], ends.get(before, 0.0))
                free[r] = ends[r, step, i] = start + took[step]
                tasks.append(Task(r, step, i, start, free[r]))
                done[r] += 1
    return tasks


def data_parallel(
    ranks: int, micro_batches: int, layers: int, sending: float, *, sharded: bool
) -> list[Task]:
    """Each rank takes whole micro-batches through all layers, every P-th, one after another.

    What is sent goes on beside what is computed. Whole models (DDP) all-reduce the gradients of a
    layer once, after its last backward pass. Sharded ones (FSDP) gather the parameters of a layer
    for each of its passes, one layer ahead, and reduce-scatter its gradients after each.

    Args:
        sending: the time of an all-gather or a reduce-scatter of one layer; an all-reduce is both.
    """
    rounds = -(-micro_batches // ranks)
    passes = [("forward", k) for k in range(layers)]
    passes += [("backward", k) for k in reversed(range(layers))]
    steps = [(turn, *step) for turn in range(rounds) for step in passes]
    computed: list[tuple[str, int, float, float]] = []
    sent: list[tuple[str, int | None, float, float]] = []
    clock = line = 0.0  # when the processor, and the link, are free

    def send(kind: str, turn: int | None, ready: float) -> float:
        nonlocal line
        start = max(line, ready)
        line = start + sending * (2 if kind == "all-reduce" else 1)
        sent.append((kind, turn, start, line))
        return line

    alone = ranks == 1
    gathered = 0.0 if alone or not sharded else send("all-gather", 0, 0.0)
    for number, (turn, kind, _) in enumerate(steps):
        start = max(clock, gathered)
        clock = start + (FORWARD if kind == "forward" else BACKWARD)
        computed.append((kind, turn, start, clock))
        if alone:
            continue
        if sharded and number + 1 < len(steps):
            gathered = send("all-gather", steps[number + 1][0], start)
        if kind == "backward" and (sharded or turn == rounds - 1):
            send("reduce-scatter" if sharded else "all-reduce", turn if sharded else None, clock)
    tasks = []
    for r in range(ranks):
        for kind, turn, start, end in computed:
            if turn * ranks + r < micro_batches:
                tasks.append(Task(r, kind, turn * ranks + r, start, end))
        for kind, sent_turn, start, end in sent if sending else ():
            own = None if sent_turn is None else sent_turn * ranks + r
            tasks.append(Task(r, kind, own, start, end))
    return joined(tasks)


def joined(tasks: Sequence[Task]) -> list[Task]:
    """Tasks of one kind and micro-batch that follow each other without a break, as one."""
    made: list[Task] = []
    for task in tasks:
        last = made[-1] if made else None
        if last and (last.rank, last.kind, last.micro_batch, last.end) == (
            *(task.rank, task.kind, task.micro_batch),
            task.start,
        ):
            made[-1] = Task(task.rank, task.kind, task.micro_batch, last.start, task.end)
        else:
            made.append(task)
    return made


def schedule(
    kind: str, ranks: int, micro_batches: int, layers: int, sending: float = 0.0
) -> list[Task]:
    """The tasks of all ranks in one training step.

    Args:
        kind: ``ddp``, ``fsdp``, or a pipeline, ``gpipe`` or ``1f1b``.
        sending: of a layer's parameters, see `data_parallel`; a pipeline sends none of them.

    Raises:
        ValueError: another kind, sizes below 1, or layers that the stages cannot share evenly.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    if min(ranks, micro_batches, layers) < 1 or sending < 0:
        raise ValueError("Ranks, micro-batches and layers are whole numbers from 1 on.")
    if kind in ("ddp", "fsdp"):
        return data_parallel(ranks, micro_batches, layers, sending, sharded=kind == "fsdp")
    if layers % ranks:
        raise ValueError(f"{ranks} stages cannot share {layers} layers evenly.")
    return pipeline(kind, ranks, micro_batches, layers)


def step_time(tasks: Sequence[Task]) -> float:
    """When the last task ends."""
    return max(task.end for task in tasks)


def busy_time(tasks: Sequence[Task], rank: int) -> float:
    """How long a rank computes."""
    return sum(t.end - t.start for t in tasks if t.rank == rank and t.kind in COMPUTES)


def idle_share(tasks: Sequence[Task], ranks: int) -> float:
    """The part of all ranks' time in which they compute nothing: the bubble."""
    busy = sum(busy_time(tasks, r) for r in range(ranks))
    return 1 - busy / (ranks * step_time(tasks))


def bubble_share(ranks: int, micro_batches: int) -> float:
    """The idle share of both pipelines, as a formula: (P - 1) / (M + P - 1)."""
    return (ranks - 1) / (micro_batches + ranks - 1)


def most_kept(tasks: Sequence[Task], rank: int) -> int:
    """Of how many micro-batches a rank keeps activations at the same time, at most.

    They are kept from the begin of the forward pass to the end of the backward pass.
    """
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    for task in tasks:
        if task.rank == rank and task.kind in COMPUTES and task.micro_batch is not None:
            first[task.micro_batch] = min(task.start, first.get(task.micro_batch, task.start))
            last[task.micro_batch] = max(task.end, last.get(task.micro_batch, task.end))
    return max(
        (sum(first[j] <= begun < last[j] for j in first) for begun in first.values()), default=0
    )
