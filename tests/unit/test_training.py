"""The training loop against loops written by hand, closed forms, and torch's own schedulers."""

from __future__ import annotations

import copy
import io
import math
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, TensorDataset

from livetorch import History, accuracy, evaluate, fit, half_mse_loss, train_epoch
from livetorch.datasets import make_linear_data, make_loader
from livetorch.models.linear import LinearRegression, LogisticRegression, SoftmaxRegression

Batches = list[tuple[Tensor, ...]]


@pytest.fixture(autouse=True)
def _seeded_and_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    # A plugin of pytest may have loaded ipykernel, and then a fit shows a bar.
    monkeypatch.setenv("LIVETORCH_PROGRESS", "0")


def regression_batches(sizes: Iterable[int] = (4, 4, 1), seed: int = 0) -> Batches:
    """Batches of features (B, 3) and targets (B, 1); the last one is uneven."""
    generator = torch.Generator().manual_seed(seed)
    return [
        (torch.randn(size, 3, generator=generator), 3 * torch.randn(size, 1, generator=generator))
        for size in sizes
    ]


def joined(batches: Batches) -> tuple[Tensor, ...]:
    return tuple(torch.cat(tensors) for tensors in zip(*batches, strict=True))


def network() -> nn.Sequential:
    """A model whose two modes differ: it has dropout and batch normalization."""
    return nn.Sequential(
        nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 1)
    )


def state_of(model: nn.Module) -> dict[str, Tensor]:
    return copy.deepcopy(model.state_dict())


def assert_same_state(model: nn.Module, state: dict[str, Tensor]) -> None:
    """Bit for bit: no tolerance."""
    assert model.state_dict().keys() == state.keys()
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, state[name]), f"{name} differs"


def mean_absolute_error(outputs: Tensor, targets: Tensor) -> float:
    return (outputs - targets).abs().mean().item()


# train_epoch


def test_train_epoch_averages_by_example() -> None:
    model, batches = LinearRegression(3), regression_batches()
    still = torch.optim.SGD(model.parameters(), lr=0.0)  # the weights stay, so all is comparable
    values = train_epoch(
        model, batches, nn.functional.mse_loss, still, metrics={"mae": mean_absolute_error}
    )
    features, targets = joined(batches)
    errors = (model(features) - targets).detach()
    assert values["loss"] == pytest.approx(errors.square().mean().item(), rel=1e-6)
    assert values["mae"] == pytest.approx(errors.abs().mean().item(), rel=1e-6)
    mean_of_means = sum(functional.mse_loss(model(x), y).item() for x, y in batches) / 3
    assert values["loss"] != pytest.approx(mean_of_means, rel=1e-3)


def test_train_epoch_is_the_loop_by_hand() -> None:
    batches = regression_batches()
    model = LinearRegression(3)
    twin = copy.deepcopy(model)
    metrics = {"mae": mean_absolute_error}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    values = train_epoch(model, batches, half_mse_loss, optimizer, metrics=metrics)
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.1, momentum=0.9)
    losses, maes = [], []
    for features, targets in batches:
        predictions = twin(features)
        loss = half_mse_loss(predictions, targets)
        losses.append(loss.item() * len(targets))
        maes.append(mean_absolute_error(predictions, targets) * len(targets))  # before the step
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert_same_state(model, twin.state_dict())
    assert values == {"loss": sum(losses) / 9, "mae": sum(maes) / 9}


def test_train_epoch_sets_training_mode_and_forgets_old_gradients() -> None:
    batches = regression_batches(sizes=[4])
    model = network().eval()
    expected = copy.deepcopy(model).train()
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 1e6)
    torch.manual_seed(1)
    train_epoch(model, batches, half_mse_loss, torch.optim.SGD(model.parameters(), lr=0.1))
    torch.manual_seed(1)
    optimizer = torch.optim.SGD(expected.parameters(), lr=0.1)
    half_mse_loss(expected(batches[0][0]), batches[0][1]).backward()
    optimizer.step()
    assert all(module.training for module in model.modules())
    assert_same_state(model, expected.state_dict())


