"""Weights in packages of others: missing, of another version, changed; and read as numbers."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from livetorch import packaged
from livetorch.packaged import FILES, PackagedFileError, onnx_tensors, packaged_file

PINS = Path(__file__).parents[2] / "requirements.txt"


@pytest.mark.parametrize("name", FILES)
def test_what_is_installed_is_what_is_known(name: str) -> None:
    assert packaged_file(name).name == Path(FILES[name].path).name
    assert f"{FILES[name].package}=={FILES[name].version}" in PINS.read_text(encoding="utf-8")


def test_a_name_that_is_not_known() -> None:
    with pytest.raises(ValueError, match=r"no packaged file 'bert': choose from efficientnet"):
        packaged_file("bert")


class Installed:
    """A package in a folder."""

    def __init__(self, folder: Path, version: str) -> None:
        self.folder, self.version = folder, version

    def locate_file(self, path: str) -> Path:
        return self.folder / path


def install(monkeypatch: pytest.MonkeyPatch, folder: Path, version: str = "6.2.3") -> None:
    monkeypatch.setattr(packaged, "distribution", lambda _: Installed(folder, version))


def test_a_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(packaged, "distribution", missing)
    with pytest.raises(PackagedFileError, match=r"not installed.\n    pip install 'livetorch\[sp"):
        packaged_file("silero-vad")


def test_another_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch, tmp_path, "6.0")
    with pytest.raises(PackagedFileError, match=r"silero-vad 6.2.3, and version 6.0 is installed"):
        packaged_file("silero-vad")


def test_a_file_that_is_missing_or_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch, tmp_path)
    with pytest.raises(PackagedFileError, match=r"not complete.\n.*--force-reinstall"):
        packaged_file("silero-vad")
    path = tmp_path / FILES["silero-vad"].path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"import os")
    with pytest.raises(PackagedFileError, match=r"not the file that is known.*It was not read"):
        packaged_file("silero-vad")


def test_a_file_that_changes_is_looked_at_again(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"one")
    first = packaged._sha256(path, 1)
    path.write_bytes(b"two")
    assert packaged._sha256(path, 2) != first


def graph_of(number: int, inner: onnx.GraphProto | None = None) -> onnx.GraphProto:
    held = numpy_helper.from_array(torch.full((2, 3), float(number)).numpy(), f"held {number}")
    constant = helper.make_tensor(f"constant {number}", TensorProto.INT64, [], [int(number)])
    nodes = [helper.make_node("Constant", [], [f"constant {number}"], value=constant)]
    if inner is not None:
        nodes.append(helper.make_node("If", ["yes"], ["y"], then_branch=inner, else_branch=inner))
    return helper.make_graph(nodes, "graph", [], [], [held])


def test_numbers_of_an_onnx_file_and_its_inner_graphs(tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    onnx.save(helper.make_model(graph_of(1, graph_of(2))), path)
    tensors = onnx_tensors(path)
    assert set(tensors) == {"held 1", "held 2", "constant 1", "constant 2"}
    torch.testing.assert_close(tensors["held 2"], torch.full((2, 3), 2.0))
    tensors["held 2"].add_(1)  # a tensor of one's own, which may be written to


def test_a_damaged_onnx_file(tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    path.write_bytes(b"<html>not found</html>")
    with pytest.raises(ValueError, match=r"a.onnx is damaged"):
        onnx_tensors(path)
