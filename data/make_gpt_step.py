"""Record the training step of a GPT that ships as a trace: ``python -m data.make_gpt_step``.

It is the step of chapter 13's lesson "A GPT of your own" on one thread, with a name for each part
of the loop and each module. Of many recorded steps the shortest is kept, since other programs only
make one longer; as root on Linux it has the processor for itself meanwhile. Times differ from run
to run: a new file is another recording, with its own date.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile, record_function

from livetorch.losses import sequence_cross_entropy
from livetorch.models.gpt import GPT, GPTSettings
from livetorch.optimizers import muon_and_adamw
from livetorch.traces import GPT_STEP, Span, packed, spans_of

SETTINGS = GPTSettings(768, context_length=128, num_layers=2, num_heads=4, width=64)
WARM_UP = 3
"""steps that do not count"""
LICENSE = """Copyright (c) 2026 the authors of Live PyTorch

This trace was recorded by data/make_gpt_step.py of the project, under the terms of its LICENSE.
"""


def name_modules(model: nn.Module) -> None:
    """Let the profiler note each module's forward pass under its name in the model."""
    for name, module in model.named_modules():
        if name and not isinstance(module, nn.ModuleList):
            open_spans: list[Any] = []

            def enter(*_: Any, name: str = name, spans: list[Any] = open_spans) -> None:
                spans.append(record_function(name))
                spans[-1].__enter__()

            def leave(*_: Any, spans: list[Any] = open_spans) -> None:
                spans.pop().__exit__(None, None, None)

            module.register_forward_pre_hook(enter)
            module.register_forward_hook(leave)


def training_step(model: GPT) -> Callable[[], None]:
    """One step of the loop, its parts under their names."""
    optimizer = muon_and_adamw(model, adamw_lr=0.008)
    tokens = torch.randint(SETTINGS.vocabulary_size, (450_000,))

    def step() -> None:
        with record_function("training step"):
            with record_function("batch"):
                starts = torch.randint(len(tokens) - 128, (16, 1))
                rows = tokens[starts + torch.arange(129)]
            with record_function("forward"):
                logits = model(rows[:, :-1])
            with record_function("loss"):
                loss = sequence_cross_entropy(logits, rows[:, 1:])
            with record_function("zero_grad"):
                optimizer.zero_grad()
            with record_function("backward"):
                loss.backward()
            with record_function("clip"):
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            with record_function("optimizer"):
                optimizer.step()

    return step


def one_step(spans: Sequence[Span]) -> list[Span]:
    """The step alone, from 0 on."""
    (whole,) = (span for span in spans if span.name == "training step")
    return [
        Span(span.name, span.start - whole.start, span.end - whole.start, span.depth - whole.depth)
        for span in spans
        if whole.start <= span.start and span.end <= whole.end and span.depth >= whole.depth
    ]


@contextmanager
def undisturbed() -> Iterator[None]:
    """Before other programs on this processor, where the system lets us; else as usual."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except (AttributeError, PermissionError):  # another system, or not root
        yield
        return
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def record(repeats: int) -> list[Span]:
    """The shortest of some recorded steps, after some that do not count."""
    torch.manual_seed(0)
    model = GPT(SETTINGS)
    name_modules(model)
    step = training_step(model)
    best: list[Span] = []
    for number in range(repeats + WARM_UP):
        with profile(activities=[ProfilerActivity.CPU], acc_events=True) as trace:
            step()
        spans = one_step(spans_of(trace))
        if number >= WARM_UP and (not best or spans[0].end < best[0].end):
            best = spans
    return best


def make(target: Path, machine: str, repeats: int) -> None:
    """Write the trace and its license into the folder ``target``."""
    torch.set_num_threads(1)
    with undisturbed():
        spans = record(repeats)
    about = {"date": datetime.now(UTC).date().isoformat(), "machine": machine}
    stored = {**about, "torch": torch.__version__.split("+")[0], **packed(spans)}
    target.mkdir(parents=True, exist_ok=True)
    text = json.dumps(stored, separators=(",", ":")) + "\n"
    (target / GPT_STEP.name).write_text(text, encoding="utf-8")
    (target / "LICENSE").write_text(LICENSE, encoding="utf-8")
    print(f"{len(spans)} spans, {spans[0].end / 10_000:.1f} ms, {len(text) / 1000:.0f} kB")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("machine", help="what kind of machine this is, in words")
    parser.add_argument("--repeats", type=int, default=25, help="how many steps are recorded")
    parser.add_argument(
        "--target",
        type=Path,
        default=GPT_STEP.parent,
        help="where to write (default: into the package)",
    )
    options = parser.parse_args(arguments)
    os.environ["KINETO_LOG_LEVEL"] = "99"  # the profiler says no more than it is asked
    make(options.target, options.machine, options.repeats)


if __name__ == "__main__":
    main()
