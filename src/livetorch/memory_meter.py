"""How many bytes of tensors are alive, counted by what each operation makes."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class MemoryMeter(TorchDispatchMode):
    """Counts the storages that operations inside of the block make, for as long as they are alive.

    A view makes none, and a storage that is emptied and filled again, as `fully_shard` does with
    the parameters of a layer, counts as what it holds. Of a DTensor the part of this process
    counts. Neither what one operation takes and frees within itself is seen, nor a tensor that is
    made of Python's numbers, as ``torch.tensor`` does.

    ```
    with MemoryMeter() as meter:
        model(inputs)
    print(meter.now, max(meter.trace))
    ```
    """

    def __init__(self) -> None:
        super().__init__()
        self.storages: weakref.WeakSet[torch.UntypedStorage] = weakref.WeakSet()
        self.trace = [0]
        """bytes after each operation"""

    @property
    def now(self) -> int:
        """Bytes that are alive."""
        return sum(storage.nbytes() for storage in self.storages)

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        given = {storage.data_ptr() for storage in storages((args, kwargs))}
        result = func(*args, **(kwargs or {}))
        for storage in storages(result):
            if storage.data_ptr() not in given:  # else it is older, and this is a view
                self.storages.add(storage)
        self.trace.append(self.now)
        return result


def storages(values: Any) -> Iterator[torch.UntypedStorage]:
    """Those of all tensors among some values, as often as they come."""
    for value in tree_leaves(values):
        if isinstance(value, Tensor):
            yield getattr(value, "_local_tensor", value).untyped_storage()
