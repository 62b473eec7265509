"""Shaken arithmetic: what it changes, what it leaves alone, where it is on, and what it finds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from book.check import Result
from book.execute import run_notebook
from book.kernels import SHAKEN, kernel_environment
from book.notebooks import BUILD, ROOT, code_cells, notebook_paths, read, write
from book.portable import cells_with, failing, portable_steps, summary, told_apart
from book.refresh import canonical

PROGRAMS = Path(__file__).parent / "arithmetic"
NOT_SHAKEN = {"4-compiling-a-function": 2, "7-a-kernel-of-your-own": 1}
"""How many cells of a notebook the shaking does not reach, or not wholly; none in the others."""


def printed(program: str, shaken: bool) -> list[str]:
    """What a program of ``arithmetic/`` prints, started as a notebook's kernel is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(SHAKEN, raising=False)
        if shaken:
            patch.setenv(SHAKEN, "1")
        with kernel_environment():
            done = subprocess.run(
                [sys.executable, PROGRAMS / f"{program}.py"],
                check=True,
                capture_output=True,
                text=True,
            )
    return done.stdout.splitlines()


def test_every_kind_of_result_is_changed_and_by_very_little() -> None:
    plain, shaken = printed("rough", shaken=False), printed("rough", shaken=True)
    assert len(plain) == len(shaken) > 100
    for before, after in zip(plain, shaken, strict=True):
        (name, old), (same_name, new) = (line.rsplit(" ", 1) for line in (before, after))
        assert name == same_name
        assert old != new, f"{name} is not shaken"
        a, b = (np.frombuffer(bytes.fromhex(part)) for part in (old, new))
        near = 1e-3 if "float32" in name else 1e-11
        np.testing.assert_allclose(b, a, rtol=near, atol=near, err_msg=name)


def test_results_that_are_exact_stay_what_they_are() -> None:
    assert printed("exact", shaken=True) == printed("exact", shaken=False)


def test_equal_computations_stay_equal_and_errors_their_own() -> None:
    words = "mat1 and mat2 shapes cannot be multiplied (3x2 and 3x2)"
    assert printed("equal", shaken=True) == [words, "1"]


def test_an_ordinary_run_is_not_shaken() -> None:
    assert printed("equal", shaken=False)[-1] == "False"
    assert "book.shaken" not in sys.modules
    assert os.environ.get(SHAKEN) is None


SETUP = "import torch\n\nx = torch.linspace(0, 1, 1000)"
ROBUST = 'print(f"{x.exp().mean():.3f}", (x > 0.5).sum().item(), torch.equal(x.exp(), x.exp()))'
FRAGILE = "print((x.exp().sum() - x.exp().double().sum()).item(), x.softmax(0).sum().item() - 1)"
WORKER = """import subprocess, sys

code = "import torch; x = torch.arange(1000) / 999; print((x.exp() / 7).sum().item())"
print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)"""
TOLERANT = {"livetorch": {"tolerance": {"relative": 1e-3, "because": "planted"}}}


def nbval(path: Path, shaken: bool) -> str:
    environment = {name: value for name, value in os.environ.items() if name != SHAKEN}
    environment |= {SHAKEN: "1"} if shaken else {}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", str(path), "-q", "--color=no"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_a_fragile_number_is_found_and_a_robust_one_is_not() -> None:
    cells = [new_code_cell(source) for source in (SETUP, ROBUST, FRAGILE, WORKER)]
    cells.append(new_code_cell("print(x.exp().sum().item())", metadata=TOLERANT))
    notebook = new_notebook(cells=cells)
    path = BUILD / "planted" / "planted.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    with kernel_environment():
        assert run_notebook(path, notebook).error is None
    write(canonical(notebook), path)
    assert "5 passed" in nbval(path, shaken=False)
    report = nbval(path, shaken=True)
    assert re.findall(r"^FAILED .*::Cell (\d)", report, re.MULTILINE) == ["2", "3"]
    assert "2 failed, 3 passed" in report


def test_what_is_not_shaken_is_named_and_counted() -> None:
    counts: dict[str, int] = {}
    for stem, reason in cells_with("not_shaken_because"):
        counts[stem] = counts.get(stem, 0) + 1
        assert reason.startswith("torch.compile"), reason
    assert counts == NOT_SHAKEN
    for path in notebook_paths():
        for cell in code_cells(read(path)):
            own_loops = re.search(r"backend=(backend\b|\"inductor)|run_and_get_code", cell.source)
            named = "not_shaken_because" in cell.metadata.get("livetorch", {})
            assert named or not own_loops, f"{path.stem}: {cell.source}"


PRINTED = """FAILED chapters/01-a/1-b.ipynb::Cell 3
ERROR chapters/02-c/4-d.ipynb::Cell 0 - book.notebooks.NotebookError: 4-d.ipynb was not run
FAILED chapters/01-a/1-b.ipynb::Cell 5
3 failed, 40 passed in 3s"""


def test_a_failure_runs_again_without_the_shaking_and_is_told_apart() -> None:
    names = failing([Result("numbers, old", "FAILED", 1.0, PRINTED)])
    assert names == ["chapters/01-a/1-b.ipynb", "chapters/02-c/4-d.ipynb"]
    notebooks, numbers = portable_steps("old", names, shaken=False)
    for step in (notebooks, numbers):
        assert step.command[-2:] == names
        assert SHAKEN not in step.environment
        assert step.environment["ATEN_CPU_CAPABILITY"] == "default"
        assert step.environment["LIVETORCH_RUNS"] == "old-not-shaken"
    lines = told_apart(names, names[1:])
    assert "1-b.ipynb: a number hangs on its last bits" in lines[0]
    assert "4-d.ipynb: the emulated processor prints otherwise" in lines[1]


def test_the_end_says_how_many_cells_were_compared_and_why_some_were_not_shaken() -> None:
    results = [
        Result("notebooks, old", "passed", 1.0, "9 passed"),
        Result("numbers, old", "FAILED", 1.0, "FAILED x::Cell 2\n1 failed, 195 passed in 3s"),
    ]
    lines = summary(results, shaken=True)
    compared = 196 - len(cells_with("ignored_because"))
    assert lines[0].startswith(f"cells that ran: 196; compared with what is stored: {compared},")
    assert any("4-compiling-a-function: 2 (torch.compile" in line for line in lines)
    assert not any("shaken" in line for line in summary(results, shaken=False))
