"""Files that ship with the package: read, and checked on the way."""

from __future__ import annotations

import csv
import lzma
from pathlib import Path

DATA = Path(__file__).parent / "data"


def shipped_bytes(path: Path) -> bytes:
    """The content of a file that ships.

    Raises:
        FileNotFoundError: it is not there. The message says what to do.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{path} ships with livetorch and is not there: the installation is not complete. "
            "Install the package again."
        ) from None


def shipped_text(path: Path) -> str:
    """The text of an xz file that ships.

    Raises:
        FileNotFoundError: it is not there.
        ValueError: it is damaged.
    """
    try:
        return lzma.decompress(shipped_bytes(path)).decode()
    except (lzma.LZMAError, EOFError, UnicodeDecodeError) as error:
        raise damaged(path, str(error)) from error


def shipped_table(path: Path, heading: list[str]) -> list[list[str]]:
    """The rows of a CSV file that ships, without its first row, which is the heading.

    Raises:
        FileNotFoundError: it is not there.
        ValueError: it is damaged.
    """
    try:
        rows = list(csv.reader(shipped_bytes(path).decode().splitlines(), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise damaged(path, str(error)) from error
    if len(rows) < 2 or rows[0] != heading:
        raise damaged(path, f"it does not start with {','.join(heading)} and go on with rows")
    for number, row in enumerate(rows, 1):
        if len(row) != len(heading) or not all(row):
            raise damaged(path, f"line {number} does not hold {len(heading)} values")
    return rows[1:]


def damaged(path: Path, reason: str) -> ValueError:
    """The error to raise when a file that ships cannot be understood."""
    return ValueError(f"{path} is damaged ({reason}). Install the package livetorch again.")
