"""A second device on a machine that has none, to see whether a notebook mixes devices.

Tensors on ``other`` are kept and computed by the processor, but say that they are elsewhere, and
an operation between the two places fails as it does with a graphics card. ``start`` makes the
device known to torch; with LIVETORCH_DEVICE=other every ``fit`` of the package trains there.

Not seen: what a real device computes otherwise or does not know (float64 on Apple's, an operation
without a kernel), its memory, and that it works while Python goes on.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "other"
MOVES = ("aten::_to_copy", "aten::copy_", "aten::_copy_from")
"""The operations in which tensors of two places may meet."""
libraries: list[torch.library.Library] = []
"""What tells torch how to compute there, for as long as it lives."""


class OtherTensor(Tensor):
    """A tensor elsewhere; ``here`` holds its numbers."""

    here: Tensor

    @staticmethod
    def __new__(cls, here: Tensor) -> OtherTensor:
        made: OtherTensor = Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls, here.size(), strides=here.stride(), storage_offset=here.storage_offset(),
            dtype=here.dtype, device=f"{NAME}:0", requires_grad=False,
        )  # fmt: skip
        made.here = here
        return made

    def __repr__(self, **_: Any) -> str:
        return f"{self.here!r} on {NAME}"

    def tolist(self) -> Any:
        return self.here.tolist()  # torch's own refuses every subclass

    def __format__(self, form: str) -> str:
        return format(self.here, form) if self.dim() == 0 else repr(self)

    def numpy(self, **_: Any) -> Any:
        raise TypeError(f"can't convert {NAME}:0 device type tensor to numpy. Use Tensor.cpu() "
                        "to copy the tensor to host memory first.")  # fmt: skip

    def __array__(self, *_: Any, **__: Any) -> Any:
        return self.numpy()

    @classmethod
    def __torch_dispatch__(
        cls, operation: Any, _types: Any, arguments: Any = (), options: Any = None
    ) -> Any:
        return compute(operation, *arguments, **(options or {}))


def compute(operation: Any, *arguments: Any, **options: Any) -> Any:
    """The result of one of torch's operations, there unless it is a copy to the processor.

    Raises:
        RuntimeError: a tensor from here and one from there meet.
    """
    name = operation._schema.name
    tensors = [leaf for leaf in tree_leaves((arguments, options)) if isinstance(leaf, Tensor)]
    elsewhere = [isinstance(tensor, OtherTensor) for tensor in tensors]
    # A number in a tensor may come from the processor, as with every device.
    if (
        name not in MOVES
        and any(elsewhere)
        and any(
            not there and tensor.dim() > 0 for tensor, there in zip(tensors, elsewhere, strict=True)
        )
    ):
        raise RuntimeError(
            "Expected all tensors to be on the same device, but found at least two devices, "
            f"{NAME}:0 and cpu! ({name})"
        )
    result = operation(*tree_map(brought_here, arguments), **tree_map(brought_here, options))
    if name == "aten::_to_copy" and options.get("device", torch.device(NAME)).type != NAME:
        return result
    for argument, place in zip(arguments, operation._schema.arguments, strict=False):
        if place.is_write and isinstance(result, Tensor):
            return argument  # what was written into keeps its name
    if not isinstance(result, Tensor | tuple | list):
        return result
    return tree_map(lambda part: OtherTensor(part) if isinstance(part, Tensor) else part, result)


def brought_here(value: Any) -> Any:
    if isinstance(value, OtherTensor):
        return value.here
    if isinstance(value, torch.device) and value.type == NAME:
        return torch.device("cpu")
    return value


def start() -> None:
    """Let torch know the device, in this process and from now on."""
    from torch._decomp import decompositions

    _setup_privateuseone_for_python_backend(NAME)
    # A parameter must stay the one that an optimizer knows, as it does with real devices.
    torch.__future__.set_swap_module_params_on_conversion(True)
    fallback = torch.library.Library("_", "IMPL")
    fallback.fallback(compute, "PrivateUse1")
    # Off the processor torch wants a recurrent layer in one piece, or in the steps that it lists.
    steps = torch.library.Library("aten", "IMPL")
    for form, function in {
        "gru.input": decompositions.gru_impl,
        "lstm.input": decompositions.lstm_impl,
        "rnn_tanh.input": decompositions.rnn_tanh_input,
        "rnn_relu.input": decompositions.rnn_relu_input,
    }.items():
        steps.impl(form, function, "AutogradPrivateUse1")
    libraries.extend([fallback, steps])
