"""What the benchmark of sentences compares is the same work; nothing is timed."""

from __future__ import annotations

import pytest
import torch

import bench.__main__ as command
from bench import sentences

pytest.importorskip("onnxruntime")


def test_it_is_found() -> None:
    assert "sentences" in command.benchmarks()


def test_each_text_is_read_once() -> None:
    texts = ["a good day", "no", "an awful, awful day", "yes"]
    work = sentences.batches(texts, 3)
    assert [len(ids) for ids, _ in work] == [3, 1]
    lengths = torch.cat([mask.sum(1) for _, mask in work]).tolist()
    assert lengths == sorted(lengths) == [3, 3, 5, 7]


def test_both_give_the_same() -> None:
    (batch,) = sentences.batches(["a good day", "no", "an awful, awful day 🤩"], 8)
    torch.testing.assert_close(
        sentences.ours()(batch), sentences.theirs()(batch), atol=1e-5, rtol=0
    )


def test_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentences, "NUM_TEXTS", 4)
    monkeypatch.setattr(sentences, "BATCH", 2)
    monkeypatch.setattr(sentences, "ALONE", 2)
    together, alone = sentences.rows(1)
    assert together.goal == 0.8
    assert together.better == alone.better == "higher"
    assert alone.goal is None
    assert min(together.ratio, alone.ratio) > 0
