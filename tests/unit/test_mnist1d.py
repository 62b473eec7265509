"""MNIST-1D: what ships, damaged files, and the script that runs its authors' program."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from livetorch.datasets import load_mnist1d, sequences
from livetorch.datasets.data import make_mnist1d

SHA256 = "67d54986323fce117a0144c756f5dc5aab11e6691169d5e095a36aa32f7b410e"
"""Of the numbers that ship; how they are packed depends on the version of zlib."""


def numbers_hash() -> str:
    digest = hashlib.sha256()
    for part in load_mnist1d():
        for tensor in part.tensors:
            digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


def raw_data(train: int = 8, test: int = 4) -> dict[str, Any]:
    """What the authors' program returns, but small: signal i is i / 1000 everywhere, label i."""
    signals = np.arange(train + test)[:, None] / 1000 * np.ones((1, 40))
    labels = np.arange(train + test) % 10
    return {"x": signals[:train], "y": labels[:train], "x_test": signals[train:],
            "y_test": labels[train:], "t": None}  # fmt: skip


def test_what_ships() -> None:
    train, test = load_mnist1d()
    for part, size in ((train, 4_000), (test, 1_000)):
        signals, labels = part.tensors
        assert signals.shape == (size, 40)
        assert signals.dtype == torch.float32
        assert labels.shape == (size,)
        assert labels.dtype == torch.int64
        # Mixed, and every class about equally often.
        assert len(labels[:64].unique()) == 10
        assert (labels.bincount() - size / 10).abs().max() < 0.2 * size / 10
    both = torch.cat([train.tensors[0], test.tensors[0]])
    assert both.mean().item() == pytest.approx(0, abs=1e-3)
    assert both.std().item() == pytest.approx(1, abs=1e-3)
    assert torch.equal((both * 1024).round() / 1024, both)
    assert torch.cat([train.tensors[1], test.tensors[1]]).bincount().tolist() == [500] * 10
    assert numbers_hash() == SHA256


def test_labels_belong_to_their_signals() -> None:
    # The nearest training signal is of the right class far more often than one time in ten.
    (known, known_labels), (new, labels) = (part.tensors for part in load_mnist1d())
    nearest = known_labels[torch.cdist(new, known).argmin(dim=1)]
    assert (nearest == labels).float().mean() > 0.5


def test_no_test_signal_is_a_training_signal() -> None:
    train, test = (part.tensors[0] for part in load_mnist1d())
    assert not {row.tobytes() for row in train.numpy()} & {row.tobytes() for row in test.numpy()}


def test_a_damaged_or_missing_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequences, "MNIST1D_SHIPPED", tmp_path)
    file = tmp_path / "mnist1d.npz"
    with pytest.raises(FileNotFoundError, match=r"mnist1d.npz ships with livetorch.*not there"):
        load_mnist1d()
    make_mnist1d.make(raw_data(), tmp_path)
    whole = file.read_bytes()
    spoiled = [whole[:100], b"", b"<html>", whole[:60] + b"\xff" * 8 + whole[68:]]
    arrays = make_mnist1d.pack(raw_data())
    for change in ({"train_labels": arrays["train_labels"][1:]},
                   {"test_signals": arrays["test_signals"][:, :39]},
                   {"test_signals": np.array([None])}):  # fmt: skip
        np.savez(file, **(arrays | change))
        spoiled.append(file.read_bytes())
    np.savez(file, train_signals=arrays["train_signals"])
    spoiled.append(file.read_bytes())
    np.save(tmp_path / "one.npy", arrays["train_labels"])
    spoiled.append((tmp_path / "one.npy").read_bytes())
    for content in spoiled:
        file.write_bytes(content)
        with pytest.raises(ValueError, match=r"mnist1d.npz is damaged .*again"):
            load_mnist1d()


# The script


def test_pack() -> None:
    arrays = make_mnist1d.pack(raw_data())
    assert arrays["train_signals"].dtype == np.int16
    assert arrays["train_signals"][:, 0].tolist() == [round(i * 1.024) for i in range(8)]
    assert arrays["test_labels"].tolist() == [8, 9, 0, 1]
    for wrong in (32.0, -33.0, float("nan"), float("inf")):
        data = raw_data()
        data["x_test"][2, 7] = wrong
        with pytest.raises(ValueError, match="a signal of the test part does not fit"):
            make_mnist1d.pack(data)


def test_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = ModuleType("mnist1d.data")
    vars(program)["make_dataset"] = raw_data
    monkeypatch.setitem(sys.modules, "mnist1d", ModuleType("mnist1d"))
    monkeypatch.setitem(sys.modules, "mnist1d.data", program)
    monkeypatch.setattr(make_mnist1d, "version", lambda _: make_mnist1d.VERSION)
    for target in ("once", "again"):
        make_mnist1d.main(["--target", str(tmp_path / target)])
    once, again = ((tmp_path / target / "mnist1d.npz") for target in ("once", "again"))
    assert once.read_bytes() == again.read_bytes()
    monkeypatch.setattr(sequences, "MNIST1D_SHIPPED", tmp_path / "once")
    train, test = load_mnist1d()
    assert (len(train), len(test)) == (8, 4)
    torch.testing.assert_close(
        test.tensors[0], torch.from_numpy(raw_data()["x_test"]).float(), atol=1 / 2048, rtol=0
    )
    assert test.tensors[1].tolist() == [8, 9, 0, 1]


def test_script_wants_one_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(make_mnist1d, "version", lambda _: "0.0.1")
    with pytest.raises(SystemExit):
        make_mnist1d.main(["--target", str(tmp_path)])
    assert f"{make_mnist1d.VERSION} is needed, 0.0.1 is installed" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(
    importlib.util.find_spec("mnist1d") is None or version("mnist1d") != make_mnist1d.VERSION,
    reason=f"mnist1d {make_mnist1d.VERSION} is not installed",
)
def test_script_makes_what_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_mnist1d.main(["--target", str(tmp_path)])
    monkeypatch.setattr(sequences, "MNIST1D_SHIPPED", tmp_path)
    assert numbers_hash() == SHA256
