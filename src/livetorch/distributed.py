"""Many processes that train one model: start them, share out each batch, add up what they measure.

``torchrun`` starts N processes of one script, numbered by their rank from 0. Every function here
does the right thing in a single process too, so that one script serves both.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, IterableDataset, Sampler

from livetorch import processes
from livetorch.metrics import averaged_over
from livetorch.processes import Alone
from livetorch.runtime import choose_device, seed_worker
from livetorch.wrappers import with_inner

LossFunction = Callable[[Tensor, Tensor], Tensor]

groups: list[str] = []
"""One entry for each group that this process has been in."""


@contextmanager
def process_group(timeout: float = 120.0, device: str | None = None) -> Iterator[torch.device]:
    """Join the processes that torchrun started; without torchrun nothing is joined.

    Each process gets the GPU of its local rank and they talk through nccl; without a GPU, or with
    ``device="cpu"``, they talk through gloo. The group ends with the block.

    Args:
        timeout: the seconds that a process waits for the others, before it fails. It must be
            longer than whatever one process does alone. torch's own choice is minutes.

    Yields: the device of this process.

    Source: https://docs.pytorch.org/docs/stable/distributed.html
    """
    if "RANK" not in os.environ:
        yield choose_device(device)
        return
    if device != "cpu" and torch.cuda.is_available():
        own, backend = torch.device("cuda", int(os.environ["LOCAL_RANK"])), "nccl"
        torch.cuda.set_device(own)
    else:
        own, backend = choose_device("cpu"), "gloo"
    wait = timedelta(seconds=timeout)
    store, number, processes = next(rendezvous("env://", timeout=wait))
    # torchrun's store outlives the processes, and what they left there would mislead those of the
    # next attempt (PyTorch's issue 135712): so each group writes under a name of its own. On many
    # nodes the attempts are not counted alike, and a variable helps: see the book.
    one_node = os.environ.get("GROUP_WORLD_SIZE") == "1"
    groups.append(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") if one_node else "")
    store = PrefixStore(f"{groups[-1]}/{len(groups)}", store)
    dist.init_process_group(backend, store=store, rank=number, world_size=processes, timeout=wait)
    try:
        yield own
    except Exception as error:
        error.add_note(
            f"This is rank {rank()} of {world_size()}. If the error is about a connection or the "
            "time, another process has failed or does not take part: look for its message."
        )
        raise  # nothing is cleaned up: that could wait for a process that is gone
    dist.destroy_process_group()


def world_size() -> int:
    """How many processes there are; 1 without a group."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """The number of this process, from 0; 0 without a group."""
    return dist.get_rank() if world_size() > 1 else 0


def is_main() -> bool:
    """Whether this process is the one that prints and writes files."""
    return rank() == 0


class PartOfEachBatch(Sampler[Any]):
    """Of each batch of indices the ones for one process: every ``world_size``-th, from its rank."""

    def __init__(self, batches: Any, rank: int, world_size: int) -> None:
        self.batches, self.rank, self.world_size = batches, rank, world_size

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Any]:
        for indices in self.batches:
            if isinstance(indices, slice):
                yield slice(indices.start + self.rank, indices.stop, self.world_size)
            else:
                yield indices[self.rank :: self.world_size]


def shard(loader: DataLoader[Any], place: tuple[int, int] | None = None) -> DataLoader[Any]:
    """A loader that gives this process its part of each batch of ``loader``.

    All processes draw the same batches, with the same seed, and fetch different examples of them.
    So the batches are those of a single process, however many share the work; the parts of one
    batch differ by at most one example, and no example is left out or taken twice.

    Args:
        place: a rank and the number of processes; None takes this process's own.

    Raises:
        TypeError: the loader has no indices: its dataset is iterable, or it does not batch.
        ValueError: a batch has fewer examples than there are processes, or there is no such place.
    """
    number, processes = place or (rank(), world_size())
    if not 0 <= number < processes:
        raise ValueError(f"of {processes} processes none has the rank {number}")
    if processes == 1:
        return loader
    batches = loader.sampler if loader.batch_sampler is None else loader.batch_sampler
    size, drop_last = (getattr(batches, name, None) for name in ("batch_size", "drop_last"))
    if isinstance(loader.dataset, IterableDataset) or size is None:
        raise TypeError(
            "this loader has no batches of indices to share out: make it with "
            "livetorch.datasets.make_loader, or with a batch_size and a dataset that has a length"
        )
    last = len(loader.dataset) % size  # type: ignore[arg-type]
    smallest = size if drop_last or last == 0 else last
    if smallest < processes:
        raise ValueError(
            f"a batch of {smallest} examples cannot be shared by {processes} processes: choose "
            f"another batch_size than {size} for {len(loader.dataset)} examples, "  # type: ignore[arg-type]
            "or drop_last=True in training"
        )
    own = PartOfEachBatch(batches, number, processes)
    whole = loader.batch_sampler is None
    order: dict[str, Any] = (
        {"batch_size": None, "sampler": own} if whole else {"batch_sampler": own}
    )
    kept = ["collate_fn", "generator", "num_workers", "pin_memory", "timeout", "prefetch_factor"]
    kept += ["persistent_workers", "multiprocessing_context"]
    order |= {name: getattr(loader, name) for name in kept}
    apart = partial(seed_worker_apart, number, loader.worker_init_fn)
    return DataLoader(loader.dataset, worker_init_fn=apart, **order)


def seed_worker_apart(rank: int, then: Callable[[int], None] | None, worker_id: int) -> None:
    """Seed a loader's worker so that those of two ranks draw different random numbers.

    The worker's seed comes from the loader's generator, which is the same on every rank.
    """
    torch.manual_seed(torch.initial_seed() + 1_000_003 * rank)
    (then or seed_worker)(worker_id)


def sum_over_processes(values: Sequence[float]) -> list[float]:
    """Add up numbers over all processes, each number by itself; every process gets the sums.

    All processes must call this, with equally many numbers: each waits for the others.
    """
    return start_sum(values)()


def start_sum(values: Sequence[float]) -> Callable[[], list[float]]:
    """Begin `sum_over_processes`; the function returned waits for its end and gives the sums."""
    if world_size() == 1:
        return lambda: list(values)
    device = torch.device("cuda") if dist.get_backend() == "nccl" else torch.device("cpu")
    sums = torch.tensor(values, dtype=torch.float64, device=device)
    work = dist.all_reduce(sums, async_op=True)

    def finish() -> list[float]:
        try:
            work.wait()
        except RuntimeError as error:
            raise RuntimeError(
                f"rank {rank()} waited for the other processes in vain. Either one of them failed "
                "(its own message says why), or train_epoch, evaluate or another step that they "
                "take together was called on some ranks alone, for instance under `if is_main():`"
            ) from error
        return sums.tolist()

    return finish


def averages_gradients(model: nn.Module) -> bool:
    """Whether the backward pass of a model ends with the mean of all processes' gradients."""
    sharded = getattr(sys.modules.get("torch.distributed.fsdp"), "FSDPModule", ())
    return any(isinstance(m, (DistributedDataParallel, sharded)) for m in with_inner(model))