def test_metrics_get_no_graph() -> None:
    seen = []

    def metric(outputs: Tensor, targets: Tensor) -> float:
        seen.append((outputs.requires_grad, outputs.shape == targets.shape))
        return 0.0

    model = LinearRegression(3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train_epoch(model, regression_batches(), half_mse_loss, optimizer, metrics={"seen": metric})
    assert seen == [(False, True)] * 3


def test_scheduler_of_train_epoch_steps_after_each_batch() -> None:
    model = LinearRegression(3)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    halve = lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    train_epoch(model, regression_batches(), half_mse_loss, optimizer, scheduler=halve)
    assert optimizer.param_groups[0]["lr"] == 0.5**3


def test_model_of_several_inputs() -> None:
    class Sum(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.tensor(2.0))

        def forward(self, left: Tensor, right: Tensor) -> Tensor:
            return self.scale * (left - right)

    left, right = torch.tensor([5.0, 6.0]), torch.tensor([1.0, 3.0])
    batches = [(left, right, torch.tensor([8.0, 6.0]))]
    assert evaluate(Sum(), batches, nn.functional.mse_loss) == {"loss": 0.0}
    model = Sum()
    still = torch.optim.SGD(model.parameters(), lr=0.0)
    assert train_epoch(model, batches, nn.functional.mse_loss, still) == {"loss": 0.0}


# evaluate


def test_evaluate_averages_by_example() -> None:
    batches: Batches = [
        (torch.randn(size, 3), torch.randint(2, (size,), dtype=torch.float32)) for size in (5, 5, 2)
    ]
    model = LogisticRegression(3)
    loss_fn = nn.BCEWithLogitsLoss()
    values = evaluate(model, batches, loss_fn, metrics={"accuracy": accuracy})
    features, targets = joined(batches)
    logits = model(features)
    assert values["loss"] == pytest.approx(loss_fn(logits, targets).item(), rel=1e-6)
    assert values["accuracy"] == pytest.approx(((logits > 0) == targets.bool()).float().mean())


def test_evaluate_uses_evaluation_mode_without_gradients() -> None:
    class Spy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.seen: list[tuple[bool, bool]] = []

        def forward(self, features: Tensor) -> Tensor:
            self.seen.append((self.training, torch.is_grad_enabled()))
            return features

    spy = Spy().train()
    evaluate(spy, [(torch.zeros(2), torch.zeros(2))], half_mse_loss)
    assert spy.seen == [(False, False)]
    assert spy.training
    assert torch.is_grad_enabled()


def mixed_modes() -> nn.Sequential:
    """A model in training mode with a frozen batch normalization inside."""
    model = network().train()
    model[1].eval()
    return model


def modes_of(model: nn.Module) -> list[bool]:
    return [module.training for module in model.modules()]


def test_evaluate_restores_the_mode_of_each_module() -> None:
    for model in (mixed_modes(), network().eval(), network().train()):
        before = modes_of(model)
        evaluate(model, regression_batches(), half_mse_loss)
        assert modes_of(model) == before


def test_evaluate_restores_modes_after_an_error() -> None:
    model = mixed_modes()
    before = modes_of(model)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        evaluate(model, [(torch.zeros(4, 2), torch.zeros(4, 1))], half_mse_loss)
    assert modes_of(model) == before
    assert torch.is_grad_enabled()


def test_evaluate_leaves_weights_buffers_and_gradients_alone() -> None:
    model = network().train()
    half_mse_loss(model(torch.randn(6, 3)), torch.randn(6, 1)).backward()
    state = state_of(model)
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    copies = [gradient.clone() for gradient in gradients]
    random_state = torch.get_rng_state()
    first = evaluate(model, regression_batches(), half_mse_loss)
    assert_same_state(model, state)  # the running statistics of BatchNorm are part of it
    for parameter, gradient, values in zip(model.parameters(), gradients, copies, strict=True):
        assert parameter.grad is gradient
        assert torch.equal(values, gradient)
    assert torch.equal(torch.get_rng_state(), random_state), "dropout was on"
    assert evaluate(model, regression_batches(), half_mse_loss) == first


def test_evaluate_a_model_without_parameters() -> None:
    batches = [(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))]
    assert evaluate(nn.Identity(), batches, half_mse_loss) == {"loss": 1.0}


# fit


