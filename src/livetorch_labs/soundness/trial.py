"""Try many answers against tests, fast: for the instructor's own code only, never a student's."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Self

from ..assignment.lesson import Exercise

AFTERWARDS = "afterwards"
"""In the place of a test's name: what the tests together changed in the notebook."""


@dataclass(frozen=True)
class Case:
    """An answer and the tests it is put to, each in parts: (hidden, source)."""

    name: str
    answer: str
    tests: dict[str, list[tuple[bool, str]]]
    forget: tuple[str, ...] = ()
    """Names that, before hidden parts, are replaced by what only knows the examples it has seen."""


@dataclass(frozen=True)
class Outcome:
    """What a test said to an answer."""

    test: str
    ok: bool
    hidden: bool = False  # the part that failed
    line: int = 0  # of that part
    message: str = ""


class Trials:
    """Processes that try answers; a context."""

    def __init__(self, jobs: int = 2) -> None:
        self.scratch = tempfile.TemporaryDirectory()  # what killed tests leave goes with it
        environment = {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", "PYTHONHASHSEED": "0"}
        environment["TMPDIR"] = self.scratch.name
        self.processes = [
            subprocess.Popen(
                [sys.executable, "-P", "-m", "livetorch_labs.soundness.trial_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | environment,
                text=True,
                start_new_session=True,
            )
            for _ in range(jobs)
        ]
        self.threads = [ThreadPoolExecutor(1) for _ in self.processes]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        for process in self.processes if error else []:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for thread in self.threads:
            thread.shutdown(cancel_futures=True)
        for process in self.processes:
            process.communicate()
        self.scratch.cleanup()

    def start(
        self, setup: str, cases: list[Case], reference: Case | None = None
    ) -> Callable[[], dict[str, list[Outcome]]]:
        """Try cases, shared out among the processes; what is returned waits for the outcomes.

        Args:
            setup: the imports of the lesson.
            cases: the answers and their tests.
            reference: the solution that the answers are edits of. It is tried first. If it passes,
                each edit may take some times as long, up to the first test that it fails.
        """
        shares = [cases[start :: len(self.processes)] for start in range(len(self.processes))]
        futures: list[Future[dict[str, list[Outcome]]]] = [
            thread.submit(self._run, process, setup, share, reference)
            for thread, process, share in zip(self.threads, self.processes, shares, strict=True)
            if share
        ]
        return lambda: {name: o for future in futures for name, o in future.result().items()}

    def _run(
        self, process: subprocess.Popen[str], setup: str, cases: list[Case], reference: Case | None
    ) -> dict[str, list[Outcome]]:
        job = {
            "setup": setup,
            "cases": [asdict(case) for case in cases],
            "reference": reference and asdict(reference),
        }
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the trial process ended with exit status {process.wait()}")
        reply = json.loads(line)
        if "error" in reply:
            raise RuntimeError(f"the imports of the lesson failed:\n{reply['error']}")
        results = reply["results"].items()
        return {name: [Outcome(*outcome) for outcome in outcomes] for name, outcomes in results}


def parts_of(exercise: Exercise) -> dict[str, list[tuple[bool, str]]]:
    """An exercise's tests as a case takes them."""
    return {t.grade_id: [(p.inside, p.source) for p in t.parts] for t in exercise.tests}
