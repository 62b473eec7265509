"""The engine of chapter 2 against torch, where a power is delicate."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from book.notebooks import ROOT, code_cells, read


@pytest.fixture(scope="module")
def engine() -> dict[str, Any]:
    """The names that the lesson's engine defines."""
    path = ROOT / "chapters" / "02-autograd" / "2-an-engine-of-your-own.ipynb"
    cells = code_cells(read(path))
    names: dict[str, Any] = {"math": math}
    for cell in cells:
        if "engine" in cell.metadata.get("tags", []):
            exec(cell.source, names)
    return names


@pytest.mark.parametrize("p", [0, 0.0, 0.5, 1, 1.5, 2, 3, -1, -2, -0.5])
@pytest.mark.parametrize("value", [0.0, 0, -2.0, -0.25, 4.0])
def test_a_power_is_what_torch_says(engine: dict[str, Any], value: float, p: float) -> None:
    number = engine["Number"](value)
    power = engine["power"](number, p)
    engine["backward"](power)
    leaf = torch.tensor(value, dtype=torch.float64, requires_grad=True)
    result = leaf**p
    result.backward()
    assert leaf.grad is not None
    torch.testing.assert_close(float(power.value), result.item(), equal_nan=True)
    torch.testing.assert_close(float(number.grad), leaf.grad.item(), equal_nan=True)


def test_the_slope_of_the_root_at_zero_is_infinite(engine: dict[str, Any]) -> None:
    number = engine["Number"](0.0)
    engine["backward"](engine["power"](number, 0.5))
    assert number.grad == math.inf
