"""How every table leaves the program: as CSV in UTF-8, with no cell that a spreadsheet computes.

Names, file names and messages come from submissions, and ``=HYPERLINK(...)`` in a name would run
on the teacher's machine.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..results import write_text
from .text import one_line

BYTE_ORDER_MARK = "\ufeff"
"""At the start of what is opened in Excel, which otherwise takes a file to be in the code page of
its machine. Canvas and Moodle would take it for a part of the first title."""
LONGEST = 30_000  # a spreadsheet's cell holds 32,767 characters
_STARTS = "=+-@\u2212"
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def safe_cell(value: object) -> str:
    """A cell's text on one line, with an apostrophe in front of what would be a formula.

    Full-width and small forms of the signs count as the signs, as they do in spreadsheets.
    """
    text = one_line(str(value), longest=LONGEST)
    first = unicodedata.normalize("NFKC", text[:1])[:1]
    is_formula = bool(first) and first in _STARTS and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text


def write_csv(path: Path, rows: Iterable[Sequence[object]], start: str = "") -> None:
    """Write rows as CSV in UTF-8, whole or not at all.

    Args:
        path: the file; its folder is made.
        rows: of cells, which are made safe.
        start: what comes before the first row: ``BYTE_ORDER_MARK`` or nothing.

    Raises:
        OSError: the file can not be written.
    """
    text = io.StringIO(start)
    text.seek(len(start))
    csv.writer(text, lineterminator="\n").writerows([safe_cell(c) for c in row] for row in rows)
    write_text(path, text.getvalue())
