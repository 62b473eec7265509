"""MNIST-1D: short signals in ten classes, small enough to train on in seconds."""

from __future__ import annotations

import io
import zipfile
import zlib

import numpy as np
import torch
from torch import Tensor

from livetorch.datasets.memory import InMemoryDataset
from livetorch.datasets.shipped import DATA, damaged, shipped_bytes

MNIST1D_SHIPPED = DATA / "mnist1d"
MNIST1D_STEP = 1 / 1024
"""The signals are kept as whole multiples of this, far finer than their noise."""
LENGTH = 40


def load_mnist1d() -> tuple[InMemoryDataset, InMemoryDataset]:
    """Signals in ten classes: 4,000 to learn from and 1,000 to test.

    Each starts as one of ten drawn patterns, one for each digit, and is then stretched, moved,
    bent and overlaid with noise, so that the place of the pattern says nothing and its shape
    says all.

    Returns:
        Two sets of ``signals (N, 40)`` float32 and ``labels (N,)`` int64 in 0 .. 9. Over both
        sets the signals have mean 0 and standard deviation 1.

    Raises:
        FileNotFoundError: the file that ships with the package is not there.
        ValueError: the file is damaged.

    Source: Greydanus and Kobak (2024), https://github.com/greydanus/mnist1d, Apache License 2.0,
    made with its default settings by ``livetorch/datasets/data/make_mnist1d.py``.
    """
    path = MNIST1D_SHIPPED / "mnist1d.npz"
    content = shipped_bytes(path)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            tensors = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
        parts = [_part(tensors, part) for part in ("train", "test")]
    except (EOFError, OSError, KeyError, TypeError, ValueError, AttributeError,
            zipfile.BadZipFile, zlib.error) as error:  # fmt: skip
        raise damaged(path, f"{type(error).__name__}: {error}") from error
    return parts[0], parts[1]


def _part(tensors: dict[str, Tensor], part: str) -> InMemoryDataset:
    signals, labels = tensors[f"{part}_signals"], tensors[f"{part}_labels"]
    if signals.shape != (len(labels), LENGTH):
        raise ValueError(f"signals {tuple(signals.shape)} for {len(labels)} labels")
    return InMemoryDataset(signals.float() * MNIST1D_STEP, labels.long())
