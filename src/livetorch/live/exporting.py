"""A trained model as a file that a page can run, checked against torch before it is kept."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

LARGEST_DIFFERENCE = 1e-4
VARIABLE = "LIVETORCH_MODELS"


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


def models_folder() -> Path:
    """Where exported models go: what LIVETORCH_MODELS names, or ``models`` where one stands."""
    return Path(os.environ.get(VARIABLE, "models"))


def export(
    name: str,
    model: nn.Module,
    inputs: Mapping[str, Tensor],
    outputs: Sequence[str],
    *,
    dynamic_shapes: Any = None,
) -> Exported:
    """Write ``model`` as ``NAME.onnx``, after onnxruntime gave the same outputs as torch.

    ``inputs`` are named example inputs in the order of ``forward``, whose shapes the file takes
    where ``dynamic_shapes`` (see torch.export) leaves none open; ``outputs`` name what ``forward``
    returns. The model's mode is as before afterwards; it is exported in eval mode.

    Raises:
        ValueError: the name is not made of letters, digits and ``-``; or the outputs are not as
            many as named.
        RuntimeError: the two differ by 1e-4 or more; no file is left.
    """
    if not re.fullmatch(r"[\w-]+", name):
        raise ValueError(f"a model's name is made of letters, digits, - and _, got {name!r}")
    training = model.training
    model.eval()
    try:
        program = _program(model, inputs, outputs, dynamic_shapes)
        with torch.no_grad():
            made = model(*inputs.values())
    finally:
        model.train(training)
    expected = [made] if isinstance(made, Tensor) else list(made)
    if len(expected) != len(outputs):
        raise ValueError(f"the model returns {len(expected)} outputs, and {len(outputs)} are named")
    data: bytes = program.model_proto.SerializeToString()
    difference = _difference(data, inputs, expected)
    if not difference < LARGEST_DIFFERENCE:
        raise RuntimeError(
            f"onnxruntime's outputs of {name} differ from torch's by up to {difference:.2g}"
        )
    path = models_folder() / f"{name}.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_bytes(data)
    beside.replace(path)
    return Exported(name, path, tuple(inputs), tuple(outputs))


def _program(
    model: nn.Module, inputs: Mapping[str, Tensor], outputs: Sequence[str], dynamic_shapes: Any
) -> Any:
    """torch's exporter, without the progress it prints and the warnings of its own insides."""
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
                dynamic_shapes=dynamic_shapes,
            )
    finally:
        logger.setLevel(level)


def _difference(data: bytes, inputs: Mapping[str, Tensor], expected: Sequence[Tensor]) -> float:
    """The largest difference between onnxruntime's outputs and the expected ones."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    made = session.run(None, {name: value.detach().numpy() for name, value in inputs.items()})
    pairs = zip(made, expected, strict=True)
    return max(float((torch.as_tensor(a) - b).abs().max()) for a, b in pairs)
