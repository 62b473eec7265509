"""Means by count, accuracy, R2 and the history."""

from __future__ import annotations

import doctest
import math
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
import torch
from torch import Tensor

import livetorch.metrics
from livetorch import History, RunningMean, accuracy, r2_score


def test_running_mean_is_the_mean_of_all_examples() -> None:
    values = torch.arange(11, dtype=torch.float64) ** 2
    mean = RunningMean()
    for batch in values.split(4):  # batches of 4, 4 and 3
        mean.update(batch.mean().item(), len(batch))
    assert mean.count == 11
    assert mean.compute() == pytest.approx(values.mean().item(), rel=1e-12)
    batch_means = [batch.mean().item() for batch in values.split(4)]
    assert mean.compute() != pytest.approx(sum(batch_means) / 3, rel=1e-3)


def test_running_mean_may_be_read_in_between() -> None:
    mean = RunningMean()
    mean.update(2.0, 1)
    assert mean.compute() == 2.0
    mean.update(5.0, 2)
    assert mean.compute() == 4.0
    assert mean.compute() == 4.0


@pytest.mark.parametrize("count", [0, -1])
def test_running_mean_refuses_a_batch_without_examples(count: int) -> None:
    mean = RunningMean()
    with pytest.raises(ValueError, match=f"count={count}"):
        mean.update(1.0, count)
    with pytest.raises(ValueError, match="no examples"):
        mean.compute()


@pytest.mark.parametrize(
    ("logits", "targets", "expected"),
    [
        ([[2.0, 1.0], [0.0, 3.0], [5.0, 4.0]], [0, 1, 1], 2 / 3),
        ([[0.0, 9.0, 1.0], [8.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]], [1, 0, 2, 2], 0.75),
        ([0.3, -0.2, 4.0, -7.0], [1, 0, 0, 0], 0.75),
        ([0.3, -0.2, 4.0, -7.0], [1.0, 0.0, 1.0, 0.0], 1.0),
        ([[0.3], [-0.2], [4.0]], [[0], [1], [0]], 0.0),
        ([[0.3], [-0.2]], [[1.0], [1.0]], 0.5),
        ([0.0], [0], 1.0),  # a logit of 0 is even odds, and not positive
        ([0.1, 0.9], [0, 1], 0.5),  # 0.1 is a logit above 0, not a probability below 0.5
    ],
)
def test_accuracy(logits: Any, targets: Any, expected: float) -> None:
    result = accuracy(torch.tensor(logits), torch.tensor(targets))
    assert type(result) is float
    assert result == pytest.approx(expected)


def test_accuracy_agrees_with_scikit_learn() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(200, 5, generator=generator)
    targets = torch.randint(5, (200,), generator=generator)
    expected = sklearn.metrics.accuracy_score(targets, logits.argmax(dim=1))
    assert accuracy(logits, targets) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("logits", "targets"),
    [
        ((4,), (4, 1)),  # these two would be broadcast to (4, 4)
        ((4, 1), (4,)),
        ((4, 3), (4, 1)),
        ((4, 3), (4, 3)),
        ((4, 3), (3,)),
        ((4,), (1,)),
    ],
)
def test_accuracy_refuses_shapes_that_do_not_belong_together(
    logits: tuple[int, ...], targets: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="targets") as caught:
        accuracy(torch.zeros(logits), torch.zeros(targets))
    assert str(logits) in str(caught.value)
    assert str(targets) in str(caught.value)


@pytest.mark.parametrize("shape", [(0,), (0, 3)])
def test_accuracy_of_nothing_is_an_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="empty batch"):
        accuracy(torch.zeros(shape), torch.zeros(0))


def test_r2_known_values() -> None:
    targets = torch.tensor([1.0, 2.0, 3.0, 6.0])
    assert r2_score(targets, targets) == 1
    assert r2_score(torch.full((4,), 3.0), targets) == 0
    # The sum of squares around the mean 3 is 4 + 1 + 0 + 9; predicting 0 leaves 1 + 4 + 9 + 36.
    assert r2_score(torch.zeros(4), targets) == pytest.approx(1 - 50 / 14)


