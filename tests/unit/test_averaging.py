"""A loss over a loader is the loss of the whole set as one batch, whatever the loss averages over.

The whole set in one batch is torch's own answer; the batches are uneven, and the targets with
another weight are crowded in one of them, so that an average by examples would differ.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from livetorch import evaluate, fit, train_epoch
from livetorch.metrics import RunningMean, averaged_over

Batches = list[tuple[Tensor, Tensor]]
IGNORED = -100


def batches(classes: int = 3, positions: tuple[int, ...] = ()) -> Batches:
    """Logits (B, C, *positions) and class numbers (B, *positions).

    The first batch has class 0 alone, which the logits know best.
    """
    generator = torch.Generator().manual_seed(1)
    made = []
    for size, highest in [(8, 1), (8, classes), (3, classes)]:
        logits = 2 * torch.randn(size, classes, *positions, generator=generator)
        logits[:, 0] += 3
        made.append((logits, torch.randint(highest, (size, *positions), generator=generator)))
    return made


def whole(parts: Batches) -> tuple[Tensor, Tensor]:
    logits, targets = (torch.cat(tensors) for tensors in zip(*parts, strict=True))
    return logits, targets


def by_examples(parts: Batches, loss_fn: Callable[[Tensor, Tensor], Tensor]) -> float:
    mean = RunningMean()
    for logits, targets in parts:
        mean.update(loss_fn(logits, targets).item(), len(targets))
    return mean.compute()


def log_softmax(parts: Batches) -> Batches:
    return [(logits.log_softmax(dim=1), targets) for logits, targets in parts]


def some_ignored(parts: Batches, number: int = IGNORED) -> Batches:
    """The same with most targets of the first batch left out."""
    (logits, targets), *others = parts
    ignored = torch.arange(targets.numel()).reshape(targets.shape) >= 2
    return [(logits, targets.masked_fill(ignored, number)), *others]


WEIGHT = torch.tensor([1.0, 5.0, 0.25])
WEIGHTED: dict[str, tuple[Any, Batches]] = {
    "weights": (nn.CrossEntropyLoss(weight=WEIGHT), batches()),
    "weights below one": (nn.CrossEntropyLoss(weight=WEIGHT / 50), batches()),
    "weights and smoothing": (nn.CrossEntropyLoss(weight=WEIGHT, label_smoothing=0.2), batches()),
    "weights and ignored": (nn.CrossEntropyLoss(weight=WEIGHT), some_ignored(batches())),
    "ignored": (nn.CrossEntropyLoss(), some_ignored(batches())),
    "ignored class": (nn.CrossEntropyLoss(ignore_index=1), batches()),
    "ignored and smoothing": (nn.CrossEntropyLoss(label_smoothing=0.1), some_ignored(batches())),
    "weights at positions": (nn.CrossEntropyLoss(weight=WEIGHT), batches(positions=(4, 2))),
    "ignored positions": (nn.CrossEntropyLoss(), some_ignored(batches(positions=(5,)))),
    "log probabilities": (nn.NLLLoss(weight=WEIGHT), log_softmax(batches())),
    "log probabilities, ignored": (
        nn.NLLLoss(ignore_index=2),
        log_softmax(some_ignored(batches(), 2)),
    ),
}


@pytest.mark.parametrize("case", WEIGHTED)
def test_a_weighted_loss_is_that_of_the_whole_set(case: str) -> None:
    loss_fn, parts = WEIGHTED[case]
    expected = loss_fn(*whole(parts)).item()
    assert by_examples(parts, loss_fn) != pytest.approx(expected, rel=0.02), "an easy case"
    measured = evaluate(nn.Identity(), parts, loss_fn)["loss"]
    assert measured == pytest.approx(expected, rel=1e-5)


def binary(parts: Batches) -> Batches:
    return [(logits, functional.one_hot(targets, 3).float()) for logits, targets in parts]


BY_EXAMPLE: dict[str, tuple[Any, Batches]] = {
    "plain": (nn.CrossEntropyLoss(), batches()),
    "smoothing": (nn.CrossEntropyLoss(label_smoothing=0.1), batches()),
    "a function": (functional.cross_entropy, batches()),
    "class shares and weights": (nn.CrossEntropyLoss(weight=WEIGHT), binary(batches())),
    "many labels": (nn.BCEWithLogitsLoss(weight=WEIGHT, pos_weight=WEIGHT), binary(batches())),
    "numbers": (nn.MSELoss(), binary(batches())),
    "divergence": (
        nn.KLDivLoss(reduction="batchmean"),
        [(logits, shares.softmax(dim=1)) for logits, shares in binary(log_softmax(batches()))],
    ),
}


@pytest.mark.parametrize("case", BY_EXAMPLE)
def test_other_losses_are_averaged_by_example(case: str) -> None:
    loss_fn, parts = BY_EXAMPLE[case]
    measured = evaluate(nn.Identity(), parts, loss_fn)["loss"]
    assert measured == pytest.approx(loss_fn(*whole(parts)).item(), rel=1e-5)
    assert measured == pytest.approx(by_examples(parts, loss_fn), rel=1e-12)


class Frozen(nn.Module):
    """Returns its inputs, times one, so that there is something to train."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1.0))

    def forward(self, inputs: Tensor) -> Tensor:
        return inputs * self.scale


