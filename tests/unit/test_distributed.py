"""Two real processes that torchrun starts, compared with one; and what each gets of a batch."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from livetorch import distributed, evaluate, load_checkpoint, train_epoch
from livetorch.datasets import InMemoryDataset, make_loader
from livetorch.distributed import (
    Sharing,
    averages_gradients,
    is_main,
    process_group,
    rank,
    shard,
    sum_over_processes,
    world_size,
)
from livetorch.wrappers import inner_model
from tests.unit.distributed_script import LOSS, Run, data, network

ROOT = Path(__file__).parents[2]


def torchrun(
    folder: Path, *names: str, restarts: int = 0
) -> tuple[subprocess.CompletedProcess[str], dict[str, list[Any]]]:
    """Run scenarios of the script in two processes: how it ended, and what each found."""
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node=2",
        f"--max-restarts={restarts}",
        "-m",
        "tests.unit.distributed_script",
        str(folder),
        *names,
    ]
    environment = {name: value for name, value in os.environ.items() if name != "RANK"}
    environment |= {"OMP_NUM_THREADS": "1", "LIVETORCH_PROGRESS": "0"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    results = {
        name: [
            torch.load(folder / f"{name}{number}.pt", weights_only=True)
            for number in range(2)
            if (folder / f"{name}{number}.pt").exists()
        ]
        for name in names
    }
    return done, results


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("distributed")


@pytest.fixture(scope="module")
def ended_badly(folder: Path) -> tuple[str, dict[str, list[Any]]]:
    """A run that trains, saves, and then fails: its messages, and what was found until then."""
    done, results = torchrun(folder, "training", "files", "failing")
    assert done.returncode != 0
    return done.stderr, results


@pytest.fixture(scope="module")
def results(ended_badly: tuple[str, dict[str, list[Any]]]) -> dict[str, list[Any]]:
    assert len(ended_badly[1]["files"]) == 2, ended_badly[0]
    return ended_badly[1]


@pytest.fixture(scope="module")
def restarted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """A run of which a process is killed, whose disk is full once, and that goes on."""
    folder = tmp_path_factory.mktemp("restarted")
    done, results = torchrun(folder, "killed", "hung", "alone", restarts=2)
    assert done.returncode == 0, done.stderr
    assert "exitcode: -9" in done.stderr
    if Path("/dev/full").exists():
        assert f"No space left on device: {folder / 'run.pt'} could not be written" in done.stderr
        assert [own["attempt"] for own in results["killed"]] == ["2", "2"]
    return results


@pytest.fixture
def one_process(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("LIVETORCH_PROGRESS", "0")
    return Run(network())


# Training


@pytest.mark.parametrize("kind", ["", "sharded "])
def test_two_processes_train_as_one(
    results: dict[str, list[Any]], one_process: Run, kind: str
) -> None:
    history = one_process.fit(3).columns
    for own in results["training"]:
        weights = own[f"{kind}weights"]
        torch.testing.assert_close(
            weights, dict(one_process.model.state_dict()), rtol=1e-4, atol=1e-6
        )
        columns = own[f"{kind}history"]
        assert columns.keys() == history.keys()
        for name, values in history.items():
            assert columns[name] == pytest.approx(values, rel=1e-5), name


def test_every_process_reports_the_same(results: dict[str, list[Any]]) -> None:
    first, second = results["training"]
    assert first["history"] == second["history"]
    assert all(
        torch.equal(first["weights"][name], second["weights"][name]) for name in first["weights"]
    )
    assert first["sums"] == second["sums"] == [3.0, 20.0]


@pytest.mark.parametrize("loader", ["train", "val"])
def test_different_numbers_of_batches_are_refused_everywhere(
    results: dict[str, list[Any]], loader: str
) -> None:
    for own in results["training"]:
        assert "[2, 3]" in own[f"uneven {loader}"]
        assert "shard" in own[f"uneven {loader}"]


def test_a_lonely_measurement_says_what_happened(restarted: dict[str, list[Any]]) -> None:
    main, other = restarted["alone"]
    assert "rank 0 waited" in main["error"]
    assert "is_main()" in main["error"]
    assert other == {}


def test_a_process_that_hangs_is_given_up_and_named(restarted: dict[str, list[Any]]) -> None:
    main, other = restarted["hung"]
    assert "rank 0 waited for the other processes in vain" in main["error"]
    assert other == {}


def test_a_failing_process_ends_the_others(
    ended_badly: tuple[str, dict[str, list[Any]]],
) -> None:
    # Rank 0 would wait for 15 minutes; torchrun() gave them 2.
    messages, results = ended_badly
    assert results["failing"] == []
    assert "ArithmeticError: this process went wrong" in messages
    assert "This is rank 1 of 2" in messages


# Files


def test_rank_0_alone_writes_a_file_for_any_model(
    results: dict[str, list[Any]], folder: Path
) -> None:
    assert not (folder / "from1.pt").exists()
    plain = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 3))
    load_checkpoint(folder / "from0.pt", plain)
    for own in results["files"]:
        torch.testing.assert_close(own["loaded"], own["saved"], rtol=0, atol=0)
        torch.testing.assert_close(dict(plain.state_dict()), dict(own["saved"]), rtol=0, atol=0)


def test_processes_do_not_draw_the_same_numbers_after_loading(
    results: dict[str, list[Any]],
) -> None:
    first, second = results["files"]
    assert not torch.equal(first["random"], second["random"])


def test_a_sharded_model_is_not_saved_in_part(results: dict[str, list[Any]], folder: Path) -> None:
    for own in results["training"]:
        assert "get_model_state_dict" in own["sharded error"]
    assert not (folder / "sharded.pt").exists()


def test_killed_run_and_full_disk_lose_nothing(
    restarted: dict[str, list[Any]], one_process: Run
) -> None:
    history = one_process.fit(4).columns
    assert len(restarted["killed"]) == 2
    for own in restarted["killed"]:
        assert own["resumed after"] == 2
        torch.testing.assert_close(
            own["weights"], dict(one_process.model.state_dict()), rtol=1e-4, atol=1e-6
        )
        for name, values in history.items():
            assert own["history"][name] == pytest.approx(values, rel=1e-5), name


# One process


def test_without_torchrun_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    with process_group(device="cpu") as device:
        assert device == torch.device("cpu")
        assert (rank(), world_size(), is_main()) == (0, 1, True)
        assert not torch.distributed.is_initialized()
    assert sum_over_processes([1.5, 2.0]) == [1.5, 2.0]
    loader = make_loader(data(10, 0), 4, shuffle=True)
    assert shard(loader) is loader
    Sharing().check(loader)
    assert Sharing().weighted(network(), LOSS) is LOSS
    assert not averages_gradients(network())


def compiled(model: nn.Module) -> nn.Module:
    """Wrapped only: a model that is never called is not compiled."""
    return cast(nn.Module, torch.compile(model))


def test_inner_model() -> None:
    model = network()
    assert inner_model(model) is model
    assert inner_model(nn.DataParallel(model)) is model
    assert inner_model(compiled(nn.DataParallel(model))) is model
    model[0] = compiled(model[0])
    assert inner_model(model) is model, "a layer that is wrapped is a part of the model"


def test_a_compiled_model_still_averages_its_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    # DDP itself wants a group of processes; a wrapper of another class stands for it.
    monkeypatch.setattr(distributed, "DistributedDataParallel", nn.DataParallel)
    wrapped = nn.DataParallel(network())
    assert averages_gradients(wrapped)
    assert averages_gradients(compiled(wrapped))
    assert not averages_gradients(compiled(network()))


# Shares of a batch


def all_shares(loader: DataLoader[Any], processes: int) -> list[list[tuple[Tensor, ...]]]:
    """For each batch what each process gets."""
    loaders = [shard(loader, (number, processes)) for number in range(processes)]
    assert {len(part) for part in loaders} == {len(loader)}
    orders, start = [], loader.generator and loader.generator.get_state()
    for part in loaders:
        if loader.generator is not None and start is not None:
            loader.generator.set_state(start)  # in earnest each process has its own
        orders.append(list(part))
    return list(zip(*orders, strict=True))  # type: ignore[arg-type]


@pytest.mark.parametrize("processes", [2, 3, 4])
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("in_memory", [True, False])
def test_the_shares_of_a_batch_make_the_batch(
    processes: int, shuffle: bool, in_memory: bool
) -> None:
    rows = torch.arange(29)
    dataset = InMemoryDataset(rows, -rows) if in_memory else TensorDataset(rows, -rows)
    batches = list(make_loader(dataset, 8, shuffle=shuffle, seed=5))
    shares_of_all = all_shares(make_loader(dataset, 8, shuffle=shuffle, seed=5), processes)
    assert len(shares_of_all) == len(batches)
    for batch, shares in zip(batches, shares_of_all, strict=True):
        sizes = [len(share[0]) for share in shares]
        assert max(sizes) - min(sizes) <= 1
        joined = torch.cat([share[0] for share in shares])
        assert torch.equal(joined.sort().values, batch[0].sort().values)
        assert all(torch.equal(share[0], -share[1]) for share in shares)


def test_shares_follow_the_order_of_each_epoch() -> None:
    loader = shard(make_loader(data(64, 0), 16, shuffle=True), (0, 2))
    first, second = (torch.cat([batch[0] for batch in loader]) for _ in range(2))
    assert not torch.equal(first, second)


@pytest.mark.parametrize(("size", "batch_size"), [(17, 8), (3, 8)])
def test_a_batch_too_small_to_share_is_refused(size: int, batch_size: int) -> None:
    loader = make_loader(data(size, 0), batch_size, shuffle=False)
    with pytest.raises(ValueError, match=rf"batch of {size % batch_size} examples cannot be"):
        shard(loader, (0, 4))


def test_a_last_batch_that_is_dropped_need_not_be_shared() -> None:
    loader = make_loader(data(17, 0), 8, shuffle=False, drop_last=True)
    assert [len(batch[0]) for batch in shard(loader, (3, 4))] == [2, 2]


@pytest.mark.parametrize("place", [(2, 2), (-1, 2), (0, 0)])
def test_a_rank_that_is_not_there_is_refused(place: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="none has the rank"):
        shard(make_loader(data(8, 0), 4, shuffle=False), place)


def test_a_loader_without_indices_is_refused() -> None:
    class Endless(IterableDataset[Tensor]):
        def __iter__(self) -> Iterator[Tensor]:
            return iter(())

    with pytest.raises(TypeError, match="no batches of indices"):
        shard(DataLoader(Endless(), batch_size=4), (0, 2))
    with pytest.raises(TypeError, match="no batches of indices"):
        shard(DataLoader(TensorDataset(torch.zeros(8)), batch_size=None), (0, 2))


class Noisy(TensorDataset):
    """An example with noise that a worker draws."""

    def __getitem__(self, index: int) -> tuple[Tensor, ...]:
        return (torch.rand(()),)


def test_workers_of_two_ranks_draw_different_noise() -> None:
    def noise(number: int) -> Tensor:
        loader = make_loader(Noisy(torch.zeros(8)), 8, shuffle=False, num_workers=1)
        (batch,) = shard(loader, (number, 2))
        return batch[0]

    assert not torch.equal(noise(0), noise(1))
    assert torch.equal(noise(1), noise(1))


# The functions that other chapters use are as they were


def test_training_in_one_process_is_unchanged(one_process: Run) -> None:
    model = network()
    expected = [LOSS(model(x), y).item() * len(y) for x, y in one_process.val]
    measured = evaluate(model, one_process.val, LOSS)["loss"]
    assert measured == pytest.approx(math.fsum(expected) / 53, rel=1e-6)
    still = torch.optim.SGD(model.parameters(), lr=0.0)
    assert train_epoch(model, one_process.val, LOSS, still)["loss"] == measured