class Sharing(Alone):
    """What a training loop does for the others: the hook that `livetorch.training` calls."""

    def check(self, loader: Iterable[Any]) -> None:
        """Refuse loaders that give the processes different numbers of batches.

        One would wait for a step that another never takes.

        Raises:
            ValueError: the numbers differ; on every rank.
        """
        if world_size() == 1:
            return
        number = len(loader) if isinstance(loader, Sized) else -1
        numbers = sum_over_processes([number if rank() == i else 0 for i in range(world_size())])
        if len(set(numbers)) > 1:
            raise ValueError(
                f"the processes have different numbers of batches, {[int(n) for n in numbers]}: "
                "share out the batches of one loader with livetorch.distributed.shard"
            )

    def weighted(self, model: nn.Module, loss_fn: LossFunction) -> LossFunction:
        shares = world_size() > 1 and averages_gradients(model)
        return partial(weighted_loss, loss_fn) if shares else loss_fn

    def add_up(self, values: Sequence[float]) -> list[float]:
        return sum_over_processes(values)

    def is_main(self) -> bool:
        return is_main()


def weighted_loss(loss_fn: LossFunction, outputs: Tensor, targets: Tensor) -> Tensor:
    """A batch's mean loss, whose gradients average to those of the mean over all processes.

    The mean of means is the mean over all examples only where the parts are equally large. With
    B examples in all, this process has ``count``, and its gradient counts ``count / B`` in place of
    one over the number of processes. (Of a weighted loss, both are sums of weights.)
    """
    loss = loss_fn(outputs, targets)
    if loss.requires_grad:
        count = averaged_over(loss_fn)(targets)
        total = start_sum([count])  # the processes tell each other before the backward pass
        loss.register_hook(lambda gradient: gradient * (count * world_size() / total()[0]))
    return loss


processes.current = Sharing()
