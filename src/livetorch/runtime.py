"""Where a run happens, and what it takes for its numbers to come out the same again."""

from __future__ import annotations

import random

import numpy as np
import torch


def choose_device(name: str | None = None) -> torch.device:
    """The device to compute on: the one named, or else the best one present.

    The order is CUDA, then Apple's MPS, then the CPU.

    Raises:
        ValueError: ``name`` is not a device that torch knows, or it is not on this machine.
    """
    if name is None:
        if torch.cuda.is_available():
            return torch.device("cuda")
        if torch.backends.mps.is_available():
            return torch.device("mps")
        return torch.device("cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, ImportError) as error:
        raise ValueError(
            f"device {name!r} cannot be used on this machine: {error}. "
            "Leave the name out to take the best device there is, or say 'cpu'."
        ) from error
    return device


def seed_everything(seed: int) -> None:
    """Seed the random number generators of Python, NumPy and torch (every device).

    Raises:
        ValueError: ``seed`` is not in ``0 .. 2**32 - 1``, which is what NumPy takes.
    """
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must be between 0 and 2**32 - 1, got {seed}")
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def make_reproducible(seed: int, *, num_threads: int = 1, onednn: bool = True) -> None:
    """Seed everything and switch off what makes two runs of one program differ.

    One thread fixes the order in which sums are added. Deterministic algorithms make torch
    raise rather than use an operation whose result depends on timing. ``onednn=False`` is for
    convolutions whose numbers are printed: oneDNN picks another algorithm on another processor,
    and after some epochs the second digit moves; without it the results agree bit for bit, at
    about 1.4 times the time.

    Source: https://docs.pytorch.org/docs/stable/notes/randomness.html
    """
    if num_threads < 1:
        raise ValueError(f"num_threads must be at least 1, got {num_threads}")
    seed_everything(seed)
    torch.set_num_threads(num_threads)
    torch.use_deterministic_algorithms(True)
    torch.backends.mkldnn.set_flags(onednn)


def seed_worker(worker_id: int) -> None:  # noqa: ARG001
    """Seed Python and NumPy in a ``DataLoader`` worker from the seed torch gave that worker.

    Where nobody seeds them, every worker draws the same "random" augmentation. torch 2 seeds all
    three generators itself, each from another number; with this, passed as ``worker_init_fn``,
    all follow from the one that ``torch.initial_seed()`` shows in the worker.

    Source: https://docs.pytorch.org/docs/stable/notes/randomness.html#dataloader
    """
    seed = torch.initial_seed() % 2**32
    random.seed(seed)
    np.random.seed(seed)
