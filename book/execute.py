"""Run the notebooks that changed, some at a time, into the cache that build and tests read.

    python -m book.execute [--jobs N] [PATH ...]

Each notebook is run once, by one kernel with one thread, from its own folder. A notebook whose
code did not change, with a package and an environment that did not change, is not run again.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from threading import Semaphore

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from book.kernels import kernel_environment, patiently
from book.notebooks import (
    ROOT,
    WIDGET_VIEW,
    NotebookError,
    code_cells,
    notebook_paths,
    read,
)
from book.offline import VARIABLE as NETWORK
from book.runs import cached, model_hashes, open_cache, store

CELL_SECONDS = 1200  # as an old processor and on a busy machine a minute becomes many


@dataclass(frozen=True)
class Run:
    """What became of one notebook."""

    path: Path
    seconds: float
    """wall-clock seconds of its cells, the kernel's start and stop left out"""
    cached: bool
    error: str | None = None


def run_notebook(
    path: Path, notebook: NotebookNode, turn: AbstractContextManager[object] | None = None
) -> Run:
    """Run a notebook's cells in place.

    Args:
        turn: entered while the cells run, and not while the kernel starts and stops.
    """
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
            message = f"{named}: its kernel does not start: {failure}"
            return Run(path, 0.0, cached=False, error=message)
        with turn or contextlib.nullcontext():
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
    group: list[tuple[Path, NotebookNode]], workers: int, ahead: int
) -> Iterator[tuple[Run, NotebookNode]]:
    """Run notebooks, so many at a time; each as it is done, with its outputs.

    Args:
        ahead: how many more kernels may start or stop meanwhile. That is mostly waiting, a second
            and a half for each notebook.
    """
    turns = Semaphore(workers)
    with ThreadPoolExecutor(workers + ahead) as pool:
        tasks = {
            pool.submit(run_notebook, path, notebook, turns): notebook for path, notebook in group
        }
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
        for group, workers, ahead in ((together, jobs, jobs), (alone, 1, 0)):
            for run, notebook in run_some(group, workers, ahead):
                if run.error is None:
                    network = os.environ.get(NETWORK, "as found")
                    data = {
                        "execution_seconds": run.seconds,
                        "network": network,
                        "models": model_hashes(notebook),
                    }
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
