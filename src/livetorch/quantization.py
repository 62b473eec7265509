"""Weights in fewer bits: whole numbers, and for each row or group of them the step between two.

O outputs (rows), I inputs (columns), G groups in a row. The numbers are symmetric around 0: with 4
bits they go from -7 to 7, and the largest weight of a group stands at one of the ends.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

SCALES = ".scales"
"""ends the name of a matrix's scales in a state dict, beside the numbers under the matrix's name"""


def quantize_rows(
    weights: Tensor, bits: int = 8, scale_dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """weights (O, I) -> numbers int8 (O, I), scales (O, 1): `quantize_groups`, a row a group"""
    return quantize_groups(weights, bits, weights.shape[-1] if weights.ndim else 1, scale_dtype)


def quantize_groups(
    weights: Tensor, bits: int = 4, group: int = 32, scale_dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """weights (O, I) -> numbers int8 (O, I), scales (O, I / group): a scale for each group of
    neighbors in a row.

    A weight is its number times its group's scale, and lies at most half a scale from it. A scale
    that does not fit ``scale_dtype`` is rounded up, so that this holds for float16, too.

    Raises:
        TypeError: the weights are no floating-point numbers.
        ValueError: they are no matrix, or one without weights or with NaN or infinite ones; the
            bits are not from 2 to 8; the group does not divide the row; a scale is beyond float16.
    """
    if not 2 <= bits <= 8:
        raise ValueError(f"bits must be from 2 to 8, which an int8 can hold, got {bits}")
    if not weights.is_floating_point():
        raise TypeError(f"weights must be floating-point numbers, got {weights.dtype}")
    if weights.ndim != 2 or weights.numel() == 0:
        raise ValueError(f"weights must be a matrix (outputs, inputs), got {tuple(weights.shape)}")
    if group < 1 or weights.shape[1] % group:
        raise ValueError(f"groups of {group} do not divide rows of {weights.shape[1]} weights")
    weights = weights.detach().to(torch.promote_types(weights.dtype, torch.float32))
    bad = int((~weights.isfinite()).sum())
    if bad:
        raise ValueError(f"{bad} of {weights.numel()} weights are NaN or infinite: no scale fits")
    largest = 2 ** (bits - 1) - 1
    groups = weights.unflatten(1, (-1, group))
    scales = _rounded_up(groups.abs().amax(dim=2) / largest, scale_dtype)
    numbers = (groups / scales.to(weights.dtype)[:, :, None]).round().clamp(-largest, largest)
    return numbers.flatten(1).to(torch.int8), scales


def _rounded_up(scales: Tensor, dtype: torch.dtype) -> Tensor:
    """Scales that are no smaller in ``dtype``; 1 for a group of zeros, which may have any."""
    scales = torch.where(scales == 0, 1, scales)
    rounded = scales.to(dtype)
    if dtype == torch.float16:
        smaller = rounded.to(scales.dtype) < scales
        # The bits of positive floats, read as whole numbers, are in the order of the floats.
        rounded = (rounded.view(torch.int16) + smaller).view(torch.float16)
    if rounded.isinf().any():
        raise ValueError(f"a scale of {scales.max():.3g} is beyond the range of {dtype}")
    return rounded


def dequantize(numbers: Tensor, scales: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """numbers int8 (O, I), scales (O, G) of their groups -> weights (O, I)

    Raises:
        TypeError: the numbers are not int8 (packed ones are unpacked first).
        ValueError: the scales are not those of rows or groups of these numbers.
    """
    if numbers.dtype != torch.int8:
        raise TypeError(f"numbers must be int8, got {numbers.dtype}")
    fit = numbers.ndim == scales.ndim == 2 and len(numbers) == len(scales)
    if not fit or scales.shape[1] == 0 or numbers.shape[1] % scales.shape[1]:
        raise ValueError(
            f"scales {tuple(scales.shape)} fit no groups of numbers {tuple(numbers.shape)}: they "
            "must be (outputs, groups), and the groups divide the inputs"
        )
    groups = numbers.unflatten(1, (scales.shape[1], -1)).to(dtype)
    return (groups * scales.to(dtype)[:, :, None]).flatten(1)


def pack_nibbles(numbers: Tensor) -> Tensor:
    """numbers int8 of any shape, from -8 to 7 -> uint8 (half as many,), two numbers in a byte

    The first of a pair is in the lower four bits. An odd count is filled up with a zero.

    Raises:
        TypeError: the numbers are not int8.
        ValueError: one of them does not fit four bits.
    """
    if numbers.dtype != torch.int8:
        raise TypeError(f"numbers must be int8, got {numbers.dtype}")
    if numbers.numel() and not -8 <= numbers.min() <= numbers.max() <= 7:
        raise ValueError(
            f"four bits hold the numbers from -8 to 7, these go from {int(numbers.min())} to "
            f"{int(numbers.max())}: quantize to 4 bits or fewer"
        )
    flat = numbers.flatten()
    pairs = torch.cat([flat, flat.new_zeros(len(flat) % 2)]).view(-1, 2) & 0b1111
    return (pairs[:, 0] | pairs[:, 1] << 4).view(torch.uint8)


def unpack_nibbles(packed: Tensor, shape: tuple[int, ...] | torch.Size) -> Tensor:
    """packed uint8 (N,) -> numbers int8 of ``shape``, those that `pack_nibbles` was given

    Raises:
        TypeError: ``packed`` is not uint8.
        ValueError: it holds another count of numbers than the shape.
    """
    if packed.dtype != torch.uint8:
        raise TypeError(f"packed numbers must be uint8, got {packed.dtype}")
    count = torch.Size(shape).numel()
    if packed.ndim != 1 or len(packed) != (count + 1) // 2:
        raise ValueError(
            f"{count} numbers of shape {tuple(shape)} are packed in {(count + 1) // 2} bytes, got "
            f"{tuple(packed.shape)}"
        )
    nibbles = torch.stack([packed & 0b1111, packed >> 4], dim=1).flatten()[:count].to(torch.int8)
    return torch.where(nibbles > 7, nibbles - 16, nibbles).view(shape)


def quantized_state(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state dict with each matrix as int8 numbers and float16 scales of its rows, for shipping.

    ``block.weight`` (O, I) becomes ``block.weight`` int8 and ``block.weight.scales`` (O, 1). What
    is no matrix of floating-point numbers stays as it is.

    Raises:
        ValueError: an entry's name is that of another's scales; as `quantize_rows`, with the name.
    """
    smaller: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if name.removesuffix(SCALES) in state and name.endswith(SCALES):
            raise ValueError(f"{name!r} is an entry of its own: is the state quantized already?")
        if tensor.ndim == 2 and tensor.is_floating_point():
            try:
                smaller[name], smaller[name + SCALES] = quantize_rows(tensor, 8, torch.float16)
            except ValueError as error:
                raise ValueError(f"{name!r}: {error}") from error
        else:
            smaller[name] = tensor
    return smaller


def restored_state(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state dict of float32 matrices that `quantized_state` made smaller; others stay.

    Raises:
        ValueError: there are scales without numbers; as `dequantize`, with the name.
    """
    restored: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if not name.endswith(SCALES):
            restored[name] = tensor
    for name in state.keys() - restored.keys():
        matrix = name.removesuffix(SCALES)
        if matrix not in restored:
            raise ValueError(f"{name!r} are scales without numbers: {matrix!r} is missing")
        try:
            restored[matrix] = dequantize(restored[matrix], state[name])
        except (TypeError, ValueError) as error:
            raise ValueError(f"{matrix!r}: {error}") from error
    return restored
