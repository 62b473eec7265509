"""What test_parallel_sharded.py has torchrun start, in three processes: `FOLDER`.

Each process trains models that are drawn with seeds, in each of two ways together with the others,
and writes what they are then to FOLDER/RANK.pt.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel

from livetorch import fit
from livetorch.datasets import InMemoryDataset, make_loader
from livetorch.distributed import process_group, rank, shard, world_size
from livetorch.losses import sequence_cross_entropy
from livetorch.models.gpt import GPT, GPTSettings

SEEDS = range(5)
KINDS = ("DDP", "sharded")
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "SGD": lambda parameters: torch.optim.SGD(parameters, lr=0.2, momentum=0.9),
    "AdamW": lambda parameters: torch.optim.AdamW(parameters, lr=0.02),
}


class Drawn:
    """A GPT, data, a batch size and an optimizer, all of them drawn with a seed.

    In float64: so what differs after some steps is wrong, and not rounded.
    """

    def __init__(self, seed: int) -> None:
        draw = random.Random(seed)
        self.seed = seed
        heads = draw.choice([1, 2, 3])
        self.settings = GPTSettings(
            draw.randint(5, 30),
            context_length=9,
            num_layers=draw.randint(1, 3),
            num_heads=heads,
            width=2 * heads * draw.randint(1, 4),
            hidden_features=draw.choice([1, 2, 5, 8, 20]),
            activation=draw.choice(["gelu", "relu^2", "swiglu"]),
            norm=draw.choice(["layer", "rms"]),
            bias=draw.choice([True, False]),
            tied=draw.choice([True, False]),
        )
        self.optimizer = draw.choice(list(OPTIMIZERS))
        self.batch_size = draw.randint(5, 9)
        # The last batch is smaller, and has an example for each of three ranks at least.
        self.count = draw.randint(1, 2) * self.batch_size + draw.randint(3, self.batch_size)
        self.length = draw.randint(2, 9)

    def model(self) -> GPT:
        torch.manual_seed(self.seed)
        return GPT(self.settings).double()

    def train(self, model: nn.Module) -> list[float]:
        """Two epochs; the losses."""
        generator = torch.Generator().manual_seed(self.seed)
        size = self.settings.vocabulary_size
        texts = torch.randint(size, (self.count, self.length + 1), generator=generator)
        data = InMemoryDataset(texts[:, :-1], texts[:, 1:])
        train = shard(make_loader(data, self.batch_size, shuffle=True, seed=self.seed))
        optimizer = OPTIMIZERS[self.optimizer](model.parameters())
        history = fit(
            model,
            train,
            train,
            sequence_cross_entropy,
            optimizer,
            epochs=2,
            max_grad_norm=0.5,
        )
        return history.columns["train_loss"]


def together(model: GPT, kind: str) -> nn.Module:
    """The model as all processes of a group have it."""
    if kind == "DDP":
        return DistributedDataParallel(model)
    mesh = init_device_mesh("cpu", (world_size(),))
    for layer in (*model.blocks, model):
        fully_shard(layer, mesh=mesh)
    return model


def full(model: nn.Module) -> dict[str, Tensor]:
    """All parameters, each as a whole."""
    parameters = {name.removeprefix("module."): p for name, p in model.named_parameters()}
    return {
        name: (p.full_tensor() if hasattr(p, "full_tensor") else p).detach().clone()
        for name, p in parameters.items()
    }


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    results: dict[str, Any] = {}
    with process_group(device="cpu"):
        for seed in SEEDS:
            drawn = Drawn(seed)
            for kind in KINDS:
                model = together(drawn.model(), kind)
                losses = drawn.train(model)
                results[f"{seed} {kind}"] = {"losses": losses, "weights": full(model)}
        torch.save(results, folder / f"{rank()}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
