"""Worker processes: one for each submission, each graded in a process of its own."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict, replace
from pathlib import Path

from .lab import Lab
from .packages import package_folder
from .results import KERNEL_LOST, SubmissionResult, from_json
from .sandbox import Limits
from .worker import nothing_ran

VERSION = 1
"""Of the way to grade: results of another version are graded again."""


class Crew:
    """Worker processes, and what they all need."""

    def __init__(
        self, lab: Lab, limits: Limits, bubblewrap: Path | None, fonts: Path, scratch: Path
    ) -> None:
        self.lab = lab
        self.limits = limits
        self.bubblewrap = bubblewrap
        self.fonts = fonts
        self.scratch = scratch
        self._lab = lab.to_json()
        self._settings = self._fingerprint()
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def _fingerprint(self) -> bytes:
        """Changes with all that a result depends on besides the submission."""
        digest = hashlib.sha256(self.lab.fingerprint().encode())
        settings = [VERSION, asdict(self.limits), self.bubblewrap is not None]
        digest.update(json.dumps(settings, sort_keys=True).encode())
        for path in sorted(package_folder().rglob("*.py")):
            digest.update(path.read_bytes())
        return digest.digest()

    def hash_of(self, content: bytes, *words: str) -> str:
        digest = hashlib.sha256(self._settings + content)
        digest.update("\0".join(words).encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def run(
        self, student: str, path: Path, notes: tuple[str, ...], source_hash: str
    ) -> SubmissionResult:
        """Grade one file in a fresh process."""
        own = Path(tempfile.mkdtemp(prefix="w", dir=self.scratch))
        job = {
            "grader": os.getpid(),
            "lab": self._lab,
            "student": student,
            "path": str(path.absolute()),
            "notes": list(notes),
            "source_hash": source_hash,
            "bubblewrap": str(self.bubblewrap) if self.bubblewrap else None,
            "fonts": str(self.fonts),
            "limits": asdict(self.limits),
        }
        try:
            said = self._work(json.dumps(job), own)
            result = from_json(json.loads(said))
            # A worker without a sandbox can be made to say anything: about others it may not.
            return replace(result, student=student, source_hash=source_hash)
        except (ValueError, KeyError, TypeError, subprocess.TimeoutExpired) as error:
            if self._stopped:
                raise KeyboardInterrupt from error
            note = f"the grader's own process for this notebook ended: {type(error).__name__}"
            # Without the hash it is tried again by the next run.
            return nothing_ran(self.lab, student, KERNEL_LOST, note, "")
        finally:
            shutil.rmtree(own, ignore_errors=True)

    def _work(self, job: str, own: Path) -> str:
        # -P: a file called json.py, here where the command is given, is no part of the grader.
        command = [sys.executable, "-P", "-m", "livetorch_labs.worker"]
        with self._lock:
            if self._stopped:
                raise KeyboardInterrupt
            worker = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=os.environ | {"TMPDIR": str(own)},
                start_new_session=True,
            )
            self._running.add(worker)
        try:
            return worker.communicate(job, timeout=self.limits.total_seconds + 90)[0]
        finally:
            self._end(worker)
            with self._lock:
                self._running.discard(worker)

    def stop(self) -> None:
        """End all workers; each ends its kernel."""
        with self._lock:
            self._stopped = True
            for worker in self._running:
                worker.terminate()

    @staticmethod
    def _end(worker: subprocess.Popen[str]) -> None:
        if worker.poll() is None:
            worker.terminate()
            try:
                worker.wait(timeout=10)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()
