"""Whether a model trains or is used: a switch that each of its modules has for itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """The model in evaluation mode for the block, and every module as it was afterwards.

    ``model.train()`` at the end would not do: it would also switch on a part that was in
    evaluation mode before, such as the frozen batch normalization of a pretrained network. After
    an error the modes come back too. Gradients are another switch: `torch.no_grad`.
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
