"""Make the signals of MNIST-1D that ship, with the program that its authors published.

    pip install mnist1d==0.0.2.post1
    python -m livetorch.datasets.data.make_mnist1d

The program's own settings and seed are used. Its numbers are rounded to whole multiples of a
small step, which takes a quarter of the room.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from livetorch.datasets.sequences import MNIST1D_SHIPPED, MNIST1D_STEP

VERSION = "0.0.2.post1"
"""Of the package mnist1d: another one may make other signals."""


def pack(data: Mapping[str, Any]) -> dict[str, Any]:
    """The arrays to write, from what ``mnist1d.data.make_dataset`` returns.

    Raises:
        ValueError: a signal is not finite, or too large for its 16 bits.
    """
    arrays: dict[str, Any] = {}
    for part, ending in (("train", ""), ("test", "_test")):
        steps = np.round(np.asarray(data[f"x{ending}"]) / MNIST1D_STEP)
        if not (np.abs(steps) < 2**15).all():
            raise ValueError(f"a signal of the {part} part does not fit into 16 bits")
        arrays[f"{part}_signals"] = steps.astype(np.int16)
        arrays[f"{part}_labels"] = np.asarray(data[f"y{ending}"]).astype(np.uint8)
    return arrays


def make(data: Mapping[str, Any], target: Path) -> None:
    """Write the file into the folder ``target``."""
    target.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(target / "mnist1d.npz", **pack(data))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", type=Path, default=MNIST1D_SHIPPED,
                        help="where to write (default: into the package)")  # fmt: skip
    options = parser.parse_args(arguments)
    try:
        installed = version("mnist1d")
    except PackageNotFoundError:
        installed = "not"
    if installed != VERSION:
        parser.error(f"mnist1d {VERSION} is needed, {installed} is installed: "
                     f"pip install mnist1d=={VERSION}")  # fmt: skip
    make(importlib.import_module("mnist1d.data").make_dataset(), options.target)


if __name__ == "__main__":
    main()
