"""Train the writer of chapter 11: ``python -m data.train_shakespeare``, five minutes.

It reads the plays as the chapter does, in lanes side by side, with truncated backpropagation
through time, but longer and with a wider model. The validation play chooses nothing.
"""

from __future__ import annotations

import math
import time

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from livetorch.datasets import CharacterVocabulary, load_shakespeare
from livetorch.losses import sequence_cross_entropy
from livetorch.models.sequences import CharacterModel
from livetorch.runtime import make_reproducible
from livetorch.weights import FOLDER

PATH = FOLDER / "shakespeare-gru.safetensors"
LANES, STEPS, ROUNDS, RATE = 32, 96, 4, 0.005


def main() -> None:
    """Train, measure after each round, and write the weights in half precision."""
    make_reproducible(0)
    train, validation = load_shakespeare()
    vocabulary = CharacterVocabulary.fit(train)
    tokens, unseen = vocabulary.encode(train), vocabulary.encode(validation)
    model = CharacterModel(len(vocabulary), embedding_features=48, hidden_features=352)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE)
    per_round = math.ceil((len(tokens) // LANES - 1) / STEPS)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=ROUNDS * per_round)
    for number in range(1, ROUNDS + 1):
        # Each round cuts the lanes elsewhere: no place is always read without what was before it.
        loss = one_round(model, tokens.roll(-1000 * number), optimizer, schedule)
        seconds, judged = time.process_time(), validation_loss(model, unseen)
        print(f"round {number}: training {loss:.3f}, validation {judged:.3f}, {seconds:.0f} s")
    half = {name: value.half() for name, value in model.state_dict().items()}
    model.load_state_dict(half)
    print(f"in half precision: validation {validation_loss(model, unseen):.3f}")
    save_file(half, PATH)


def one_round(
    model: CharacterModel,
    tokens: Tensor,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> float:
    """Once through tokens (N,) in lanes; the mean loss over the steps of the round."""
    lanes = tokens[: len(tokens) // LANES * LANES].reshape(LANES, -1)
    state, losses = None, []
    pieces = zip(lanes[:, :-1].split(STEPS, 1), lanes[:, 1:].split(STEPS, 1), strict=True)
    for inputs, targets in pieces:
        logits, state = model.step(inputs, state)
        state = state.detach()
        loss = sequence_cross_entropy(logits, targets)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


@torch.no_grad()
def validation_loss(model: CharacterModel, tokens: Tensor) -> float:
    """The mean loss over the whole of tokens (N,), read in one go."""
    return sequence_cross_entropy(model(tokens[None, :-1]), tokens[None, 1:]).item()


if __name__ == "__main__":
    main()
