"""What a submission may use, and the process that grades it."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What a submission may use."""

    seconds: float = 60.0  # wall time of a cell
    total_seconds: float = 300.0  # wall time of all kernels of a submission
    memory: int = 2048 * MEGABYTE  # of all its processes
    disk: int = 512 * MEGABYTE  # of its folder, which is in memory
    file: int = 256 * MEGABYTE  # of one file
    processes: int = 64
    threads: int = 256
    reply: int = 64 * MEGABYTE  # of an answer to the grader


WORKER_MEMORY = 1 << 30
"""Of the grader's own process for a submission, whose answers can be made to grow in memory."""
WORKER_SECONDS = 90.0
"""Of that process beyond the submission's whole time."""
