"""A dataset that is in memory, its seeded splits, and a loader that fetches a batch at once.

`torch.utils.data.TensorDataset` with the usual loader fetches one example at a time and stacks
them again. Here the loader asks for all examples of a batch in one indexing operation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from livetorch.runtime import seed_worker


class InMemoryDataset(Dataset[tuple[Tensor, ...]]):
    """Tensors with one first dimension: example ``i`` is row ``i`` of each.

    Indexing takes a number (one example), a slice (views, nothing is copied), or a list or
    tensor of numbers (the examples in that order, copied).

    Raises:
        ValueError: there is no tensor, or their first dimensions differ.
    """

    def __init__(self, *tensors: Tensor) -> None:
        if not tensors:
            raise ValueError("a dataset needs at least one tensor")
        if any(t.ndim == 0 or len(t) != len(tensors[0]) for t in tensors):
            shapes = ", ".join(str(tuple(t.shape)) for t in tensors)
            raise ValueError(f"all tensors must have one first dimension, got {shapes}")
        self.tensors = tensors

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: int | slice | list[int] | Tensor) -> tuple[Tensor, ...]:
        if isinstance(index, Tensor) and index.ndim == 1 and index.dtype == torch.int64:
            # The same rows as tensor[index], for numbers from 0, in a fraction of the time.
            return tuple(tensor.index_select(0, index) for tensor in self.tensors)
        return tuple(tensor[index] for tensor in self.tensors)


class BatchIndices(Sampler[Any]):
    """The indices of each batch: a tensor where the order is shuffled, else a slice."""

    def __init__(
        self, size: int, batch_size: int, generator: torch.Generator | None, drop_last: bool
    ) -> None:
        self.size, self.batch_size = size, batch_size
        self.generator, self.drop_last = generator, drop_last

    def __len__(self) -> int:
        full, rest = divmod(self.size, self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[Tensor | slice]:
        if self.generator is None:
            for start in range(0, len(self) * self.batch_size, self.batch_size):
                yield slice(start, start + self.batch_size)
        else:
            # Drawn when the first batch is asked for: a loader with workers asks for the iterator
            # twice, and drawing there would give it another order than one without.
            order = torch.randperm(self.size, generator=self.generator)
            yield from order.split(self.batch_size)[: len(self)]


def keep(batch: Any) -> Any:
    """Collate nothing: the dataset already gave a whole batch."""
    return batch


def make_loader(
    dataset: Dataset[Any],
    batch_size: int,
    *,
    shuffle: bool,
    seed: int = 0,
    drop_last: bool = False,
    num_workers: int = 0,
) -> DataLoader[Any]:
    """A loader of ``(*inputs, targets)`` batches whose order depends on nothing but ``seed``.

    Shuffle training data only. Each epoch has another order; two loaders with one seed have the
    same ones. An `InMemoryDataset` is fetched a batch at a time, any other dataset as usual.

    Raises:
        ValueError: the dataset is empty, or no batch would come of it.
    """
    size = len(dataset)  # type: ignore[arg-type]
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    if size == 0 or (drop_last and size < batch_size):
        raise ValueError(
            f"no batch comes of {size} examples in batches of {batch_size}, drop_last={drop_last}"
        )
    generator = torch.Generator().manual_seed(seed)
    if not isinstance(dataset, InMemoryDataset):
        return DataLoader(
            dataset,
            batch_size,
            shuffle=shuffle,
            drop_last=drop_last,
            generator=generator,
            num_workers=num_workers,
            worker_init_fn=seed_worker,
        )
    order = BatchIndices(size, batch_size, generator if shuffle else None, drop_last)
    return DataLoader(
        dataset,
        batch_size=None,
        sampler=order,
        collate_fn=keep,
        generator=generator,
        num_workers=num_workers,
        worker_init_fn=seed_worker,
    )


def split_dataset(
    dataset: InMemoryDataset, fractions: Sequence[float], *, seed: int
) -> list[InMemoryDataset]:
    """Shuffle once with a seed and cut into parts, so that no example is in two of them.

    ``fractions`` add up to 1. Rounding goes to the last part.

    Raises:
        ValueError: the fractions do not add up to 1, or a part would be empty.
    """
    if any(f <= 0 for f in fractions) or abs(sum(fractions) - 1) > 1e-9:
        raise ValueError(f"fractions must be positive and add up to 1, got {list(fractions)}")
    order = torch.randperm(len(dataset), generator=torch.Generator().manual_seed(seed))
    sizes = [int(len(dataset) * fraction + 1e-9) for fraction in fractions[:-1]]
    sizes.append(len(dataset) - sum(sizes))
    if min(sizes) == 0:
        raise ValueError(f"{len(dataset)} examples are too few for parts of {list(fractions)}")
    return [InMemoryDataset(*dataset[part]) for part in order.split(sizes)]
