"""A trained model as a file that a page can run, checked against torch before it is kept.

A reader of a notebook does not need the file. So where it cannot be written, because a package is
missing or the folder is read-only, `export` says so in a sentence and the next cell runs. A model
that the file would not compute is an error all the same.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
import os
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from livetorch.files import write_whole
from livetorch.live.onnx.whole_numbers import with_int8_weights
from livetorch.modes import evaluating

LARGEST_DIFFERENCE = 1e-4
VARIABLE = "LIVETORCH_MODELS"
PACKAGES = ("onnx", "onnxscript", "onnxruntime")


@dataclass(frozen=True)
class Exported:
    """A model that pages can run."""

    name: str
    path: Path
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def __repr__(self) -> str:
        return (
            f"{self.name}: {', '.join(self.inputs)} -> {', '.join(self.outputs)}, torch and "
            f"onnxruntime differ by less than {LARGEST_DIFFERENCE:g}"
        )


@dataclass(frozen=True)
class NotExported:
    """A model without its file, and why."""

    name: str
    reason: str

    def __repr__(self) -> str:
        return f"{self.name}: not exported, and nothing here needs it. {self.reason}"


def models_folder() -> Path:
    """Where exported models go: what LIVETORCH_MODELS names, or ``models`` where one stands."""
    return Path(os.environ.get(VARIABLE, "models"))


class _Method(nn.Module):
    """A module's method as a module of its own: the exporter takes modules alone."""

    def __init__(self, method: Callable[..., Any]) -> None:
        super().__init__()
        module = getattr(method, "__self__", None)
        if not isinstance(module, nn.Module):
            raise TypeError(f"model must be a module, or a method of one, got {method!r}")
        self.module, self.name = module, method.__name__

    def forward(self, *inputs: Tensor) -> Any:
        return getattr(self.module, self.name)(*inputs)


def export(
    name: str,
    model: nn.Module | Callable[..., Any],
    inputs: Mapping[str, Tensor],
    outputs: Sequence[str],
    *,
    dynamic_shapes: Sequence[Mapping[int, Any] | None] | None = None,
    int8: bool = False,
) -> Exported | NotExported:
    """Write ``model`` as ``NAME.onnx``, after onnxruntime gave the same outputs as torch.

    ``model`` is a module, or a method of one, such as ``model.step``, in the place of ``forward``.
    ``inputs`` are named example inputs in the order of ``forward``, whose shapes the file takes
    where ``dynamic_shapes`` leaves none open: for each input the dimensions to leave open, each
    with a name or a ``Dim`` of torch.export. ``outputs`` name what ``forward`` returns. The model
    is exported in evaluation mode; afterwards every module is in the mode it was found in. With
    ``int8`` the file holds large matrices as int8 numbers and scales, a quarter of the bytes: for
    a model whose weights were rounded so before, as those that ship are.

    Where a package of the extra ``export`` is missing, or the folder cannot be written, what is
    returned says so and no file is left.

    Raises:
        TypeError: ``model`` is neither a module nor a method of one.
        ValueError: the name is not made of letters, digits and ``-``; or the outputs are not as
            many as named.
        RuntimeError: the two differ by 1e-4 or more, for these inputs or for some twice as large in
            each open dimension: torch may have fixed one, as it does with the steps of
            `torch.nn.GRU`; or ``int8`` rounded weights. No file is left.
    """
    if not re.fullmatch(r"[\w-]+", name):
        raise ValueError(f"a model's name is made of letters, digits, - and _, got {name!r}")
    if not isinstance(model, nn.Module):
        model = _Method(model)
    missing = [package for package in PACKAGES if importlib.util.find_spec(package) is None]
    if missing:
        install = "pip install 'livetorch[export]'"
        return NotExported(name, f"It takes {' and '.join(missing)}: {install}.")
    with evaluating(model):
        proto = _program(model, inputs, outputs, dynamic_shapes).model_proto
        if int8:
            with_int8_weights(proto)
        data = _without_traces(proto)
        for tried in (inputs, _twice_as_large(inputs, dynamic_shapes)):
            difference = _difference(data, model, tried, outputs)
            if not difference < LARGEST_DIFFERENCE:
                raise RuntimeError(
                    f"onnxruntime's outputs of {name} differ from torch's by up to "
                    f"{difference:.2g} for inputs of {_shapes(tried)}"
                )
    path = models_folder() / f"{name}.onnx"
    try:
        write_whole(path, data)
    except OSError as error:
        reason = f"{path.parent.absolute()} cannot be written ({error.strerror or error})"
        return NotExported(name, f"{reason}: set {VARIABLE} to a folder that can.")
    return Exported(name, path, tuple(inputs), tuple(outputs))


def _without_traces(proto: Any) -> bytes:
    """The file of a model without notes on where in Python each step was called.

    They hold the paths of the machine that exported it, and are of no use to a page.
    """
    inner = [node for function in proto.functions for node in function.node]
    for part in (proto, proto.graph, *proto.graph.node, *proto.functions, *inner):
        del part.metadata_props[:]
        part.doc_string = ""
    data: bytes = proto.SerializeToString()
    return data


def _program(
    model: nn.Module,
    inputs: Mapping[str, Tensor],
    outputs: Sequence[str],
    dynamic_shapes: Sequence[Mapping[int, Any] | None] | None,
) -> Any:
    """torch's exporter, without the progress it prints and the warnings of its own insides."""
    open_sizes: Any = dynamic_shapes and tuple(dynamic_shapes)
    if isinstance(model, _Method):
        open_sizes = open_sizes and (open_sizes,)  # all are one *inputs
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            return torch.onnx.export(
                model,
                tuple(inputs.values()),
                dynamo=True,
                verbose=False,
                external_data=False,
                input_names=list(inputs),
                output_names=list(outputs),
                dynamic_shapes=open_sizes,
            )
    finally:
        logger.setLevel(level)


def _twice_as_large(
    inputs: Mapping[str, Tensor], dynamic_shapes: Sequence[Mapping[int, Any] | None] | None
) -> Mapping[str, Tensor]:
    """The inputs, each followed by itself in its open dimensions, to see that those are open."""
    larger = dict(inputs)
    for name, open_dimensions in zip(inputs, dynamic_shapes or [None] * len(inputs), strict=True):
        for dimension in open_dimensions or {}:
            larger[name] = torch.cat([larger[name]] * 2, dim=dimension)
    return larger


def _shapes(inputs: Mapping[str, Tensor]) -> list[tuple[int, ...]]:
    return [tuple(value.shape) for value in inputs.values()]


def _difference(
    data: bytes, model: nn.Module, inputs: Mapping[str, Tensor], names: Sequence[str]
) -> float:
    """The largest difference between the outputs of onnxruntime and of torch."""
    import onnxruntime

    with torch.no_grad():
        outputs = model(*inputs.values())
    expected = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    if len(expected) != len(names):
        raise ValueError(f"the model returns {len(expected)} outputs, and {len(names)} are named")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4  # what it says of an error is in the error
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    try:
        made = session.run(None, {name: value.detach().numpy() for name, value in inputs.items()})
    except Exception as error:  # onnxruntime's errors have no common class
        raise RuntimeError(
            f"onnxruntime cannot run the file with inputs of {_shapes(inputs)}. If torch fixed a "
            "dimension of dynamic_shapes, leave it out there and pad inputs to the example's size"
        ) from error
    pairs = zip(made, expected, strict=True)
    return max(float((torch.as_tensor(a) - b).abs().max()) for a, b in pairs)
