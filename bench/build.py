"""How long the book takes to make: from nothing, with nothing changed, with one chapter changed.

It works in a copy of the working tree, so that the build of the person who measures stays as it
is. What comes from npm is there before the clock starts. Two notebooks run at a time. A build is
minutes of work, so there are three cold ones instead of fifteen.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from bench.measure import Row, row
from book.checkout import Checkout

COLD_RUNS = 3
JOBS = 2
COMMENT = "# changed by the benchmark"
OWN_SECONDS = """
import json
from book.runs import executed
from book.notebooks import notebook_paths
print(json.dumps({str(p): executed(p)[1]["execution_seconds"] for p in notebook_paths()}))
"""


@dataclass(frozen=True)
class Build:
    """Wall-clock seconds of the two steps of ``make book``."""

    execution: float
    rendering: float

    @property
    def whole(self) -> float:
        return self.execution + self.rendering


@dataclass(frozen=True)
class Round:
    """A cold build and what came after it."""

    cold: Build
    warm: Build
    changed: Build
    own: float
    """the sum of the chapters' own seconds in the cold build"""


class Timed(Checkout):
    """A copy of the working tree in which the making of the book is timed."""

    def seconds(self, *arguments: str) -> float:
        start = time.perf_counter()
        self.python(*arguments)
        return time.perf_counter() - start

    def make(self) -> Build:
        """Make the book as ``make book`` does."""
        run = ("-m", "book.offline", sys.executable, "-m", "book.execute", "--jobs", str(JOBS))
        return Build(self.seconds(*run), self.seconds("-m", "book.build"))

    def own_seconds(self) -> dict[str, float]:
        """The seconds of each chapter's cells, by its path, as its run in the cache noted them."""
        seconds: dict[str, float] = json.loads(self.python("-c", OWN_SECONDS))
        return seconds

    def round(self) -> Round:
        """A cold build, a warm one, and one with the chapter changed that takes a middling time."""
        self.forget()
        cold = self.make()
        own = self.own_seconds()
        warm = self.make()
        path = Path(sorted(own, key=lambda chapter: own[chapter])[len(own) // 2])
        before = path.read_text(encoding="utf-8")
        append_comment(path)
        changed = self.make()
        path.write_text(before, encoding="utf-8")
        return Round(cold, warm, changed, sum(own.values()))


def append_comment(path: Path) -> None:
    """Change a notebook's code, and nothing of what it does."""
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cell.source += f"\n{COMMENT}"
    nbformat.write(notebook, path)


def rows_of(rounds: list[Round]) -> Iterator[Row]:
    cold = "cold build"
    yield row(
        f"{cold} / half the chapters' own seconds",
        [r.cold.whole / (r.own / JOBS) for r in rounds],
        goal=1.35,
    )
    yield row(
        f"{cold}, execution / half the chapters' own seconds",
        [r.cold.execution / (r.own / JOBS) for r in rounds],
    )
    yield row(
        f"{cold}, rendering / half the chapters' own seconds",
        [r.cold.rendering / (r.own / JOBS) for r in rounds],
    )
    for name, builds in (
        ("warm build", [r.warm for r in rounds]),
        ("one changed chapter", [r.changed for r in rounds]),
    ):
        pairs = list(zip(builds, [r.cold for r in rounds], strict=True))
        yield row(f"{name} / {cold}", [b.whole / c.whole for b, c in pairs])
        yield row(f"{name} / {cold}, execution", [b.execution / c.execution for b, c in pairs])
        yield row(f"{name} / {cold}, rendering", [b.rendering / c.rendering for b, c in pairs])


def rows(runs: int) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="livetorch-bench-") as folder:
        copy = Timed(Path(folder).resolve())
        rounds = []
        for _ in range(min(runs, COLD_RUNS)):
            rounds.append(copy.round())
            last = rounds[-1]
            for name, build in (
                ("cold", last.cold),
                ("warm", last.warm),
                ("one changed", last.changed),
            ):
                print(
                    f"  {name:12} execution {build.execution:5.1f} s, "
                    f"rendering {build.rendering:5.1f} s",
                    flush=True,
                )
    yield from rows_of(rounds)
