"""A second device, on a machine that has none, and notebooks whose models train there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from book.elsewhere import NOT_THERE, trains
from book.notebooks import BUILD, ROOT, chapter_paths, write
from book.refresh import KERNEL, LANGUAGE

TRAIN = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from livetorch import fit

x, y = torch.randn(40, 3), torch.randint(2, (40,))
model = nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
fit(model, DataLoader(TensorDataset(x, y), 8), None, nn.CrossEntropyLoss(), optimizer,
    epochs=1, on_epoch_end=lambda epoch, model, history: print(HOOK))
print(model(x).shape)
"""


def test_the_device_and_fit_on_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "on_other_device.py"],
        cwd=Path(__file__).parent,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 passed" in done.stdout


@pytest.fixture
def folder() -> Iterator[Path]:
    made = BUILD / "elsewhere"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    yield made
    shutil.rmtree(made)


def test_a_notebook_that_mixes_devices_is_named(folder: Path) -> None:
    """One looks at its model after the fit, on the processor again; one meanwhile, and mixes."""
    paths = []
    for name, hook in (("good", "epoch"), ("mixed", "model(x).shape")):
        cell = new_code_cell(TRAIN.replace("HOOK", hook))
        about = {"kernelspec": KERNEL, "language_info": LANGUAGE}
        notebook = new_notebook(cells=[cell], metadata=about)
        paths.append(folder / f"{name}.ipynb")
        write(notebook, paths[-1])
    done = subprocess.run(
        [sys.executable, "-m", "book.elsewhere", *map(str, paths)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 passed, 1 failed" in done.stdout
    assert "mixed.ipynb, cell 0" in done.stderr
    assert "Expected all tensors to be on the same device" in done.stderr
    assert "good.ipynb" not in done.stderr


def test_the_chapters_that_train_are_found() -> None:
    names = {path.parent.name[:2] for path in chapter_paths() if trains(path)}
    assert {f"{number:02}" for number in (4, 5, 6, 8, 9, 10, 11)} <= names


def test_what_is_left_out_trains_and_has_a_reason() -> None:
    training = {path.stem for path in chapter_paths() if trains(path)}
    assert set(NOT_THERE) <= training
    assert len(NOT_THERE) <= 3
    assert all(len(reason.split()) > 4 for reason in NOT_THERE.values())
