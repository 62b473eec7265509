"""A second device on a machine that has none, to see whether a notebook mixes devices.

Tensors on ``other`` are kept and computed by the processor, but say that they are elsewhere, and
an operation between the two places fails as it does with a graphics card. ``start`` makes the
device known to torch; with LIVETORCH_DEVICE=other every ``fit`` of the package trains there.

Not seen: what a real device computes otherwise or does not know (float64 on Apple's, an operation
without a kernel), its memory, and that it works while Python goes on.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.backend_registration import (
    _DummyBackendModule,
    _setup_privateuseone_for_python_backend,
)

NAME = "other"
CPU = torch.device("cpu")
MOVES = ("aten::_to_copy", "aten::copy_", "aten::_copy_from")
"""The operations in which tensors of two places may meet."""
libraries: list[torch.library.Library] = []
"""What tells torch how to compute there, for as long as it lives."""


class OtherTensor(Tensor):
    """A tensor elsewhere; ``here`` holds its numbers."""

    here: Tensor

    @staticmethod
    def __new__(cls, here: Tensor) -> OtherTensor:
        made: OtherTensor = Tensor._make_wrapper_subclass(
            cls,
            here.size(),
            strides=here.stride(),
            storage_offset=here.storage_offset(),
            dtype=here.dtype,
            device=torch.device(NAME, 0),
            requires_grad=False,
        )
        made.here = here
        return made

    def __repr__(self, *, tensor_contents: Any = None) -> Any:  # type: ignore[override]
        return f"{self.here!r} on {NAME}"

    def tolist(self) -> Any:
        return self.here.tolist()  # torch's own refuses every subclass

    def __reduce_ex__(self, _protocol: Any) -> Any:
        # How tensors of a device that shares no storage go into a file: its name, not this class's.
        whole = (self.here, self.dtype, str(self.device), self.requires_grad)
        return torch._utils._rebuild_device_tensor_from_cpu_tensor, whole

    def __format__(self, form: str) -> str:
        return format(self.here, form) if self.dim() == 0 else repr(self)

    def numpy(self, **_: Any) -> Any:
        raise TypeError(
            f"can't convert {NAME}:0 device type tensor to numpy. Use Tensor.cpu() "
            "to copy the tensor to host memory first."
        )

    def __array__(self, *_: Any, **__: Any) -> Any:
        return self.numpy()

    @classmethod
    def __torch_dispatch__(
        cls, operation: Any, _types: Any, arguments: Any = (), options: Any = None
    ) -> Any:
        return compute(operation, *arguments, **(options or {}))


@functools.cache
def traits(operation: Any) -> tuple[bool, bool, tuple[int, str] | None]:
    """Whether places may meet in an operation, whether it copies, and the argument it writes to."""
    schema = operation._schema
    written = ((i, place.name) for i, place in enumerate(schema.arguments) if place.is_write)
    return schema.name in MOVES, schema.name == "aten::_to_copy", next(written, None)


def compute(operation: Any, *arguments: Any, **options: Any) -> Any:
    """The result of one of torch's operations, there unless it is a copy to the processor.

    Raises:
        RuntimeError: a tensor from here and one from there meet.
    """
    moves, copies, written = traits(operation)
    target = options.get("device")
    leaving = copies and target is not None and target.type != NAME
    places: set[bool] = set()
    here = [brought_here(value, places) for value in arguments]
    named = {name: brought_here(value, places) for name, value in options.items()}
    if len(places) > 1 and not moves:
        raise RuntimeError(
            "Expected all tensors to be on the same device, but found at least two devices, "
            f"{NAME}:0 and cpu! ({operation._schema.name})"
        )
    result = operation(*here, **named)
    if leaving:
        return result
    if isinstance(result, Tensor):
        if written is None:
            return OtherTensor(result)
        place, name = written  # what was written into is the result
        return arguments[place] if place < len(arguments) else options[name]
    if isinstance(result, tuple | list):
        return type(result)(OtherTensor(r) if isinstance(r, Tensor) else r for r in result)
    return result


def brought_here(value: Any, places: set[bool]) -> Any:
    """An argument as the processor takes it; notes whether it was elsewhere, if it is a tensor."""
    if isinstance(value, OtherTensor):
        places.add(True)
        return value.here
    if isinstance(value, Tensor):
        if value.dim() > 0:  # a single number may come from the processor, as with every device
            places.add(False)
        return value
    if isinstance(value, list | tuple):
        return type(value)(brought_here(part, places) for part in value)
    if isinstance(value, torch.device) and value.type == NAME:
        return CPU
    return value


class Backend(_DummyBackendModule):
    """What torch asks of the module of a device, beyond what its own stand-in answers."""

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.float16, torch.bfloat16]

    def get_rng_state(self, _device: object = None) -> Tensor:
        return torch.get_rng_state()

    def set_rng_state(self, state: Tensor, _device: object = None) -> None:
        torch.set_rng_state(state)


def staying(apply: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
    """``Module._apply`` so that a parameter moves and stays the one that an optimizer knows.

    Real devices do so of themselves. Not switched on for good, since ``load_state_dict`` would
    then swap too, which it does for no real device.
    """

    @functools.wraps(apply)
    def moved(*arguments: Any, **options: Any) -> nn.Module:
        before = torch.__future__.get_swap_module_params_on_conversion()
        torch.__future__.set_swap_module_params_on_conversion(True)
        try:
            return apply(*arguments, **options)
        finally:
            torch.__future__.set_swap_module_params_on_conversion(before)

    return moved


def start() -> None:
    """Let torch know the device, in this process and from now on."""
    from torch._decomp import decompositions

    _setup_privateuseone_for_python_backend(NAME, Backend())
    nn.Module._apply = staying(nn.Module._apply)  # type: ignore[method-assign]
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