@pytest.mark.parametrize("shape", [(30,), (30, 1)])
def test_r2_agrees_with_scikit_learn(shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    targets = torch.randn(shape, generator=generator, dtype=torch.float64)
    noise = torch.randn(shape, generator=generator, dtype=torch.float64)
    predictions = targets + 0.3 * noise + 0.1
    expected = sklearn.metrics.r2_score(targets.numpy(), predictions.numpy())
    assert r2_score(predictions, targets) == pytest.approx(expected, rel=1e-12)


def test_r2_refuses_what_has_no_answer() -> None:
    with pytest.raises(ValueError, match=r"\(4,\) and targets \(4, 1\)"):
        r2_score(torch.zeros(4), torch.zeros(4, 1))
    # Seven times 0.1: their float32 mean is not 0.1, so that a sum of squares is not 0.
    for equal in (torch.zeros(3), torch.full((7,), 0.1), torch.ones(1)):
        with pytest.raises(ValueError, match="all targets are equal"):
            r2_score(equal + 1, equal)


def filled() -> History:
    history = History()
    for loss, score in [(0.9, 0.5), (0.4, 0.7), (0.6, 0.8)]:
        history.append(train_loss=loss, val_accuracy=score)
    return history


def test_history_holds_a_list_per_name() -> None:
    assert len(History()) == 0
    history = filled()
    assert len(history) == 3
    assert list(history) == ["train_loss", "val_accuracy"]
    assert history["train_loss"] == [0.9, 0.4, 0.6]
    assert history["val_accuracy"] == [0.5, 0.7, 0.8]


@pytest.mark.parametrize("value", [np.float64(0.5), np.float32(0.5), torch.tensor(0.5), 0.5])
def test_history_keeps_numbers_of_python(value: float | Tensor) -> None:
    # torch.load(weights_only=True) would refuse a checkpoint with a number of NumPy.
    history = History()
    history.append(loss=value)  # type: ignore[arg-type]
    assert history["loss"] == [0.5]
    assert type(history["loss"][0]) is float


def test_histories_share_nothing() -> None:
    first, second = History(), History()
    first.append(loss=1.0)
    assert len(second) == 0


def test_history_refuses_other_names() -> None:
    history = filled()
    with pytest.raises(ValueError, match=r"holds \['train_loss', 'val_accuracy'\].*\['loss'\]"):
        history.append(loss=1.0)
    with pytest.raises(ValueError, match="the new epoch has"):
        history.append(train_loss=1.0)
    assert len(history) == 3
    assert len(history["val_accuracy"]) == 3
    with pytest.raises(KeyError, match=r"'loss' was not measured; there are.*train_loss"):
        history["loss"]


def test_history_of_columns() -> None:
    history = History({"loss": [3.0, 2.0]})
    assert len(history) == 2
    history.append(loss=1.0)
    assert history["loss"] == [3.0, 2.0, 1.0]
    with pytest.raises(ValueError, match="one entry per epoch"):
        History({"loss": [1.0], "accuracy": []})


def test_best_epoch_counts_from_one() -> None:
    history = filled()
    assert history.best_epoch("train_loss") == 2
    assert history.best_epoch("train_loss", better="higher") == 1
    assert history.best_epoch("val_accuracy", better="higher") == 3
    assert History({"loss": [2.0, 1.0, 1.0]}).best_epoch("loss") == 2, "the first of equal ones"


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_nan_is_never_best(better: str) -> None:
    history = History({"value": [math.nan, 0.5, math.nan]})
    assert history.best_epoch("value", better=better) == 2


def test_best_epoch_errors() -> None:
    with pytest.raises(ValueError, match="'lower' or 'higher', got 'smaller'"):
        filled().best_epoch("train_loss", better="smaller")
    with pytest.raises(KeyError, match="was not measured"):
        filled().best_epoch("loss")
    with pytest.raises(ValueError, match="without epochs"):
        History({"loss": []}).best_epoch("loss")


def test_history_prints_as_a_table() -> None:
    assert str(filled()).splitlines() == [
        "epoch   train_loss   val_accuracy",
        "    1       0.9000         0.5000",
        "    2       0.4000         0.7000",
        "    3       0.6000         0.8000",
    ]
    assert str(History()) == "epoch"


def test_examples_in_docstrings() -> None:
    results = doctest.testmod(livetorch.metrics)
    assert results.attempted > 0
    assert results.failed == 0
