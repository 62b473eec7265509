"""A file written in whole or not at all.

The build reads this file by its path, since importing the package would import torch.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file beside its place and move it there, so that nobody ever reads a half of it.

    Text is stored as UTF-8 with its line ends as they are. The folder is made where there is none.

    Raises:
        OSError: the folder cannot be made or written, or the disk is full. What was there before
            is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        part.replace(path)  # once it is closed: Windows moves no open file
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
