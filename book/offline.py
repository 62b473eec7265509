"""Run a command with the network cut: only the machine itself can be reached.

    python -m book.offline COMMAND [ARGUMENT ...]

It asks Linux for a network of its own, in which there is nothing but the loopback address.
Where that cannot be had (macOS, Windows, or a system that forbids it) the command runs with the
network it finds, and the variable LIVETORCH_NETWORK says so: ``cut`` or ``as found``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

VARIABLE = "LIVETORCH_NETWORK"
# As root no user namespace is needed, and containers often forbid one.
WAYS = (["unshare", "--net"], ["unshare", "--user", "--map-current-user", "--keep-caps", "--net"])


def way_to_cut() -> list[str] | None:
    """The command that puts another into a network of its own, or None where none works."""
    if shutil.which("unshare") is None:
        return None
    for way in WAYS:
        test = [*way, sys.executable, "-m", "book.offline", "--loopback", "true"]
        if subprocess.run(test, capture_output=True, check=False).returncode == 0:
            return way
    return None


def bring_up_loopback() -> None:
    """Switch on the loopback interface: a new network starts with it off."""
    import fcntl
    import socket
    import struct

    set_flags, up = 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, set_flags, struct.pack("16sh14x", b"lo", up))


def main(arguments: list[str]) -> None:
    if arguments and arguments[0] == "--loopback":
        bring_up_loopback()
        os.environ[VARIABLE] = "cut"
        arguments = arguments[1:]
    else:
        way = way_to_cut()
        os.environ[VARIABLE] = "as found"
        if way is not None:
            arguments = [*way, sys.executable, "-m", "book.offline", "--loopback", *arguments]
    os.execvp(arguments[0], arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
