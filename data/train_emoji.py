"""Fine-tune the last blocks of EfficientNet-Lite0 on emoji: ``python -m data.train_emoji`` (about
four minutes on one thread of a processor).

The first `START` blocks stay as they are, so that their maps are computed once for each picture and
for each changed copy of it; blocks `START` to `BLOCKS` and a linear head learn from these maps.
What the held-out artists drew is measured at the end. The recipe itself was found in trials that
looked at their pictures, as the lesson and its card say.
"""

from __future__ import annotations

import time

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from livetorch.cards import Share
from livetorch.datasets import EMOJI_KINDS, emoji_split, load_emoji
from livetorch.models.efficientnet import FirstBlocks, mean_and_maximum, prepared
from livetorch.modes import evaluating
from livetorch.pretrained import efficientnet_lite0, emoji_efficientnet
from livetorch.pretrained.pictures import (
    EMOJI_BLOCKS,
    EMOJI_SIZE,
    EMOJI_TUNED_FROM,
    tuned_state,
)
from livetorch.runtime import make_reproducible
from livetorch.weights import FOLDER

COPIES, EPOCHS, BATCH = 3, 4, 64
"""the pictures themselves and two changed copies, each seen as often"""
RATE, DECAY, SMOOTHING = 4e-4, 0.02, 0.1
PROBE_EPOCHS, PROBE_RATE, PROBE_DECAY = 30, 3e-3, 1.0
PATH = FOLDER / "emoji-efficientnet.safetensors"


def changed(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """pictures (B, 3, H, W) uint8 -> the same, mirrored, turned, moved, scaled, lighter or darker,
    a fifth of them in shades of one color; what is behind them stays white."""
    count = len(pictures)

    def between(low: float, high: float, *shape: int) -> Tensor:
        return torch.empty(count, *shape).uniform_(low, high, generator=generator)

    scale, turn, move = between(0.8, 1.15), between(-0.25, 0.25), between(-0.12, 0.12, 2)
    mirrored = (torch.rand(count, generator=generator) < 0.5).float() * 2 - 1
    cosine, sine = turn.cos() / scale, turn.sin() / scale
    rows = [
        torch.stack([mirrored * cosine, -sine, move[:, 0]], dim=1),
        torch.stack([mirrored * sine, cosine, move[:, 1]], dim=1),
    ]
    grid = functional.affine_grid(
        torch.stack(rows, dim=1), list(pictures.shape), align_corners=False
    )
    # Outside of the picture is 0, which is white where the numbers say how dark a dot is.
    ink = functional.grid_sample(1 - pictures.float() / 255, grid, align_corners=False)
    grey = torch.rand(count, 1, 1, 1, generator=generator) < 0.2
    ink = torch.where(grey, ink.mean(dim=1, keepdim=True), ink) * between(0.75, 1.25, 3, 1, 1)
    return ((1 - ink.clamp(0, 1)) * 255).round().to(torch.uint8)


def first_maps(model: FirstBlocks, pictures: Tensor) -> Tensor:
    """pictures (N, 3, H, W) uint8 -> maps (N, C, h, w) of the blocks that do not learn"""
    made = []
    with torch.no_grad(), evaluating(model):
        for part in pictures.split(BATCH):
            maps = model.stem(prepared(part, EMOJI_SIZE))
            for block in model.blocks[:EMOJI_TUNED_FROM]:
                maps = block(maps)
            made.append(maps)
    return torch.cat(made)


def probe(model: FirstBlocks, maps: Tensor, kinds: Tensor) -> None:
    """Train the linear layer alone, on features of mean 0 and deviation 1, which are then folded
    into it: the blocks are not pulled by a layer that starts at random."""
    made = []
    with torch.no_grad():
        for part in maps.split(BATCH):
            for block in model.blocks[EMOJI_TUNED_FROM:]:
                part = block(part)
            made.append(mean_and_maximum(part))
    features = torch.cat(made)
    mean, deviation = features.mean(dim=0), features.std(dim=0) + 1e-3
    features = (features - mean) / deviation
    head = model.classifier
    optimizer = torch.optim.AdamW(head.parameters(), lr=PROBE_RATE, weight_decay=PROBE_DECAY)
    for _ in range(PROBE_EPOCHS):
        for batch in torch.randperm(len(maps)).split(BATCH):
            loss = functional.cross_entropy(head(features[batch]), kinds[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        head.weight.div_(deviation)
        head.bias.sub_(head.weight @ mean)


def tune(model: FirstBlocks, maps: Tensor, kinds: Tensor) -> None:
    """Train the last blocks and the head; batch normalization keeps the statistics it has."""
    drop = nn.Dropout(0.3)
    tuned = [*model.blocks[EMOJI_TUNED_FROM:].parameters(), *model.classifier.parameters()]
    optimizer = torch.optim.AdamW(tuned, lr=RATE, weight_decay=DECAY)
    steps = EPOCHS * -(-len(maps) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    handle = model.classifier.register_forward_pre_hook(lambda _, inputs: (drop(inputs[0]),))
    for epoch in range(1, EPOCHS + 1):
        total = 0.0
        for batch in torch.randperm(len(maps)).split(BATCH):
            logits = model.judge(maps[batch], EMOJI_TUNED_FROM)
            loss = functional.cross_entropy(logits, kinds[batch], label_smoothing=SMOOTHING)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(batch)
        print(f"epoch {epoch}: {total / len(maps):.3f}, {time.process_time():.0f} s", flush=True)
    handle.remove()


def main() -> None:
    """Train, write the weights, and measure what was written."""
    make_reproducible(0)
    emoji = load_emoji()
    split = emoji_split(emoji)
    model = FirstBlocks(efficientnet_lite0(), EMOJI_BLOCKS, len(EMOJI_KINDS))
    generator = torch.Generator().manual_seed(0)
    pictures, kinds = emoji.pictures[split["train"]], emoji.kinds[split["train"]]
    copies = [pictures, *(changed(pictures, generator) for _ in range(COPIES - 1))]
    maps = torch.cat([first_maps(model, copy) for copy in copies])
    print(f"maps {tuple(maps.shape)}, {time.process_time():.0f} s", flush=True)
    model.eval()
    probe(model, maps, kinds.repeat(COPIES))
    tune(model, maps, kinds.repeat(COPIES))
    save_file(tuned_state(model), PATH)
    print(f"{PATH.stat().st_size:,} bytes")
    shipped = emoji_efficientnet()
    for name, mask in split.items():
        with torch.inference_mode():
            parts = emoji.pictures[mask].split(BATCH)
            answers = torch.cat([shipped(prepared(part, EMOJI_SIZE)).argmax(1) for part in parts])
        print(f"{name}: {Share.of(answers == emoji.kinds[mask])}")


if __name__ == "__main__":
    main()
