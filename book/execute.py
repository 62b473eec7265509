"""Run the notebooks that changed, some at a time, into the cache that build and tests read.

    python -m book.execute [--jobs N] [PATH ...]

Each notebook is run once, by one kernel with one thread, from its own folder. A notebook whose
code did not change, with a package and an environment that did not change, is not run again.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import hashlib
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.base import JupyterCacheAbstract
from jupyter_cache.cache.db import NbCacheRecord
from jupyter_cache.cache.main import CacheBundleIn
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from book.kernels import kernel_environment, patiently
from book.live import model_file
from book.notebooks import (
    CACHE,
    ROOT,
    WIDGET_VIEW,
    NotebookError,
    code_cells,
    exported,
    notebook_paths,
    read,
)
from book.offline import VARIABLE as NETWORK

CELL_SECONDS = 300
PROCESSOR = ("ATEN_CPU_CAPABILITY", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS", "ONEDNN_MAX_CPU_ISA")
"""Variables by which torch and its libraries compute as on another processor."""
MARK = "fingerprint.txt"


@dataclass(frozen=True)
class Run:
    """What became of one notebook."""

    path: Path
    seconds: float
    """wall-clock seconds of its cells, the kernel's start and stop left out"""
    cached: bool
    error: str | None = None


@functools.cache
def fingerprint() -> str:
    """A hash of all that a notebook's outputs depend on besides its own code.

    It is taken once: a process imports the package once too.
    """
    digest = hashlib.sha256()
    for path in sorted((ROOT / "src" / "livetorch").rglob("*")):
        # What widgets run in a page (modules, style sheets) is no part of a notebook's outputs.
        if path.is_file() and path.suffix not in (".pyc", ".mjs", ".css"):
            digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    digest.update("\n".join(installed()).encode())
    for name in PROCESSOR:
        digest.update(os.environ.get(name, "").encode() + b"\0")
    digest.update(os.environ.get("OMP_NUM_THREADS", "1").encode())
    return digest.hexdigest()


def installed() -> list[str]:
    """The versions of Python and of each package that is installed."""
    versions = sorted(f"{found.name}=={found.version}" for found in distributions())
    return [platform.python_version(), *versions]


def open_cache() -> JupyterCacheAbstract:
    """The cache of executed notebooks, emptied where the package or the environment changed."""
    mark = CACHE / MARK
    if not mark.exists() or mark.read_text() != fingerprint():
        if CACHE.exists():
            shutil.rmtree(CACHE)
        CACHE.mkdir(parents=True)
        mark.write_text(fingerprint())
    return get_cache(CACHE)


def cached(cache: JupyterCacheAbstract, notebook: NotebookNode) -> NbCacheRecord | None:
    """The record of an earlier run of the same code, or None.

    A run whose models are not there counts for nothing; one of other code may have replaced them.
    """
    with contextlib.suppress(KeyError, FileNotFoundError):
        record = cache.match_cache_notebook(notebook)
        if record.data.get("models", {}) == model_hashes(notebook):
            return record
    return None


def model_hashes(notebook: NotebookNode) -> dict[str, str]:
    """A hash of each model that a notebook exported.

    Raises:
        FileNotFoundError: one of them is not there.
    """
    return {name: hashlib.sha256(model_file(name).read_bytes()).hexdigest()
            for name in exported(notebook)}  # fmt: skip


def run_file(path: Path) -> Path | None:
    """The file in the cache that holds a notebook's run, or None."""
    record = cached(get_cache(CACHE), read(path))
    return None if record is None else CACHE / "executed" / record.hashkey / "base.ipynb"


def executed(path: Path) -> tuple[NotebookNode, dict[str, object]]:
    """A notebook with the outputs of its run in the cache, and what was noted about that run.

    Raises:
        NotebookError: it was not run, or something changed since.
    """
    notebook = read(path)
    mark = CACHE / MARK
    current = mark.exists() and mark.read_text() == fingerprint()
    cache = get_cache(CACHE)
    record = cached(cache, notebook) if current else None
    if record is None:
        raise NotebookError(
            f"{path.name} was not run since it, the package or the environment changed: run "
            "python -m book.execute"
        )
    return cache.merge_match_into_notebook(notebook, cell_meta=())[1], dict(record.data)


