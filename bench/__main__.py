"""Run the benchmarks, print them as a table, write them as JSON.

    python -m bench [--only NAME] [--runs N]

A module of this folder with a function ``rows(runs)``, which yields a `Row` as soon as it has one,
is a benchmark. A missed goal is said and is no failure; a benchmark that breaks is.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import bench
from bench.measure import RUNS, Row, one_thread
from livetorch.files import write_whole

OUT = Path(__file__).resolve().parent.parent / "_build" / "bench.json"
RowMaker = Callable[[int], Iterable[Row]]


def benchmarks() -> dict[str, RowMaker]:
    """The function ``rows`` of each module that has one, by the module's name."""
    names = sorted(module.name for module in pkgutil.iter_modules(bench.__path__))
    modules = {
        name: importlib.import_module(f"bench.{name}") for name in names if name != "__main__"
    }
    return {name: module.rows for name, module in modules.items() if hasattr(module, "rows")}


def collect(makers: dict[str, RowMaker], runs: int) -> tuple[list[Row], list[str]]:
    """All rows, and the names of the benchmarks that broke; those keep the rows they had."""
    rows: list[Row] = []
    broken = []
    for name, maker in makers.items():
        start, before = time.perf_counter(), len(rows)
        print(f"Measuring {name} ...", flush=True)
        try:
            for row in maker(runs):
                rows.append(row)
        except Exception:
            traceback.print_exc()
            broken.append(name)
        print(f"  {len(rows) - before} rows in {time.perf_counter() - start:.0f} s", flush=True)
    return rows, broken


def table(rows: Sequence[Row]) -> str:
    """The rows as aligned text, each with its goal and whether it is met."""
    width = max((len(row.name) for row in rows), default=0)
    lines = [f"{'':{width}}   ratio   quartiles        runs   goal"]
    for row in rows:
        goal = ""
        if row.goal is not None:
            sign = "≤" if row.better == "lower" else "≥"
            goal = f"{sign} {row.goal:.2f} {'met' if row.met else 'MISSED'}"
        spread = f"{row.low:.3f} to {row.high:.3f}"
        lines.append(f"{row.name:{width}}  {row.ratio:6.3f}   {spread:16} {row.runs:4}   {goal}")
    return "\n".join(line.rstrip() for line in lines)


def write(rows: Sequence[Row], path: Path) -> None:
    """Write the rows, all of them or none."""
    text = json.dumps([asdict(row) for row in rows], indent=1, allow_nan=False)
    write_whole(path, text + "\n")


def main(arguments: Sequence[str] | None = None, out: Path = OUT) -> int:
    """Measure, print and write; 1 where a benchmark broke."""
    one_thread()
    makers = benchmarks()
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only",
        action="append",
        choices=makers,
        metavar="NAME",
        help=f"measure this alone, of {', '.join(makers)}; can be repeated. "
        "The JSON file then holds these rows alone",
    )
    runs_help = f"pairs per ratio (default {RUNS}; fewer are for a trial)"
    parser.add_argument("--runs", type=int, default=RUNS, help=runs_help)
    options = parser.parse_args(arguments)
    if options.runs < 1:
        parser.error(f"--runs must be at least 1, got {options.runs}")
    chosen = {name: maker for name, maker in makers.items() if name in (options.only or makers)}
    rows, broken = collect(chosen, options.runs)
    write(rows, out)
    print(f"\n{table(rows)}\n")
    missed = [row.name for row in rows if row.met is False]
    with_goal = sum(row.goal is not None for row in rows)
    print(f"{with_goal - len(missed)} of {with_goal} goals met. Written: {out}")
    if options.runs < RUNS:
        print(f"With {options.runs} runs instead of {RUNS} this is a trial: quote none of it.")
    if broken:
        print(f"These benchmarks broke: {', '.join(broken)}", file=sys.stderr)
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
