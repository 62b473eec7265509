"""CTC against all paths counted, and against torch's in loss and gradient; its traps."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from livetorch import ctc
from livetorch.ctc import (
    collapse,
    ctc_loss,
    edit_distance,
    error_rate,
    greedy_decode,
    with_blanks,
)

Case = tuple[Tensor, tuple[Tensor, Tensor, Tensor]]
"""logits, and targets with the lengths of inputs and targets"""


def case(
    seed: int, batch: int = 4, classes: int = 5, blank: int = 0, dtype: torch.dtype = torch.float64
) -> Case:
    """Random lengths, most with steps enough; many repeated labels, since there are few classes."""
    generator = torch.Generator().manual_seed(seed)
    target_lengths = torch.randint(0, 6, (batch,), generator=generator)
    input_lengths = 2 * target_lengths + torch.randint(1, 9, (batch,), generator=generator)
    logits = torch.randn(
        int(input_lengths.max()), batch, classes, generator=generator, dtype=dtype
    ).mul(2)
    targets = torch.randint(
        1, classes, (batch, max(1, int(target_lengths.max()))), generator=generator
    )
    return logits.requires_grad_(), ((targets + blank) % classes, input_lengths, target_lengths)


def counted(log_probs: Tensor, target: Sequence[int], blank: int = 0) -> Tensor:
    """log_probs (T, C) -> the loss, as the sum over every path that is read as the target"""
    steps, classes = log_probs.shape
    chances = [
        log_probs[range(steps), path].sum().exp()
        for path in itertools.product(range(classes), repeat=steps)
        if read(path, blank) == list(target)
    ]
    return -torch.stack(chances).sum().log()


def read(path: Sequence[int], blank: int) -> list[int]:
    """What `collapse` does, otherwise."""
    return [label for label, _ in itertools.groupby(path) if label != blank]


@pytest.mark.parametrize("target", [[], [1], [1, 1], [1, 2], [2, 1, 2], [2, 2, 1], [1, 1, 1]])
@pytest.mark.parametrize("steps", [5, 6])
@pytest.mark.parametrize("blank", [0, 2])
def test_it_is_the_sum_over_all_paths(target: list[int], steps: int, blank: int) -> None:
    generator = torch.Generator().manual_seed(steps)
    log_probs = torch.randn(steps, 3, generator=generator, dtype=torch.float64).log_softmax(1)
    target = [(label + blank) % 3 for label in target]
    loss = ctc_loss(
        log_probs[:, None],
        torch.tensor([target], dtype=torch.int64),
        torch.tensor([steps]),
        torch.tensor([len(target)]),
        blank,
        "none",
    )
    torch.testing.assert_close(loss, counted(log_probs, target, blank)[None])


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("blank", [0, 3])
@pytest.mark.parametrize("seed", range(20))
def test_loss_and_gradient_are_those_of_torch(seed: int, blank: int, reduction: str) -> None:
    logits, rest = case(seed, blank=blank)
    ours = ctc_loss(logits.log_softmax(2), *rest, blank, reduction)
    theirs = functional.ctc_loss(logits.log_softmax(2), *rest, blank, reduction)
    torch.testing.assert_close(ours, theirs)
    weights = torch.rand(theirs.shape, dtype=torch.float64)
    gradient, its = (torch.autograd.grad((x * weights).sum(), logits)[0] for x in (ours, theirs))
    assert its.abs().sum() > 0
    torch.testing.assert_close(gradient, its)


@pytest.mark.parametrize("seed", range(5))
def test_in_float32_too(seed: int) -> None:
    logits, rest = case(seed, batch=7, classes=11, dtype=torch.float32)
    ours = ctc_loss(logits.log_softmax(2), *rest)
    theirs = functional.ctc_loss(logits.log_softmax(2), *rest)
    assert ours.dtype == torch.float32
    torch.testing.assert_close(ours, theirs)
    gradients = [torch.autograd.grad(x, logits)[0] for x in (ours, theirs)]
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-6)


def test_the_gradient_is_the_true_one() -> None:
    logits, rest = case(3)
    assert torch.autograd.gradcheck(lambda x: ctc_loss(x.log_softmax(2), *rest), logits)
    log_probs = logits.log_softmax(2).detach().requires_grad_()
    ours, theirs = (
        torch.autograd.grad(loss(log_probs, *rest, reduction="sum"), log_probs)[0]
        for loss in (ctc_loss, functional.ctc_loss)
    )
    # In the log of the chances torch's differs, by the chances themselves: the gradient of the
    # log_softmax is in it already, and its own backward then changes nothing.
    read_steps = torch.arange(len(ours))[:, None] < rest[1]
    difference = torch.where(read_steps[..., None], log_probs.exp(), 0.0)
    torch.testing.assert_close(theirs - ours, difference.detach())


def test_what_lies_beyond_the_lengths_is_not_read() -> None:
    logits, (targets, steps, labels) = case(5)
    loss = ctc_loss(logits.log_softmax(2), targets, steps, labels)
    inside = torch.arange(targets.shape[1]) < labels[:, None]
    late = torch.arange(len(logits))[:, None] >= steps
    changed = logits.log_softmax(2).masked_fill(late[..., None], 7.0)
    other = ctc_loss(changed, targets.masked_fill(~inside, -100), steps, labels)
    assert bool(late.any())
    assert not bool(inside.all())
    assert loss.item() == other.item()
    for k in range(4):
        alone = ctc_loss(
            logits[: steps[k], k : k + 1].log_softmax(2),
            targets[k : k + 1, : labels[k]],
            steps[k : k + 1],
            labels[k : k + 1],
            reduction="none",
        )
        expected = ctc_loss(logits.log_softmax(2), targets, steps, labels, reduction="none")[k]
        torch.testing.assert_close(alone[0], expected)


def two_of_a_kind(steps: int) -> Case:
    generator = torch.Generator().manual_seed(steps)
    logits = torch.randn(steps, 2, 5, generator=generator).requires_grad_()
    targets = torch.tensor([[2, 2], [2, 3]])
    return logits, (targets, torch.tensor([steps] * 2), torch.tensor([2, 2]))


def test_too_few_steps_for_a_repeated_label() -> None:
    logits, rest = two_of_a_kind(2)
    for loss in (ctc_loss, functional.ctc_loss):
        losses = loss(logits.log_softmax(2), *rest, reduction="none")
        assert losses[0].isinf()
        assert losses[1].isfinite()
        assert loss(logits.log_softmax(2), *rest).isinf()
        spared = loss(logits.log_softmax(2), *rest, reduction="none", zero_infinity=True)
        assert spared[0] == 0
        assert spared[1] == losses[1]
        (gradient,) = torch.autograd.grad(spared.sum(), logits)
        assert not gradient[:, 0].any()
        assert gradient[:, 1].any()
    logits, rest = two_of_a_kind(3)
    assert torch.isfinite(ctc_loss(logits.log_softmax(2), *rest, reduction="none")).all()


def test_a_chance_of_zero_gives_no_nan() -> None:
    logits, rest = two_of_a_kind(6)
    with torch.no_grad():
        logits[:, 1, 3] = -torch.inf
        logits[:3, 0, 2] = -torch.inf
    losses = ctc_loss(logits.log_softmax(2), *rest, reduction="none")
    theirs = functional.ctc_loss(logits.log_softmax(2), *rest, reduction="none")
    torch.testing.assert_close(losses, theirs)
    assert losses[1].isinf()
    assert losses[0].isfinite()
    (gradient,) = torch.autograd.grad(losses[0], logits)
    assert torch.isfinite(gradient).all()


def test_mean_divides_each_loss_by_its_own_length() -> None:
    logits, rest = case(0)
    losses = ctc_loss(logits.log_softmax(2), *rest, reduction="none")
    mean = ctc_loss(logits.log_softmax(2), *rest)
    assert min(rest[2]) == 0 < max(rest[2])
    torch.testing.assert_close(mean, (losses / rest[2].clamp(min=1)).mean())
    assert abs(mean.item() - losses.mean().item()) > 0.1


def test_raw_logits_give_torch_a_loss_below_zero_and_are_refused_here() -> None:
    logits, rest = case(2)
    assert functional.ctc_loss(logits.abs() * 3, *rest, reduction="sum").item() < 0
    with pytest.raises(ValueError, match="come from log_softmax, and raw"):
        ctc_loss(logits.abs() * 3, *rest)
    with pytest.raises(ValueError, match="come from log_softmax, and raw"):
        ctc_loss(logits.softmax(2), *rest)


def test_the_layout_is_time_first() -> None:
    logits, rest = case(2, batch=3)
    with pytest.raises(RuntimeError):
        functional.ctc_loss(logits.log_softmax(2).transpose(0, 1), *rest)
    with pytest.raises(ValueError, match=r"must be \(T, B, C\), time first"):
        ctc_loss(logits.log_softmax(2).transpose(0, 1), *rest)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"targets": torch.tensor([1, 2])}, r"targets \(2,\) \(B, S\), padded"),
        ({"targets": torch.tensor([[1, 0], [1, 2]])}, "a target holds the blank, 0"),
        ({"targets": torch.tensor([[1, 5], [1, 2]])}, "must lie from 0 to 4"),
        ({"targets": torch.tensor([[1, -1], [1, 2]])}, "must lie from 0 to 4"),
        ({"blank": 5}, "must lie from 0 to 4"),
        ({"input_lengths": torch.tensor([7, 2])}, r"input_lengths must lie from 1 to 6, got \[7"),
        ({"input_lengths": torch.tensor([0, 2])}, "input_lengths must lie from 1 to 6"),
        ({"input_lengths": torch.tensor([6])}, "input_lengths must be 2 whole numbers"),
        ({"target_lengths": torch.tensor([3, 1])}, "target_lengths must lie from 0 to 2"),
        ({"target_lengths": torch.tensor([2.0, 1.0])}, "target_lengths must be 2 whole numbers"),
        ({"reduction": "average"}, "none, sum or mean, got 'average'"),
    ],
)
def test_arguments_that_do_not_fit(change: dict[str, object], match: str) -> None:
    logits, (targets, steps, labels) = two_of_a_kind(6)
    arguments = {
        "log_probs": logits.log_softmax(2),
        "targets": targets,
        "input_lengths": steps,
        "target_lengths": labels,
    }
    with pytest.raises(ValueError, match=match):
        ctc_loss(**(arguments | change))  # type: ignore[arg-type]


def no_blank_needed(targets: Tensor, lengths: Tensor, blank: int = 0) -> tuple[Tensor, Tensor]:
    states, skip = with_blanks(targets, lengths, blank)
    skip[:, 3::2] = True
    return states, skip


def skip_over_labels(targets: Tensor, lengths: Tensor, blank: int = 0) -> tuple[Tensor, Tensor]:
    states, skip = with_blanks(targets, lengths, blank)
    skip[:, 2:] = True
    return states, skip


def never_skip(targets: Tensor, lengths: Tensor, blank: int = 0) -> tuple[Tensor, Tensor]:
    states, skip = with_blanks(targets, lengths, blank)
    return states, torch.zeros_like(skip)


@pytest.mark.parametrize("wrong", [no_blank_needed, skip_over_labels, never_skip])
def test_a_wrong_rule_of_skipping_shows(wrong: object, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(0)
    log_probs = torch.randn(6, 3, generator=generator, dtype=torch.float64).log_softmax(1)
    monkeypatch.setattr(ctc, "with_blanks", wrong)
    loss = ctc_loss(
        log_probs[:, None],
        torch.tensor([[1, 2, 2]]),
        torch.tensor([6]),
        torch.tensor([3]),
        reduction="sum",
    )
    assert abs(loss.item() - counted(log_probs, [1, 2, 2]).item()) > 0.01


def test_a_sum_in_place_of_logsumexp_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    logits, rest = case(1)
    monkeypatch.setattr(Tensor, "logsumexp", lambda self, dim: self.sum(dim))
    with pytest.raises((AssertionError, ValueError)):
        torch.testing.assert_close(
            ctc_loss(logits.log_softmax(2), *rest),
            functional.ctc_loss(logits.log_softmax(2), *rest),
        )


@pytest.mark.parametrize(
    ("path", "labels"),
    [
        ([], []),
        ([0, 0], []),
        ([3, 3, 3], [3]),
        ([3, 0, 3], [3, 3]),
        ([0, 1, 1, 0, 0, 1, 2, 2, 0], [1, 1, 2]),
    ],
)
def test_collapse(path: list[int], labels: list[int]) -> None:
    assert collapse(path) == labels


def test_collapse_of_every_short_path() -> None:
    for blank in range(3):
        for path in itertools.product(range(3), repeat=5):
            assert collapse(path, blank) == read(path, blank)


def test_greedy_decoding_reads_each_case_to_its_length() -> None:
    paths = torch.tensor([[1, 1, 0, 1, 2], [0, 2, 2, 0, 1]])
    log_probs = functional.one_hot(paths.T, 3).float().log_softmax(2)
    assert greedy_decode(log_probs, torch.tensor([5, 3])) == [[1, 1, 2], [2]]
    assert greedy_decode(log_probs, torch.tensor([5, 3]), blank=2) == [[1, 0, 1], [0]]
    with pytest.raises(ValueError, match="time first"):
        greedy_decode(log_probs, torch.tensor([5]))


def test_the_likeliest_path_need_not_be_the_likeliest_labels() -> None:
    log_probs = torch.tensor([[[0.6, 0.4]], [[0.6, 0.4]]]).log()
    assert greedy_decode(log_probs, torch.tensor([2])) == [[]]
    losses = [
        ctc_loss(log_probs, torch.tensor([[1]]), torch.tensor([2]), torch.tensor([n]))
        for n in (0, 1)
    ]
    torch.testing.assert_close(torch.stack(losses).exp(), 1 / torch.tensor([0.36, 0.64]))


def slow_distance(one: str, other: str) -> int:
    if not one or not other:
        return len(one) + len(other)
    return min(
        slow_distance(one[1:], other) + 1,
        slow_distance(one, other[1:]) + 1,
        slow_distance(one[1:], other[1:]) + (one[0] != other[0]),
    )


def test_edit_distance() -> None:
    assert edit_distance("kitten", "sitting") == 3
    assert edit_distance([1, 2, 3], [1, 3]) == 1
    words = ["".join(letters) for n in range(4) for letters in itertools.product("ab", repeat=n)]
    for one, other in itertools.product(words, repeat=2):
        assert edit_distance(one, other) == slow_distance(one, other)


def test_error_rate_counts_labels_not_cases() -> None:
    assert error_rate([[1], [1, 2, 3]], [[2], [1, 2, 3]]) == 1 / 4
    assert error_rate([[1, 2, 3, 4]], [[5]]) == 4
    with pytest.raises(ValueError, match="1 readings and 2 truths"):
        error_rate([[1]], [[1], [2]])
    with pytest.raises(ValueError, match="at least one label"):
        error_rate([[1]], [[]])
