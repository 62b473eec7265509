"""A step of the hand-written optimizers and of torch's, each against torch's plain for-loop.

The gradients are there before the clock starts: nothing but the step is measured. Many small
parameters show what each operation costs to start, a few large ones what it costs to read and
write the memory. All rows are one thread's processor time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

from bench.measure import Row, ratios, row
from livetorch.optimizers import ByHand, Rule, adamw, momentum

Shapes = list[tuple[int, ...]]
Make = Callable[[list[nn.Parameter]], torch.optim.Optimizer]
SIZES: dict[str, tuple[Shapes, int]] = {
    "200 small": ([(32, 32), (32,)] * 100, 20),
    "4 large": ([(1024, 1024)] * 4, 3),
}
"""The shapes of the parameters, and so many steps that a run takes some hundredths of a second."""


def parameters_of(shapes: Shapes) -> list[nn.Parameter]:
    """Parameters with their gradients, the same ones each time."""
    generator = torch.Generator().manual_seed(0)
    parameters = []
    for shape in shapes:
        parameter = nn.Parameter(torch.randn(shape, generator=generator))
        parameter.grad = torch.randn(shape, generator=generator)
        parameters.append(parameter)
    return parameters


def stepping(make: Make, shapes: Shapes, steps: int) -> Callable[[], None]:
    """A run: some steps of an optimizer that has already taken its first one."""
    optimizer = make(parameters_of(shapes))
    optimizer.step()

    def run() -> None:
        for _ in range(steps):
            optimizer.step()

    return run


def makers(name: str) -> dict[str, Make]:
    """By hand and the three ways of torch, by what they are called; the for-loop comes last."""
    # The rates are small enough for the same gradient again and again.
    settings: dict[str, Any] = {"lr": 1e-6, "momentum": 0.9} if name == "momentum" else {"lr": 1e-6}
    rule: Rule = momentum if name == "momentum" else adamw
    cls: Any = torch.optim.SGD if name == "momentum" else torch.optim.AdamW
    return {
        "by hand": lambda params: ByHand(params, rule, **settings),
        "foreach": lambda params: cls(params, foreach=True, **settings),
        "fused": lambda params: cls(params, fused=True, **settings),
        "for-loop": lambda params: cls(params, foreach=False, fused=False, **settings),
    }


def rows(runs: int) -> Iterator[Row]:
    torch.set_num_threads(1)
    for name in ("momentum", "AdamW"):
        for size, (shapes, steps) in SIZES.items():
            *contenders, (usual, make_usual) = makers(name).items()
            for how, make in contenders:
                contender = stepping(make, shapes, steps)
                baseline = stepping(make_usual, shapes, steps)
                yield row(f"{name}, {size}: {how} / {usual}", ratios(contender, baseline, runs))
