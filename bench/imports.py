"""What importing the package adds to importing torch, each in a new interpreter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from bench.measure import Row, children_cpu, ratios, row


def import_in_new_interpreter(module: str) -> None:
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True)


def rows(runs: int) -> Iterator[Row]:
    measured = ratios(
        lambda: import_in_new_interpreter("livetorch"),
        lambda: import_in_new_interpreter("torch"),
        runs,
        clock=children_cpu,
    )
    yield row("import livetorch / import torch", measured, goal=1.03)
