"""The hand-written optimizers against torch.optim: same start, same batches, same weights."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.optimizers import SIZES, makers, parameters_of
from livetorch import optimizers
from livetorch.models.gpt import GPT, GPTSettings
from livetorch.optimizers import (
    ByHand,
    Rule,
    adam,
    adamw,
    momentum,
    muon,
    muon_and_adamw,
    orthogonalize,
    sgd,
)

TORCH = torch.optim
STEPS = 100
Make = Callable[..., torch.optim.Optimizer]

CASES: list[tuple[str, Make, dict[str, Any], dict[str, Any]]] = [
    # rule, torch's class, settings of both, further settings of torch's
    ("sgd", TORCH.SGD, {}, {}),
    ("sgd", TORCH.SGD, {"lr": 0.1}, {}),
    ("sgd", TORCH.SGD, {"lr": 0.1, "weight_decay": 0.1}, {}),
    ("momentum", TORCH.SGD, {"lr": 0.05, "momentum": 0.9}, {}),
    ("momentum", TORCH.SGD, {"lr": 0.1, "momentum": 0.0}, {}),
    ("momentum", TORCH.SGD, {"lr": 0.05, "momentum": 0.5, "weight_decay": 0.1}, {}),
    ("nesterov", TORCH.SGD, {"lr": 0.05, "momentum": 0.9}, {"nesterov": True}),
    ("nesterov", TORCH.SGD, {"lr": 0.05, "momentum": 0.7, "weight_decay": 0.1}, {"nesterov": True}),
    ("rmsprop", TORCH.RMSprop, {}, {}),
    ("rmsprop", TORCH.RMSprop, {"lr": 0.02, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1}, {}),
    ("adam", TORCH.Adam, {}, {}),
    ("adam", TORCH.Adam, {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-3}, {}),
    ("adam", TORCH.Adam, {"lr": 0.02, "weight_decay": 0.1}, {}),
    ("adamw", TORCH.AdamW, {}, {}),
    (
        "adamw",
        TORCH.AdamW,
        {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.5},
        {},
    ),
    ("adamw", TORCH.AdamW, {"lr": 0.02, "weight_decay": 0.0}, {}),
]


def small_net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3)).double()


def batches() -> list[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(1)
    features = torch.randn(STEPS, 10, 5, generator=generator).double()
    targets = torch.randint(3, (STEPS, 10), generator=generator)
    return list(zip(features, targets, strict=True))


def train(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    after_step: Callable[[], None] = lambda: None,
) -> list[Tensor]:
    """The weights after each of the steps, as one vector each."""
    path = []
    for features, targets in batches():
        optimizer.zero_grad()
        functional.cross_entropy(model(features), targets).backward()
        optimizer.step()
        after_step()
        path.append(nn.utils.parameters_to_vector(model.parameters()).detach())
    return path


def assert_same_path(ours: list[Tensor], theirs: list[Tensor]) -> None:
    assert not torch.allclose(ours[0], ours[-1]), "nothing moved"
    torch.testing.assert_close(torch.stack(ours), torch.stack(theirs))


@pytest.mark.parametrize(("name", "make", "settings", "further"), CASES)
def test_equal_to_torch(
    name: str, make: Make, settings: dict[str, Any], further: dict[str, Any]
) -> None:
    rule: Rule = getattr(optimizers, name)
    ours, theirs = small_net(), small_net()
    assert_same_path(
        train(ours, ByHand(ours.parameters(), rule, **settings)),
        train(theirs, make(theirs.parameters(), **settings, **further)),
    )


@pytest.mark.parametrize("settings", [{}, {"lr": 0.02, "momentum": 0.8, "weight_decay": 0.5}])
def test_muon_is_equal_to_torch(settings: dict[str, Any]) -> None:
    ours, theirs = small_net(), small_net()
    matrices = [[p for p in net.parameters() if p.ndim == 2] for net in (ours, theirs)]
    assert_same_path(
        train(ours, ByHand(matrices[0], muon, **settings)),
        train(theirs, torch.optim.Muon(matrices[1], **settings)),
    )


@pytest.mark.parametrize("shape", [(6, 6), (4, 9), (9, 4)])
def test_orthogonalize_levels_the_singular_values(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalize(matrix))
    assert values.min() > 0.5
    assert values.max() < 1.3
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    alignment = (orthogonalize(matrix) * (left @ right)).sum() / min(shape)
    assert alignment > 0.6, "the singular vectors are no longer those of the matrix"
    assert orthogonalize(torch.zeros(shape)).isfinite().all()


def test_parameter_groups_have_settings_of_their_own() -> None:
    ours, theirs = small_net(), small_net()

    def groups(net: nn.Module) -> list[dict[str, Any]]:
        matrices = [p for p in net.parameters() if p.ndim == 2]
        vectors = [p for p in net.parameters() if p.ndim == 1]
        return [{"params": matrices}, {"params": vectors, "weight_decay": 0.0, "lr": 0.1}]

    assert_same_path(
        train(ours, ByHand(groups(ours), adamw, lr=0.02, weight_decay=0.5)),
        train(theirs, torch.optim.AdamW(groups(theirs), lr=0.02, weight_decay=0.5)),
    )


@pytest.mark.parametrize(("name", "make"), [("momentum", TORCH.SGD), ("adamw", TORCH.AdamW)])
def test_a_schedule_drives_it(name: str, make: Make) -> None:
    ours, theirs = small_net(), small_net()
    further = {"momentum": 0.9} if name == "momentum" else {}

    def with_schedule(net: nn.Module, optimizer: torch.optim.Optimizer) -> list[Tensor]:
        # One cycle moves the momentum, or the first beta, too.
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=STEPS)
        return train(net, optimizer, schedule.step)

    assert_same_path(
        with_schedule(ours, ByHand(ours.parameters(), getattr(optimizers, name), **further)),
        with_schedule(theirs, make(theirs.parameters(), **further)),
    )


def test_state_is_saved_and_loaded() -> None:
    model = small_net()
    optimizer = ByHand(model.parameters(), adam, lr=0.02)
    train(model, optimizer)
    other = copy.deepcopy(model)
    resumed = ByHand(other.parameters(), adam)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert_same_path(train(other, resumed), train(model, optimizer))


def test_a_parameter_without_gradient_stays() -> None:
    used, unused = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    optimizer = ByHand([used, unused], adamw, lr=0.1)
    used.sum().backward()
    optimizer.step()
    torch.testing.assert_close(unused.detach(), torch.ones(2))
    assert not torch.equal(used.detach(), torch.ones(2))
    assert unused not in optimizer.state


@pytest.mark.parametrize(
    "rule", [sgd, momentum, optimizers.nesterov, optimizers.rmsprop, adam, adamw]
)
def test_a_step_leaves_the_gradient_alone_and_moves_in_place(rule: Rule) -> None:
    parameter = nn.Parameter(torch.tensor([1.0, -2.0]))
    place = parameter.data_ptr()
    optimizer = ByHand([parameter], rule, lr=0.1, weight_decay=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        (parameter**2).sum().backward()
        assert parameter.grad is not None
        before = parameter.grad.clone()
        optimizer.step()
        torch.testing.assert_close(parameter.grad, before)
    assert parameter.data_ptr() == place
    assert parameter.requires_grad


def test_adam_takes_first_steps_of_the_length_of_the_rate() -> None:
    parameter = nn.Parameter(torch.tensor([1.0, 1.0]))
    parameter.grad = torch.tensor([1e4, -1e-4])
    ByHand([parameter], adam, lr=0.1).step()
    torch.testing.assert_close(parameter.detach(), torch.tensor([0.9, 1.1]), rtol=0, atol=1e-4)


def test_a_closure_is_called_with_gradients_on() -> None:
    parameter = nn.Parameter(torch.tensor(2.0))
    optimizer = ByHand([parameter], sgd, lr=0.1)

    def closure() -> float:
        optimizer.zero_grad()
        loss = parameter**2
        loss.backward()
        return loss.item()

    assert optimizer.step(closure) == 4.0
    assert parameter.item() == pytest.approx(1.6)
    assert ByHand([parameter], sgd).step() is None


@pytest.mark.parametrize(
    ("rule", "settings", "message"),
    [
        (sgd, {"lr": -0.1}, "lr must be at least 0"),
        (sgd, {"lr": float("nan")}, "lr must be at least 0"),
        (sgd, {"weight_decay": -1}, "weight_decay must be at least 0"),
        (momentum, {"momentum": 1.0}, "momentum must be at least 0 and below 1"),
        (optimizers.rmsprop, {"alpha": -0.1}, "alpha must be at least 0 and below 1"),
        (adam, {"eps": -1e-8}, "eps must be at least 0"),
        (adam, {"betas": (0.9, 1.0)}, "each of betas must be at least 0 and below 1"),
    ],
)
def test_settings_out_of_range(rule: Rule, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ByHand(small_net().parameters(), rule, **settings)


def test_other_errors() -> None:
    with pytest.raises(TypeError, match=r"sgd has the settings lr, weight_decay; not \['momentum"):
        ByHand(small_net().parameters(), sgd, momentum=0.9)
    with pytest.raises(ValueError, match="empty parameter list"):
        ByHand([], sgd)
    with pytest.raises(ValueError, match="lr must be at least 0"):
        ByHand([{"params": list(small_net().parameters()), "lr": -1}], sgd)
    parameter = nn.Parameter(torch.ones(3))
    parameter.grad = torch.ones(3)
    with pytest.raises(ValueError, match=r"muon moves matrices, this parameter is \(3,\)"):
        ByHand([parameter], muon).step()


@pytest.mark.parametrize("name", ["momentum", "AdamW"])
def test_the_benchmark_compares_the_same_steps(name: str) -> None:
    shapes = SIZES["200 small"][0][:4]
    ends = []
    for make in makers(name).values():
        optimizer = make(parameters := parameters_of(shapes))
        for group in optimizer.param_groups:
            group["lr"] = 0.1
        for _ in range(3):
            optimizer.step()
        ends.append(nn.utils.parameters_to_vector(parameters).detach())
    assert len(ends) == 4
    for end in ends:
        torch.testing.assert_close(end, ends[0])


def test_muon_for_the_matrices_of_blocks_and_adamw_for_the_rest() -> None:
    def gpt() -> GPT:
        torch.manual_seed(0)
        return GPT(GPTSettings.gpt2(7, context_length=6, num_layers=2, width=8))

    ours, theirs = gpt(), gpt()
    optimizer = muon_and_adamw(ours, muon_lr=0.03, adamw_lr=0.01)
    matrices = [p for p in theirs.blocks.parameters() if p.ndim == 2]
    others = [p for p in theirs.parameters() if all(p is not matrix for matrix in matrices)]
    assert len(matrices) == 2 * 6
    assert any(p is theirs.embedding.weight for p in others)
    pair = (
        ByHand(matrices, muon, lr=0.03, weight_decay=0.0, dtype=torch.float32),
        torch.optim.AdamW(others, lr=0.01, betas=(0.9, 0.99), weight_decay=0.0),
    )
    tokens = torch.randint(7, (4, 6), generator=torch.Generator().manual_seed(0))
    for _ in range(3):
        for model, steppers in ((ours, (optimizer,)), (theirs, pair)):
            model.zero_grad()
            functional.cross_entropy(
                model(tokens)[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()
            ).backward()
            for stepper in steppers:
                stepper.step()
    start = nn.utils.parameters_to_vector(gpt().parameters())
    moved = [nn.utils.parameters_to_vector(model.parameters()) for model in (ours, theirs)]
    assert (moved[0] - start).abs().max() > 1e-3
    torch.testing.assert_close(moved[0], moved[1], atol=1e-5, rtol=1e-4)
