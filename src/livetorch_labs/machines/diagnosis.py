"""Why nothing can be graded on a machine, found by grading what must earn full marks there."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from ..assignment.packages import linked_package
from ..results import NEEDS_REVIEW, OK, TIMEOUT, SubmissionResult, from_json
from ..sandbox.bubblewrap import boxed_command, environment
from ..sandbox.limits import MEGABYTE, Limits
from ..sandbox.lost_processes import Cause, WorkerLostError
from ..sandbox.programs import text_of

TRIED = 120.0
LONGEST = 400


class Machine(Protocol):
    """Where submissions run: ``workers.Workers``."""

    @property
    def bubblewrap(self) -> Path | None: ...
    @property
    def fonts(self) -> Path: ...
    @property
    def scratch(self) -> Path: ...
    def run(self, job: dict[str, Any]) -> dict[str, Any]: ...
    def stop(self) -> None: ...


def why_not(place: Machine, tried: list[dict[str, Any]]) -> str:
    """Why nothing can be graded on this machine, and what to do; "" if all is well."""
    try:
        with ThreadPoolExecutor(len(tried)) as pool:
            try:
                answers = list(pool.map(lambda trial: place.run(trial["job"]), tried))
            except KeyboardInterrupt:
                place.stop()  # else leaving the block waits for what runs
                raise
    except WorkerLostError as error:
        full = error.code in (errno.ENOSPC, errno.EDQUOT)
        advice = f"make room in {place.scratch.parent}, or set TMPDIR to a folder with room"
        return f"the grader's own process ended ({error})" + (f": {advice}" if full else "")
    for trial, answer in zip(tried, answers, strict=True):
        result = from_json(answer["result"])
        # Code that asks for a look is the author's business.
        if result.status in (OK, NEEDS_REVIEW) and result.points == trial["points"]:
            continue
        causes = {Cause(value) for value in answer["causes"]}
        earned = f"{result.points:g} of {result.max_points:g} points ({result.status})"
        outcome = f"as a submission, {trial['name']} earned {earned} instead of {trial['points']:g}"
        return f"{outcome}: {_reason(place, trial, result, causes)}"
    return ""


def _reason(
    place: Machine, trial: dict[str, Any], result: SubmissionResult, causes: set[Cause]
) -> str:
    limits = Limits(**trial["job"]["limits"])
    reasons = [reason for reason in (*result.notes, *result.lost_messages) if reason]
    first = next(iter(reasons), "no reason is known")[:LONGEST].rstrip(".")
    if Cause.MEMORY in causes:
        memory = f"{limits.memory // MEGABYTE} MB"
        return f"they need more memory than the {memory} of --memory; allow more"
    if result.status == TIMEOUT:
        return f"{first}; allow more with --timeout, or take fewer --jobs"
    failing = failing_imports(place, trial["imports"], limits)
    if failing:
        statement, error = next(iter(failing.items()))
        return (
            f"there '{statement}' fails ({error[:LONGEST]}); install what it needs into "
            f"{sys.prefix}, the Python that runs this command: a folder of PYTHONPATH, or of your "
            "user alone, is not seen"
        )
    if Cause.START in causes:
        memory = f"{limits.memory // MEGABYTE} MB"
        return f"{first}; look whether --memory ({memory}) is enough and ipykernel is installed"
    return f"{first}; livetorch-labs check says more about the lesson"


def failing_imports(place: Machine, statements: list[str], limits: Limits) -> dict[str, str]:
    """Which imports fail where submissions run, with what each says."""
    program = [sys.executable, "-c", text_of("imports"), json.dumps(statements)]
    with tempfile.TemporaryDirectory(dir=place.scratch) as folder:
        if place.bubblewrap is not None:
            command = boxed_command(place.bubblewrap, limits, Path(folder), place.fonts, program)
            variables: dict[str, str] = {}
        else:
            command = program
            variables = environment(folder, str(linked_package(Path(folder))))
        try:
            done = subprocess.run(
                command, env=variables, capture_output=True, timeout=TRIED, check=False
            )
            failures: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
        except (ValueError, IndexError, subprocess.TimeoutExpired):
            return {}
        return failures
