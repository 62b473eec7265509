"""Train the models of chapter 13: ``python -m data.train_gpt plays-gpt`` (eight minutes on one
thread of a processor), ``plays-gpt-small`` (one minute) and ``plays-gru`` (four minutes).

All read the same plays, and The Tempest judges them; it chooses nothing. The GRU is the one of
`data.train_shakespeare`, with all plays once instead of eight plays four times.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from functools import partial

import torch
from safetensors.torch import save_file
from torch import nn

from data.train_shakespeare import LANES, RATE, STEPS, one_round
from livetorch.datasets import CharacterVocabulary, load_plays, load_shakespeare
from livetorch.language import bits_per_byte
from livetorch.losses import sequence_cross_entropy
from livetorch.models.gpt import GPT, GPTSettings
from livetorch.models.sequences import CharacterModel
from livetorch.optimizers import muon_and_adamw
from livetorch.quantization import quantized_state
from livetorch.runtime import make_reproducible
from livetorch.tokenizers import BytePairs
from livetorch.weights import FOLDER, PLAYS_GPT, PLAYS_GPT_SMALL, load_weights

BATCH, REPORT, JUDGED = 16, 100, 40_000


def main() -> None:
    """Train the model that the command line names, measure it, and write its weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=MODELS)
    parser.add_argument("--steps", type=int, help="another number of steps of a GPT, for trials")
    arguments = parser.parse_args()
    make_reproducible(0)
    train = MODELS[arguments.name]
    model, judge = train() if arguments.steps is None else train(steps=arguments.steps)
    print(f"{time.process_time():.0f} s of a processor, {judge(model):.3f} bits per byte")
    save_file(quantized_state(model.state_dict()), FOLDER / f"{arguments.name}.safetensors")
    model.load_state_dict(load_weights(arguments.name))
    print(f"as shipped {judge(model):.3f}")


def train_gpt(settings: GPTSettings, steps: int) -> tuple[GPT, Callable[[nn.Module], float]]:
    """Steps of random places of the plays, with a rate that warms up and falls to nothing."""
    tokenizer = BytePairs.shipped()
    text, tempest = load_plays()
    tokens, unseen = tokenizer.encode(text), tokenizer.encode(tempest[:JUDGED])
    num_bytes, length = tokenizer.token_bytes(unseen[1:]), settings.context_length
    judge = partial(bits_per_byte, tokens=unseen, num_bytes=num_bytes, window=length)
    model = GPT(settings)
    optimizer = muon_and_adamw(model)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        [group["lr"] for group in optimizer.param_groups],
        total_steps=steps,
        pct_start=0.05,
        cycle_momentum=False,
    )
    losses: list[float] = []
    for step in range(1, steps + 1):
        starts = torch.randint(len(tokens) - length, (BATCH, 1))
        pieces = tokens[starts + torch.arange(length + 1)]  # (B, T + 1)
        loss = sequence_cross_entropy(model(pieces[:, :-1]), pieces[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if step % REPORT == 0:
            recent = sum(losses[-REPORT:]) / REPORT
            seconds = time.process_time()
            print(f"step {step}: training {recent:.3f} nats a token, {seconds:.0f} s", flush=True)
    return model, judge


def train_gru() -> tuple[CharacterModel, Callable[[nn.Module], float]]:
    """Once through the plays in lanes, as `data.train_shakespeare` does."""
    text, tempest = load_plays()
    characters = CharacterVocabulary.fit(load_shakespeare()[0])
    tokens, unseen = characters.encode(text), characters.encode(tempest[:JUDGED])
    model = CharacterModel(len(characters), embedding_features=48, hidden_features=352)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE)
    steps = math.ceil((len(tokens) // LANES - 1) / STEPS)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    loss = one_round(model, tokens, optimizer, schedule)
    print(f"{steps} steps: training {loss:.3f} nats a character")
    # Its state can carry on through the whole text: one window.
    judge = partial(bits_per_byte, tokens=unseen, num_bytes=len(unseen) - 1, window=len(unseen))
    return model, judge


MODELS: dict[str, Callable[..., tuple[nn.Module, Callable[[nn.Module], float]]]] = {
    "plays-gpt": partial(train_gpt, PLAYS_GPT, steps=1000),
    "plays-gpt-small": partial(train_gpt, PLAYS_GPT_SMALL, steps=1200),
    "plays-gru": train_gru,
}


if __name__ == "__main__":
    main()