@pytest.mark.parametrize("case", WEIGHTED)
def test_fit_reports_the_loss_of_the_whole_set(case: str) -> None:
    loss_fn, parts = WEIGHTED[case]
    model = Frozen()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    history = fit(model, parts, parts, loss_fn, optimizer, epochs=1)
    expected = loss_fn(*whole(parts)).item()
    assert history["train_loss"] == [pytest.approx(expected, rel=1e-5)]
    assert history["val_loss"] == [pytest.approx(expected, rel=1e-5)]


def test_metrics_are_averaged_by_example_beside_a_weighted_loss() -> None:
    loss_fn, parts = WEIGHTED["weights"]
    measured = evaluate(
        nn.Identity(),
        parts,
        loss_fn,
        metrics={"second": lambda _, targets: (targets == 1).float().mean().item()},
    )
    assert measured["second"] == pytest.approx((whole(parts)[1] == 1).float().mean().item())


@pytest.mark.parametrize("reduction", ["sum", "none"])
@pytest.mark.parametrize("make", [nn.CrossEntropyLoss, nn.NLLLoss])
def test_a_loss_that_is_no_mean_is_refused(reduction: str, make: type[nn.Module]) -> None:
    loss_fn, model = make(reduction=reduction), Frozen()
    message = f"{make.__name__} has reduction='{reduction}', and batches of different sizes"
    with pytest.raises(ValueError, match=message):
        evaluate(nn.Identity(), batches(), loss_fn)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    with pytest.raises(ValueError, match=message):
        train_epoch(model, batches(), loss_fn, optimizer)
    assert model.scale.item() == 1.0, "a step was taken"


def test_a_batch_whose_targets_are_all_ignored() -> None:
    loss_fn, parts = nn.CrossEntropyLoss(), batches()
    hidden = [(parts[0][0], torch.full_like(parts[0][1], IGNORED)), *parts[1:]]
    expected = loss_fn(*whole(hidden)).item()
    assert evaluate(nn.Identity(), hidden, loss_fn)["loss"] == pytest.approx(expected, rel=1e-5)
    optimizer = torch.optim.SGD(Frozen().parameters(), lr=1.0)
    with pytest.raises(FloatingPointError, match=r"batch 0 .*ignores every target of this batch"):
        train_epoch(Frozen(), hidden, loss_fn, optimizer)
    with pytest.raises(ValueError, match="the loss ignores every target"):
        evaluate(nn.Identity(), hidden[:1], loss_fn)


def test_what_a_loss_averages_over() -> None:
    targets = torch.tensor([0, 1, 2, IGNORED])
    assert averaged_over(nn.CrossEntropyLoss())(targets) == 3
    assert averaged_over(nn.CrossEntropyLoss(weight=WEIGHT))(targets) == 6.25
    assert averaged_over(nn.CrossEntropyLoss(ignore_index=1))(targets.clamp(min=0)) == 3
    assert averaged_over(nn.MSELoss())(torch.zeros(5, 2)) == 5
    assert averaged_over(functional.cross_entropy)(targets) == 4
