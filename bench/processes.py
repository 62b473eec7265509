"""Two processes with DistributedDataParallel, on gloo, against one: how much faster they train.

A batch is equally large in all, so each of the two has half of it. The loop, the loaders and the
parts are the package's own, as a reader's script under torchrun has them; the one process trains
the bare model. All processes are started once, with a thread each, train a little before anything
counts, and wait without work while it is not their turn. What is measured is wall-clock time, of
the slower of the two: so the machine must have two free cores, and nothing else to do.

The more a step has to compute per parameter, the more there is to gain. The rows without a goal are
the other side. A smaller batch gains less, and so does the same network with the channels side by
side in memory, which one process alone computes faster. The gradients of the small MLP take longer
to exchange than to compute: two processes are slower than one.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Protocol

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from bench.measure import Row, ratios, row
from livetorch import train_epoch
from livetorch.datasets import InMemoryDataset, make_loader
from livetorch.distributed import shard
from livetorch.models.cnn import SmallCNN
from livetorch.models.mlp import MLP

PATIENCE = 300.0
"""Seconds until a process that does not answer is given up."""


class Task(Protocol):
    """What a `Group` can be asked about; equal ones are the same."""

    def start(self) -> Any:
        """What one process has of it; inside a group of several it is one of them."""


@dataclass(frozen=True)
class Case:
    """A network, and the batch that all processes share."""

    network: str
    batch_size: int
    batches: int
    """so many that a run of one process takes some tenths of a second"""
    goal: float | None = None

    @property
    def name(self) -> str:
        return f"{self.network}, batch {self.batch_size}"

    def make_model(self) -> nn.Module:
        torch.manual_seed(0)
        if self.network == "MLP":
            return MLP(784, (256,), 10)
        model = SmallCNN()
        if self.network == "CNN, channels last":
            model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return model

    def make_dataset(self) -> InMemoryDataset:
        """Images (N, 1, 28, 28) of noise, and labels (N,)."""
        generator = torch.Generator().manual_seed(0)
        count = self.batches * self.batch_size
        images = torch.rand(count, 1, 28, 28, generator=generator)
        return InMemoryDataset(images, torch.randint(10, (count,), generator=generator))

    def start(self) -> Trainer:
        return Trainer(self)


CASES = (
    Case("CNN", 256, 8, goal=1.6),
    Case("CNN", 64, 32),
    Case("CNN, channels last", 256, 12),
    Case("MLP", 64, 200),
)


class Trainer:
    """What one process has of a case; inside a group of several it is one of them."""

    def __init__(self, case: Case) -> None:
        self.model = case.make_model()
        wrapped = dist.is_initialized()
        self.trained = DistributedDataParallel(self.model) if wrapped else self.model
        self.loader = shard(make_loader(case.make_dataset(), case.batch_size, shuffle=True))
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01)
        self.loss_fn = nn.CrossEntropyLoss()

    def train(self) -> None:
        """An epoch."""
        train_epoch(self.trained, self.loader, self.loss_fn, self.optimizer)

    def weights(self) -> dict[str, list[float]]:
        """All parameters, as numbers that can go from process to process."""
        return {
            name: parameter.flatten().tolist() for name, parameter in self.model.named_parameters()
        }


def work(rank: int, size: int, meeting: str, orders: Connection) -> None:
    """A process's whole life: meet the others, then do what is ordered until there is no more."""
    torch.set_num_threads(1)
    if size > 1:
        dist.init_process_group(
            "gloo", init_method=Path(meeting).as_uri(), rank=rank, world_size=size
        )
    started: dict[Task, Any] = {}
    while (order := orders.recv()) is not None:
        verb, task = order
        if task not in started:
            started[task] = task.start()
        orders.send(getattr(started[task], verb)())
    if size > 1:
        dist.destroy_process_group()


class Group:
    """Processes that train together. They are started here, and end with the block.

    Raises:
        RuntimeError: a process ended early; what it had to say was printed.
        TimeoutError: a process does not answer.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.folder = tempfile.TemporaryDirectory(prefix="processes-bench-")
        meeting = str(Path(self.folder.name).resolve() / "meeting")
        context = multiprocessing.get_context("spawn")
        self.lines: list[Connection] = []
        self.processes: list[BaseProcess] = []
        for rank in range(size):
            ours, theirs = context.Pipe()
            process = context.Process(target=work, args=(rank, size, meeting, theirs), daemon=True)
            process.start()
            theirs.close()  # so that this end notices when the process is gone
            self.lines.append(ours)
            self.processes.append(process)

    def __enter__(self) -> Group:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        for line in self.lines:
            with suppress(OSError):  # one that is gone needs no word
                line.send(None)
        for process in self.processes:
            process.join(PATIENCE if kind is None else 0)
            process.kill()
            process.join()
        self.folder.cleanup()

    def ask(self, verb: str, task: Task) -> list[Any]:
        """Have each process do something with what it has of a task; what each returned."""
        for line in self.lines:
            with suppress(OSError):  # for one that is gone there is no answer below
                line.send((verb, task))
        return [self.answer(line) for line in self.lines]

    def answer(self, line: Connection) -> Any:
        """What comes over a line; an error once any process is gone, as all wait for it then."""
        ends = [process.sentinel for process in self.processes]
        if not wait([line, *ends], PATIENCE):
            raise TimeoutError(f"no answer of {self.size} processes in {PATIENCE:.0f} s")
        with suppress(EOFError, OSError):
            if line.poll():
                return line.recv()
        wait(ends, PATIENCE)
        for process in self.processes:
            process.join(1)  # what it left with is known a moment after its end
        ended = {
            rank: process.exitcode
            for rank, process in enumerate(self.processes)
            if process.exitcode is not None
        }
        endings = ", ".join(f"rank {rank} with exit code {code}" for rank, code in ended.items())
        raise RuntimeError(f"of {self.size} processes these ended early: {endings}")

    def training(self, case: Case) -> Callable[[], None]:
        """A run: an epoch of the case."""

        def run() -> None:
            self.ask("train", case)

        return run


def rows(runs: int) -> Iterator[Row]:
    with Group(1) as one, Group(2) as two:
        for case in CASES:
            # A speed is one over a time: the one process's time stands above the line.
            measured = ratios(one.training(case), two.training(case), runs, clock=time.perf_counter)
            yield row(
                f"{case.name}: speed of two processes / one",
                measured,
                goal=case.goal,
                better="higher",
            )
