"""Evaluation mode for a while."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import torch
from torch import nn

import livetorch
from livetorch.modes import evaluating

PACKAGE = Path(livetorch.__file__).parent


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


def test_one_function_switches_to_evaluation_and_keeps_the_modes() -> None:
    """No other does it to a model of a reader's, and one loop switches to training.

    Weights that ship or that others carry come as a model in evaluation mode, a model that is made
    smaller too, and an adapter starts in the mode of the layer that it goes around.
    """
    uses: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and node.func
            switched = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node
            for use, names in ((called, ("eval", "train")), (switched, ("training",))):
                if isinstance(use, ast.Attribute) and use.attr in names:
                    uses.setdefault(use.attr, set()).add(path.relative_to(PACKAGE).as_posix())
    pretrained = {f"pretrained/{kind}.py" for kind in ("pictures", "sentences", "voices")}
    assert uses == {
        "training": {"modes.py"},
        "eval": {"modes.py", "weights/__init__.py", "searching.py", *pretrained},
        "train": {"training.py", "adapters.py"},
    }
