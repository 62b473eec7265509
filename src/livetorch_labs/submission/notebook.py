"""Read a notebook that anyone could have written: nothing in it is taken for granted."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEGABYTE = 1 << 20
LARGEST = 20 * MEGABYTE
MOST_CELLS = 5000
LONGEST_CELL = MEGABYTE
HOW = os.O_RDONLY
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):  # a system has some of them
    HOW |= getattr(os, _name, 0)


class UnreadableError(Exception):
    """The file can not be graded; the text says why, to student and instructor."""


@dataclass(frozen=True)
class StudentCell:
    """A code cell of a submission."""

    number: int  # among all cells, from 1, as one counts them in the notebook
    source: str
    grade_id: str
    cell_id: str


@dataclass(frozen=True)
class StudentNotebook:
    """The code of a submission."""

    cells: tuple[StudentCell, ...]
    lesson: str  # as its metadata says, or ""
    notes: tuple[str, ...]


def read_bytes(path: Path) -> bytes:
    """The content of a file that is a file, of a size that a notebook has.

    Raises:
        UnreadableError: it is a link, no file, empty, or too large.
    """
    try:
        # Never through a link, never waiting for a pipe that nobody writes to.
        handle = os.open(path, HOW)
    except OSError as error:
        otherwise = f"it can not be opened ({error.strerror})"
        link = "it is a link to another place"
        raise UnreadableError(link if path.is_symlink() else otherwise) from error
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError("it is not a file")
        if status.st_size > LARGEST:
            size, allowed = f"{status.st_size / MEGABYTE:.0f} MB", LARGEST // MEGABYTE
            raise UnreadableError(
                f"it has {size}, and {allowed} are allowed: clear the outputs and save it again"
            )
        content = file.read(LARGEST + 1)
    if not content.strip():
        raise UnreadableError("the file is empty")
    return content


def parse(content: bytes) -> StudentNotebook:
    """The code cells of a notebook of format 3 or 4.

    Raises:
        UnreadableError: it is not JSON, or not a notebook, or too long.
    """
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError("it is not JSON, so not a notebook") from error
    if not isinstance(data, dict):
        raise UnreadableError("it is JSON, but not a notebook")
    notes = []
    cells = data.get("cells")
    if not isinstance(cells, list) and isinstance(data.get("worksheets"), list):
        sheets = [sheet for sheet in data["worksheets"] if isinstance(sheet, dict)]
        lists = [sheet.get("cells") for sheet in sheets]
        cells = [cell for part in lists if isinstance(part, list) for cell in part]
        notes.append("the notebook is in the old format 3; it was read as it is")
    if not isinstance(cells, list):
        raise UnreadableError("it is JSON, but not a notebook")
    if len(cells) > MOST_CELLS:
        raise UnreadableError(f"it has {len(cells)} cells, and {MOST_CELLS} are allowed")
    code_cells = [_code_cell(number, cell) for number, cell in enumerate(cells, start=1)]
    lab = _dict(_dict(data.get("metadata")).get("livetorch_lab"))
    lesson = lab.get("lesson")
    return StudentNotebook(
        tuple(cell for cell in code_cells if cell is not None),
        lesson if isinstance(lesson, str) else "",
        tuple(notes),
    )


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _code_cell(number: int, cell: object) -> StudentCell | None:
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return None
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise UnreadableError(f"the source of cell {number} is not text")
    if len(source) > LONGEST_CELL:
        raise UnreadableError(f"cell {number} has more than {LONGEST_CELL} characters")
    try:
        source.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UnreadableError(f"cell {number} holds characters that are none") from error
    metadata = _dict(cell.get("metadata"))
    grade_id = _dict(metadata.get("nbgrader")).get("grade_id")
    # Colab moves a cell's id into its metadata.
    cell_id = cell.get("id", metadata.get("id"))
    return StudentCell(
        number,
        source,
        grade_id if isinstance(grade_id, str) else "",
        cell_id if isinstance(cell_id, str) else "",
    )
