"""What photographs are worth on drawings: frozen layers against a network from scratch.

Both name the twelve kinds of emoji, learn from the same drawings by seven artists, get the same
processor time of one thread, and are judged once, on two artists that neither has seen. *Frozen*:
the first 15 blocks of EfficientNet-Lite0 make features of each picture, and a linear layer is
fitted on them; its time is that of the features and the layer. *From scratch*: the network of the
lesson `ten-artists`, with its augmentation and its schedule, for as many epochs as fit into that
time; an epoch is timed before. The ratio is that of the accuracies, one for each seed of the
network from scratch. Its goal leaves room for the standard errors, which are printed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.measure import Row, row
from livetorch.cards import Share
from livetorch.datasets import EmojiPictures, emoji_split, load_emoji
from livetorch.models.cnn import ConvStage
from livetorch.models.efficientnet import EfficientNetLite0, mean_and_maximum, prepared
from livetorch.pretrained import efficientnet_lite0

BLOCKS, SIZE, PENALTY = 15, 96, 0.03
RATE, BATCH, CHANGE = 0.01, 64, 0.1
SEEDS = 3
GOAL = 1.05
SEEN, NEW = "train", ("new artist, seen thing", "new artist, new thing")


@dataclass(frozen=True)
class Task:
    """Pictures to learn from and pictures to be judged by."""

    pictures: Tensor
    """(N, 3, 64, 64) uint8"""
    kinds: Tensor
    """(N,)"""
    train: Tensor
    """(N,) bool; the others judge"""

    @classmethod
    def of(cls, emoji: EmojiPictures) -> Task:
        split = emoji_split(emoji)
        new = split[NEW[0]] | split[NEW[1]]
        used = split[SEEN] | new
        return cls(emoji.pictures[used], emoji.kinds[used], split[SEEN][used])

    def right(self, logits: Tensor) -> Share:
        """logits (N, K) of all pictures -> the share that is right of those that judge"""
        new = ~self.train
        return Share.of(logits[new].argmax(dim=1) == self.kinds[new])


def frozen(task: Task, network: EfficientNetLite0) -> Tensor:
    """logits (N, K) of a linear layer on features of the first blocks"""
    network = network.eval()
    with torch.inference_mode():
        parts = [
            mean_and_maximum(network.features(prepared(part, SIZE), BLOCKS))
            for part in task.pictures.split(32)
        ]
    features = torch.cat(parts).clone()
    mean, deviation = features[task.train].mean(dim=0), features[task.train].std(dim=0) + 1e-3
    features = (features - mean) / deviation
    layer = nn.Linear(features.shape[1], int(task.kinds.max()) + 1)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=40, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = functional.cross_entropy(layer(features[task.train]), task.kinds[task.train])
        value = value + PENALTY / 2 * layer.weight.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    return layer(features).detach()


def from_scratch(task: Task, epochs: int, seed: int) -> Tensor:
    """logits (N, K) of a small network after so many epochs"""
    torch.manual_seed(seed)
    ink = functional.avg_pool2d(1 - task.pictures.float() / 255, 2)
    stages = [ConvStage(3, 16), ConvStage(16, 32), ConvStage(32, 64)]
    head = nn.Linear(64, int(task.kinds.max()) + 1)
    model = nn.Sequential(*stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
    numbers = task.train.nonzero().flatten()
    optimizer = torch.optim.AdamW(model.parameters(), RATE, weight_decay=0.02)
    steps = epochs * math.ceil(len(numbers) / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for _ in range(epochs):
        for batch in numbers[torch.randperm(len(numbers))].split(BATCH):
            logits = model(changed(ink[batch]))
            loss = functional.cross_entropy(logits, task.kinds[batch], label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    model.eval()
    with torch.inference_mode():
        return torch.cat([model(part) for part in ink.split(256)])


def changed(ink: Tensor) -> Tensor:
    """ink (B, 3, H, W) -> the same mirrored by chance, and turned, scaled, moved a little"""
    count = len(ink)
    mirror = torch.randint(2, (count,)) * 2.0 - 1
    angle = torch.empty(count).uniform_(-CHANGE, CHANGE)
    scale = torch.empty(count).uniform_(1 - CHANGE, 1 + CHANGE)
    across, down = torch.empty(2, count).uniform_(-0.08, 0.08)
    cosine, sine = angle.cos() / scale, angle.sin() / scale
    rows = [mirror * cosine, -sine, across, mirror * sine, cosine, down]
    maps = torch.stack(rows, dim=1).unflatten(1, (2, 3))
    grid = functional.affine_grid(maps, list(ink.shape), align_corners=False)
    return functional.grid_sample(ink, grid, align_corners=False)


def rows(runs: int) -> Iterator[Row]:
    """One ratio for each seed, at most `SEEDS` of them."""
    task, network = Task.of(load_emoji()), efficientnet_lite0()
    start = time.process_time()
    with_photographs = task.right(frozen(task, network))
    budget = time.process_time() - start
    start = time.process_time()
    from_scratch(task, 1, seed=0)
    epochs = max(1, round(budget / (time.process_time() - start)))
    print(f"  frozen: {with_photographs} in {budget:.0f} s; from scratch: {epochs} epochs")
    ratios = []
    for seed in range(min(runs, SEEDS)):
        share = task.right(from_scratch(task, epochs, seed))
        print(f"  from scratch, seed {seed}: {share}", flush=True)
        ratios.append(with_photographs.value / share.value)
    name = "pictures: accuracy of frozen layers over a network from scratch, new artists"
    yield row(name, ratios, goal=GOAL, better="higher")
