"""Train on another device than the one a model lives on, and come back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import nn

VARIABLE = "LIVETORCH_DEVICE"
"""Where every fit trains that is not told where, as in LIVETORCH_DEVICE=cuda."""


def device_of(model: nn.Module) -> torch.device:
    """Where a model's parameters are; the CPU for a model that has none."""
    return next((parameter.device for parameter in model.parameters()), torch.device("cpu"))


@contextmanager
def moved(
    device: torch.device | str | None,
    model: nn.Module,
    loss_fn: object,
    optimizer: torch.optim.Optimizer,
) -> Iterator[None]:
    """Move a model, the weights of its loss and the optimizer's state, and bring them back.

    Args:
        device: None takes the environment's LIVETORCH_DEVICE, and leaves all where it is where
            that is not set, or where ``process_group`` has chosen a device for this process.
    """
    in_group = dist.is_available() and dist.is_initialized()
    named = device or (None if in_group else os.environ.get(VARIABLE))
    if not named:
        yield
        return
    home, there = device_of(model), torch.device(named)
    modules = [part for part in (model, loss_fn) if isinstance(part, nn.Module)]
    try:
        place(modules, optimizer, there)
        yield
    finally:
        place(modules, optimizer, home)


def place(modules: list[nn.Module], optimizer: torch.optim.Optimizer, device: torch.device) -> None:
    """Move modules, and what an optimizer keeps to its parameters; nothing that is there."""
    before = {parameter.device for module in modules for parameter in module.parameters()}
    for module in modules:
        module.to(device)
    if before != {device} and optimizer.state:
        # Loading puts the state of each parameter where the parameter is.
        optimizer.load_state_dict(optimizer.state_dict())
