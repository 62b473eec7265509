"""Device, seeds, threads."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from livetorch.runtime import choose_device, make_reproducible, seed_everything, seed_worker


def draws() -> tuple[float, float, float]:
    """One number of each generator."""
    return random.random(), float(np.random.rand()), torch.rand(()).item()


def onednn_is_on() -> bool:
    return bool(torch.backends.mkldnn.enabled)


@pytest.fixture
def _settings_restored() -> Iterator[None]:
    """make_reproducible changes settings of the whole process; the next test wants its own."""
    threads = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    onednn = onednn_is_on()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)
    torch.backends.mkldnn.set_flags(onednn)


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_best_device_is_chosen(
    monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, expected: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert choose_device() == torch.device(expected)


def test_named_device_is_taken_whatever_else_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("meta") == torch.device("meta")


@pytest.mark.parametrize("name", ["gpu", "", "cpu0", "cuda:99", "hpu"])
def test_device_that_cannot_be_used_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=rf"device '{name}' cannot be used.*or say 'cpu'"):
        choose_device(name)


def test_seed_everything_seeds_three_generators() -> None:
    seed_everything(7)
    first = draws()
    second = draws()
    seed_everything(7)
    again = draws()
    seed_everything(8)
    other = draws()
    assert again == first
    assert all(a != b for a, b in zip(first, second, strict=True))
    assert all(a != b for a, b in zip(first, other, strict=True))


def test_seed_range() -> None:
    seed_everything(0)
    seed_everything(2**32 - 1)
    expected = draws()
    seed_everything(2**32 - 1)
    for seed in (-1, 2**32):
        with pytest.raises(ValueError, match=f"got {seed}"):
            seed_everything(seed)
    assert draws() == expected, "a refused seed must leave the generators as they were"


@pytest.mark.usefixtures("_settings_restored")
@pytest.mark.parametrize("onednn", [True, False])
def test_make_reproducible_sets_all(onednn: bool) -> None:
    torch.set_num_threads(2)
    torch.use_deterministic_algorithms(False)
    torch.backends.mkldnn.set_flags(not onednn)
    make_reproducible(3, onednn=onednn)
    first = draws()
    assert torch.get_num_threads() == 1
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.is_deterministic_algorithms_warn_only_enabled()
    assert onednn_is_on() == onednn
    make_reproducible(3, num_threads=2)
    assert torch.get_num_threads() == 2
    assert onednn_is_on(), "oneDNN is on unless it is asked to be off"
    assert draws() == first


@pytest.mark.usefixtures("_settings_restored")
def test_operation_without_a_fixed_result_raises() -> None:
    torch.use_deterministic_algorithms(False)
    positions, values = torch.tensor([1, 1]), torch.tensor([1.0, 2.0])
    torch.zeros(4).put_(positions, values)
    make_reproducible(0)
    with pytest.raises(RuntimeError, match="deterministic"):
        torch.zeros(4).put_(positions, values)


@pytest.mark.usefixtures("_settings_restored")
@pytest.mark.parametrize(("seed", "num_threads"), [(0, 0), (0, -1), (-1, 1)])
def test_refused_settings_change_nothing(seed: int, num_threads: int) -> None:
    torch.set_num_threads(2)
    torch.use_deterministic_algorithms(False)
    seed_everything(5)
    expected = draws()
    seed_everything(5)
    with pytest.raises(ValueError, match=r"num_threads must be|seed must be"):
        make_reproducible(seed, num_threads=num_threads)
    assert torch.get_num_threads() == 2
    assert not torch.are_deterministic_algorithms_enabled()
    assert draws() == expected


@pytest.mark.parametrize("worker_id", [0, 3])
@pytest.mark.parametrize("seed", [5, 2**31 + 5])
@pytest.mark.parametrize("above", [0, 2**40])
def test_seed_worker_seeds_python_and_numpy_from_torch(
    worker_id: int, seed: int, above: int
) -> None:
    seed_everything(1)
    # torch takes seeds of 64 bits, NumPy of 32: what is above them is cut off.
    torch.manual_seed(seed + above)
    seed_worker(worker_id)
    assert random.random() == random.Random(seed).random()
    assert np.random.rand() == np.random.RandomState(seed).rand()
