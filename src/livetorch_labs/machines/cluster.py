"""A Dask cluster as the place where submissions run: ``grade --scheduler ADDRESS``.

Jobs and results travel as plain data. A node must have the programs that the grader has, a sandbox
that works, and must give the lesson's own solutions full marks. Else it is refused, with the
reason. A node that dies costs what ran on it a second try on another one.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import threading
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any

from .. import LabError
from ..sandbox.lost_processes import WorkerLostError
from . import node
from .fingerprint import programs

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECTING = 30
PAUSE = 2.0
WAITING = 120.0
"""For a first node, or for another one when the last is gone: seconds."""


class Cluster:
    """The nodes of a cluster.

    Args:
        address: of the scheduler, such as ``tcp://10.0.0.1:8786``.
        sandbox: whether submissions run in one.

    Raises:
        LabError: Dask is not installed, or no scheduler answers.
    """

    def __init__(self, address: str, sandbox: bool) -> None:
        try:
            from distributed import Client
            from distributed.comm.core import connect
        except ImportError as error:
            raise LabError(
                "--scheduler needs Dask's distributed, which is not installed: "
                "pip install 'livetorch[labs,cluster]'"
            ) from error
        self.address = address
        self.sandbox = sandbox
        self.refused: dict[str, str] = {}
        self._run = secrets.token_hex(8)
        self._trials: list[dict[str, Any]] = []
        self._checked: set[str] = set()
        self._checking = threading.Lock()
        self._stopped = False

        async def knock() -> None:
            await (await connect(address, timeout=CONNECTING)).close()

        try:
            asyncio.run(knock())  # a client that does not get through ends only a minute later
            self._client: Client = Client(address, timeout=CONNECTING, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise LabError(f"no Dask scheduler answers at {address}: {error}") from error

    @property
    def cores(self) -> int:
        """Threads of all nodes that are not refused: each runs one submission at a time."""
        return sum(self._nodes().values()) or 1

    def why_not(self, trials: list[dict[str, Any]]) -> str:
        """Check all nodes; why none can grade, or "" if one can."""
        self._trials = trials
        waited = 0.0
        while not (names := list(self._nodes())) and waited < WAITING:
            threading.Event().wait(PAUSE)
            waited += PAUSE
        if not names:
            return f"the scheduler at {self.address} has no node: start some with dask worker"
        futures = {name: self._check_on(name) for name in names}
        for name, future in futures.items():
            self._note(name, self._reason(name, future))
        if self._checked:
            return ""
        return "; ".join(f"node {name}: {why}" for name, why in self.refused.items())

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        """Do a job on some node; ``Workers.run`` says what comes back and what is raised."""
        answer: dict[str, Any] = {"unchecked": True}
        while "unchecked" in answer:
            # Where these die before they take it, it goes to another one, which says so.
            where = {"workers": self._ready(), "allow_other_workers": True}
            future = self._client.submit(node.work, self._run, job, **where, pure=False)
            answer = self._wait(future)
        if "lost" in answer:
            raise WorkerLostError(str(answer["lost"]), int(answer["code"]))
        return answer

    def stop(self) -> None:
        """End all that runs, on all nodes, and leave the cluster. Safe to call twice."""
        if self._stopped:
            return
        self._stopped = True
        try:
            self._client.run(node.stop, self._run, on_error="ignore")
        except OSError as error:
            print(f"The nodes of {self.address} were not told to stop: {error}", file=sys.stderr)
        self._client.close()

    def _nodes(self) -> dict[str, int]:
        """Addresses of the nodes that are there and not refused, with their threads."""
        try:
            there: dict[str, int] = self._client.nthreads()
        except (OSError, CancelledError) as error:
            raise LabError(f"the scheduler at {self.address} is gone: {error}") from error
        return {name: threads for name, threads in there.items() if name not in self.refused}

    def _ready(self) -> list[str]:
        """The nodes that were checked; waits for one where all have died."""
        waited = 0.0
        while waited < WAITING and not self._stopped:
            nodes = self._nodes()
            ready = [name for name in nodes if name in self._checked]
            if ready:
                return ready
            self._check_new()
            if not nodes:
                threading.Event().wait(PAUSE)
                waited += PAUSE
        if self._stopped:
            raise KeyboardInterrupt
        raise LabError(f"no node of {self.address} is left: the same command goes on where it was")

    def _check_new(self) -> None:
        """Check nodes that joined since the last check."""
        with self._checking:
            new = [name for name in self._nodes() if name not in self._checked]
            futures = {name: self._check_on(name) for name in new}
            for name, future in futures.items():
                self._note(name, self._reason(name, future))

    def _check_on(self, name: str) -> Future[Any]:
        arguments = (self._run, programs(), self.sandbox, self._trials)
        where = {"workers": [name], "allow_other_workers": False}
        return self._client.submit(node.check, *arguments, **where, pure=False)

    def _reason(self, name: str, future: Future[Any]) -> str:
        """What a check says. One that can not even run is of a node with other programs."""
        try:
            while True:
                try:
                    return str(future.result(timeout=PAUSE))
                except TimeoutError:
                    if name not in self._nodes():  # it would wait for ever
                        return "it is gone"
        except LabError:
            raise
        except Exception as error:  # of whatever kind the node could not load
            return f"it can not load the grader ({type(error).__name__}: {error}): install it there"

    def _note(self, name: str, why: str) -> None:
        if not why:
            self._checked.add(name)
        elif name not in self.refused:
            self.refused[name] = why
            print(f"Node {name} is left out: {why}", file=sys.stderr)

    def _wait(self, future: Future[Any]) -> dict[str, Any]:
        from distributed import KilledWorker

        alone = 0.0
        while True:
            try:
                answer: dict[str, Any] = future.result(timeout=PAUSE)
                return answer
            except TimeoutError:
                if self._stopped:
                    raise KeyboardInterrupt from None
                alone = 0.0 if self._nodes() else alone + PAUSE
                if alone >= WAITING:
                    words = f"no node of {self.address} is left"
                    raise LabError(f"{words}: the same command goes on where it was") from None
            except KilledWorker as error:
                raise WorkerLostError(f"each node that ran it died ({error})") from error
            except (CancelledError, OSError) as error:
                if self._stopped:
                    raise KeyboardInterrupt from error
                raise LabError(f"the scheduler at {self.address} is gone: {error}") from error
