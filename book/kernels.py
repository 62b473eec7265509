"""What a notebook's kernel is started with, and what is done where it does not start."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import TypeVar

from book.forked import forked_kernels
from book.live import MODELS

TRIES = 3

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
        before = {name: os.environ.get(name) for name in wanted}
        set_variables(wanted)
        try:
            with forked_kernels():
                yield
        finally:
            set_variables(before)


def set_variables(values: dict[str, str | None]) -> None:
    """Set environment variables; None removes one."""
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
