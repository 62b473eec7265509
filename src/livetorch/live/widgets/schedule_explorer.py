"""Four ways in which many processes share a training step: who does what when, keeps and sends."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from livetorch.colors import LIGHT, PAPER
from livetorch.live.frame.widget import Widget, WidgetError
from livetorch.memory_sizes import LLAMA_2_7B as MODEL
from livetorch.memory_sizes import MemoryUse, block_bytes, end_bytes, memory_sizes, parameter_count
from livetorch.schedules import COMPUTES, busy_time, idle_share, most_kept, schedule, step_time

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = (
    ("ddp", "DDP"),
    ("fsdp", "FSDP"),
    ("gpipe", "pipeline, GPipe"),
    ("1f1b", "pipeline, 1F1B"),
)
RANKS = (1, 2, 4, 8)
MOST = 16
"""micro-batches"""
SENDING = (0, 0.25, 0.5, 1, 2)
"""to gather the parameters of a layer, against its forward pass on one micro-batch"""
START: dict[str, Any] = {"kind": "gpipe", "ranks": 4, "micro_batches": 4, "sending": 0.5}
USE = MemoryUse(num_tokens=4096, precision="bfloat16")
"""of a micro-batch: one text as long as the context"""
LARGEST = 1_000_000
SHORT = 2
"""bytes of a number that is sent"""


def rank_bytes(kind: str, rank: int, ranks: int, micro_batches: int, kept: int) -> dict[str, int]:
    """What a rank keeps at most, and what it sends in a step, in bytes.

    Args:
        kept: of how many micro-batches it keeps the activations at the same time.
    """
    if kind in ("ddp", "fsdp"):
        use = replace(USE, num_processes=ranks, sharding=3 if kind == "fsdp" else 0)
        sizes = memory_sizes(MODEL, use)
        held = sizes.parameters + sizes.gradients + sizes.optimizer + kept * sizes.activations
        passages = 3 * -(-micro_batches // ranks) if kind == "fsdp" else 2
        whole = SHORT * parameter_count(MODEL)
        return {"kept": held, "sent": passages * (ranks - 1) * whole // ranks}
    one, two = (parameter_count(replace(MODEL, num_layers=layers)) for layers in (1, 2))
    table = MODEL.vocabulary_size * MODEL.width
    last_layers = 2 * one - two - table  # the last norm and the layer of scores
    share = MODEL.num_layers // ranks
    first, last = rank == 0, rank == ranks - 1
    count = share * (two - one) + first * table + last * last_layers
    token = share * block_bytes(MODEL, USE) + last * end_bytes(MODEL, USE)
    alone = memory_sizes(MODEL, USE)
    state = (alone.parameters + alone.gradients + alone.optimizer) // parameter_count(MODEL)
    cut = SHORT * USE.num_tokens * MODEL.width
    return {
        "kept": state * count + kept * USE.num_tokens * token,
        "sent": micro_batches * cut * (2 - first - last),
    }


class ScheduleExplorer(Widget):
    """A timeline with a row for each rank, a mark that asks who does what, and a table of bytes.

    The question is ``{"kind", "ranks", "micro_batches", "sending"}``. The answer has the ``tasks``
    as lists (rank, kind, micro-batch, start, end), the ``time`` of the step, the ``idle`` share,
    and for each of the ``ranks`` what it computes (``busy``), of how many micro-batches it keeps
    activations at once (``most``), and the bytes ``kept`` and ``sent``.
    """

    module = "schedule_explorer"
    title = "Who does what when"
    description = (
        "A timeline of a pipeline of four ranks and four micro-batches, all forward passes before "
        "all backward passes. Rank 0 starts at once, each later rank a step later, and each waits "
        "for three sevenths of the step."
    )

    def __init__(self) -> None:
        super().__init__(
            start=START,
            kinds=[list(kind) for kind in KINDS],
            ranks=list(RANKS),
            most=MOST,
            sending=list(SENDING),
            settings=asdict(MODEL),
            use=asdict(USE),
            largest=LARGEST,
        )

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        kind, ranks, many = (question[name] for name in ("kind", "ranks", "micro_batches"))
        if kind not in dict(KINDS) or ranks not in RANKS or many not in range(1, MOST + 1):
            raise WidgetError(
                f"There are {', '.join(map(str, RANKS))} ranks, 1 to {MOST} micro-batches "
                "and four kinds."
            )
        if question["sending"] not in SENDING:
            raise WidgetError(f"Sending takes {', '.join(map(str, SENDING))}.")
        tasks = schedule(kind, ranks, many, MODEL.num_layers, question["sending"])
        rows = []
        for r in range(ranks):
            most = most_kept(tasks, r)
            row = {"busy": busy_time(tasks, r), "most": most}
            rows.append(row | rank_bytes(kind, r, ranks, many, most))
        return {
            "tasks": [[t.rank, t.kind, t.micro_batch, t.start, t.end] for t in tasks],
            "time": step_time(tasks),
            "idle": idle_share(tasks, ranks),
            "ranks": rows,
        }

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5.6, 2.2), layout="constrained")
        axes = figure.subplots()
        for rank, kind, micro_batch, start, end in self.answer(START)["tasks"]:
            if kind not in COMPUTES:
                continue
            color = LIGHT["blue" if kind == "forward" else "orange"]
            look: dict[str, Any] = {"color": color, "alpha": 0.45, "edgecolor": PAPER["light"]}
            axes.barh(rank, end - start, 0.8, left=start, **look)
            axes.text((start + end) / 2, rank, str(micro_batch), ha="center", va="center")
        axes.set(xlabel="time; blue: forward, orange: backward", ylabel="rank")
        axes.set(yticks=range(START["ranks"]), ylim=(START["ranks"] - 0.5, -0.5))
        axes.grid(False)
        return figure
