"""Watches what a kernel and all that it started use, and ends them when it is too much.

A limit that the system sets counts for one process; a kernel can start many.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import stat
import threading
from pathlib import Path

from .limits import MEGABYTE, Limits
from .lost_processes import Cause, KernelLostError

PAUSE = 0.1
MOST_SHARED, LARGEST_SHARED = 12, 64 << 10
"""Entries in the folder shared with the grader, five sockets and a file, and the file's bytes."""


class Watch:
    """A thread that looks ten times a second."""

    def __init__(self, pid: int, limits: Limits, shared: Path | None) -> None:
        self.pid = pid
        self.limits = limits
        self.shared = shared
        self.lost: KernelLostError | None = None
        """Why it ended the kernel, once it did."""
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._done.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._done.wait(PAUSE):
            lost = self._too_much()
            if lost is not None:
                self.lost = lost
                # The group holds bubblewrap; with its first process all in the sandbox end.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, signal.SIGKILL)
                for pid in processes(self.pid):
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.kill(pid, signal.SIGKILL)
                return

    def _too_much(self) -> KernelLostError | None:
        # One more than is allowed is enough to know; a bomb of forks must not take long to count.
        pids = processes(self.pid, most=self.limits.processes + 1)
        if len(pids) > self.limits.processes:
            words = f"it started more than {self.limits.processes} processes"
            return KernelLostError(Cause.PROCESSES, words)
        # What forked processes share counts for each of them. To count it once one would have to
        # read smaps, which waits for as long as a bomb of forks likes.
        if sum(_resident(pid) for pid in pids) > self.limits.memory:
            words = f"it used more than {self.limits.memory // MEGABYTE} MB of memory"
            return KernelLostError(Cause.MEMORY, words)
        return self.spoiled()

    def spoiled(self) -> KernelLostError | None:
        """Whether there is something in the shared folder that no kernel puts there."""
        if self.shared is None or _only_sockets(self.shared):
            return None
        return KernelLostError(Cause.SOCKETS, "it wrote into the folder of the kernel's sockets")


def processes(pid: int, most: int = 10_000) -> list[int]:
    """A process and its descendants, up to so many."""
    pids: list[int] = []
    waiting = [pid]
    while waiting and len(pids) < most:
        current = waiting.pop()
        pids.append(current)
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{current}/task").iterdir():
                with contextlib.suppress(OSError):
                    waiting += [int(child) for child in (task / "children").read_text().split()]
    return pids


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds, files that it only reads left out."""
    with contextlib.suppress(OSError, ValueError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        held = [line for line in lines if line.startswith(("RssAnon:", "RssShmem:"))]
        return 1024 * sum(int(line.split()[1]) for line in held)
    return 0


def _only_sockets(folder: Path) -> bool:
    """Whether a folder holds what a kernel puts there and nothing more.

    A folder inside it could be closed to the grader and then filled.
    """
    try:
        entries = list(itertools.islice(os.scandir(folder), MOST_SHARED + 1))
    except OSError:
        return False
    for entry in entries:
        with contextlib.suppress(FileNotFoundError):
            status = entry.stat(follow_symlinks=False)
            small = stat.S_ISREG(status.st_mode) and status.st_size <= LARGEST_SHARED
            if not (small or stat.S_ISSOCK(status.st_mode)):
                return False
    return len(entries) <= MOST_SHARED


def remove(folder: Path) -> None:
    """Remove a folder in which a submission could write, closed folders in it too."""
    for inside, _, _ in os.walk(folder, onerror=_open_again):
        with contextlib.suppress(OSError):
            Path(inside).chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _open_again(error: OSError) -> None:
    """Let the owner into a folder that was closed; the next walk goes into it."""
    with contextlib.suppress(OSError):
        path = Path(str(error.filename))
        if not path.is_symlink():
            path.chmod(0o700)
            remove(path)
