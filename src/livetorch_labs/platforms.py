"""What each command can do on a system, in a sentence."""

from __future__ import annotations

import sys

from . import LabError

ANYWHERE = ("list", "release", "report")
SUMMARY = (
    "list, release and report run anywhere; check runs on Linux and macOS; grade needs Linux, but "
    "for --unsafe, which runs on macOS too, and --scheduler, which lets a cluster do the work."
)
_NO_SANDBOX = (
    "submissions run in a sandbox, bubblewrap, which needs Linux: grade on a Linux machine (on "
    "Windows, in WSL 2), or let a cluster of them do it with --scheduler"
)
UNSAFE = (
    "To run submissions without a sandbox, with your own rights over your own files, add --unsafe."
)


def what_it_can(command: str, unsafe: bool = False, scheduler: bool = False) -> tuple[bool, str]:
    """Whether a command runs on this system, and what there is to say: "" where nothing is.

    Args:
        command: its name.
        unsafe: with ``--unsafe``.
        scheduler: with ``--scheduler``: nothing runs on this machine.
    """
    system = {"linux": "", "win32": "Windows", "darwin": "macOS"}.get(sys.platform, sys.platform)
    if not system or command in ANYWHERE or (command == "grade" and scheduler):
        return True, ""
    if command == "check":
        if system == "Windows":
            return False, "check forks processes, which needs Linux or macOS (on Windows, WSL 2)."
        return True, f"There is no sandbox on {system}: check runs your own code without one."
    if not unsafe:
        return False, _NO_SANDBOX + ("." if system == "Windows" else f". {UNSAFE}")
    if system == "Windows":
        return False, f"--unsafe needs Linux or macOS, and with a sandbox {_NO_SANDBOX}."
    return True, ""


def require(command: str, unsafe: bool = False, scheduler: bool = False) -> str:
    """What there is to say of a command that runs here.

    Raises:
        LabError: it does not; says what to do.
    """
    can, words = what_it_can(command, unsafe, scheduler)
    if not can:
        raise LabError(words)
    return words
