"""What a node of a cluster runs: a check of itself, then jobs, each in a fresh worker process."""

from __future__ import annotations

import atexit
import shutil
import threading
from typing import Any

from .. import LabError
from ..sandbox.lost_processes import WorkerLostError
from .fingerprint import differences, programs
from .workers import Workers, new_scratch

_places: dict[str, Workers] = {}
"""Of this process, by the run of ``grade`` that it was checked for."""
_lock = threading.Lock()


def check(run: str, here: dict[str, str], sandbox: bool, trials: list[dict[str, Any]]) -> str:
    """Why this node can not grade, in words; "" if it can, and then it is ready.

    Args:
        run: of ``grade``.
        here: the programs of the grader.
        sandbox: whether submissions run in one.
        trials: what ``diagnosis.why_not`` tries.
    """
    with _lock:
        if run in _places:
            return ""
        other = differences(here, programs())
        if other:
            return f"it has {', '.join(other)}: install the same there"
        try:
            place = Workers(sandbox, new_scratch())
        except (LabError, OSError) as error:
            return str(error)
        atexit.register(shutil.rmtree, place.scratch, ignore_errors=True)
        why = place.why_not(trials)
        if why:
            shutil.rmtree(place.scratch, ignore_errors=True)
        else:
            _places[run] = place
        return why


def work(run: str, job: dict[str, Any]) -> dict[str, Any]:
    """Do a job: what the worker says, or ``unchecked``, or ``lost`` with its reason."""
    place = _places.get(run)
    if place is None:
        return {"unchecked": True}
    try:
        return place.run(job)
    except WorkerLostError as error:
        return {"lost": str(error), "code": error.code}
    except KeyboardInterrupt:
        return {"lost": "the grader was stopped", "code": 0}


def stop(run: str) -> None:
    """End what runs here for a run of ``grade``, and forget it."""
    place = _places.pop(run, None)
    if place is not None:
        place.stop()
        shutil.rmtree(place.scratch, ignore_errors=True)
