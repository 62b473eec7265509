"""An exported model whose large matrices are int8 numbers and scales: a quarter of the bytes."""

from __future__ import annotations

import math
from typing import Any

import torch

from livetorch.quantization import quantize_rows

LEAST = 4096
"""numbers in a matrix that is worth it"""


def with_int8_weights(proto: Any) -> None:
    """Replace the float32 matrices of an ONNX model, and the kernels of its convolutions, by int8
    numbers and a float32 scale for each output, which are multiplied again once, when a runtime
    loads the file.

    A DequantizeLinear would say the same, but onnxruntime joins it with a MatMul and rounds what
    comes in to whole numbers, too: in a test that was off by .007. A Cast and a Mul are exact. The
    second factor of a MatMul has its outputs in its columns; every other matrix, such as an
    embedding, is taken by rows, and all numbers behind one output of a convolution are a row.
    Weights that were rounded like this before (`quantized_state`) stay what they are, up to the
    last bits; others lose up to half a scale.
    """
    from onnx import TensorProto, helper, numpy_helper

    graph = proto.graph
    by_columns = {node.input[1] for node in graph.node if node.op_type == "MatMul"}
    kernels = {node.input[1] for node in graph.node if node.op_type == "Conv"}
    kept, restoring = [], []
    for tensor in graph.initializer:
        matrix = len(tensor.dims) == 2 or tensor.name in kernels
        large = matrix and math.prod(tensor.dims) >= LEAST
        if not large or tensor.data_type != TensorProto.FLOAT:
            kept.append(tensor)
            continue
        axis = int(tensor.name in by_columns)
        weights = torch.from_numpy(numpy_helper.to_array(tensor).copy())
        parts = quantize_rows(weights.T if axis else weights.flatten(1))
        numbers, scales = (part.T.contiguous() if axis else part for part in parts)
        if tensor.name in kernels:
            numbers = numbers.view(weights.shape)
            scales = scales.view(-1, *[1] * (weights.dim() - 1))
        name = tensor.name
        kept.append(numpy_helper.from_array(numbers.numpy(), f"{name}.numbers"))
        kept.append(numpy_helper.from_array(scales.numpy(), f"{name}.scales"))
        float_numbers = f"{name}.float"
        restoring += [
            helper.make_node("Cast", [f"{name}.numbers"], [float_numbers], to=TensorProto.FLOAT),
            helper.make_node("Mul", [float_numbers, f"{name}.scales"], [name]),
        ]
    nodes = [*restoring, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
