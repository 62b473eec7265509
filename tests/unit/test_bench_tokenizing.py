"""What the benchmark of byte pairs compares is the same work; nothing is timed."""

from __future__ import annotations

import pytest

import bench.__main__ as command
from bench import tokenizing
from livetorch.datasets import load_shakespeare
from livetorch.tokenizers import BytePairs

pytest.importorskip("tokenizers")


def test_it_is_found() -> None:
    assert "tokenizing" in command.benchmarks()


def test_both_make_the_same_pieces() -> None:
    text = load_shakespeare()[1][:20_000]
    ours, theirs = BytePairs.fit(text, 100), tokenizing.trained_there(text, 100)
    assert theirs.get_vocab_size() == len(ours) == 356
    cut = [text[start:end] for start, end in theirs.encode(text).offsets]
    assert cut == [ours.pieces[token].decode() for token in ours.encode(text)]


def test_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizing, "load_shakespeare", lambda: ("To be, or not to be " * 50, ""))
    monkeypatch.setattr(tokenizing, "NUM_MERGES", 5)
    training, encoding = tokenizing.rows(1)
    assert training.goal == 6
    assert encoding.goal is None
    assert min(training.ratio, encoding.ratio) > 0
