"""Kernels that start in a moment, because a server that has imported torch forks them.

A new kernel imports torch and matplotlib for two seconds before its first cell; a fork of a process
that has them (book/forkserver.py) starts in a tenth of that. Where a fork would not be the same as
a new process, on other systems than Linux, where a library starts threads when it is imported, and
with LIVETORCH_KERNEL=plain, kernels start as ever.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

VARIABLE = "LIVETORCH_KERNEL"
"""Set to ``plain``, it asks for kernels that are processes of their own from the start."""
NAME = "livetorch-forked"
PROGRAM = Path(__file__).with_name("forkserver.py")
LAUNCHER = ["-m", "ipykernel_launcher"]
# What may differ from kernel to kernel: no library reads it when it is imported.
OF_ONE_KERNEL = ("JPY_PARENT_PID", "PYTEST_CURRENT_TEST")
START_SECONDS = 300.0


class NotForkedError(RuntimeError):
    """A kernel cannot be forked, and why."""


class ForkedKernel:
    """A kernel that another process forked, with what ``subprocess.Popen`` has for its caller."""

    stdin = stdout = stderr = None

    def __init__(self, status: socket.socket) -> None:
        self.returncode: int | None = None
        self.status = status
        self.status.settimeout(START_SECONDS)
        message = self.status.recv(64).split()
        if message[:1] != [b"started"]:
            raise NotForkedError("the server of kernels ended while it forked one")
        self.pid = int(message[1])
        self.status.setblocking(False)

    def poll(self) -> int | None:
        """The exit status, or None while the kernel runs."""
        if self.returncode is None:
            with contextlib.suppress(BlockingIOError):
                message = self.status.recv(64).split()
                # A server that is lost tells nothing, and its kernels end by themselves.
                self.returncode = int(message[1]) if message else -signal.SIGKILL
                self.status.close()
        return self.returncode

    def wait(self) -> int:
        while (code := self.poll()) is None:
            time.sleep(0.05)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class ForkServer:
    """The server of one environment, started when the first kernel is asked for."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reason = ""
        self.variables = dict(os.environ)
        self.process: subprocess.Popen[bytes] | None = None
        self.control: socket.socket | None = None

    def start(self) -> None:
        """Start the server, and wait until it has imported what kernels need."""
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, str(PROGRAM), str(theirs.fileno())]
            self.process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=self.variables,
                start_new_session=True,
            )
        self.control.settimeout(START_SECONDS)
        answer = self.control.recv(4096)
        self.reason = json.loads(answer)["reason"] if answer else "it ended while it started"

    def fork(
        self, command: list[str], folder: str, variables: dict[str, str], streams: list[int]
    ) -> ForkedKernel:
        """A kernel as ``subprocess.Popen(command)`` would be one.

        Raises:
            NotForkedError: it would be another one, or the server is lost.
        """
        if command[:3] != [sys.executable, *LAUNCHER]:
            raise NotForkedError(f"{command[0]} is no kernel of this Python")
        if shared(variables) != shared(self.variables):
            raise NotForkedError("its variables are not those of the server of kernels")
        with self.lock:
            if self.process is None:
                self.start()
            if self.reason or self.control is None:
                raise NotForkedError(self.reason)
            request = {"arguments": command[2:], "folder": folder, "variables": variables}
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                with theirs:
                    socket.send_fds(
                        self.control, [json.dumps(request).encode()], [theirs.fileno(), *streams]
                    )
                return ForkedKernel(ours)
            except (OSError, NotForkedError) as error:
                ours.close()
                self.reason = f"the server of kernels is lost ({error})"
                raise NotForkedError(self.reason) from error

    def stop(self) -> None:
        """End the server, and with it the kernels that still run."""
        if self.control is not None:
            self.control.close()
        if self.process is not None:
            self.process.wait()


def shared(variables: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name not in OF_ONE_KERNEL}


class ForkingProvisioner(LocalProvisioner):
    """Starts kernels by fork where that gives the same kernel, and else as its base does."""

    server: ForkServer | None = None
    reasons: set[str] = set()  # noqa: RUF012

    async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
        assert self.server is not None
        folder = str(options.get("cwd") or Path.cwd())
        streams = [
            number_of(options.get(name), default)
            for name, default in (("stdout", 1), ("stderr", 2))
        ]
        try:
            forked = self.server.fork(cmd, folder, dict(options["env"]), streams)
        except NotForkedError as error:
            if str(error) not in self.reasons:
                self.reasons.add(str(error))
                print(f"Kernels start plainly: {error}.", file=sys.stderr)
            return await super().launch_kernel(cmd, **options)
        self.process = forked  # type: ignore[assignment]  # it has what the base asks of Popen
        self.pid = self.pgid = forked.pid
        self.cwd = folder
        return self.connection_info


def number_of(stream: Any, default: int) -> int:
    """The file descriptor that an option of ``subprocess.Popen`` means."""
    if stream is None or stream in (subprocess.PIPE, subprocess.STDOUT):
        return default
    return stream if isinstance(stream, int) else int(stream.fileno())


@contextlib.contextmanager
def forked_kernels() -> Iterator[None]:
    """Let kernels be forked in here, by a server with the variables of this moment."""
    if sys.platform != "linux" or os.environ.get(VARIABLE) == "plain":
        yield
        return
    factory = KernelProvisionerFactory.instance()
    before = factory.default_provisioner_name
    factory.provisioners[NAME] = EntryPoint(
        NAME, "book.forked:ForkingProvisioner", factory.GROUP_NAME
    )
    outer, ForkingProvisioner.server = ForkingProvisioner.server, ForkServer()
    factory.default_provisioner_name = NAME
    try:
        yield
    finally:
        ForkingProvisioner.server.stop()
        ForkingProvisioner.server = outer
        factory.default_provisioner_name = before
