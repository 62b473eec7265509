"""Byte pairs by hand against the library tokenizers: 512 merges of a million bytes.

Both get the same text, split by the same rule, and one thread. Each makes the same merges, but for
the order of pairs that are equally frequent. One thread's processor time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from bench.measure import Row, ratios, row
from livetorch.datasets import load_shakespeare
from livetorch.tokenizers import BytePairs, train_byte_pairs

if TYPE_CHECKING:
    from tokenizers import Tokenizer

NUM_MERGES = 512


def trained_there(text: str, num_merges: int = NUM_MERGES) -> Tokenizer:
    """A tokenizer of the library, with as many merges of the text."""
    os.environ.setdefault("RAYON_NUM_THREADS", "1")  # read when it first has work for threads
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=256 + num_merges,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=0,
        show_progress=False,
    )
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer


def rows(runs: int) -> Iterator[Row]:
    text, _ = load_shakespeare()
    training: tuple[Callable[[], Any], Callable[[], Any]] = (
        lambda: train_byte_pairs(text, NUM_MERGES),
        lambda: trained_there(text),
    )
    yield row(
        f"{NUM_MERGES} byte pairs by hand / tokenizers",
        ratios(*training, runs),
        goal=6,
    )
    ours, theirs = BytePairs.shipped(), trained_there(text)
    yield row(
        "encoding a million bytes by hand / tokenizers",
        ratios(lambda: ours.encode(text), lambda: theirs.encode(text), runs),
    )
