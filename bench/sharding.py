"""What each of two processes keeps in memory: with `fully_shard`, against DistributedDataParallel.

The GPT is trained for two steps with AdamW on its half of a batch, inside of a `MemoryMeter`, and
bytes of tensors are counted: so there is nothing to repeat, and no other program on the machine has
a part in it. DistributedDataParallel is set up to need the least: as a rule it keeps the gradients
twice, and with ``gradient_as_bucket_view`` once.

What a process keeps between steps is parameters, gradients and AdamW's two means, and sharding
divides them all. In the middle of a step the activations of the process's own texts come on top,
and what is gathered for one block at a time. Neither is divided: that is the row without a goal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel

from bench.measure import Row, row
from bench.processes import Group
from livetorch.distributed import rank, world_size
from livetorch.losses import sequence_cross_entropy
from livetorch.memory_meter import MemoryMeter
from livetorch.models.gpt import GPT, GPTSettings

MOST = 0.62
"""The goal: what a process may keep with sharding, over what it keeps without."""


@dataclass(frozen=True)
class Memory:
    """A GPT of so many layers and so wide, and the batch that all processes share."""

    sharded: bool
    num_layers: int = 4
    width: int = 128
    batch_size: int = 16
    num_tokens: int = 128

    @property
    def settings(self) -> GPTSettings:
        return GPTSettings(
            768, context_length=self.num_tokens, num_layers=self.num_layers, width=self.width
        )

    def start(self) -> Measured:
        return Measured(self)

    def distribute(self, model: GPT, mesh: DeviceMesh) -> nn.Module:
        """The model as the processes of a group have it together."""
        if not self.sharded:
            return DistributedDataParallel(model, gradient_as_bucket_view=True)
        for layer in (*model.blocks, model):
            fully_shard(layer, mesh=mesh)
        return model


class Measured:
    """Two steps of training on this process, and the bytes that they took."""

    def __init__(self, task: Memory) -> None:
        torch.manual_seed(0)
        rows = torch.randint(768, (task.batch_size, task.num_tokens + 1))[rank() :: world_size()]
        mesh = init_device_mesh("cpu", (world_size(),))
        with MemoryMeter() as meter:
            model = task.distribute(GPT(task.settings), mesh)
            optimizer = torch.optim.AdamW(model.parameters())
            for _ in range(2):
                optimizer.zero_grad()
                meter.trace.clear()  # AdamW has all that it keeps from the second step on
                sequence_cross_entropy(model(rows[:, :-1]), rows[:, 1:]).backward()
                optimizer.step()
            self.kept, self.peak = meter.now, max(meter.trace)

    def sizes(self) -> tuple[int, int]:
        """Bytes kept between steps, and at the peak of a step."""
        return self.kept, self.peak


def rows(runs: int) -> Iterator[Row]:  # noqa: ARG001
    with Group(2) as two:
        # Of each, what the process with the most has.
        (kept, peak), (whole, whole_peak) = (
            map(max, zip(*two.ask("sizes", Memory(sharded)), strict=True))
            for sharded in (True, False)
        )
    name = "GPT, memory of each of two processes {}: fully_shard / DDP"
    yield row(name.format("between steps"), [kept / whole], goal=MOST)
    yield row(name.format("at the peak"), [peak / whole_peak])
