"""Forked kernels: the same as kernels that are new processes, and gone when nobody needs them."""

from __future__ import annotations

import ast
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from book import forked, forkserver
from book.execute import run_notebook
from book.forked import VARIABLE, ForkedKernel, ForkingProvisioner, ForkServer, NotForkedError
from book.kernels import kernel_environment
from book.notebooks import BUILD, ROOT
from book.portable import VARIANTS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")

STATE = """
import os, resource, signal, sys, threading

import numpy, torch

signals = {n.name: str(signal.getsignal(n)) for n in signal.Signals
           if n not in (signal.SIGKILL, signal.SIGSTOP)}
own = ("book", "forkserver", "livetorch")
print({
    "folder": os.getcwd(),
    "variables": {k: v for k, v in os.environ.items() if k not in ("JPY_PARENT_PID", "IPYTHONDIR")},
    "settings": os.path.isdir(os.environ["IPYTHONDIR"]),
    "parent": int(os.environ["JPY_PARENT_PID"]) == os.getppid(),
    "path": sys.path,
    "arguments": [a for a in sys.argv if not a.endswith(".json")],
    "of the book": [m for m in sys.modules if m.split(".")[0] in own],
    "signals": {k: v.split(" at 0x")[0] for k, v in signals.items()},
    "session": os.getsid(0) == os.getpgrp() == os.getpid(),
    "threads": sorted(t.name.split("-")[0] for t in threading.enumerate()),
    "torch": (torch.get_num_threads(), torch.backends.cpu.get_cpu_capability()),
    "network": os.readlink("/proc/self/ns/net"),
    "limits": resource.getrlimit(resource.RLIMIT_NOFILE),
    "standard streams": [os.readlink(f"/proc/self/fd/{n}").split(":")[0] for n in (1, 2)],
    "module": __name__,
    "backend": __import__("matplotlib").get_backend(),
})
"""
CHANCE = """
import multiprocessing, random, uuid

import numpy, torch

print([random.random(), numpy.random.rand(), torch.rand(1).item(), uuid.uuid4().hex,
       multiprocessing.current_process().authkey.hex()])
"""


def run(*sources: str, folder: Path = ROOT) -> list[str]:
    """What cells print that one kernel runs."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        extra_arguments=["--log-level=40"],
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    return ["".join(output.get("text", "") for output in cell.outputs) for cell in notebook.cells]


def value(text: str) -> object:
    return ast.literal_eval(text)


@pytest.fixture(scope="module", autouse=True)
def no_plain_kernel() -> Iterator[None]:
    """Kernels are forked here whatever the environment says; a test may ask for plain ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(VARIABLE, raising=False)
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    with kernel_environment():
        assert ForkingProvisioner.server is not None
        yield ForkingProvisioner.server


def plain(*sources: str, folder: Path = ROOT) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, "plain")
        with kernel_environment():
            patch.delenv(VARIABLE)
            return run(*sources, folder=folder)


def test_a_forked_kernel_finds_what_a_new_process_does(server: ForkServer, tmp_path: Path) -> None:
    ours = value(run(STATE, folder=tmp_path)[0])
    assert server.process is not None, "it was not forked"
    assert ours == value(plain(STATE, folder=tmp_path)[0])


@pytest.mark.usefixtures("server")
def test_two_kernels_share_no_chance() -> None:
    one, other = value(run(CHANCE)[0]), value(run(CHANCE)[0])
    assert isinstance(one, list)
    assert isinstance(other, list)
    assert not [a for a, b in zip(one, other, strict=True) if a == b]


def test_two_at_a_time(server: ForkServer) -> None:
    sources = ["import os; print(os.getppid(), os.getpid())"]
    with ThreadPoolExecutor(2) as pool:
        printed = list(pool.map(lambda _: run(*sources)[0].split(), range(4)))
    assert server.process is not None
    assert {int(parent) for parent, _ in printed} == {server.process.pid}
    assert len({pid for _, pid in printed}) == 4


