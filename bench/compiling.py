"""A training step of the book's GPT, compiled, against the same step as it is.

Both models have the same weights and take the same steps on the same tokens: forward, loss,
backward, AdamW. Forward and loss are compiled as one graph, and the backward pass with it; the
optimizer is the same on both sides. The other row says what compiling costs: its processor time,
that of the C++ compiler included, in eager steps. A run pays for it after as many steps as that
number over one minus the ratio of the steps.

One thread's processor time. Without a C++ compiler and Python's header there are no rows.
"""

from __future__ import annotations

import shutil
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch import Tensor

from bench.measure import Row, children_cpu, ratios, row, seconds
from livetorch.losses import sequence_cross_entropy
from livetorch.models.gpt import GPT, GPTSettings

BATCH, CONTEXT, VOCABULARY, LAYERS, HEADS, WIDTH = 16, 128, 768, 4, 4, 128
COMPILERS = ("g++", "clang++", "c++")
WITHOUT = "there is no C++ compiler with Python's header, so that a compiled step gets no row"

Step = Callable[[], float]


def has_compiler() -> bool:
    """Whether torch.compile can build what it writes for a CPU."""
    header = Path(sysconfig.get_paths()["include"], "Python.h")
    return header.exists() and any(map(shutil.which, COMPILERS))


def training_step(backend: str | None) -> Step:
    """One step of a new model, which returns its loss; ``backend`` None: as it is, not compiled."""
    torch.manual_seed(0)
    settings = GPTSettings(
        VOCABULARY, context_length=CONTEXT, num_layers=LAYERS, num_heads=HEADS, width=WIDTH
    )
    model = GPT(settings)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    rows = torch.randint(VOCABULARY, (BATCH, CONTEXT + 1))

    def loss_of(inputs: Tensor, targets: Tensor) -> Tensor:
        return sequence_cross_entropy(model(inputs), targets)

    compute = loss_of
    if backend is not None:
        here: dict[str, Any] | None = {"compile_threads": 1} if backend == "inductor" else None
        compute = torch.compile(loss_of, backend=backend, fullgraph=True, options=here)

    def step() -> float:
        loss = compute(rows[:, :-1], rows[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


@contextmanager
def compiled_anew() -> Iterator[None]:
    """Take no result that an earlier run stored."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-compiling-") as folder,
        mock.patch.dict("os.environ", TORCHINDUCTOR_CACHE_DIR=folder),
    ):
        torch.compiler.reset()
        yield


def all_cpu() -> float:
    """Processor seconds of this program and of those that it started and that have ended."""
    return time.process_time() + children_cpu()


def rows(runs: int) -> Iterator[Row]:
    if not has_compiler():
        print(f"  {WITHOUT}")
        return
    torch.set_num_threads(1)
    with compiled_anew():
        eager, compiled = training_step(None), training_step("inductor")
        first = seconds(compiled, all_cpu)
        measured = ratios(compiled, eager, runs)
        yield row("training step of a GPT, compiled / eager", measured)
        eager_step = min(seconds(eager) for _ in range(3))
        yield row("compiling that step, in eager steps", [first / eager_step])
