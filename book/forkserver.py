"""A process that has imported torch and matplotlib, and forks a kernel when it is asked to.

    python book/forkserver.py FD

It is started by book/forked.py and imports nothing else of the book, since each kernel has whatever
is imported here. Over the socket FD come requests (JSON), each with three file descriptors: one to
tell what becomes of the kernel, its standard output and its standard error. The kernel tells its
process id there once it has a session of its own, the server its exit status. Where the socket
closes, because the program that asked is gone, all kernels are ended. A kernel ends by itself where
the server does.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import runpy
import select
import signal
import socket
import sys
import threading
from typing import Any

# Not ipykernel itself: it reads variables of its own kernel when it is imported.
PRELOADED = ("torch", "matplotlib.pyplot", "IPython", "zmq", "tornado.ioloop")
BACKEND = "module://matplotlib_inline.backend_inline"
LONGEST_REQUEST = 1 << 20
PAUSE = 0.05
"""Seconds between two looks for kernels that ended."""


def preload() -> str:
    """Import what kernels need; returns why no kernel can be forked, or nothing."""
    # matplotlib reads its backend when it is imported, and a kernel names this one before.
    os.environ["MPLBACKEND"] = BACKEND
    for name in PRELOADED:
        __import__(name)
    del os.environ["MPLBACKEND"]
    return reason_not_to_fork()


def reason_not_to_fork() -> str:
    """Why a fork of this process would not be what a new process is, or nothing."""
    threads = threads_running()
    if threads > 1:
        return f"{threads} threads run once the libraries are imported, and a fork has one"
    if "matplotlib_inline.backend_inline" in sys.modules:
        return "the backend of figures was loaded before there is a kernel"
    return ""


def threads_running() -> int:
    """The threads of this process, those of libraries in C among them."""
    try:
        return len(os.listdir("/proc/self/task"))  # noqa: PTH208
    except FileNotFoundError:
        return threading.active_count()


def serve(control: socket.socket) -> dict[str, Any] | None:
    """Fork kernels until the socket closes; returns in each kernel, with the request for it."""
    kernels: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([control], [], [], PAUSE)
        tell_who_ended(kernels)
        if not ready:
            continue
        data, descriptors, _, _ = socket.recv_fds(control, LONGEST_REQUEST, 3)
        if not data:
            end_all(kernels)
            return None
        status, *streams = descriptors
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            control.close()
            for channel in kernels.values():
                channel.close()
            request: dict[str, Any] = json.loads(data)
            become_a_process_of_its_own(request, socket.socket(fileno=status), streams)
            return request
        for stream in streams:
            os.close(stream)
        kernels[pid] = socket.socket(fileno=status)


def tell_who_ended(kernels: dict[int, socket.socket]) -> None:
    """Report the exit status of each kernel that ended."""
    for pid in list(kernels):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with kernels.pop(pid) as channel, contextlib.suppress(OSError):
                channel.sendall(f"ended {os.waitstatus_to_exitcode(status)}".encode())


def end_all(kernels: dict[int, socket.socket]) -> None:
    for pid in kernels:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def become_a_process_of_its_own(
    request: dict[str, Any], status: socket.socket, streams: list[int]
) -> None:
    """Give the fork what a new process would have: session, signals, folder, variables, chance."""
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    null = os.open(os.devnull, os.O_RDONLY)
    for place, descriptor in enumerate([null, *streams]):
        os.dup2(descriptor, place)
        os.close(descriptor)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["variables"])
    os.environ["JPY_PARENT_PID"] = str(os.getppid())  # the kernel ends where this one does
    seed_anew()
    with status:
        status.sendall(f"started {os.getpid()}".encode())


def seed_anew() -> None:
    """Draw new seeds where a new process would."""
    import multiprocessing

    import numpy as np
    import torch

    random.seed()
    np.random.seed()
    torch.default_generator.seed()
    multiprocessing.current_process().authkey = os.urandom(32)


def main() -> None:
    sys.path.pop(0)  # this program's own folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever asks
    control = socket.socket(fileno=int(sys.argv[1]))
    reason = preload()
    control.sendall(json.dumps({"reason": reason}).encode())
    request = None if reason else serve(control)
    if request is not None:
        sys.argv = request["arguments"]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
