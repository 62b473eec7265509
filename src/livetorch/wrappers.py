"""What may be wrapped around a model, and the model inside."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, cast

from torch import nn
from torch.nn.parallel import DistributedDataParallel


def inner_model(model: nn.Module) -> nn.Module:
    """The model without what is wrapped around it: the last of `with_inner`."""
    return list(with_inner(model))[-1]


def with_inner(model: nn.Module) -> Iterator[nn.Module]:
    """The model, and what it is a wrapper of, and so on.

    Wrappers are those of DistributedDataParallel, of DataParallel and of torch.compile, in any
    order. What is wrapped deeper inside, as a layer of the model, is a part of the model.
    """
    # torch.compile imports this module; who never called it need not wait for the import.
    compiled = getattr(sys.modules.get("torch._dynamo.eval_frame"), "OptimizedModule", ())
    yield model
    if isinstance(model, compiled):
        yield from with_inner(cast(Any, model)._orig_mod)
    elif isinstance(model, (DistributedDataParallel, nn.DataParallel)):
        yield from with_inner(model.module)
