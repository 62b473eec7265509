"""What `fit` adds to a loop written by hand, and what the package's loader takes away.

The usual loop is the one by hand on ``DataLoader(TensorDataset(...), batch_size=64,
shuffle=True)``. All rows are one thread's processor time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from torch.utils.data import DataLoader

from bench.measure import Row, ratios, row
from bench.tasks import BATCH_SIZE, Task, by_hand, make_tasks
from livetorch import History, fit
from livetorch.datasets import make_loader

GOALS = {"digits softmax": (1.05, 0.60), "MLP": (1.03, 0.85)}
"""Of `fit` on the same loader, and of `fit` with `make_loader` against the usual loop."""
FINER = 4
"""Two loops that differ by some percent are compared in so many times more and shorter runs."""


def with_fit(model: Any, loader: Any, loss_fn: Any, optimizer: Any, epochs: int) -> History:
    """The package's loop, as a chapter calls it."""
    return fit(model, loader, None, loss_fn, optimizer, epochs=epochs, progress=False)


def own_loader(task: Task) -> DataLoader[Any]:
    return make_loader(task.dataset, BATCH_SIZE, shuffle=True)


def usual_loop(task: Task) -> Callable[[], object]:
    """What each loader and each library is compared with."""
    return lambda: task.train(by_hand, task.usual_loader())


def rows_of(task: Task, runs: int) -> Iterator[Row]:
    same, faster = GOALS[task.name]
    loop, usual = "loop by hand", "the usual loop"

    short = replace(task, epochs=max(1, task.epochs // FINER))

    def fitted() -> object:
        return task.train(with_fit, own_loader(task))

    def short_fitted() -> object:
        return short.train(with_fit, own_loader(short))

    def short_by_hand() -> object:
        return short.train(by_hand, own_loader(short))

    def limit() -> object:
        return task.train(by_hand, [task.dataset[:BATCH_SIZE]] * task.batches)

    yield row(
        f"{task.name}: fit / {loop}, same loader",
        ratios(short_fitted, short_by_hand, FINER * runs),
        goal=same,
    )
    yield row(
        f"{task.name}: fit with make_loader / {usual}",
        ratios(fitted, usual_loop(task), runs),
        goal=faster,
    )
    yield row(
        f"{task.name}: one batch again and again / {usual}", ratios(limit, usual_loop(task), runs)
    )


def rows(runs: int) -> Iterator[Row]:
    for task in make_tasks():
        yield from rows_of(task, runs)
