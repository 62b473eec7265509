"""Whoever grades submissions: makes a job of each, hands it to a place, reads what comes back."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict, replace
from typing import Any, Protocol

from ..assignment.lab import Lab
from ..results import KERNEL_LOST, SubmissionResult, from_json
from ..sandbox.limits import Limits
from ..sandbox.lost_processes import WorkerLostError
from .fingerprint import programs

VERSION = 2
"""Of the form of a result: results of another version are graded again."""


class Place(Protocol):
    """What runs jobs: this machine, or a cluster of them."""

    @property
    def cores(self) -> int:
        """How many jobs it runs at a time."""

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        """Grade one notebook; ``Workers.run`` says what comes back and what is raised."""

    def why_not(self, trials: list[dict[str, Any]]) -> str:
        """Why nothing can be graded here, in words, or ""."""

    def stop(self) -> None:
        """End all that runs."""


class Dispatcher:
    """A lab, the limits of its submissions, and the place where they run."""

    def __init__(self, lab: Lab, limits: Limits, sandbox: bool, place: Place) -> None:
        self.lab = lab
        self.limits = limits
        self.place = place
        self._lab = lab.to_json()
        # With all that a result depends on besides the submission.
        settings = [VERSION, lab.fingerprint(), asdict(limits), sandbox, programs()]
        self._settings = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).digest()

    def hash_of(self, content: bytes, *words: str) -> str:
        """Changes with a submission, and with all that its result depends on."""
        digest = hashlib.sha256(self._settings + content)
        digest.update("\0".join(words).encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def job(
        self, student: str, content: bytes, notes: tuple[str, ...] = (), source_hash: str = ""
    ) -> dict[str, Any]:
        """What a worker needs to grade one notebook, as JSON: it may be on another machine."""
        return {
            "lab": self._lab,
            "student": student,
            "content": base64.b64encode(content).decode(),
            "notes": list(notes),
            "source_hash": source_hash,
            "limits": asdict(self.limits),
        }

    def run(
        self, student: str, content: bytes, notes: tuple[str, ...], source_hash: str
    ) -> SubmissionResult:
        """Grade one notebook."""
        try:
            answer = self.place.run(self.job(student, content, notes, source_hash))
            result = from_json(answer["result"])
        except (WorkerLostError, KeyError, TypeError) as error:
            note = f"the grader's own process for this notebook ended: {error}"
            # Without the hash it is tried again by the next run.
            return self.lab.nothing_ran(student, KERNEL_LOST, note, "")
        # A worker without a sandbox can be made to say anything: about others it may not.
        kept = source_hash if result.source_hash else ""
        return replace(result, student=student, source_hash=kept)