@pytest.mark.parametrize("kind", ["sgd", "adam"])
def test_fit_is_the_loop_by_hand(kind: str) -> None:
    def optimizer_of(model: nn.Module) -> torch.optim.Optimizer:
        if kind == "adam":
            return torch.optim.Adam(model.parameters(), lr=0.01)
        return torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

    model = network()
    twin = copy.deepcopy(model)
    train, val = regression_batches([5, 5, 3]), regression_batches([4, 2], seed=1)
    torch.manual_seed(3)
    history = fit(model, train, val, half_mse_loss, optimizer_of(model), epochs=4)

    torch.manual_seed(3)
    optimizer = optimizer_of(twin)
    train_losses, val_losses = [], []
    for _ in range(4):
        twin.train()
        total = 0.0
        for features, targets in train:
            optimizer.zero_grad()
            loss = half_mse_loss(twin(features), targets)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(targets)
        train_losses.append(total / 13)
        twin.eval()
        with torch.no_grad():
            total = sum(half_mse_loss(twin(x), y).item() * len(y) for x, y in val)
        val_losses.append(total / 6)
    assert_same_state(model, twin.state_dict())
    assert history.columns == {"train_loss": train_losses, "val_loss": val_losses}


def test_fit_finds_the_least_squares_solution() -> None:
    data = make_linear_data(200, [2.0, -3.4], 4.2, noise=0.5, seed=0)
    features, targets = (tensor.double() for tensor in data.tensors)
    model = LinearRegression(2).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    fit(model, [(features, targets)], None, half_mse_loss, optimizer, epochs=100)
    with_ones = torch.cat([features, torch.ones(200, 1).double()], dim=1)
    solution = torch.linalg.lstsq(with_ones, targets).solution
    torch.testing.assert_close(model.linear.weight, solution[:2].T, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(model.linear.bias, solution[2], rtol=1e-9, atol=1e-9)


def test_fit_with_shuffled_batches_learns_what_was_put_in() -> None:
    data = make_linear_data(500, [2.0, -3.4], 4.2, noise=0.01, seed=0)
    model = LinearRegression(2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loader = make_loader(data, 32, shuffle=True, seed=0)
    history = fit(model, loader, None, nn.MSELoss(), optimizer, epochs=10)
    expected = torch.tensor([[2.0, -3.4]])
    torch.testing.assert_close(model.linear.weight.detach(), expected, rtol=0, atol=0.005)
    assert model.linear.bias.item() == pytest.approx(4.2, abs=0.005)
    assert history["train_loss"][-1] == pytest.approx(0.01**2, rel=0.2)


def test_fit_measures_under_prefixed_names() -> None:
    batches = [(torch.randn(6, 3), torch.randint(4, (6,)))]
    model = SoftmaxRegression(3, 4)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    metrics = {"accuracy": accuracy}
    arguments: Any = (nn.CrossEntropyLoss(), optimizer)
    history = fit(model, batches, batches, *arguments, epochs=2, metrics=metrics)
    assert list(history) == ["train_loss", "train_accuracy", "val_loss", "val_accuracy"]
    values = evaluate(model, batches, nn.CrossEntropyLoss(), metrics=metrics)
    assert history["val_loss"][-1] == values["loss"]
    assert history["val_accuracy"][-1] == values["accuracy"]
    assert list(fit(model, batches, None, *arguments, epochs=1)) == ["train_loss"]


def test_clipping_is_clipping_by_hand() -> None:
    batches = regression_batches()
    model = LinearRegression(3)
    clipped, free = copy.deepcopy(model), copy.deepcopy(model)
    fit(
        model,
        batches,
        None,
        half_mse_loss,
        torch.optim.SGD(model.parameters(), lr=0.1),
        epochs=2,
        max_grad_norm=0.3,
    )
    for twin, limit in ((clipped, 0.3), (free, math.inf)):
        optimizer = torch.optim.SGD(twin.parameters(), lr=0.1)
        for features, targets in 2 * batches:
            optimizer.zero_grad()
            half_mse_loss(twin(features), targets).backward()
            nn.utils.clip_grad_norm_(twin.parameters(), limit)
            optimizer.step()
    assert_same_state(model, clipped.state_dict())
    assert not torch.equal(model.linear.weight, free.linear.weight), "nothing was clipped"


def test_clipped_steps_have_the_length_asked_for() -> None:
    model, batches = LinearRegression(3), regression_batches(sizes=[4])
    before = nn.utils.parameters_to_vector(model.parameters()).detach()
    train_epoch(
        model,
        batches,
        half_mse_loss,
        torch.optim.SGD(model.parameters(), lr=1.0),
        max_grad_norm=0.25,
    )
    step = nn.utils.parameters_to_vector(model.parameters()).detach() - before
    assert step.norm().item() == pytest.approx(0.25, rel=1e-4)


def rates_during(
    make: Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler],
    *,
    epochs: int,
    loss_fn: Callable[[Tensor, Tensor], Tensor] = half_mse_loss,
    val: bool = True,
) -> list[float]:
    """The learning rate that each training batch of a fit is taken with."""
    rates = []

    class Model(LinearRegression):
        def forward(self, features: Tensor) -> Tensor:
            if self.training:
                rates.append(optimizer.param_groups[0]["lr"])
            return super().forward(features)

    model = Model(3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = make(optimizer)
    batches = regression_batches()
    fit(
        model,
        batches,
        batches if val else None,
        loss_fn,
        optimizer,
        epochs=epochs,
        scheduler=scheduler,
    )
    return rates


def rates_by_hand(
    make: Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler], steps: int
) -> list[float]:
    """The learning rates a scheduler gives when it steps that often."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(()))], lr=0.1)
    scheduler = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def one_cycle(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
    return lr_scheduler.OneCycleLR(optimizer, max_lr=0.2, total_steps=12)


def cyclic(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
    return lr_scheduler.CyclicLR(optimizer, 0.01, 0.1, step_size_up=2, cycle_momentum=False)


def cosine(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
    return lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)


def every_second(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
    return lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1)


@pytest.mark.parametrize("make", [one_cycle, cyclic])
def test_cycles_step_after_each_batch(
    make: Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler],
) -> None:
    rates = rates_during(make, epochs=4)  # of three batches each
    assert rates == rates_by_hand(make, 12)
    assert len(set(rates)) > 2


@pytest.mark.parametrize("make", [every_second, cosine])
def test_other_schedulers_step_after_each_epoch(
    make: Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler],
) -> None:
    rates = rates_during(make, epochs=4)
    assert rates == [rate for rate in rates_by_hand(make, 4) for _ in range(3)]
    assert len(set(rates)) > 1


@pytest.mark.parametrize("val", [True, False])
def test_plateau_watches_the_validation_loss(val: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    model = LinearRegression(3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer)
    seen: list[float] = []
    monkeypatch.setattr(scheduler, "step", seen.append)
    history = fit(
        model,
        regression_batches(),
        regression_batches(seed=1) if val else None,
        half_mse_loss,
        optimizer,
        epochs=3,
        scheduler=scheduler,
    )
    assert seen == history["val_loss" if val else "train_loss"]
    assert len(seen) == 3


def test_plateau_lowers_the_rate_when_nothing_improves() -> None:
    def plateau(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
        return lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1, patience=0)

    def constant(outputs: Tensor, targets: Tensor) -> Tensor:
        return 0 * half_mse_loss(outputs, targets) + 1

    rates = rates_during(plateau, epochs=3, loss_fn=constant)
    # The first epoch sets the mark, the second does not better it.
    assert rates == pytest.approx(6 * [0.1] + 3 * [0.01])


def test_hook_sees_each_epoch_once_it_is_measured() -> None:
    model, batches = LinearRegression(3), regression_batches()
    seen = []

    def hook(epoch: int, given: nn.Module, history: History) -> None:
        assert given is model
        seen.append((epoch, len(history), history["val_loss"][-1]))

    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    history = fit(model, batches, batches, half_mse_loss, optimizer, epochs=3, on_epoch_end=hook)
    losses = history["val_loss"]
    assert seen == [(1, 1, losses[0]), (2, 2, losses[1]), (3, 3, losses[2])]


def test_hook_ends_the_fit_early() -> None:
    model, batches = LinearRegression(3), regression_batches()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def stop_after_two(epoch: int, _model: nn.Module, _history: History) -> bool:
        return epoch == 2

    history = fit(
        model, batches, None, half_mse_loss, optimizer, epochs=9, on_epoch_end=stop_after_two
    )
    assert len(history) == 2


def test_history_is_continued() -> None:
    batches = regression_batches()
    model = LinearRegression(3)
    twin = copy.deepcopy(model)
    epochs = []

    def hook(epoch: int, _model: nn.Module, _history: History) -> None:
        epochs.append(epoch)

    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    arguments: Any = (model, batches, None, half_mse_loss, optimizer)
    first = fit(*arguments, epochs=2, on_epoch_end=hook)
    second = fit(*arguments, epochs=3, on_epoch_end=hook, history=first)
    assert second is first
    assert epochs == [1, 2, 3, 4, 5]
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.1)
    at_once = fit(twin, batches, None, half_mse_loss, optimizer, epochs=5)
    assert first.columns == at_once.columns
    assert len(fit(*arguments, epochs=1)) == 1, "a new fit begins a new history"


@pytest.mark.parametrize(("device", "moves"), [(None, []), ("cpu", ["cpu", "cpu"])])
def test_model_is_moved_only_when_asked(
    device: str | None, moves: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """There, and back again."""
    model = LinearRegression(3)
    moved: list[Any] = []
    monkeypatch.setattr(model, "to", lambda place: moved.append(place.type))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    fit(model, regression_batches(), None, half_mse_loss, optimizer, epochs=1, device=device)
    assert moved == moves


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_batches_follow_the_model_to_the_gpu() -> None:
    model, batches = LinearRegression(3), regression_batches()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    places: list[str] = []

    def look(*_: object) -> None:
        places.append(model.linear.weight.device.type)

    fit(
        model,
        batches,
        batches,
        half_mse_loss,
        optimizer,
        epochs=1,
        device="cuda",
        on_epoch_end=look,
    )
    assert places == ["cuda"]
    assert model.linear.weight.device.type == "cpu"


# The progress bar


class Terminal(io.StringIO):
    """What a person looks at."""

    def isatty(self) -> bool:
        return True


def shown(
    monkeypatch: pytest.MonkeyPatch, *, stream: io.StringIO, progress: bool | None = None
) -> str:
    """What a fit of two epochs writes to the standard error stream."""
    monkeypatch.setattr(sys, "stderr", stream)
    model = LinearRegression(3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    history = fit(
        model, regression_batches(), None, half_mse_loss, optimizer, epochs=2, progress=progress
    )
    assert len(history) == 2
    return stream.getvalue()


def test_people_see_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIVETORCH_PROGRESS", raising=False)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    assert "/2 [" in shown(monkeypatch, stream=Terminal())
    assert shown(monkeypatch, stream=io.StringIO()) == ""
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    assert "/2 [" in shown(monkeypatch, stream=io.StringIO())


def test_stored_notebooks_see_no_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVETORCH_PROGRESS", "0")
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    assert shown(monkeypatch, stream=Terminal()) == ""
    assert capsys.readouterr().out == ""


def test_progress_that_is_asked_for_has_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETORCH_PROGRESS", "0")
    assert "/2 [" in shown(monkeypatch, stream=io.StringIO(), progress=True)
    monkeypatch.setenv("LIVETORCH_PROGRESS", "1")
    assert shown(monkeypatch, stream=Terminal(), progress=False) == ""


# Bad input


@pytest.mark.parametrize("epochs", [0, -1])
def test_fit_without_epochs_is_an_error(epochs: int) -> None:
    model = LinearRegression(3)
    state = state_of(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match=f"epochs must be at least 1, got {epochs}"):
        fit(model, regression_batches(), None, half_mse_loss, optimizer, epochs=epochs)
    assert_same_state(model, state)


def empty_loaders() -> dict[str, Iterable[Any]]:
    data = TensorDataset(*joined(regression_batches()))
    used_up = (batch for batch in regression_batches())
    list(used_up)
    return {
        "no batches": [],
        "dropped": DataLoader(data, batch_size=100, drop_last=True),
        "used up": used_up,
    }


@pytest.mark.parametrize("kind", ["no batches", "dropped", "used up"])
def test_loader_that_gives_no_batch_is_an_error(kind: str) -> None:
    model = LinearRegression(3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loader = empty_loaders()[kind]
    with pytest.raises(ValueError, match="the loader gave no batch"):
        train_epoch(model, loader, half_mse_loss, optimizer)
    with pytest.raises(ValueError, match="the loader gave no batch"):
        evaluate(model, loader, half_mse_loss)
    for train, val in ((loader, None), (regression_batches(), loader)):
        with pytest.raises(ValueError, match="the loader gave no batch"):
            fit(model, train, val, half_mse_loss, optimizer, epochs=1)


def test_generator_lasts_for_one_epoch_only() -> None:
    model = LinearRegression(3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    generator = (batch for batch in regression_batches())
    with pytest.raises(ValueError, match="a generator that was used up before"):
        fit(model, generator, None, half_mse_loss, optimizer, epochs=2)


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (LogisticRegression(3), (4, 1)),
        (LinearRegression(3), (4,)),
        (LinearRegression(3, 2), (4, 1)),
    ],
    ids=["(4,) against (4, 1)", "(4, 1) against (4,)", "(4, 2) against (4, 1)"],
)
def test_float_targets_of_another_shape_are_refused(
    model: nn.Module, shape: tuple[int, ...]
) -> None:
    batches = [(torch.randn(4, 3), torch.randn(shape))]
    state = state_of(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    # torch itself would broadcast the two, warn once, and go on.
    with pytest.raises(ValueError, match="would broadcast") as caught:
        train_epoch(model, batches, nn.functional.mse_loss, optimizer)
    assert str(tuple(model(batches[0][0]).shape)) in str(caught.value)
    assert str(shape) in str(caught.value)
    with pytest.raises(ValueError, match="would broadcast"):
        evaluate(model, batches, nn.functional.mse_loss)
    assert_same_state(model, state)


def test_class_numbers_and_class_shares_are_both_targets() -> None:
    model, features = SoftmaxRegression(3, 4), torch.randn(6, 3)
    labels = torch.randint(4, (6,))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    losses = [
        train_epoch(model, [(features, targets)], nn.CrossEntropyLoss(), optimizer)["loss"]
        for targets in (labels, functional.one_hot(labels, 4).float())
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_bad_inputs_stop_before_they_reach_the_weights(bad: float) -> None:
    batches = regression_batches()
    batches[1][0][2, 0] = bad
    model = LinearRegression(3)
    twin = copy.deepcopy(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    with pytest.raises(FloatingPointError, match=r"loss is (nan|inf) at batch 1 .* clean the data"):
        fit(model, batches, None, half_mse_loss, optimizer, epochs=1)
    train_epoch(twin, batches[:1], half_mse_loss, torch.optim.Adam(twin.parameters(), lr=0.1))
    assert_same_state(model, twin.state_dict())
    assert all(parameter.isfinite().all() for parameter in model.parameters())
    assert optimizer.state_dict()["state"][0]["step"] == 1


def test_too_large_a_rate_stops_before_the_weights_are_lost() -> None:
    snapshots = []

    class Model(LinearRegression):
        def forward(self, features: Tensor) -> Tensor:
            snapshots.append(state_of(self))
            return super().forward(features)

    model = Model(3)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e12)
    with pytest.raises(FloatingPointError, match=r"learning rate below 1e\+12") as caught:
        fit(model, regression_batches(), None, half_mse_loss, optimizer, epochs=5)
    assert "clean the data" not in str(caught.value)
    assert len(snapshots) > 1, "the first loss is finite"
    assert_same_state(model, snapshots[-1])
    assert all(parameter.isfinite().all() for parameter in model.parameters())


def test_error_names_each_rate() -> None:
    model = LinearRegression(3)
    groups: list[dict[str, Any]] = [
        {"params": [model.linear.weight], "lr": 0.5},
        {"params": [model.linear.bias]},
    ]
    optimizer = torch.optim.SGD(groups, lr=0.25)
    with pytest.raises(FloatingPointError, match=r"below 0\.5, 0\.25"):
        train_epoch(model, regression_batches(), lambda x, _: (x * math.inf).mean(), optimizer)


def test_evaluate_reports_a_loss_that_is_not_finite() -> None:
    batches = [(torch.full((2, 3), math.nan), torch.zeros(2, 1))]
    assert math.isnan(evaluate(LinearRegression(3), batches, half_mse_loss)["loss"])
