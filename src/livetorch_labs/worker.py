"""A fresh process for one submission: a job as JSON on standard input, its result on output.

python -m livetorch_labs.worker < job.json
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .lab import Lab, from_json
from .plan import make_plan
from .reading import UnreadableError, parse, read_bytes
from .results import MISSING, UNREADABLE, SubmissionResult
from .runner import Runner
from .sandbox import Limits

MEMORY = 1 << 30


def nothing_ran(
    lab: Lab, student: str, status: str, note: str, source_hash: str
) -> SubmissionResult:
    """The result of a submission that could not run at all."""
    return SubmissionResult(
        student, lab.chapter, status, 0.0, lab.max_points, lab.without_points(), (note,),
        source_hash, 0.0,
    )  # fmt: skip


def grade_one(job: dict[str, Any]) -> SubmissionResult:
    """Grade what a job names."""
    lab = from_json(job["lab"])
    student, source_hash = job["student"], job["source_hash"]
    try:
        notebook = parse(read_bytes(Path(job["path"])))
    except UnreadableError as error:
        return nothing_ran(lab, student, UNREADABLE, str(error), source_hash)
    if notebook.chapter not in ("", lab.chapter):
        note = f"the notebook is of another chapter, {notebook.chapter[:80]!r}"
        return nothing_ran(lab, student, MISSING, note, source_hash)
    if not notebook.cells:
        return nothing_ran(lab, student, MISSING, "the notebook has no code in it", source_hash)
    plan = make_plan(notebook, lab)
    plan.notes[:0] = job["notes"]
    program, fonts = job["bubblewrap"], job["fonts"]
    runner = Runner(
        plan,
        lab,
        Limits(**job["limits"]),
        Path(program) if program else None,
        Path(fonts) if fonts else None,
    )
    return runner.run(student, source_hash)


def _end_with(grader: int) -> None:
    """End when the grader is gone, even if it was killed and could tell nobody."""
    while os.getppid() == grader:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    # Told to end, it must still end its kernel: SystemExit runs the clean-up, a signal does not.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    job = json.load(sys.stdin)
    threading.Thread(target=_end_with, args=(job["grader"],), daemon=True).start()
    # What a submission answers can be made to grow in memory. The kernel raises its own limit.
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    most = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    result = grade_one(job)
    json.dump(asdict(result), sys.stdout)


if __name__ == "__main__":
    main()
