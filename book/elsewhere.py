"""Run the notebooks that call ``fit`` with every fit on a second device: python -m book.elsewhere

It fails where a cell then mixes devices, or ends in any other error. Numbers are not compared.
"""

from __future__ import annotations

import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from book.execute import Run, run_notebook
from book.kernels import kernel_environment
from book.notebooks import code_cells, notebook_paths, read
from book.other_device import NAME
from livetorch.devices import VARIABLE

JOBS = 2
LEFT_OUT = {
    "03-dynamic-graphs": "its tree network makes tensors on the processor inside forward",
    "08-saving-and-loading": "it writes tensors into files, and those of the stand-in cannot be",
    **dict.fromkeys(
        ("09-neural-networks", "10-convolutional-networks", "11-recurrent-networks",
         "12-many-processes"),
        "it failed or was not finished when it was first tried, and why was not looked at",
    ),
}  # fmt: skip
"""Notebooks that train and are not run on the other device, with the reason."""


def trains(path: Path) -> bool:
    """Whether a notebook trains with the package's loop."""
    return any("fit(" in cell.source for cell in code_cells(read(path)))


def run(path: Path) -> Run:
    done = run_notebook(path, read(path))
    print(f"  {path.stem:32} {'FAILED' if done.error else 'ran'} {done.seconds:6.1f} s", flush=True)
    return done


def main() -> int:
    named = [Path(name).resolve() for name in sys.argv[1:]]
    paths = named or [
        path for path in notebook_paths() if trains(path) and path.stem not in LEFT_OUT
    ]
    with kernel_environment("book.other_device:start"), tempfile.TemporaryDirectory() as folder:
        os.environ[VARIABLE] = NAME
        os.environ["LIVETORCH_MODELS"] = folder  # what is exported here is for no page
        with ThreadPoolExecutor(JOBS) as pool:
            runs = list(pool.map(run, paths))
    errors = [done.error for done in runs if done.error]
    print("\n".join(errors), file=sys.stderr)
    print(f"{len(runs) - len(errors)} passed, {len(errors)} failed")
    print("\n".join(f"not run: {stem}: {reason}" for stem, reason in LEFT_OUT.items()))
    return int(bool(errors))


if __name__ == "__main__":
    sys.exit(main())
