"""One kernel: start it, send it cells, watch what it uses, stop it.

Only its replies are read, never its output: a flood of prints ends in the kernel, which has
nobody to send it to.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import zmq
from jupyter_client.blocking.client import BlockingKernelClient

from ..assignment.packages import linked_package
from .bubblewrap import SOCKETS, boxed_command, environment, kernel_command
from .limits import Limits
from .lost_processes import Cause, KernelLostError
from .watch import Watch, remove

START_SECONDS = 60.0
GRACE_SECONDS = 3.0
"""How long a cell may take to end after it was interrupted."""


@dataclass(frozen=True)
class Reply:
    """How a cell ended."""

    ok: bool
    timeout: bool = False
    error_name: str = ""
    error_text: str = ""


class Kernel:
    """A kernel in a sandbox, or beside the grader where ``bubblewrap`` is None.

    Args:
        limits: what it may use.
        bubblewrap: the program.
        fonts: matplotlib's list of fonts.
        deadline: when the submission's whole time is over, as ``time.monotonic`` counts.
        trusted: what it says before it ends is told. A student's could say anything, at length.
    """

    def __init__(
        self,
        limits: Limits,
        bubblewrap: Path | None,
        fonts: Path | None,
        deadline: float,
        trusted: bool = False,
    ) -> None:
        self.limits = limits
        self.deadline = deadline
        self.folder = Path(tempfile.mkdtemp(prefix="lab-"))
        self.folder.chmod(0o700)
        # A socket's path may have 107 characters, and the folder can be in a deep place: each end
        # names it in a way that is short. A sandbox has a folder of that name, a kernel without
        # one starts two folders below it, and the grader has it open.
        inside = SOCKETS if bubblewrap else "../.."
        self._opened = os.open(self.folder, os.O_RDONLY) if sys.platform == "linux" else -1
        outside = f"/proc/self/fd/{self._opened}" if self._opened >= 0 else str(self.folder)
        ports = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")
        self.connection: dict[str, Any] = {
            "transport": "ipc",
            "ip": f"{inside}/socket",
            "key": secrets.token_hex(32),
            "signature_scheme": "hmac-sha256",
            "kernel_name": "",
            **{port: number for number, port in enumerate(ports, start=1)},
        }
        (self.folder / "connection.json").write_text(json.dumps(self.connection))
        if bubblewrap:
            kernel = kernel_command(limits, f"{SOCKETS}/connection.json")
            command = boxed_command(bubblewrap, limits, self.folder, fonts, kernel)
            variables: dict[str, str] = {}
            place = "/"
        else:
            home = self.folder / "home"
            (home / "work").mkdir(parents=True)
            book = linked_package(home)
            if fonts:
                shutil.copytree(fonts, home / "matplotlib")
            command = kernel_command(limits, str(self.folder / "connection.json"))
            variables, place = environment(str(home), str(book)), str(home / "work")
        self._errors = tempfile.TemporaryFile() if trusted else None  # noqa: SIM115
        self.process = subprocess.Popen(
            command,
            env=variables,
            cwd=place,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors or subprocess.DEVNULL,
            start_new_session=True,
        )
        self.watch = Watch(self.process.pid, limits, self.folder if bubblewrap else None)
        self.forged = ""
        """What is wrong with the replies that came, in words; "" if nothing is."""
        self._answered: set[str] = set()
        self.context = zmq.Context()
        self.context.setsockopt(zmq.MAXMSGSIZE, limits.reply)  # for all sockets made from it
        self.client = BlockingKernelClient(context=self.context)
        connection: Any = self.connection | {"ip": f"{outside}/socket"}
        self.client.load_connection_info(connection)

    def __enter__(self) -> Kernel:
        self.client.start_channels(shell=True, iopub=False, stdin=False, hb=False, control=True)
        try:
            answer = self._wait(self.client.kernel_info(), time.monotonic() + START_SECONDS)
            if answer is None:
                words = f"it did not answer within {START_SECONDS:.0f} s"
                raise KernelLostError(Cause.START, words)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def run(self, source: str, seconds: float | None = None) -> Reply:
        """Run a cell.

        Raises:
            KernelLostError: the kernel ended, or it did not stop when it was told to.
        """
        allowed = min(seconds or self.limits.seconds, self.deadline - time.monotonic())
        if allowed <= 0:
            words = "the submission's whole time was used up"
            raise KernelLostError(Cause.WHOLE_TIME, words)
        asked = self.client.execute(
            source, store_history=False, allow_stdin=False, stop_on_error=False
        )
        content = self._wait(asked, time.monotonic() + allowed)
        if content is None:
            self.client.control_channel.send(self.client.session.msg("interrupt_request"))
            content = self._wait(asked, time.monotonic() + GRACE_SECONDS)
            if content is None:
                self.stop()
                raise KernelLostError(Cause.CELL_TIME, f"it did not stop after {allowed:.0f} s")
            return Reply(ok=False, timeout=True)
        if spoiled := self.watch.spoiled():
            # Now, so that it is this cell and not one that comes later.
            self.stop()
            raise spoiled
        if "ask_exit" in str(content.get("payload", "")):
            # exit() and quit() end the kernel some time after the reply.
            self.stop()
            raise KernelLostError(Cause.EXIT, "it was told to end, by exit() or quit()")
        name, text = content.get("ename"), content.get("evalue")
        return Reply(
            ok=content.get("status") == "ok",
            error_name=name if isinstance(name, str) else "",
            error_text=text if isinstance(text, str) else "",
        )

    def _wait(self, message_id: str, until: float) -> dict[str, Any] | None:
        """The content of the reply to a message, or None when time is up."""
        channel = self.client.shell_channel
        while True:
            left = until - time.monotonic()
            if channel.socket.poll(max(0, min(left, 0.1)) * 1000):
                with contextlib.suppress(*BROKEN):
                    message = channel.get_msg(timeout=0)
                    answers = message["parent_header"].get("msg_id")
                    if answers in self._answered:
                        # The first one came from elsewhere than from the kernel's own end.
                        self.forged = "answers in the name of the kernel"
                    self._answered.add(answers)
                    if answers == message_id:
                        content = message["content"]
                        return content if isinstance(content, dict) else {}
                continue
            if self.watch.lost is not None or self.process.poll() is not None:
                self.stop()
                raise self.watch.lost or _why(self.process.returncode, self._last_words())
            if left <= 0:
                return None

    def stop(self) -> None:
        """End the kernel and all that it started, and remove its folder. Safe to call twice."""
        self.watch.stop()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        if self.client.channels_running:
            self.client.stop_channels()
        with contextlib.suppress(Exception):
            self.context.destroy(linger=0)
        if self._opened >= 0:
            os.close(self._opened)
            self._opened = -1
        remove(self.folder)

    def _last_words(self) -> str:
        """The last line that the kernel wrote to standard error, where it is trusted."""
        if self._errors is None:
            return ""
        self._errors.seek(0)
        lines = self._errors.read()[-10_000:].decode("utf-8", "replace").strip().splitlines()
        return f": {lines[-1]}" if lines else ""


BROKEN = (ValueError, KeyError, TypeError, AttributeError, RecursionError, MemoryError)
"""What reading a message can end with that a submission has made."""


def _why(code: int, words: str) -> KernelLostError:
    if code in (-signal.SIGXCPU, 128 + signal.SIGXCPU):
        slow = "it used more processor time than is allowed"
        return KernelLostError(Cause.PROCESSOR_TIME, slow)
    if code in (-signal.SIGKILL, 128 + signal.SIGKILL):
        return KernelLostError(Cause.KILLED, "it was killed, by itself or for the memory it used")
    if code in (-signal.SIGSEGV, 128 + signal.SIGSEGV):
        return KernelLostError(Cause.CRASHED, "it crashed (segmentation fault)")
    return KernelLostError(Cause.ENDED, f"it ended itself with code {code}{words}")
