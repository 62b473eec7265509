"""IDX files, the form in which MNIST and its successors are published.

A file starts with two zero bytes, the type of its numbers (8: unsigned bytes) and how many
dimensions it has; then each dimension as four bytes, and then the numbers, row by row.

Source: LeCun, Cortes and Burges, http://yann.lecun.com/exdb/mnist/
"""

from __future__ import annotations

import gzip
import zlib
from math import prod
from pathlib import Path

import torch
from torch import Tensor

UNSIGNED_BYTE = 8


def find_idx(folder: Path, name: str) -> Path | None:
    """The file of this name, or else the one with ``.gz`` behind it; None where neither is."""
    files = (folder / (name + ending) for ending in ("", ".gz"))
    return next((file for file in files if file.is_file()), None)


def read_idx(path: Path) -> Tensor:
    """The numbers of a file of unsigned bytes, as a uint8 tensor; ``.gz`` is unpacked.

    Raises:
        ValueError: the file is damaged, or no such file. The message says what to do.
    """
    content = path.read_bytes()
    if path.suffix == ".gz":
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(
                f"{path} cannot be unpacked ({error}): it is damaged, or its download stopped "
                "early. Fetch it again."
            ) from error
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != UNSIGNED_BYTE or not content[3]:
        raise ValueError(
            f"{path} starts with {content[:4].hex(' ') or 'nothing'}, an IDX file of bytes with "
            "00 00 08 and its number of dimensions: this is some other file. Fetch it again, "
            "and look whether it is a web page that says why it could not be fetched."
        )
    start = 4 + 4 * content[3]
    shape = [int.from_bytes(content[at : at + 4], "big") for at in range(4, start, 4)]
    held = len(content) - start
    if held != prod(shape):
        announced = f"announces {' x '.join(map(str, shape))} bytes, holds {held}"
        raise ValueError(
            f"{path} {announced if held >= 0 else 'is cut'}: it is damaged, or its download "
            "stopped early. Fetch it again."
        )
    # bytearray: torch warns of memory that must not be written to.
    return torch.frombuffer(bytearray(content), dtype=torch.uint8)[start:].reshape(shape)


def write_idx(path: Path, numbers: Tensor) -> None:
    """Write a uint8 tensor; under a name that ends in ``.gz`` packed, without a date in it."""
    shape = b"".join(size.to_bytes(4, "big") for size in numbers.shape)
    content = bytes([0, 0, UNSIGNED_BYTE, numbers.ndim]) + shape + numbers.numpy().tobytes()
    if path.suffix != ".gz":
        path.write_bytes(content)
        return
    # Not gzip.compress: it notes the system that packed, and the bytes should be one everywhere.
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(content)
