"""What test_distributed.py has torchrun start, in two processes: `SCENARIO FOLDER`.

Each process writes what it found to FOLDER/RANK.pt.
"""

from __future__ import annotations

import copy
import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from livetorch import History, accuracy, evaluate, fit, load_checkpoint, save_checkpoint
from livetorch.checkpoints import CheckpointError
from livetorch.datasets import InMemoryDataset, make_loader
from livetorch.distributed import (
    is_main,
    process_group,
    rank,
    shard,
    sum_over_processes,
)
from livetorch.wrappers import inner_model

LOSS = nn.CrossEntropyLoss()


def data(size: int, seed: int) -> InMemoryDataset:
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(size, 6, generator=generator)
    return InMemoryDataset(features, features[:, :3].argmax(dim=1))


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 3))


class Run:
    """A model, an optimizer and loaders whose last batches are uneven: 101 is 6 * 16 + 5."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
        self.train = shard(make_loader(data(101, 1), 16, shuffle=True, seed=3))
        self.val = shard(make_loader(data(53, 2), 10, shuffle=False))

    def fit(self, epochs: int, **kwargs: Any) -> History:
        return fit(
            self.model,
            self.train,
            self.val,
            LOSS,
            self.optimizer,
            epochs=epochs,
            metrics={"accuracy": accuracy},
            max_grad_norm=1.0,
            **kwargs,
        )


def training(folder: Path) -> dict[str, Any]:
    """Fit, wrapped in DDP and sharded, and by a loader that does not share out evenly."""
    from torch.distributed.fsdp import fully_shard

    results: dict[str, Any] = {"sums": sum_over_processes([rank() + 1, 10.0])}
    run = Run(DistributedDataParallel(network()))
    results["history"] = run.fit(3).columns
    results["weights"] = copy.deepcopy(inner_model(run.model).state_dict())

    sharded = network()
    fully_shard(sharded)
    other = Run(sharded)
    results["sharded history"] = other.fit(3).columns
    results["sharded weights"] = {
        name: tensor.full_tensor() for name, tensor in sharded.state_dict().items()
    }
    try:
        save_checkpoint(folder / "sharded.pt", sharded)
    except CheckpointError as error:
        results["sharded error"] = str(error)

    uneven = make_loader(data(30 + 16 * rank(), 1), 16, shuffle=False)
    for name in ("train", "val"):
        setattr(run, name, uneven)
        try:
            run.fit(1)
        except ValueError as error:
            results[f"uneven {name}"] = str(error)
        setattr(run, name, other.train)
    return results


def files(folder: Path) -> dict[str, Any]:
    """Save from a wrapped model, and load into a wrapped one."""
    run = Run(DistributedDataParallel(network()))
    run.fit(1)
    save_checkpoint(folder / f"from{rank()}.pt", run.model, run.optimizer, loader=run.train)
    sum_over_processes([0.0])  # the file is there
    model = DistributedDataParallel(nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 3)))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    load_checkpoint(folder / "from0.pt", model, optimizer, loader=run.train)
    return {
        "saved": inner_model(run.model).state_dict(),
        "loaded": inner_model(model).state_dict(),
        "random": torch.rand(4),
    }


def alone(folder: Path) -> dict[str, Any]:  # noqa: ARG001
    """Rank 0 measures alone: the other one leaves the group."""
    results = {}
    if is_main():
        try:
            evaluate(network(), make_loader(data(8, 1), 4, shuffle=False), LOSS)
        except RuntimeError as error:
            results["error"] = str(error)
    return results


def failing(folder: Path) -> dict[str, Any]:
    """Rank 1 fails while rank 0 waits for it."""
    (folder / "started").touch()
    if rank() == 1:
        raise ArithmeticError("this process went wrong")
    sum_over_processes([1.0])
    return {}


def hung(folder: Path) -> dict[str, Any]:
    """Rank 1 lives and takes no part: it waits for what rank 0 does once it gave up."""
    results, gave_up = {}, folder / "gave up"
    sum_over_processes([0.0])
    assert dist.group.WORLD is not None
    dist.group.WORLD.set_timeout(timedelta(seconds=5))
    if is_main():
        try:
            sum_over_processes([1.0])
        except RuntimeError as error:
            results["error"] = str(error)
        gave_up.touch()
    while not gave_up.exists():
        time.sleep(0.1)
    return results


def full_disk(path: Path) -> None:
    """Have what is written beside this file next go to a device that is always full."""
    if is_main():
        path.with_name(f".{path.name}.{os.getpid()}").symlink_to("/dev/full")


def killed(folder: Path) -> dict[str, Any]:
    """Rank 1 dies after the second epoch of the first attempt; later the disk is full once."""
    run, path = Run(DistributedDataParallel(network())), folder / "run.pt"
    history = History()
    if path.exists():
        history = load_checkpoint(path, run.model, run.optimizer, loader=run.train)
    resumed = len(history)

    attempt = os.environ["TORCHELASTIC_RESTART_COUNT"]

    def after(epoch: int, model: nn.Module, history: History) -> None:
        if attempt == "1" and epoch == 3 and Path("/dev/full").exists():
            full_disk(path)
        save_checkpoint(path, model, run.optimizer, loader=run.train, history=history)
        # The others have the file before one of them dies.
        sum_over_processes([epoch])
        if attempt == "0" and epoch == 2 and rank() == 1:
            os.kill(os.getpid(), signal.SIGKILL)

    history = run.fit(4 - resumed, history=history, on_epoch_end=after)
    return {
        "attempt": attempt,
        "resumed after": resumed,
        "history": history.columns,
        "weights": inner_model(run.model).state_dict(),
    }


SCENARIOS = {
    "training": training,
    "files": files,
    "hung": hung,
    "alone": alone,
    "failing": failing,
    "killed": killed,
}


def main(folder: Path, *names: str) -> None:
    torch.set_num_threads(1)
    with process_group(device="cpu"):
        assert sum_over_processes([1.0]) == [2.0]
    # More groups, which must not read what the one before left.
    for name in names:
        with process_group(900.0, device="cpu") as device:
            assert device.type == "cpu"
            results = SCENARIOS[name](folder)
            torch.save(results, folder / f"{name}{rank()}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
