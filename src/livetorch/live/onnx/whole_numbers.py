"""An exported model whose large matrices are int8 numbers and scales: a quarter of the bytes."""

from __future__ import annotations

from typing import Any

import torch

from livetorch.quantization import quantize_rows

LEAST = 4096
"""numbers in a matrix that is worth it"""


def with_int8_weights(proto: Any) -> None:
    """Replace the float32 matrices of an ONNX model by int8 numbers and a float32 scale for each
    output, which a DequantizeLinear multiplies again where the model runs.

    The second factor of a MatMul has its outputs in its columns; every other matrix, such as an
    embedding, is taken by rows. Weights that were rounded like this before (`quantized_state`)
    stay what they are, up to the last bits; others lose up to half a scale.
    """
    from onnx import TensorProto, helper, numpy_helper

    graph = proto.graph
    by_columns = {node.input[1] for node in graph.node if node.op_type == "MatMul"}
    kept, restoring = [], []
    for tensor in graph.initializer:
        large = len(tensor.dims) == 2 and tensor.dims[0] * tensor.dims[1] >= LEAST
        if not large or tensor.data_type != TensorProto.FLOAT:
            kept.append(tensor)
            continue
        axis = int(tensor.name in by_columns)
        weights = torch.from_numpy(numpy_helper.to_array(tensor).copy())
        numbers, scales = quantize_rows(weights.T if axis else weights)
        names = [f"{tensor.name}.numbers", f"{tensor.name}.scales"]
        numbers = numbers.T if axis else numbers
        for name, part in zip(names, (numbers.contiguous(), scales[:, 0]), strict=True):
            kept.append(numpy_helper.from_array(part.numpy(), name))
        node = helper.make_node("DequantizeLinear", names, [tensor.name], axis=axis)
        restoring.append(node)
    nodes = [*restoring, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
