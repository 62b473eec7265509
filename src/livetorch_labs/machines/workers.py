"""Where submissions run: on this machine, each in a worker process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from ..sandbox.bubblewrap import prepare_fonts, require_bubblewrap
from ..sandbox.limits import WORKER_SECONDS
from ..sandbox.lost_processes import WorkerLostError
from .diagnosis import why_not

LONGEST = 500


def sweep() -> None:
    """Remove what a grader left that was killed: its students' work lies in it."""
    if sys.platform == "win32":  # there os.kill ends a process that it is asked about
        return
    for old in Path(tempfile.gettempdir()).glob("labs-*-*"):
        pid = old.name.split("-")[1]
        try:
            mine = pid.isdecimal() and old.lstat().st_uid == os.getuid()
            if mine and old.is_dir() and not old.is_symlink():
                os.kill(int(pid), 0)
        except ProcessLookupError:
            shutil.rmtree(old, ignore_errors=True)
        except OSError:
            continue


def new_scratch() -> Path:
    """A folder for the files of this process, after those of processes that are gone."""
    sweep()
    return Path(tempfile.mkdtemp(prefix=f"labs-{os.getpid()}-"))


class Workers:
    """Worker processes, and what they all need.

    Args:
        sandbox: whether submissions run in one.
        scratch: a folder for their files.

    Raises:
        LabError: there is to be a sandbox, and none works here.
    """

    def __init__(self, sandbox: bool, scratch: Path) -> None:
        self.bubblewrap = require_bubblewrap() if sandbox else None
        self.scratch = scratch
        self.cores = os.cpu_count() or 1
        self.fonts = prepare_fonts(scratch / "fonts")
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        """Grade one notebook in a fresh process.

        Args:
            job: what ``Dispatcher.job`` makes.

        Returns:
            what the worker prints: ``result`` and ``causes``.

        Raises:
            WorkerLostError: the process ended without a result.
                KeyboardInterrupt: ``stop`` was called.
        """
        try:
            own = Path(tempfile.mkdtemp(prefix="w", dir=self.scratch))
        except OSError as error:
            raise WorkerLostError(str(error), error.errno or 0) from error
        here = {
            "grader": os.getpid(),
            "bubblewrap": str(self.bubblewrap) if self.bubblewrap else None,
            "fonts": str(self.fonts),
        }
        try:
            answer, trouble = self._work(json.dumps(job | here), own, job["limits"])
            reply: dict[str, Any] = json.loads(answer)
            if "trouble" in reply:
                raise WorkerLostError(str(reply["trouble"]), int(reply.get("code") or 0))
            return reply
        except (ValueError, subprocess.TimeoutExpired) as error:
            if self._stopped:
                raise KeyboardInterrupt from error
            slow = isinstance(error, subprocess.TimeoutExpired)
            lines = ["it took too long"] if slow else trouble.strip().splitlines()
            raise WorkerLostError(lines[-1][:LONGEST] if lines else "it was killed") from error
        finally:
            shutil.rmtree(own, ignore_errors=True)

    def _work(self, job: str, own: Path, limits: dict[str, Any]) -> tuple[str, str]:
        # -P: a file called json.py, here where the command is given, is no part of the grader.
        command = [sys.executable, "-P", "-m", "livetorch_labs.grading.worker"]
        with self._lock:
            if self._stopped:
                raise KeyboardInterrupt
            worker = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=os.environ | {"TMPDIR": str(own), "PYTHONIOENCODING": "utf-8"},
                start_new_session=True,
            )
            self._running.add(worker)
        try:
            return worker.communicate(job, timeout=limits["total_seconds"] + WORKER_SECONDS)
        finally:
            self._end(worker)
            with self._lock:
                self._running.discard(worker)

    def why_not(self, trials: list[dict[str, Any]]) -> str:
        """Why nothing can be graded on this machine, in words; "" if all is well."""
        return why_not(self, trials)

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
