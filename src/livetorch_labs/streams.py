"""Standard output and errors that can take any text."""

from __future__ import annotations

import io
import sys


def prepare(stream: object) -> None:
    """Let a stream take any text.

    A terminal keeps its encoding, since it shows no other, and gets ``\\u0141`` for a letter that
    it does not have. A file or a pipe gets UTF-8 whatever the code page of the machine.
    """
    if not isinstance(stream, io.TextIOWrapper):
        return
    encoding = stream.encoding if stream.isatty() else "utf-8"
    stream.reconfigure(encoding=encoding, errors="backslashreplace")


def prepare_all() -> None:
    """Prepare what this process writes to."""
    prepare(sys.stdout)
    prepare(sys.stderr)
