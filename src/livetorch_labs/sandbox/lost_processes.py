"""Why a kernel is gone, or a worker process."""

from __future__ import annotations

from enum import Enum


class Cause(Enum):
    """What ended a kernel."""

    START = "start"  # it never came up
    CELL_TIME = "cell time"  # a cell did not stop when it was told to
    WHOLE_TIME = "whole time"  # the time of the submission was used up
    PROCESSOR_TIME = "processor time"
    MEMORY = "memory"
    PROCESSES = "processes"
    SOCKETS = "sockets"  # it wrote into the folder that it shares with the grader
    EXIT = "exit"  # a cell called exit() or quit()
    KILLED = "killed"
    CRASHED = "crashed"
    ENDED = "ended"  # with an exit code, for a reason of its own

    @property
    def slow(self) -> bool:
        """Whether it took too long, rather than broke."""
        return self in (Cause.CELL_TIME, Cause.WHOLE_TIME)


class KernelLostError(Exception):
    """The kernel is gone; the text says why, as far as it can be known."""

    def __init__(self, cause: Cause, words: str) -> None:
        super().__init__(words)
        self.cause = cause


class WorkerLostError(Exception):
    """A worker process ended without a result; the text says how.

    Args:
        words: how.
        code: of the system's error (``errno``), 0 where there is none.
    """

    def __init__(self, words: str, code: int = 0) -> None:
        super().__init__(words)
        self.code = code
