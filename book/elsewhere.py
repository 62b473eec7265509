"""Run the notebooks that call ``fit`` with every fit on a second device: python -m book.elsewhere

It fails where a cell then mixes devices, or ends in any other error. Numbers are not compared.
"""

from __future__ import annotations

import sys
from pathlib import Path

from book.execute import report, run_some
from book.kernels import kernel_environment
from book.notebooks import code_cells, notebook_paths, read
from book.other_device import NAME

JOBS = 2
NOT_THERE = {
    "2-what-may-be-loaded": "safetensors reads memory that the second device does not have",
    "3-names": "the second device has no packed sequences",
    "6-networks-shaped-like-their-input": "the second device cannot take a GRU in float64",
}
"""Notebooks that train and are left out, each with what the stand-in of a device lacks."""


def trains(path: Path) -> bool:
    """Whether a notebook trains with the package's loop."""
    return any("fit(" in cell.source for cell in code_cells(read(path)))


def main() -> int:
    named = [Path(name).resolve() for name in sys.argv[1:]]
    # The later a chapter, the longer it trains: the last ones first, so that none is waited for.
    paths = named or [
        path for path in reversed(notebook_paths()) if trains(path) and path.stem not in NOT_THERE
    ]
    for name, reason in {} if named else NOT_THERE.items():
        print(f"  {name:32} left out: {reason}", flush=True)
    group = [(path, read(path)) for path in paths]
    with kernel_environment("book.other_device:start", NAME):
        runs = [report(run) for run, _ in run_some(group, JOBS, ahead=JOBS)]
    errors = [done.error for done in runs if done.error]
    print("\n".join(errors), file=sys.stderr)
    print(f"{len(runs) - len(errors)} passed, {len(errors)} failed")
    return int(bool(errors))


if __name__ == "__main__":
    sys.exit(main())