def store(
    cache: JupyterCacheAbstract, path: Path, notebook: NotebookNode, data: dict[str, object]
) -> None:
    cache.cache_notebook_bundle(
        CacheBundleIn(notebook, str(path), data=data), check_validity=False, overwrite=True
    )


def run_notebook(path: Path, notebook: NotebookNode) -> Run:
    """Run a notebook's cells in place."""
    named = path.relative_to(ROOT)
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        store_widget_state=False,  # what a page needs of a widget is in its HTML
        kernel_name="python3",
        coalesce_streams=True,  # else chance decides into how many pieces a printout is cut
        # At every start the kernel warns that TCP is not encrypted; it listens here alone.
        extra_arguments=["--log-level=40"],
    )
    error = None
    with contextlib.ExitStack() as kernel:
        try:
            patiently(lambda: kernel.enter_context(client.setup_kernel()))
        except RuntimeError as failure:
            told = f"{named}: its kernel does not start: {failure}"
            return Run(path, 0.0, cached=False, error=told)
        start = time.perf_counter()
        try:
            for index, cell in enumerate(notebook.cells):
                client.execute_cell(cell, index)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as failure:
            error = f"{named}, cell {index}: {failure}"
        seconds = time.perf_counter() - start
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
    return Run(path, seconds, cached=False, error=error)


def needs_all(notebook: NotebookNode) -> bool:
    """Whether a cell measures processes side by side, so that nothing else may run meanwhile."""
    return any(
        cell.metadata.get("livetorch", {}).get("processors", 1) > 1 for cell in code_cells(notebook)
    )


def run_some(
    group: list[tuple[Path, NotebookNode]], workers: int
) -> Iterator[tuple[Run, NotebookNode]]:
    """Run notebooks, so many at a time; each as it is done, with its outputs."""
    with ThreadPoolExecutor(workers) as pool:
        tasks = {pool.submit(run_notebook, path, notebook): notebook for path, notebook in group}
        for task in as_completed(tasks):
            yield task.result(), tasks[task]


def execute(paths: Iterable[Path], jobs: int = 2) -> list[Run]:
    """Bring the cache up to date and print a line per notebook; failures do not stop others."""
    cache = open_cache()
    waiting: list[tuple[float, Path, NotebookNode]] = []
    runs = []
    for path in paths:
        notebook = read(path)
        record = cached(cache, notebook)
        if record is None:
            expected = float(notebook.metadata.get("livetorch", {}).get("seconds", 0))
            waiting.append((expected, path, notebook))
            continue
        # The cache knows code alone; text and alternative texts come from the file as it is now.
        data = dict(record.data)
        fresh = cache.merge_match_into_notebook(notebook, cell_meta=())[1]
        if fresh != cache.get_cache_bundle(record.pk).nb:
            store(cache, path, fresh, data)
        runs.append(report(Run(path, float(str(data["execution_seconds"])), cached=True)))
    waiting.sort(key=lambda item: -item[0])  # the longest first, so that no core idles at the end
    together = [item[1:] for item in waiting if not needs_all(item[2])]
    alone = [item[1:] for item in waiting if needs_all(item[2])]
    with kernel_environment():
        for group, workers in ((together, jobs), (alone, 1)):
            for run, notebook in run_some(group, workers):
                if run.error is None:
                    network = os.environ.get(NETWORK, "as found")
                    data = {"execution_seconds": run.seconds, "network": network,
                            "models": model_hashes(notebook)}  # fmt: skip
                    store(cache, run.path, notebook, data)
                runs.append(report(run))
    return runs


def report(run: Run) -> Run:
    state = "FAILED" if run.error else "cached" if run.cached else "ran"
    print(f"  {run.path.stem:32} {state:7} {run.seconds:6.1f} s", flush=True)
    return run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks; all of _toc.yml if none")
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1))
    arguments = parser.parse_args()
    paths = [path.resolve() for path in arguments.paths] or notebook_paths()
    print(f"Running {len(paths)} notebooks, network {os.environ.get(NETWORK, 'as found')}:")
    try:
        runs = execute(paths, arguments.jobs)
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    for run in runs:
        if run.error:
            print(f"\n{run.error}", file=sys.stderr)
    return int(any(run.error for run in runs))


if __name__ == "__main__":
    sys.exit(main())
