"""Numbers that describe a run: means weighted by count, accuracy, and the history of a fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

SHORT = 128
"""targets that Python counts faster than a tensor does"""


class RunningMean:
    """The mean over examples of values that arrive as means over batches.

    The last batch of an epoch is usually smaller. Averaging the batch means would give its
    examples more weight than the others, so each mean is weighted by its number of examples.
    """

    def __init__(self) -> None:
        self.total = 0.0
        self.count = 0.0

    def update(self, mean: float, count: float) -> None:
        """Add a batch: the mean of its values and how many examples it held (or their weight)."""
        if not count > 0:
            raise ValueError(f"a batch holds at least one example, got count={count}")
        self.total += mean * count
        self.count += count

    def compute(self) -> float:
        """The mean over all examples so far; an error where there are none."""
        if self.count == 0:
            raise ValueError("the mean of no examples is not defined: nothing was added yet")
        return self.total / self.count


def averaged_over(loss_fn: Callable[..., Tensor]) -> Callable[[Tensor], float]:
    """What a batch's loss is a mean over: a function that says of its targets how much they count.

    For most losses that is the number of examples. `torch.nn.CrossEntropyLoss` and
    `torch.nn.NLLLoss` of class numbers leave out the targets that are ``ignore_index`` and divide
    by the sum of the others' class weights, so those are summed here. Give such a loss as a module:
    a function that calls ``cross_entropy`` hides its weights, and its batches count by example.

    Raises:
        ValueError: the loss has the ``reduction`` "sum" or "none".

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
    """
    reduction = getattr(loss_fn, "reduction", "mean")
    if reduction not in ("mean", "batchmean"):
        raise ValueError(
            f"{type(loss_fn).__name__} has reduction={reduction!r}, and batches of different sizes "
            "can be averaged only where the loss is a mean: leave the reduction out"
        )
    if not isinstance(loss_fn, (nn.CrossEntropyLoss, nn.NLLLoss)):
        return len
    ignored, weight = loss_fn.ignore_index, loss_fn.weight

    def count(targets: Tensor) -> float:
        if targets.is_floating_point():  # probabilities of all classes, one row an example
            return len(targets)
        if weight is None:
            # Picking out the targets that count costs a small model's loop 10 %, and even a look at
            # the least of them 4 %; a short list is counted by Python in less.
            if targets.is_cpu and targets.dim() == 1 and targets.numel() <= SHORT:
                numbers = targets.tolist()
                return len(numbers) - numbers.count(ignored)
            if ignored < 0 and targets.numel() and targets.min().item() >= 0:
                return targets.numel()
        kept = targets != ignored
        return int(kept.count_nonzero()) if weight is None else float(weight[targets[kept]].sum())

    return count


def accuracy(logits: Tensor, targets: Tensor) -> float:
    """The share of examples whose most likely class is the right one, between 0 and 1.

    Args:
        logits: ``(B, C)`` for C classes, or ``(B,)`` or ``(B, 1)`` for two classes, where a
            positive logit says class 1.
        targets: class numbers ``(B,)``; for two classes also ``(B, 1)`` and also floats.

    Raises:
        ValueError: the shapes do not belong together, or the batch is empty.
    """
    if len(targets) == 0:
        raise ValueError("the accuracy of an empty batch is not defined")
    if logits.ndim == 2 and logits.shape[1] > 1:
        if targets.shape != logits.shape[:1]:
            raise ValueError(
                f"logits {tuple(logits.shape)} want targets ({len(logits)},) of class numbers, "
                f"got {tuple(targets.shape)}"
            )
        predictions = logits.argmax(dim=1)
    else:
        if targets.shape != logits.shape:
            raise ValueError(
                f"logits {tuple(logits.shape)} and targets {tuple(targets.shape)} must have one "
                "shape, or they would be broadcast against each other"
            )
        predictions = logits > 0
    return (predictions == targets).float().mean().item()


class History:
    """What each epoch of a fit measured: one list per name, one entry per epoch.

    >>> history = History()
    >>> history.append(train_loss=0.5, val_loss=0.7)
    >>> history["val_loss"]
    [0.7]
    """

    def __init__(self, columns: dict[str, list[float]] | None = None) -> None:
        self.columns: dict[str, list[float]] = columns or {}
        if len({len(values) for values in self.columns.values()}) > 1:
            raise ValueError("every column of a history has one entry per epoch")

    def append(self, **values: float) -> None:
        """Add an epoch; it must measure the same names as the epochs before it."""
        if self.columns and values.keys() != self.columns.keys():
            raise ValueError(
                f"this history holds {sorted(self.columns)}, the new epoch has {sorted(values)}"
            )
        for name, value in values.items():
            # A number of NumPy or torch becomes Python's own: a checkpoint holds no other.
            self.columns.setdefault(name, []).append(float(value))

    def __getitem__(self, name: str) -> list[float]:
        try:
            return self.columns[name]
        except KeyError:
            raise KeyError(f"{name!r} was not measured; there are {sorted(self.columns)}") from None

    def __len__(self) -> int:
        """How many epochs there are."""
        return len(next(iter(self.columns.values()), []))

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def best_epoch(self, name: str, *, better: str = "lower") -> int:
        """The number, from 1, of the epoch with the lowest (or highest) value of a column.

        Raises:
            ValueError: there is no epoch yet, or ``better`` is neither "lower" nor "higher".
        """
        if better not in ("lower", "higher"):
            raise ValueError(f"better must be 'lower' or 'higher', got {better!r}")
        worst = math.inf if better == "lower" else -math.inf
        values = [worst if math.isnan(v) else v for v in self[name]]
        if not values:
            raise ValueError("a history without epochs has no best one")
        return values.index(min(values) if better == "lower" else max(values)) + 1

    def __str__(self) -> str:
        """A table with a row per epoch."""
        header = "epoch" + "".join(f"{name:>{len(name) + 3}}" for name in self)
        rows = [
            f"{epoch:5d}" + "".join(f"{self[name][epoch - 1]:{len(name) + 3}.4f}" for name in self)
            for epoch in range(1, len(self) + 1)
        ]
        return "\n".join([header, *rows])


def r2_score(predictions: Tensor, targets: Tensor) -> float:
    """The coefficient of determination: 1 is perfect, 0 is as good as the mean of the targets.

    It is below 0 for predictions that are worse than that mean. Both tensors have one shape.
    """
    if predictions.shape != targets.shape:
        raise ValueError(
            f"predictions {tuple(predictions.shape)} and targets {tuple(targets.shape)} "
            "must have one shape"
        )
    # Not `total == 0`: the mean of equal numbers is rounded, and may differ from each of them.
    if len(targets.unique()) < 2:
        raise ValueError("R2 is not defined where all targets are equal")
    residual = torch.sum((targets - predictions) ** 2)
    total = torch.sum((targets - targets.mean()) ** 2)
    return (1 - residual / total).item()
