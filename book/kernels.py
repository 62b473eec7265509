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
def kernel_environment(hook: str = "", device: str | None = None) -> Iterator[None]:
    """What each kernel is started with: one thread, no bar, nobody's own IPython settings.

    Args:
        hook: a function of this project that torch calls when it is imported, as ``module:name``.
        device: where the package trains, if not as everywhere; what a notebook then exports is for
            no page.
    """
    if not hook and os.environ.get(SHAKEN):
        hook = "book.shaken:start"
    with tempfile.TemporaryDirectory() as folder:
        threads = os.environ.get("OMP_NUM_THREADS", "1")
        variables: dict[str, str | None] = {
            "LIVETORCH_DATA": None,  # the shipped data, also where a reader has the full sets
            "LIVETORCH_DEVICE": device,  # None: what is printed here was computed here
            "LIVETORCH_PROGRESS": "0",
            "LIVETORCH_MODELS": str(Path(folder) / "models") if device else str(MODELS),
            "IPYTHONDIR": folder,
            "OMP_NUM_THREADS": threads,
        }
        if hook:
            # A folder inside, since IPython takes its own directory off the path.
            variables["PYTHONPATH"] = hooked_path(Path(folder) / "path", hook)
        before = {name: os.environ.get(name) for name in variables}
        set_variables(variables)
        try:
            with forked_kernels():
                yield
        finally:
            set_variables(before)


def hooked_path(folder: Path, hook: str) -> str:
    """A PYTHONPATH from which torch, wherever it is imported, calls a function of this project.

    It calls what installed packages offer as device backends, and a package is installed where a
    folder of the path holds its metadata. So the processes that a kernel starts are reached too.
    """
    package = folder / "hook-0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: hook\nVersion: 0\n")
    (package / "entry_points.txt").write_text(f"[torch.backends]\nhook = {hook}\n")
    before = os.environ.get("PYTHONPATH")
    return os.pathsep.join([str(folder), str(ROOT), *([before] if before else [])])


def set_variables(values: dict[str, str | None]) -> None:
    """Set environment variables; None removes one."""
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
