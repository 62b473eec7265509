"""Train the adapters that tell praise from complaint in tweets: ``python -m data.train_sentiment``,
two minutes on one thread of a processor.

A linear layer is fitted to the vectors of the frozen encoder first: the gradients of one with
random weights would change the encoder to fit them. Then adapters and layer are trained together.
``--validate`` holds out a quarter of the texts to learn from and judges by them; the number of
rounds and the rate were chosen so. The test part chooses nothing.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from livetorch.adapters import add_adapters
from livetorch.cards import Share
from livetorch.datasets import RatedTexts, held_out, load_ratings
from livetorch.models.sentence_encoder import SentenceClassifier
from livetorch.pretrained.sentences import TWEETS_RANK, minilm
from livetorch.runtime import make_reproducible
from livetorch.weights import FOLDER
from livetorch.wordpiece import WordPiece

ROUNDS, BATCH, LONGEST = 3, 32, 64
RATE, HEAD_RATE = 1e-3, 1e-3
PROBE_STEPS = 300


def batches(data: RatedTexts, wordpiece: WordPiece) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Numbers of pieces (B, T), masks (B, T), labels (B,); texts of about one length together."""
    lengths = torch.tensor([float(len(wordpiece.encode(text, LONGEST))) for text in data.texts])
    order = (lengths + 5 * torch.rand(len(lengths))).argsort()  # other company in each round
    parts = [data.select(rows) for rows in order.split(BATCH)]
    return [(*wordpiece.batch(part.texts, LONGEST), part.labels.float()) for part in parts]


def fit_head(model: SentenceClassifier, data: RatedTexts, wordpiece: WordPiece) -> None:
    """Fit the linear layer to the frozen encoder's vectors."""
    parts = batches(data, wordpiece)
    with torch.no_grad():
        vectors = torch.cat([model.encoder.pooled(ids, mask) for ids, mask, _ in parts])
    labels = torch.cat([labels for _, _, labels in parts])
    optimizer = torch.optim.AdamW(model.head.parameters(), lr=0.01, weight_decay=0.1)
    for _ in range(PROBE_STEPS):
        loss = functional.binary_cross_entropy_with_logits(model.head(vectors).squeeze(1), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def accuracy(model: SentenceClassifier, data: RatedTexts, wordpiece: WordPiece) -> Share:
    with torch.no_grad():
        right = [
            (model(ids, mask) > 0) == labels.bool()
            for ids, mask, labels in batches(data, wordpiece)
        ]
    return Share.of(torch.cat(right))


def train(data: RatedTexts, judged: RatedTexts) -> SentenceClassifier:
    """A head, then adapters and the head; what it is judged by is printed as it goes."""
    wordpiece, model = WordPiece.shipped(), SentenceClassifier(minilm())
    fit_head(model, data, wordpiece)
    print(f"linear layer alone: {accuracy(model, judged, wordpiece)}", flush=True)
    adapters = add_adapters(model, TWEETS_RANK)
    head = [*model.head.requires_grad_().parameters()]
    optimizer = torch.optim.AdamW(
        [{"params": adapters, "lr": RATE}, {"params": head, "lr": HEAD_RATE}], weight_decay=0.01
    )
    steps = ROUNDS * len(range(0, len(data), BATCH))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [RATE, HEAD_RATE], total_steps=steps, pct_start=0.1, cycle_momentum=False
    )
    for number in range(1, ROUNDS + 1):
        parts = batches(data, wordpiece)
        for place in torch.randperm(len(parts)).tolist():
            ids, mask, labels = parts[place]
            loss = functional.binary_cross_entropy_with_logits(model(ids, mask), labels)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_([*adapters, *head], 1.0)
            optimizer.step()
            schedule.step()
        print(
            f"round {number}: {accuracy(model, judged, wordpiece)}, {time.process_time():.0f} s",
            flush=True,
        )
    return model


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, judge, and write what was trained; with ``--validate``, write nothing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--validate", action="store_true", help="judge by texts to learn from")
    options = parser.parse_args(arguments)
    make_reproducible(0)
    tweets = load_ratings("tweets")
    test = held_out(tweets.groups)
    data, judged = tweets.select(~test), tweets.select(test)
    if options.validate:
        kept = held_out(data.groups, seed=1)
        data, judged = data.select(~kept), data.select(kept)
    model = train(data.clear(), judged.clear())
    if not options.validate:
        trained = {
            name: parameter.detach().half()
            for name, parameter in model.named_parameters()
            if parameter.requires_grad
        }
        save_file(trained, FOLDER / "minilm-tweets.safetensors")


if __name__ == "__main__":
    main()