@pytest.mark.usefixtures("server")
def test_a_kernel_that_crashes_ends_no_other() -> None:
    with pytest.raises(DeadKernelError):
        run("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert run("print(1 + 1)") == ["2\n"]
    notebook = new_notebook(cells=[new_code_cell("import os; os._exit(7)")])
    error = run_notebook(BUILD / "crash.ipynb", notebook).error
    assert error is not None
    assert "crash.ipynb, cell 0: Kernel died" in error


@pytest.mark.usefixtures("server")
def test_processes_of_a_notebook_start_and_end() -> None:
    printed = run(
        "import multiprocessing, torch\n"
        "with multiprocessing.get_context('spawn').Pool(1) as pool: print(pool.map(abs, [-3]))",
        "from torch.utils.data import DataLoader\n"
        "print(sum(int(b.sum()) for b in DataLoader(torch.arange(10), 4, num_workers=2)))",
    )
    assert printed == ["[3]\n", "45\n"]


@pytest.mark.usefixtures("server")
def test_a_cell_can_be_interrupted() -> None:
    notebook = new_notebook(
        cells=[new_code_cell("import time; time.sleep(600)"), new_code_cell("print('goes on')")]
    )
    NotebookClient(
        notebook, kernel_name="python3", timeout=1, interrupt_on_timeout=True, allow_errors=True
    ).execute()
    assert notebook.cells[0].outputs[0].ename == "KeyboardInterrupt"
    assert notebook.cells[1].outputs[0].text == "goes on\n"


def until(condition: Callable[[], bool]) -> bool:
    """Whether a condition comes to hold within two minutes."""
    for _ in range(1200):
        if condition():
            return True
        time.sleep(0.1)
    return False


def gone(pid: int) -> bool:
    """Whether a process has ended, reaped or not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


CELL = """
import os, time
with open({identifiers!r}, "w") as file:
    file.write(f"{{os.getppid()}} {{os.getpid()}} told")
time.sleep(600)
"""
CLIENT = """
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from book.kernels import kernel_environment

with kernel_environment():
    NotebookClient(new_notebook(cells=[new_code_cell({cell!r})]), kernel_name="python3").execute()
"""


@pytest.mark.parametrize("victim", ["client", "server"])
def test_all_end_where_one_is_killed(victim: str, tmp_path: Path) -> None:
    identifiers = tmp_path / "told"
    program = CLIENT.format(cell=CELL.format(identifiers=str(identifiers)))
    client = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.DEVNULL)
    assert until(lambda: identifiers.exists() and identifiers.read_text().endswith("told"))
    server, kernel = map(int, identifiers.read_text().split()[:2])
    assert not gone(server)
    assert not gone(kernel)
    os.kill(client.pid if victim == "client" else server, signal.SIGKILL)
    assert until(lambda: gone(server) and gone(kernel))
    client.wait(120)


def test_it_ends_with_those_who_used_it() -> None:
    with kernel_environment():
        run("1")
        assert ForkingProvisioner.server is not None
        process = ForkingProvisioner.server.process
        assert process is not None
        assert process.poll() is None
    assert process.poll() == 0


def test_other_variables_get_a_kernel_of_their_own(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ForkingProvisioner, "reasons", set())
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "default")
    code = "import os, torch; print(torch.backends.cpu.get_cpu_capability(), os.getppid())"
    capability, parent = run(code)[0].split()
    assert capability == "DEFAULT"
    assert int(parent) == os.getpid() != (server.process and server.process.pid)
    assert "Kernels start plainly: its variables are not those" in capsys.readouterr().err


def test_on_request_kernels_are_plain() -> None:
    assert plain("import os; print(os.getppid())") == [f"{os.getpid()}\n"]


THREADS = "import os, torch; print(os.getppid(), torch.get_num_threads())"


def test_with_threads_of_a_library_kernels_are_plain(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ForkingProvisioner, "reasons", set())
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    with kernel_environment():
        assert run(THREADS) == [f"{os.getpid()} 2\n"]
    assert "Kernels start plainly: 2 threads run" in capsys.readouterr().err


@pytest.mark.parametrize("variant", VARIANTS)
def test_as_another_processor_kernels_are_forked_and_compute_alike(
    variant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, setting in VARIANTS[variant].items():
        monkeypatch.setenv(name, setting)
    code = (
        "import torch; x = torch.linspace(0, 1, 999)\n"
        "print(torch.__config__.show().split('CPU capability usage: ')[1].split()[0])\n"
        "print(x.exp().sum().item().hex(), (x @ x).item().hex(), x.softmax(0)[3].item().hex())"
    )
    with kernel_environment():
        parent, threads = run(THREADS)[0].split()
        assert ForkingProvisioner.server is not None
        assert ForkingProvisioner.server.process is not None
        assert int(parent) == ForkingProvisioner.server.process.pid
        assert threads == "2"
        assert run(code) == plain(code)


def test_where_threads_run_nothing_is_forked() -> None:
    stop = threading.Event()
    other = threading.Thread(target=stop.wait)
    other.start()
    assert "threads run" in forkserver.reason_not_to_fork()
    stop.set()
    other.join()


def test_what_is_no_kernel_is_not_forked() -> None:
    with pytest.raises(NotForkedError, match="bwrap is no kernel of this Python"):
        ForkServer().fork(["bwrap", sys.executable], ".", dict(os.environ), [1, 2])


def test_a_server_that_is_lost_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "ends.py"
    program.write_text("raise SystemExit(1)")
    monkeypatch.setattr(forked, "PROGRAM", program)
    server = ForkServer()
    command = [sys.executable, *forked.LAUNCHER]
    with pytest.raises(NotForkedError, match="it ended while it started"):
        server.fork(command, ".", dict(os.environ), [1, 2])
    server.stop()


def test_a_kernel_without_news_of_its_end_counts_as_killed() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        theirs.send(b"started 1")
        kernel = ForkedKernel(ours)
        assert kernel.poll() is None
    assert kernel.wait() == -signal.SIGKILL
