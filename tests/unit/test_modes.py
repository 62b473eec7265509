"""Evaluation mode for a while."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from livetorch.modes import evaluating


def mixed() -> nn.Sequential:
    """In training mode, with a frozen batch normalization deep inside."""
    inner = nn.Sequential(nn.BatchNorm1d(2).eval(), nn.Dropout())
    return nn.Sequential(nn.Linear(2, 2), inner)


def modes_of(model: nn.Module) -> list[bool]:
    return [module.training for module in model.modules()]


@pytest.mark.parametrize("model", [mixed(), mixed().eval(), mixed().train()])
def test_every_module_comes_back_as_it_was(model: nn.Sequential) -> None:
    before = modes_of(model)
    with evaluating(model):
        assert modes_of(model) == [False] * len(before)
    assert modes_of(model) == before


def test_modes_come_back_after_an_error() -> None:
    model = mixed()
    before = modes_of(model)
    with pytest.raises(KeyError, match="inside"), evaluating(model):
        raise KeyError("inside")
    assert modes_of(model) == before


def test_a_block_inside_a_block() -> None:
    model = mixed()
    before = modes_of(model)
    with evaluating(model):
        with evaluating(model):
            pass
        assert not any(modes_of(model))
    assert modes_of(model) == before


def test_gradients_are_left_alone() -> None:
    with evaluating(mixed()):
        assert torch.is_grad_enabled()
