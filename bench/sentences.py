"""Sentences read by MiniLM's encoder by hand against onnxruntime's run of the original file.

Both get the same pieces of the same tweets, and give the mean over each tweet's pieces. One
thread's processor time; the ratio is that of sentences a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from bench.measure import Row, ratios, row
from livetorch.datasets import load_ratings
from livetorch.packaged import packaged_file
from livetorch.pretrained import minilm
from livetorch.wordpiece import WordPiece

NUM_TEXTS, BATCH, ALONE = 256, 64, 32
Batch = tuple[Tensor, Tensor]


def batches(texts: list[str], size: int) -> list[Batch]:
    """Pieces (B, T) and masks (B, T) of texts of about one length."""
    wordpiece = WordPiece.shipped()
    texts = sorted(texts, key=lambda text: len(wordpiece.encode(text)))
    return [wordpiece.batch(texts[start : start + size]) for start in range(0, len(texts), size)]


def ours() -> Callable[[Batch], Tensor]:
    """The encoder by hand: pieces and mask -> means (B, D)."""
    model = minilm()

    @torch.inference_mode()
    def read(batch: Batch) -> Tensor:
        return model.pooled(*batch)

    return read


def theirs() -> Callable[[Batch], Tensor]:
    """The original file in onnxruntime, on one thread: pieces and mask -> means (B, D)."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session: Any = onnxruntime.InferenceSession(
        packaged_file("minilm"), options, providers=["CPUExecutionProvider"]
    )
    name = session.get_outputs()[3].name

    def read(batch: Batch) -> Tensor:
        ids, mask = batch
        inputs = {"input_ids": ids.numpy(), "attention_mask": mask.long().numpy()}
        return torch.from_numpy(session.run([name], inputs)[0])

    return read


def rows(runs: int) -> Iterator[Row]:
    by_hand, original = ours(), theirs()
    texts = list(load_ratings("tweets").texts[:NUM_TEXTS])
    for name, size, some, goal in (
        (f"{BATCH} at a time", BATCH, texts, 0.8),
        ("one at a time", 1, texts[:ALONE], None),
    ):
        work = batches(some, size)
        measured = ratios(
            # Of seconds; turned round it is of sentences a second.
            lambda work=work: [original(batch) for batch in work],  # type: ignore[misc]
            lambda work=work: [by_hand(batch) for batch in work],  # type: ignore[misc]
            runs,
        )
        yield row(
            f"sentences a second by hand / onnxruntime, {name}",
            measured,
            goal=goal,
            better="higher",
        )
