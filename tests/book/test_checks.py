"""The checks themselves: each must fail where it should."""

from __future__ import annotations

import copy
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from book.compare import close
from book.execute import Run, execute, needs_all, run_notebook
from book.kernels import TRIES, kernel_environment, patiently
from book.notebooks import BUILD, ROOT, NotebookError, code_cells, notebook_paths, read, write
from book.offline import way_to_cut
from book.runs import executed

TENSORS = ROOT / "chapters" / "01-tensors" / "2-shapes-together.ipynb"


def nbval(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", str(path), "-q", "--color=no"],
        cwd=ROOT,
        env=os.environ | {"LIVETORCH_REPLAY": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def change_digit(text: str) -> str:
    place = max(i for i, letter in enumerate(text) if letter.isdigit())
    return text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]


def in_printout(cell: NotebookNode) -> bool:
    for output in cell.outputs:
        if output.output_type == "stream" and any(c.isdigit() for c in output.text):
            output.text = change_digit(output.text)
            return True
    return False


def in_figure(cell: NotebookNode) -> bool:
    for output in cell.outputs:
        svg = output.get("data", {}).get("image/svg+xml")
        if svg is not None:
            head, _, tail = svg.rpartition("</text>")
            label = head.rindex(">") + 1
            output.data["image/svg+xml"] = f"{head[:label]}{head[label:]}9</text>{tail}"
            return True
    return False


@pytest.mark.parametrize("change", [in_printout, in_figure])
def test_one_changed_digit_fails_and_names_the_cell(change: Callable[[NotebookNode], bool]) -> None:
    # Below the root, so that the project's conftest.py is used.
    copied = BUILD / "changed" / f"{change.__name__}.ipynb"
    copied.parent.mkdir(parents=True, exist_ok=True)
    notebook = read(TENSORS)
    number = next(i for i, cell in enumerate(code_cells(notebook)) if change(cell))
    write(notebook, copied)
    done = nbval(copied)
    assert done.returncode == 1, done.stdout
    assert f"Cell {number}\n" in done.stdout or f"Cell {number} " in done.stdout
    assert "1 failed" in done.stdout
    write(read(TENSORS), copied)
    assert nbval(copied).returncode == 0


BROKEN = {
    "01-tensors/2-shapes-together": (
        "result.append(b if a == 1 else a)",
        "result.append(max(a, b))",
    ),
    "02-autograd/2-an-engine-of-your-own": (
        "[(self, other.value), (other, self.value)]",
        "[(self, self.value), (other, other.value)]",
    ),
    "03-dynamic-graphs/2-living-with-graphs": (
        "torch.where(x > 0, x, torch.zeros_like(x))",
        "torch.where(x > -1, x, torch.zeros_like(x))",
    ),
    "04-linear-regression/2-walking-downhill": (
        "-design.T @ (targets - design @ theta) / len(targets)",
        "-design.T @ (targets - design @ theta) / (2 * len(targets))",
    ),
    "05-logistic-regression/1-yes-or-no": (
        "design.T @ (torch.sigmoid(design @ theta) - targets) / len(targets)",
        "design.T @ (torch.sigmoid(design @ theta) - targets)",
    ),
    "06-data-and-validation/2-the-loop": ("kept * inputs / (1 - p)", "kept * inputs"),
    "07-optimizers/1-from-sgd-to-adam": (
        "m_hat, s_hat = m / (1 - beta1**t), s / (1 - beta2**t)",
        "m_hat, s_hat = m / (1 - beta1), s / (1 - beta2)",
    ),
    "08-saving/3-inside-the-file-and-out-of-torch": (
        "numbers.as_strided(size, stride, offset)",
        "numbers.flip(0).as_strided(size, stride, offset)",
    ),
    "09-neural-networks/4-backpropagation": (
        "(delta2 @ parameters[2]) * (z1 > 0)",
        "(delta2 @ parameters[2]) * (z1 > -1)",
    ),
    "10-convolutional-networks/1-the-operation": (
        "(window * weight[o])",
        "(window * weight[o].flip(1, 2))",
    ),
    "11-recurrent-networks/2-through-time": (
        "delta * (1 - states[:, t] ** 2)",
        "delta * (1 - states[:, t])",
    ),
    "13-language-models/2-a-gpt": (
        "x = x + block.feed_forward(block.feed_forward_norm(x))",
        "x = x + block.feed_forward(x)",
    ),
    "14-large-models/1-where-the-memory-goes": (
        "mixed = mixed * correction + weights",
        "mixed = mixed + weights",
    ),
    "15-images/2-a-pretrained-network": (
        "nn.BatchNorm2d(outputs, eps=1e-3)",
        "nn.BatchNorm2d(outputs, eps=1e-2)",
    ),
    "16-text/1-what-twenty-people-thought": (
        "torch.log((1 + len(train)) / (1 + number_with)) + 1",
        "torch.log(len(train) / number_with) + 1",
    ),
    "17-speech/1-sound-as-numbers": (
        "torch.complex(frames @ angle.cos().T, -(frames @ angle.sin().T)).T",
        "torch.complex(frames @ angle.cos().T, frames @ angle.sin().T).T",
    ),
    "18-fast-code/5-mixed-precision-and-memory": ("self.scale / 2, 0", "self.scale / 4, 0"),
    "19-many-processes/1-data-parallel": (
        "3 / 5 * first + 2 / 5 * second",
        "2 / 5 * first + 3 / 5 * second",
    ),
}
"""A formula of each chapter, and how it could be wrong."""


@pytest.mark.parametrize("chapter", BROKEN)
def test_a_broken_formula_fails_its_proof(chapter: str) -> None:
    path = ROOT / "chapters" / f"{chapter}.ipynb"
    notebook = copy.deepcopy(read(path))
    old, new = BROKEN[chapter]
    changed = [cell for cell in code_cells(notebook) if old in cell.source]
    assert changed, f"{path.name} has no {old!r}: adapt this test"
    changed[0].source = changed[0].source.replace(old, new)
    # The checks of a lesson do not lean on its exercises.
    notebook.cells = [cell for cell in notebook.cells if "nbgrader" not in cell.metadata]
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        extra_arguments=["--log-level=40"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    with kernel_environment(), pytest.raises(CellExecutionError) as caught:
        client.execute()
    assert caught.value.ename == "AssertionError"


def test_a_tolerance_allows_numbers_and_nothing_else() -> None:
    assert close("loss 0.512 after 10 steps", "loss 0.513 after 10 steps", 0.01)
    assert not close("loss 0.512 after 10 steps", "loss 0.612 after 10 steps", 0.01)
    assert not close("loss 0.512 after 10 steps", "loss 0.512 after 11 steps", 0.01)
    assert not close("loss 0.512", "gain 0.512", 0.01)
    assert not close("[1, 2]", "[1, 2, 3]", 0.5)


@pytest.mark.skipif(way_to_cut() is None, reason="this system gives no network of its own")
def test_the_network_is_really_cut() -> None:
    """A server on this machine answers; from the cut network it cannot be reached."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        threading.Thread(target=lambda: [server.accept() for _ in range(1)], daemon=True).start()
        probe = [
            sys.executable,
            "-c",
            f"import socket; socket.create_connection(('127.0.0.1', {port}), 3)",
        ]
        cut = [sys.executable, "-m", "book.offline", *probe]
        refused = subprocess.run(cut, cwd=ROOT, capture_output=True, text=True, check=False)
        reached = subprocess.run(probe, cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "refused" in refused.stderr or "unreachable" in refused.stderr
    assert reached.returncode == 0, reached.stderr


def test_a_second_run_executes_nothing() -> None:
    assert all(run.cached for run in execute(notebook_paths()))


def test_a_cell_that_fails_is_named_and_nothing_is_stored() -> None:
    notebook = new_notebook(cells=[new_code_cell("x = 1"), new_code_cell("print(nowhere)")])
    path = BUILD / "failing" / "broken-cell.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    write(notebook, path)
    before = path.read_bytes()
    with kernel_environment():
        run = run_notebook(path, read(path))
    assert run.error is not None
    assert "broken-cell.ipynb, cell 1" in run.error
    assert "name 'nowhere' is not defined" in run.error
    assert path.read_bytes() == before


def letting_down(times: int) -> tuple[Callable[[], str], list[int]]:
    """A start that fails so often before it works, and a list of its calls."""
    calls: list[int] = []

    def start() -> str:
        calls.append(len(calls))
        if len(calls) <= times:
            raise RuntimeError("Kernel didn't respond in 60 seconds")
        return "started"

    return start, calls


def test_a_kernel_that_does_not_start_is_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    start, calls = letting_down(TRIES - 1)
    assert patiently(start) == "started"
    assert len(calls) == TRIES
    assert capsys.readouterr().err.count("Kernel didn't respond in 60 seconds") == TRIES - 1


def test_a_kernel_that_never_starts_is_an_error() -> None:
    start, calls = letting_down(TRIES + 1)
    with pytest.raises(RuntimeError, match="didn't respond"):
        patiently(start)
    assert len(calls) == TRIES


def test_a_run_takes_the_kernel_that_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    start, calls = letting_down(1)

    def start_client(client: NotebookClient) -> None:
        start()
        plain(client)

    plain = NotebookClient.start_new_kernel_client
    monkeypatch.setattr(NotebookClient, "start_new_kernel_client", start_client)
    notebook = new_notebook(cells=[new_code_cell("print(1 + 1)")])
    with kernel_environment():
        run = run_notebook(BUILD / "second.ipynb", notebook)
    assert run.error is None
    assert len(calls) == 2
    assert notebook.cells[0].outputs[0].text == "2\n"


def test_a_run_without_a_kernel_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    start, _ = letting_down(TRIES)
    monkeypatch.setattr(NotebookClient, "start_new_kernel_client", lambda _: start())
    run = run_notebook(BUILD / "none.ipynb", new_notebook())
    assert run.error is not None
    assert "none.ipynb: its kernel does not start: Kernel didn't respond" in run.error


def test_a_notebook_that_measures_processes_runs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = ROOT / "chapters" / "19-many-processes" / "6-how-much-faster.ipynb"
    assert needs_all(read(measured))
    folder = BUILD / "alone"
    folder.mkdir(parents=True, exist_ok=True)
    measuring = {"livetorch": {"processors": 2}}
    paths = []
    for name, metadata in {"a": {}, "measuring": measuring, "b": {}}.items():
        cells = [new_code_cell(f"{name!r}  # only to be counted", metadata=metadata)]
        write(new_notebook(cells=cells), folder / f"{name}.ipynb")
        paths.append(folder / f"{name}.ipynb")
    running: set[str] = set()
    beside: dict[str, set[str]] = {}

    def run(path: Path, notebook: NotebookNode, turn: threading.Semaphore) -> Run:  # noqa: ARG001
        with turn:
            running.add(path.stem)
            time.sleep(0.5)
            beside[path.stem] = running - {path.stem}
            time.sleep(0.5)
            running.remove(path.stem)
        return Run(path, 0.0, cached=False, error="nothing is to be stored")

    monkeypatch.setattr("book.execute.run_notebook", run)
    execute(paths, jobs=3)
    assert beside == {"a": {"b"}, "b": {"a"}, "measuring": set()}


def test_the_next_kernel_starts_while_cells_run(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = BUILD / "ahead"
    folder.mkdir(parents=True, exist_ok=True)
    started = {name: threading.Event() for name in ("a", "b")}
    others = {"a": started["b"], "b": started["a"]}
    running: list[str] = []
    beside: list[int] = []

    def run(path: Path, notebook: NotebookNode, turn: threading.Semaphore) -> Run:  # noqa: ARG001
        started[path.stem].set()
        with turn:
            running.append(path.stem)
            beside.append(len(running))
            came = others[path.stem].wait(timeout=60)
            running.remove(path.stem)
        return Run(path, 0.0, cached=False, error="as hoped" if came else "it was alone")

    for name in started:
        cells = [new_code_cell(f"{name!r}  # only to be started")]
        write(new_notebook(cells=cells), folder / f"{name}.ipynb")
    monkeypatch.setattr("book.execute.run_notebook", run)
    runs = execute([folder / f"{name}.ipynb" for name in started], jobs=1)
    assert [run.error for run in runs] == ["as hoped", "as hoped"]
    assert beside == [1, 1], "the cells of one notebook at a time"


def test_a_broken_notebook_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.ipynb"
    path.write_text("{")
    with pytest.raises(NotebookError, match=r"broken\.ipynb is not a valid notebook"):
        read(path)
    path.write_text('{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}')
    with pytest.raises(NotebookError, match=r"broken\.ipynb"):
        read(path)


def test_a_run_of_other_code_is_not_taken(tmp_path: Path) -> None:
    notebook = read(TENSORS)
    code_cells(notebook)[0].source += "\n# changed"
    path = tmp_path / TENSORS.name
    write(notebook, path)
    with pytest.raises(NotebookError, match="was not run"):
        executed(path)
