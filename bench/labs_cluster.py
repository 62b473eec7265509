"""Grading a class on a Dask cluster against grading it with as many jobs on one machine.

A class of 200 hands in a small lesson. Both ways give each submission a sandbox and a fresh
process; the cluster is a scheduler and two nodes on this machine, so that what is measured is what
handing out the work costs. The tables must be the same. Wall-clock time, since the work is done by
other processes.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from bench.measure import Row, row
from livetorch_labs import LabError
from livetorch_labs.assignment.find import find
from livetorch_labs.assignment.lesson import Lesson
from livetorch_labs.assignment.release import release_notebook
from livetorch_labs.grading.grade import Options, grade
from livetorch_labs.grading.preflight import solved
from livetorch_labs.machines.workers import Workers

SUBMISSIONS, NODES = 200, 2
GOAL = 1.15
STARTING = 120.0
SOLUTION = """def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION"""
TESTS = "assert double(2) == 4, 'twice 2 is 4'\nassert double(-1.5) == -3, 'twice -1.5 is -3'"


def small_lesson(folder: Path) -> Lesson:
    """A lesson of one exercise that imports nothing, so that the grader is most of the time."""
    marks = {"grade_id": "sums-1", "locked": False, "schema_version": 3, "task": False}
    exercise = new_code_cell(SOLUTION)
    exercise.metadata["nbgrader"] = {**marks, "grade": False, "solution": True}
    tests = new_code_cell(TESTS)
    tests.metadata["nbgrader"] = {
        **marks, "grade_id": "sums-1-tests", "locked": True, "grade": True, "solution": False,
        "points": 2,
    }  # fmt: skip
    cells = [new_markdown_cell("# Sums"), new_markdown_cell("### Exercise 1"), exercise, tests]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    chapters = folder / "chapters"
    chapters.mkdir()
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, chapters / "01-sums.ipynb")
    return find(chapters, "01-sums")


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """A scheduler and two nodes of one thread on this machine; the scheduler's address.

    Raises:
        TimeoutError: they did not start.
    """
    from distributed import Client

    file = folder / "scheduler.json"
    local = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file)]
    node = ["worker", "--nthreads", "1", "--no-nanny", "--local-directory", str(folder / "dask")]
    programs = [["scheduler", "--port", "0"], *[node] * NODES]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "dask", *program, *local],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for program in programs
    ]
    try:
        end = time.monotonic() + STARTING
        while not file.exists() and time.monotonic() < end:
            time.sleep(0.1)
        with Client(scheduler_file=str(file), timeout=STARTING, set_as_default=False) as client:
            client.wait_for_workers(NODES, timeout=STARTING)
            address = str(client.scheduler.address)
        yield address
    finally:
        for program in running:
            program.kill()
            program.wait()


def rows(runs: int) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="labs-cluster-") as name:
        folder = Path(name)
        try:
            Workers(sandbox=True, scratch=folder / "scratch").stop()
        except LabError as error:
            print(f"  not measured: {error}")
            return
        os.environ["OMP_NUM_THREADS"] = "1"
        lesson = small_lesson(folder)
        content = nbformat.writes(solved(lesson, release_notebook(lesson)))
        handed_in = folder / "handed in"
        handed_in.mkdir()
        for number in range(SUBMISSIONS):
            (handed_in / f"student{number:03}.ipynb").write_text(content, encoding="utf-8")

        def seconds(options: Options) -> tuple[float, bytes]:
            with tempfile.TemporaryDirectory(dir=folder) as out:
                start = time.perf_counter()
                results = grade(lesson, handed_in, Path(out) / "graded", options)
                took = time.perf_counter() - start
                if {result.points for result in results} != {lesson.points}:
                    raise RuntimeError("a right answer did not get full marks")
                return took, (Path(out) / "graded" / "grades.csv").read_bytes()

        measured = []
        with cluster(folder) as address:
            for _ in range(min(runs, 3)):
                there, its_table = seconds(Options(scheduler=address))
                here, table = seconds(Options(jobs=NODES))
                if its_table != table:
                    raise RuntimeError("the cluster's table is another one")
                measured.append(there / here)
        yield row(
            f"grade {SUBMISSIONS} submissions on {NODES} Dask nodes / with --jobs {NODES}",
            measured,
            goal=GOAL,
        )
