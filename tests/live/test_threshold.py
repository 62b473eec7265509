"""A page counts as torch does."""

from __future__ import annotations

import pytest
import torch

from livetorch.classification import confusion_matrix, precision_recall_f1
from livetorch.live import Threshold
from tests.live.node import page_answers


def scores(seed: int, count: int = 120) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.bernoulli(torch.full((count,), 0.4), generator=generator)
    return 3 * torch.randn(count, generator=generator) + 4 * labels - 2, labels


def test_a_page_counts_what_torch_counts() -> None:
    widget = Threshold(*scores(0))
    kept, true = widget.tensors()
    # A score itself is a threshold too: what is equal to it is called.
    thresholds = [-20.0, 20.0, 0.0, *torch.linspace(-6, 6, 60).tolist(), *kept[:40].tolist()]
    questions = [{"threshold": threshold} for threshold in thresholds]
    torch_says = [widget.answer(question) for question in questions]
    page_says = page_answers("threshold", questions, widget.options)
    assert [reply["answer"] for reply in page_says] == torch_says
    for threshold, reply in zip(thresholds, torch_says, strict=True):
        tp, fp, fn, tn = reply["counts"]
        called = kept >= threshold
        assert confusion_matrix(called, true, num_classes=2).tolist() == [[tn, fp], [fn, tp]]
        if tp + fp:
            assert precision_recall_f1(called, true).precision == pytest.approx(tp / (tp + fp))


def test_bad_scores_and_thresholds_are_refused() -> None:
    logits, labels = scores(1)
    for wrong in ((logits[:3], labels), (logits / 0, labels), (logits, labels * 0)):
        with pytest.raises(ValueError, match="there"):
            Threshold(*wrong)
    widget = Threshold(logits, labels)
    with pytest.raises(ValueError, match="must be a number"):
        widget.answer({"threshold": None})
    assert "must be a number" in page_answers("threshold", [{}], widget.options)[0]["error"]


def test_the_same_scores_make_the_same_widget() -> None:
    first, second = (Threshold(*scores(2), positive="spam").as_html() for _ in range(2))
    assert first == second
    assert "spam" in first
