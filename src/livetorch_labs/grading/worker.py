"""A fresh process for one submission: a job as JSON on standard input, its result on output.

python -m livetorch_labs.grading.worker < job.json
"""

from __future__ import annotations

import base64
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

from ..assignment.lab import from_json
from ..results import MISSING, UNREADABLE, SubmissionResult
from ..sandbox.limits import WORKER_MEMORY, Limits
from ..sandbox.lost_processes import Cause
from ..submission.notebook import UnreadableError, parse
from .plan import make_plan
from .runner import Runner


def grade_one(job: dict[str, Any]) -> tuple[SubmissionResult, set[Cause]]:
    """Grade the notebook of a job; also why kernels were lost."""
    lab = from_json(job["lab"])
    student, source_hash = job["student"], job["source_hash"]
    status, note = "", ""
    try:
        notebook = parse(base64.b64decode(job["content"]))
        if notebook.lesson not in ("", lab.lesson):
            status = MISSING
            note = f"the notebook is of another lesson, {notebook.lesson[:80]!r}"
        elif not notebook.cells:
            status, note = MISSING, "the notebook has no code in it"
    except UnreadableError as error:
        status, note = UNREADABLE, str(error)
    if status:
        return lab.nothing_ran(student, status, note, source_hash), set()
    plan = make_plan(notebook, lab)
    plan.notes[:0] = job["notes"]
    program, fonts = job["bubblewrap"], job["fonts"]
    runner = Runner(
        plan,
        lab,
        Limits(**job["limits"]),
        Path(program) if program else None,
        Path(fonts) if fonts else None,
        trusted=job.get("trusted", False),
    )
    return runner.run(student, source_hash), runner.causes


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
    most = WORKER_MEMORY if hard == resource.RLIM_INFINITY else min(WORKER_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    try:
        result, causes = grade_one(job)
    except OSError as error:  # of this machine: the disk is full, a program can not be started
        json.dump({"trouble": str(error), "code": error.errno}, sys.stdout)
        return
    json.dump({"result": asdict(result), "causes": [cause.value for cause in causes]}, sys.stdout)


if __name__ == "__main__":
    main()
