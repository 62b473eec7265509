"""What grading a submission takes over running its notebook in a bare kernel.

The submission is a chapter with its own solutions. The bare kernel runs the same cells, hidden
tests too, through nbclient: no sandbox, no probe, no fresh process to grade it. Both are told to
do without a thread pool, as the grader's sandbox does.
"""

from __future__ import annotations

import copy
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from bench.measure import Row, ratios, row
from livetorch_labs import LabError
from livetorch_labs.assignment.find import find
from livetorch_labs.assignment.lab import lab_of
from livetorch_labs.assignment.lesson import Lesson
from livetorch_labs.assignment.regions import without_markers
from livetorch_labs.assignment.release import release_notebook
from livetorch_labs.grading.grade import Options, limits_of
from livetorch_labs.grading.preflight import solved
from livetorch_labs.machines.dispatcher import Dispatcher
from livetorch_labs.machines.workers import Workers

ROOT = Path(__file__).resolve().parent.parent
CHAPTER = "01-tensors/2-shapes-together"
MOST_RUNS = 7
"""Each is a run of a chapter, twice."""
INSIDE = {"OMP_NUM_THREADS": "1", "LIVETORCH_PROGRESS": "0"}


def with_all_tests(chapter: Lesson) -> NotebookNode:
    """The chapter as the bare kernel runs it: solutions and hidden tests, no marks."""
    notebook = copy.deepcopy(chapter.notebook)
    for cell in notebook.cells:
        cell.source = without_markers(cell.source)
    return notebook


def rows(runs: int) -> Iterator[Row]:
    chapter = find(ROOT / "chapters", CHAPTER)
    with tempfile.TemporaryDirectory(prefix="labs-bench-") as folder:
        try:
            place = Workers(sandbox=True, scratch=Path(folder))
        except LabError as error:
            print(f"  not measured: {error}")
            return
        os.environ.update(INSIDE)
        content = nbformat.writes(solved(chapter, release_notebook(chapter))).encode()
        dispatcher = Dispatcher(lab_of(chapter), limits_of(chapter, Options()), True, place)

        def grade() -> None:
            result = dispatcher.run("student", content, (), "")
            if result.points != chapter.points:
                raise RuntimeError(f"{result.points} points, {result.status}: {result.notes}")

        def bare() -> None:
            client = NotebookClient(with_all_tests(chapter), timeout=None, kernel_name="python3")
            client.execute(stderr=subprocess.DEVNULL)

        measured = ratios(grade, bare, min(runs, MOST_RUNS), clock=time.perf_counter)
        yield row(f"grade {CHAPTER} / run it in a bare kernel", measured, goal=1.25)
