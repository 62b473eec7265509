"""How many samples a second `make_loader` gives, over ``DataLoader(TensorDataset(...))``.

Nothing is computed with the batches: this is the most that a faster loader can bring, for a model
that costs nothing. What is left of it in a training is in `bench.training`. One thread's processor
time. With few examples in a batch, what any batch costs is the larger part of the time; so the
goal holds from a batch size on, which stands in the name of the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import DataLoader, TensorDataset

from bench.measure import Row, ratios, row
from livetorch.datasets import InMemoryDataset, load_breast_cancer, make_loader

GOAL = 5.0
GOAL_FROM = 64
"""The smallest batch that the goal is set for."""
SAMPLES = 10_000
"""So many are loaded in a run, in as many epochs as it takes."""


@dataclass(frozen=True)
class Case:
    """A data set, and how it is loaded."""

    name: str
    dataset: InMemoryDataset
    batch_size: int
    shuffle: bool

    @property
    def epochs(self) -> int:
        return -(-SAMPLES // len(self.dataset))

    def own_loader(self) -> DataLoader[Any]:
        return make_loader(self.dataset, self.batch_size, shuffle=self.shuffle)

    def usual_loader(self) -> DataLoader[Any]:
        """What most people write."""
        tensors = TensorDataset(*self.dataset.tensors)
        return DataLoader(tensors, self.batch_size, shuffle=self.shuffle)

    def load(self, loader: Iterable[Any]) -> Callable[[], int]:
        """A run: go through the loader and count the examples."""
        return lambda: sum(len(batch[-1]) for _ in range(self.epochs) for batch in loader)

    def row(self, runs: int) -> Row:
        # A rate is one over a time: the usual loader's time stands above the line.
        own, usual = self.load(self.own_loader()), self.load(self.usual_loader())
        order = "shuffled" if self.shuffle else "in order"
        return row(
            f"{self.name}, batch {self.batch_size}, {order}: samples/s of make_loader / usual",
            ratios(usual, own, runs),
            goal=GOAL if self.batch_size >= GOAL_FROM else None,
            better="higher",
        )


def make_cases() -> list[Case]:
    """Images, where copying them takes the most time, and a table, where it takes little."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    pixels = torch.rand(SAMPLES, 28, 28, generator=generator)
    images = InMemoryDataset(pixels, torch.randint(10, (SAMPLES,), generator=generator))
    table, _ = load_breast_cancer()
    return [
        Case(name, dataset, batch_size, shuffle)
        for name, dataset in (("images 28x28", images), ("table 569x30", table))
        for batch_size, shuffle in ((32, True), (64, True), (256, True), (64, False))
    ]


def rows(runs: int) -> Iterator[Row]:
    for case in make_cases():
        yield case.row(runs)
