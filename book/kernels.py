"""What a notebook's kernel is started with, and what is done where it does not start."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from book.forked import forked_kernels
from book.live import MODELS
from book.notebooks import ROOT

TRIES = 3
SHAKEN = "LIVETORCH_SHAKEN"
"""The variable that has kernels compute with shaken last bits: ``book/shaken.py``."""

Started = TypeVar("Started")


def patiently(start: Callable[[], Started]) -> Started:
    """What ``start`` returns; where it raises RuntimeError it is asked again, twice at most.

    Once in a great while a kernel is alive and never answers. It has run nothing by then, so that
    another one can take its place.

    Raises:
        RuntimeError: that of the last try.
    """
    for _ in range(TRIES - 1):
        try:
            return start()
        except RuntimeError as error:
            print(f"A kernel did not start ({error}); starting another.", file=sys.stderr)
    return start()


@contextlib.contextmanager
def kernel_environment() -> Iterator[None]:
    """What each kernel is started with: one thread, no bar, nobody's own IPython settings."""
    with tempfile.TemporaryDirectory() as folder:
        threads = os.environ.get("OMP_NUM_THREADS", "1")
        wanted: dict[str, str | None] = {
            "LIVETORCH_DATA": None,  # the shipped data, also where a reader has the full sets
            "LIVETORCH_PROGRESS": "0",
            "LIVETORCH_MODELS": str(MODELS),
            "IPYTHONDIR": folder,
            "OMP_NUM_THREADS": threads,
        }
        if os.environ.get(SHAKEN):
            # A folder inside, since IPython takes its own directory off the path.
            wanted["PYTHONPATH"] = shaking_path(Path(folder) / "path")
        before = {name: os.environ.get(name) for name in wanted}
        set_variables(wanted)
        try:
            with forked_kernels():
                yield
        finally:
            set_variables(before)


def shaking_path(folder: Path) -> str:
    """A PYTHONPATH from which torch, wherever it is imported, calls ``book.shaken.start`` itself.

    It calls what installed packages offer as device backends, and a package is installed where a
    folder of the path holds its metadata. So the processes that a kernel starts are reached too.
    """
    package = folder / "shaken-0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: shaken\nVersion: 0\n")
    (package / "entry_points.txt").write_text("[torch.backends]\nshaken = book.shaken:start\n")
    before = os.environ.get("PYTHONPATH")
    return os.pathsep.join([str(folder), str(ROOT), *([before] if before else [])])


def set_variables(values: dict[str, str | None]) -> None:
    """Set environment variables; None removes one."""
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
