"""What is trained in the benchmarks, and the loop written by hand that all is compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from livetorch.datasets import InMemoryDataset, load_digits
from livetorch.models.linear import SoftmaxRegression

BATCH_SIZE = 64
LEARNING_RATE = 0.1


@dataclass(frozen=True)
class Task:
    """A data set and a model to train on it."""

    name: str
    dataset: InMemoryDataset
    make_model: Callable[[], nn.Module]
    epochs: int
    """so many that a run takes a few tenths of a second"""

    @property
    def batches(self) -> int:
        """Batches in an epoch, the last and smaller one counted too."""
        return -(-len(self.dataset) // BATCH_SIZE)

    def usual_loader(self) -> DataLoader[Any]:
        """What most people write."""
        return DataLoader(TensorDataset(*self.dataset.tensors), BATCH_SIZE, shuffle=True)

    def train(self, how: Callable[..., object], loader: Iterable[Any]) -> object:
        """Train a new model, always with the same first weights."""
        torch.manual_seed(0)
        model = self.make_model()
        optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
        return how(model, loader, nn.CrossEntropyLoss(), optimizer, self.epochs)


def by_hand(
    model: nn.Module,
    loader: Iterable[tuple[Tensor, Tensor]],
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    epochs: int,
) -> float:
    """The shortest loop that does what `fit` does; returns the last epoch's loss."""
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(inputs), targets)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(targets)
            count += len(targets)
    return total / count


def synthetic(num_examples: int, num_features: int, num_classes: int) -> InMemoryDataset:
    """Normal features (N, D); the class (N,) is the largest of some random linear scores."""
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(num_examples, num_features, generator=generator)
    weight = torch.randn(num_features, num_classes, generator=generator)
    return InMemoryDataset(features, (features @ weight).argmax(dim=1))


def make_tasks() -> list[Task]:
    """A softmax regression, where the loop is much of the time, and a net, where it is less."""
    torch.set_num_threads(1)

    def make_net() -> nn.Module:
        return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))

    return [
        Task("digits softmax", load_digits(), lambda: SoftmaxRegression(64, 10), epochs=20),
        Task("MLP", synthetic(10_000, 784, 10), make_net, epochs=2),
    ]
