"""The training loop: one epoch, an evaluation, and a whole fit.

B batch. A loader gives tuples ``(*inputs, targets)``; the model takes the inputs and returns
logits or predictions; the loss takes ``(outputs, targets)`` and returns the batch's mean. Means of
batches are averaged by what each is a mean over, so that an epoch's loss is that of all its
examples at once: `livetorch.metrics.averaged_over` says what that is.

Among several processes (`livetorch.processes`) each has its part of a batch and all report the
same means, over the examples of all; they must then all call these functions together.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import CyclicLR, LRScheduler, OneCycleLR, ReduceLROnPlateau

from livetorch import processes
from livetorch.devices import device_of, moved
from livetorch.metrics import History, RunningMean, averaged_over
from livetorch.modes import evaluating

Loader = Iterable[Any]
LossFunction = Callable[[Tensor, Tensor], Tensor]
Metrics = Mapping[str, Callable[[Tensor, Tensor], float]]
EpochHook = Callable[[int, nn.Module, History], bool | None]


def train_epoch(
    model: nn.Module,
    loader: Loader,
    loss_fn: LossFunction,
    optimizer: torch.optim.Optimizer,
    *,
    metrics: Metrics | None = None,
    scheduler: LRScheduler | None = None,
    max_grad_norm: float | None = None,
) -> dict[str, float]:
    """Go through the loader once and take one optimizer step per batch.

    The metrics are those of each batch before its step, averaged by example. A scheduler given
    here takes a step after every batch.

    Raises:
        ValueError: the loader gives no batch, float targets differ from the outputs in shape, or
            the loss is no mean.
        FloatingPointError: the loss is not finite; the weights are those before that batch.
    """
    means = {name: RunningMean() for name in ("loss", *(metrics or {}))}
    count_of = averaged_over(loss_fn)
    weighted_loss = processes.current.weighted(model, loss_fn)  # of one process: loss_fn itself
    model.train()
    for index, (inputs, targets) in enumerate(batches(loader, device_of(model))):
        count = count_of(targets)
        optimizer.zero_grad()
        outputs = model(*inputs)
        check_shapes(outputs, targets)
        loss = weighted_loss(outputs, targets)
        # .item() waits for the device. A CPU does not notice; a GPU loses some time, which buys
        # that a loss of NaN is stopped here, before it reaches the weights.
        value = loss.item()
        if not math.isfinite(value):
            raise FloatingPointError(not_finite(value, count, index, optimizer, inputs))
        loss.backward()
        if max_grad_norm is not None:
            nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        update(means, value, count, metrics, outputs, targets)
    return computed(means)


@torch.no_grad()
def evaluate(
    model: nn.Module, loader: Loader, loss_fn: LossFunction, *, metrics: Metrics | None = None
) -> dict[str, float]:
    """The loss over a loader, as if it were one batch, and the metrics, averaged by example.

    The model is in evaluation mode meanwhile, without gradients; afterwards every module is in
    the mode it was found in.

    Raises:
        ValueError: the loader gives no batch, float targets differ from the outputs in shape, or
            the loss is no mean.
    """
    means = {name: RunningMean() for name in ("loss", *(metrics or {}))}
    count_of = averaged_over(loss_fn)
    with evaluating(model):
        for inputs, targets in batches(loader, device_of(model)):
            count = count_of(targets)
            outputs = model(*inputs)
            check_shapes(outputs, targets)
            update(means, loss_fn(outputs, targets).item(), count, metrics, outputs, targets)
    return computed(means)


def fit(
    model: nn.Module,
    train_loader: Loader,
    val_loader: Loader | None,
    loss_fn: LossFunction,
    optimizer: torch.optim.Optimizer,
    *,
    epochs: int,
    metrics: Metrics | None = None,
    scheduler: LRScheduler | None = None,
    max_grad_norm: float | None = None,
    device: torch.device | str | None = None,
    on_epoch_end: EpochHook | None = None,
    progress: bool | None = None,
    history: History | None = None,
) -> History:
    """Train for some epochs and measure after each one.

    Args:
        val_loader: what to measure on after each epoch, or None.
        metrics: name to ``metric(outputs, targets)``, a mean over the batch.
        scheduler: takes a step where PyTorch's documentation says it does: after each batch for
            ``OneCycleLR`` and ``CyclicLR``, after each epoch for the others (with the last
            validation loss, or else the training loss, for ``ReduceLROnPlateau``).
        max_grad_norm: the length that gradients are clipped to, or None.
        device: where to train; afterwards the model is where it was before. None trains where it
            is, or on the device that the environment variable LIVETORCH_DEVICE names.
        on_epoch_end: called with the epoch (from 1), the model and the history; the fit ends
            early when it returns True. Save checkpoints, print or stop early here.
        progress: show a bar; None shows it to people (a terminal, a live notebook) alone.
        history: the history of a run that is resumed; it is continued.

    Returns:
        The history, with ``train_`` and ``val_`` before the name of each measure.

    Raises:
        ValueError: ``epochs`` is below 1, a loader gives no batch, or shapes do not fit.
        FloatingPointError: the loss is not finite; the weights are those before that batch.
    """
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")
    history = History() if history is None else history
    each_batch = scheduler if isinstance(scheduler, (OneCycleLR, CyclicLR)) else None
    start = len(history) + 1
    with moved(device, model, loss_fn, optimizer):
        for epoch in with_progress(range(start, start + epochs), progress):
            values = train_epoch(model, train_loader, loss_fn, optimizer, metrics=metrics,
                                 scheduler=each_batch, max_grad_norm=max_grad_norm)  # fmt: skip
            measured = {f"train_{name}": value for name, value in values.items()}
            if val_loader is not None:
                values = evaluate(model, val_loader, loss_fn, metrics=metrics)
                measured |= {f"val_{name}": value for name, value in values.items()}
            if isinstance(scheduler, ReduceLROnPlateau):
                scheduler.step(values["loss"])
            elif scheduler is not each_batch and scheduler is not None:
                scheduler.step()
            history.append(**measured)
            if on_epoch_end is not None and on_epoch_end(epoch, model, history):
                break
    return history


def batches(loader: Loader, device: torch.device) -> Iterator[tuple[list[Tensor], Tensor]]:
    """The inputs and the targets of each batch, on a device."""
    processes.current.check(loader)
    for batch in loader:
        # A tensor that is there already would be asked in vain, which takes longer than to look.
        *inputs, targets = [x if x.device == device else x.to(device) for x in batch]
        yield inputs, targets


def update(
    means: dict[str, RunningMean],
    loss: float,
    count: float,
    metrics: Metrics | None,
    outputs: Tensor,
    targets: Tensor,
) -> None:
    """Add a batch to the running means: its loss is a mean over ``count``."""
    if count > 0:  # a batch whose targets are all ignored has no mean loss
        means["loss"].update(loss, count)
    for name, metric in (metrics or {}).items():
        means[name].update(float(metric(outputs.detach(), targets)), len(targets))


def computed(means: dict[str, RunningMean]) -> dict[str, float]:
    """The value of each running mean, over all processes; an error where no batch came."""
    own = [x for mean in means.values() for x in (mean.total, mean.count)]
    sums = processes.current.add_up(own)
    for mean, total, count in zip(means.values(), sums[::2], sums[1::2], strict=True):
        mean.total, mean.count = total, count
    if means["loss"].count == 0:
        raise ValueError(
            "the loader gave no batch: its dataset is empty, or smaller than one batch with "
            "drop_last=True, or the loader is a generator that was used up before (or the loss "
            "ignores every target)"
        )
    return {name: mean.compute() for name, mean in means.items()}


def check_shapes(outputs: Tensor, targets: Tensor) -> None:
    """Refuse float targets that would be broadcast against the outputs."""
    if targets.is_floating_point() and targets.shape != outputs.shape:
        raise ValueError(
            f"the model returns {tuple(outputs.shape)} and the targets are "
            f"{tuple(targets.shape)}: a loss would broadcast the two against each other and "
            "measure nothing. Give both one shape, with targets.reshape or outputs.squeeze."
        )


def not_finite(
    value: float,
    count: float,
    index: int,
    optimizer: torch.optim.Optimizer,
    inputs: list[Tensor],
) -> str:
    """What to say of a loss that is NaN or infinite, and where to look first."""
    if count == 0:
        cause = "The loss ignores every target of this batch, so it has no mean: leave it out."
    elif not all(tensor.isfinite().all() for tensor in inputs if tensor.is_floating_point()):
        cause = "The inputs of this batch hold NaN or infinity: clean the data."
    else:
        rates = ", ".join(f"{group['lr']:g}" for group in optimizer.param_groups)
        cause = (
            f"The inputs are finite, so the weights or the loss are not: try a learning rate "
            f"below {rates}, or max_grad_norm=1, or scaled features."
        )
    return f"the loss is {value} at batch {index} (counted from 0). {cause}"


def with_progress(epochs: range, progress: bool | None) -> Iterable[int]:
    """The epochs, behind a bar where one is wanted."""
    if progress is None:
        # A notebook that is run to be stored must print the same each time: book/execute.py and
        # the tests set this variable to 0.
        enabled = os.environ.get("LIVETORCH_PROGRESS", "1") != "0" and processes.current.is_main()
        progress = enabled and (sys.stderr.isatty() or "ipykernel" in sys.modules)
    if not progress:
        return epochs
    from tqdm.auto import tqdm  # here, since a script without a bar need not wait for it

    return tqdm(epochs, unit="epoch", leave=False)
