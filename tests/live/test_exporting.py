"""A model is kept for pages only where onnxruntime computes what torch computes."""

from __future__ import annotations

import contextlib
import errno
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from livetorch import live
from livetorch.live import Exported, NotExported
from livetorch.live.onnx import exporting


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIVETORCH_MODELS", str(tmp_path / "made"))
    return tmp_path / "made"


class TwoOutputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)
        self.drop = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.drop(self.linear(x))
        return hidden, hidden.relu()


def test_the_file_computes_what_torch_computes(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = TwoOutputs().train()
    made = live.export("two-outputs", model, {"x": torch.randn(4, 3)}, ["hidden", "shown"])
    assert model.training, "the mode is as it was"
    assert isinstance(made, Exported)
    assert made.path == folder / "two-outputs.onnx"
    notes = [
        word for word in (b".py", b"forward", b"stack_trace") if word in made.path.read_bytes()
    ]
    assert not notes, "the published file tells of the machine that made it"
    assert capfd.readouterr() == ("", ""), "a chapter's output stays clean"
    x = torch.randn(4, 3)
    hidden, shown = onnxruntime.InferenceSession(made.path).run(None, {"x": x.numpy()})
    expected, expected_shown = model.eval()(x)
    torch.testing.assert_close(torch.as_tensor(hidden), expected)
    torch.testing.assert_close(torch.as_tensor(shown), expected_shown)
    assert repr(made) == (
        "two-outputs: x -> hidden, shown, torch and onnxruntime differ by less than 0.0001"
    )


@pytest.mark.parametrize("fails", [False, True])
def test_every_module_comes_back_in_its_mode(fails: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    model = TwoOutputs().train()
    model.linear.eval()
    if fails:
        monkeypatch.setattr(exporting, "_difference", lambda *_: 1.0)
    with pytest.raises(RuntimeError, match="differ") if fails else contextlib.nullcontext():
        live.export("frozen", model, {"x": torch.ones(1, 3)}, ["hidden", "shown"])
    assert (model.training, model.linear.training, model.drop.training) == (True, False, True)


@pytest.mark.parametrize(
    ("hidden", "named"),
    [(["onnxruntime"], "onnxruntime"), (["onnx", "onnxscript"], "onnx and onnxscript")],
)
def test_without_a_package_the_notebook_goes_on(
    hidden: list[str], named: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in hidden else find(name)
    )
    made = live.export("linear", nn.Linear(2, 1), {"x": torch.ones(1, 2)}, ["y"])
    assert isinstance(made, NotExported)
    assert repr(made) == (
        "linear: not exported, and nothing here needs it. "
        f"It takes {named}: pip install 'livetorch[export]'."
    )
    assert not folder.exists()


def no_folder(folder: Path, _: pytest.MonkeyPatch) -> str:
    """The folder cannot be made, since its name is a file's."""
    folder.write_text("a file")
    return "File exists"


def read_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The folder is there and takes no file; root may write anywhere, so the error is made."""
    folder.mkdir()

    def refuse(path: Path, _: bytes) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    return "Permission denied"


def full_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The disk is full after some bytes, and an older file is there."""
    folder.mkdir()
    (folder / "linear.onnx").write_text("older")

    def stop(path: Path, data: bytes) -> None:
        with path.open("wb") as file:
            file.write(data[:10])
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", stop)
    return "No space left on device"


@pytest.mark.parametrize("trouble", [no_folder, read_only, full_disk])
def test_where_nothing_can_be_written_the_notebook_goes_on(
    trouble: Callable[[Path, pytest.MonkeyPatch], str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reason = trouble(folder, monkeypatch)
    before = {path: path.read_text() for path in folder.parent.rglob("*") if path.is_file()}
    made = live.export("linear", nn.Linear(2, 1), {"x": torch.ones(1, 2)}, ["y"])
    assert repr(made) == (
        f"linear: not exported, and nothing here needs it. {folder} cannot be written ({reason}): "
        "set LIVETORCH_MODELS to a folder that can."
    )
    assert before == {path: path.read_text() for path in folder.parent.rglob("*") if path.is_file()}


def test_a_model_that_differs_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_difference", lambda *_: 2e-4)
    with pytest.raises(RuntimeError, match=r"differ from torch's by up to 0\.0002"):
        live.export("linear", nn.Linear(2, 1), {"x": torch.ones(1, 2)}, ["y"])
    assert not list(folder.glob("*")) if folder.exists() else True


def test_outputs_that_are_not_numbers_are_not_kept() -> None:
    class Broken(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x / 0 - x / 0

    with pytest.raises(RuntimeError, match="differ"):
        live.export("broken", Broken(), {"x": torch.ones(1, 2)}, ["y"])


@pytest.mark.parametrize("name", ["", "a b", "../up", "a.onnx"])
def test_a_name_is_a_file_name(name: str) -> None:
    with pytest.raises(ValueError, match="letters"):
        live.export(name, nn.Linear(1, 1), {"x": torch.ones(1, 1)}, ["y"])


def test_each_output_needs_a_name() -> None:
    with pytest.raises(ValueError, match="returns 2 outputs, and 1 are named"):
        live.export("two", TwoOutputs(), {"x": torch.ones(1, 3)}, ["hidden"])


class Doubled(nn.Module):
    """Its forward is another thing than the method that is exported."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x)

    def twice(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        return 2 * self.linear(x), x + y


@pytest.mark.parametrize("training", [True, False])
def test_a_method_takes_the_place_of_forward(folder: Path, training: bool) -> None:
    model = Doubled().train(training)
    batch = torch.export.Dim("batch")
    live.export(
        "twice",
        model.twice,
        {"x": torch.ones(2, 3), "y": torch.ones(1, 3)},
        ["a", "b"],
        dynamic_shapes=({0: batch}, None),
    )
    assert model.training == model.linear.training == training
    x, y = torch.randn(5, 3), torch.randn(1, 3)
    session = onnxruntime.InferenceSession(folder / "twice.onnx")
    made = session.run(None, {"x": x.numpy(), "y": y.numpy()})
    for got, expected in zip(made, model.twice(x, y), strict=True):
        torch.testing.assert_close(torch.as_tensor(got), expected)
    with pytest.raises(TypeError, match="a module, or a method of one"):
        live.export("other", torch.relu, {"x": torch.ones(2)}, ["y"])


def test_an_open_dimension_takes_any_size(folder: Path) -> None:
    batch = torch.export.Dim("batch")
    live.export(
        "open", nn.Linear(3, 1), {"x": torch.ones(2, 3)}, ["y"], dynamic_shapes=({0: batch},)
    )
    session = onnxruntime.InferenceSession(folder / "open.onnx")
    assert session.run(None, {"x": torch.ones(5, 3).numpy()})[0].shape == (5, 1)


class Steps(nn.Module):
    """Its loop is unrolled when it is recorded."""

    def forward(self, x: Tensor) -> Tensor:
        state = x[:, 0]
        for step in range(1, int(x.shape[1])):
            state = state + x[:, step]
        return state


@pytest.mark.parametrize("size", [torch.export.Dim("steps"), torch.export.Dim.AUTO])
def test_a_dimension_that_torch_fixed_is_not_called_open(folder: Path, size: Any) -> None:
    with pytest.raises(RuntimeError, match=r"inputs of \[\(1, 8\)\]"):
        live.export("steps", Steps(), {"x": torch.ones(1, 4)}, ["y"], dynamic_shapes=({1: size},))
    assert not list(folder.glob("*")) if folder.exists() else True
