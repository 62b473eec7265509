"""How long the book takes to make: from nothing, with nothing changed, with one chapter changed.

It works in a copy of the working tree, so that the build of the person who measures stays as it
is. What comes from npm is there before the clock starts. Two notebooks run at a time. A build is
minutes of work, so there are three cold ones instead of fifteen.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from bench.measure import Row, row

ROOT = Path(__file__).resolve().parent.parent
COLD_RUNS = 3
JOBS = 2
COMMENT = "# changed by the benchmark"
OWN_SECONDS = """
import json
from book.execute import executed
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


class Copy:
    """A copy of the working tree in which the book is made."""

    def __init__(self, root: Path) -> None:
        self.root = root
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, check=True, capture_output=True, text=True,
        )  # fmt: skip
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():  # one that was deleted is still listed
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)
        if (ROOT / "_build" / "node").is_dir():
            shutil.copytree(ROOT / "_build" / "node", root / "_build" / "node", symlinks=True)
        self.python("-c", "from book.vendor import node_modules; node_modules()")

    def python(self, *arguments: str) -> str:
        """What a Python program prints that is run in the copy, with the copy's package.

        Raises:
            RuntimeError: it failed; the message holds what it printed.
        """
        environment = os.environ | {"PYTHONPATH": str(self.root / "src")}
        done = subprocess.run([sys.executable, *arguments], cwd=self.root, env=environment,
                              capture_output=True, text=True, check=False)  # fmt: skip
        if done.returncode:
            told = done.stdout + done.stderr
            raise RuntimeError(f"python {' '.join(arguments)} failed in {self.root}:\n{told}")
        return done.stdout

    def seconds(self, *arguments: str) -> float:
        start = time.perf_counter()
        self.python(*arguments)
        return time.perf_counter() - start

    def build(self) -> Build:
        """Make the book as ``make book`` does."""
        run = ("-m", "book.offline", sys.executable, "-m", "book.execute", "--jobs", str(JOBS))
        return Build(self.seconds(*run), self.seconds("-m", "book.build"))

    def forget(self) -> None:
        """Remove all that was built, but not what came from npm."""
        for path in (self.root / "_build").iterdir():
            if path.name == "node":
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def own_seconds(self) -> dict[str, float]:
        """The seconds of each chapter's cells, by its path, as its run in the cache noted them."""
        seconds: dict[str, float] = json.loads(self.python("-c", OWN_SECONDS))
        return seconds

    def round(self) -> Round:
        """A cold build, a warm one, and one with the chapter changed that takes a middling time."""
        self.forget()
        cold = self.build()
        own = self.own_seconds()
        warm = self.build()
        path = Path(sorted(own, key=lambda chapter: own[chapter])[len(own) // 2])
        before = path.read_text(encoding="utf-8")
        append_comment(path)
        changed = self.build()
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
    yield row(f"{cold} / half the chapters' own seconds",
              [r.cold.whole / (r.own / JOBS) for r in rounds], goal=1.35)  # fmt: skip
    yield row(f"{cold}, execution / half the chapters' own seconds",
              [r.cold.execution / (r.own / JOBS) for r in rounds])  # fmt: skip
    yield row(f"{cold}, rendering / half the chapters' own seconds",
              [r.cold.rendering / (r.own / JOBS) for r in rounds])  # fmt: skip
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
        copy = Copy(Path(folder).resolve())
        rounds = []
        for _ in range(min(runs, COLD_RUNS)):
            rounds.append(copy.round())
            last = rounds[-1]
            for name, build in (("cold", last.cold), ("warm", last.warm),
                                ("one changed", last.changed)):  # fmt: skip
                print(f"  {name:12} execution {build.execution:5.1f} s, "
                      f"rendering {build.rendering:5.1f} s", flush=True)  # fmt: skip
    yield from rows_of(rounds)
