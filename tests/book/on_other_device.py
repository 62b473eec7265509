"""Run by test_elsewhere.py in a process of its own, since torch does not forget a device."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from book.other_device import NAME, OtherTensor, start
from livetorch import History, fit
from livetorch.devices import VARIABLE

start()
OTHER = torch.device(NAME, 0)


def test_two_places_may_not_meet_and_a_number_may() -> None:
    here, there = torch.ones(3), torch.ones(3).to(NAME)
    with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device"):
        there + here
    with pytest.raises(TypeError, match=r"Use Tensor\.cpu\(\)"):
        there.numpy()
    assert (there * torch.tensor(2.0) + 1).cpu().tolist() == there.mul(3).tolist() == [3.0] * 3
    there[1:].add_(1)
    here.copy_(there)
    assert here.tolist() == [1.0, 2.0, 2.0]
    made = torch.zeros(2, device=there.device)
    assert isinstance(made, OtherTensor)
    assert made.device == OTHER


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_a_recurrent_layer_computes_the_same_there(kind: Any) -> None:
    layer, x = kind(3, 4, bidirectional=True, batch_first=True), torch.randn(2, 5, 3)
    layer(x)[0].sum().backward()
    slopes = [p.grad for p in layer.parameters() if p.grad is not None]
    expected = layer(x)[0].detach()
    layer.zero_grad()
    layer.to(NAME)
    outputs = layer(x.to(NAME))[0]
    torch.testing.assert_close(outputs.cpu(), expected)
    outputs.sum().backward()
    for parameter, slope in zip(layer.parameters(), slopes, strict=True):
        assert parameter.grad is not None
        torch.testing.assert_close(parameter.grad.cpu(), slope)


def parts() -> tuple[nn.Module, nn.Module, torch.optim.Optimizer, DataLoader[tuple[Tensor, ...]]]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
    data = TensorDataset(torch.randn(50, 4), torch.randint(3, (50,)))
    loss = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0]))
    return model, loss, torch.optim.AdamW(model.parameters(), lr=0.01), DataLoader(data, 16)


def places(model: nn.Module, loss: nn.Module, optimizer: torch.optim.Optimizer) -> set[str]:
    tensors = [*model.state_dict().values(), *loss.state_dict().values()]
    for state in optimizer.state.values():
        tensors += [value for value in state.values() if value.dim() > 0]
    return {tensor.device.type for tensor in tensors}


@pytest.mark.parametrize("by", ["argument", "variable"])
def test_a_fit_elsewhere_gives_the_same_and_comes_back(
    by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, loss, optimizer, loader = parts()
    expected = fit(model, loader, loader, loss, optimizer, epochs=4)
    weights = [p.detach().clone() for p in model.parameters()]
    model, loss, optimizer, loader = parts()
    seen: list[str] = []

    def look(_epoch: int, trained: nn.Module, _history: History) -> None:
        seen.extend(parameter.device.type for parameter in trained.parameters())

    if by == "variable":
        monkeypatch.setenv(VARIABLE, NAME)
    device = NAME if by == "argument" else None
    history = None
    for _ in range(2):  # the second goes on from the optimizer's state
        history = fit(
            model,
            loader,
            loader,
            loss,
            optimizer,
            epochs=2,
            device=device,
            on_epoch_end=look,
            history=history,
        )
        assert places(model, loss, optimizer) == {"cpu"}
    assert set(seen) == {NAME}
    assert history is not None
    assert history["val_loss"] == pytest.approx(expected["val_loss"], rel=1e-4)
    for parameter, weight in zip(model.parameters(), weights, strict=True):
        torch.testing.assert_close(parameter.detach(), weight, rtol=1e-3, atol=1e-5)


def test_it_comes_back_after_an_error_too() -> None:
    model, loss, optimizer, loader = parts()

    def fail(*_: object) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(model, loader, None, loss, optimizer, epochs=1, device=NAME, on_epoch_end=fail)
    assert places(model, loss, optimizer) == {"cpu"}


def test_where_a_process_group_has_chosen_the_variable_is_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, loss, optimizer, loader = parts()
    seen: set[str] = set()

    def look(_epoch: int, trained: nn.Module, _history: History) -> None:
        seen.update(parameter.device.type for parameter in trained.parameters())

    monkeypatch.setenv(VARIABLE, NAME)
    dist.init_process_group("gloo", init_method=(tmp_path / "store").as_uri(), rank=0, world_size=1)
    try:
        fit(model, loader, None, loss, optimizer, epochs=1, on_epoch_end=look)
    finally:
        dist.destroy_process_group()
    assert seen == {"cpu"}


def test_what_is_saved_there_is_loaded_as_plain_tensors_of_that_device(tmp_path: Path) -> None:
    layer = nn.Linear(2, 3).to(NAME)
    torch.save(layer.state_dict(), tmp_path / "layer.pt")
    there = torch.load(tmp_path / "layer.pt", weights_only=True)
    assert {tensor.device for tensor in there.values()} == {OTHER}
    here = torch.load(tmp_path / "layer.pt", weights_only=True, map_location="cpu")
    assert {tensor.device.type for tensor in here.values()} == {"cpu"}
    torch.testing.assert_close(here["weight"], layer.weight.detach().cpu())


def test_loading_on_the_processor_is_as_without_the_device() -> None:
    """A recurrent layer keeps weak references, so that nothing may be swapped for its weights."""
    first, second = nn.GRU(2, 3), nn.GRU(2, 3)
    first(torch.randn(4, 1, 2))
    before = first.weight_ih_l0
    first.load_state_dict(second.state_dict())
    assert first.weight_ih_l0 is before
    torch.testing.assert_close(first.weight_ih_l0, second.weight_ih_l0)
