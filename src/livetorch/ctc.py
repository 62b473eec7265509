"""Connectionist temporal classification: a loss for labels whose times are not known.

T steps of time, B batch, C classes, one of them the blank, S labels of a target. After Graves et
al., 2006, Connectionist temporal classification.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

NEVER = -1e30
"""The log of a chance of nearly zero; minus infinity itself would give gradients that are NaN."""


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Minus the log of the chance of all paths that are read as the target.

    The arguments are those of `torch.nn.functional.ctc_loss`, and so are the loss and its gradient
    in the logits. The gradient in ``log_probs`` is its true one here; torch's own already has the
    gradient of the ``log_softmax`` in it.

    Args:
        log_probs: (T, B, C), from ``log_softmax``.
        targets: (B, S) int64, without blanks; what lies beyond a target's length is not read.
        input_lengths, target_lengths: (B,) int64.
        reduction: "none" (B,); "sum"; or "mean": each loss is first divided by the length of its
            own target, and by 1 where that is empty.
        zero_infinity: a target for which there are too few steps has the loss infinity; with this
            it has the loss 0. Its gradient is 0 here in both cases.

    Raises:
        ValueError: shapes, lengths or labels that do not fit, a blank in a target, or
            ``log_probs`` whose chances do not sum to one.
    """
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(f"the reduction is none, sum or mean, got {reduction!r}")
    _check(log_probs, targets, input_lengths, target_lengths, blank)
    states, skip = with_blanks(targets, target_lengths, blank)  # (B, 2S + 1)
    scores = log_probs.gather(2, states.expand(len(log_probs), -1, -1)).clamp(min=NEVER)
    first = torch.arange(states.shape[1], device=states.device) < 2
    alpha = scores[0].masked_fill(~first, NEVER)
    for t in range(1, len(log_probs)):
        one_back = functional.pad(alpha, (1, -1), value=NEVER)
        two_back = functional.pad(alpha, (2, -2), value=NEVER).masked_fill(~skip, NEVER)
        after = torch.stack([alpha, one_back, two_back]).logsumexp(0) + scores[t]
        alpha = torch.where((t < input_lengths)[:, None], after, alpha)
    last = 2 * target_lengths[:, None]
    on_label = alpha.gather(1, (last - 1).clamp(min=0)).masked_fill(last == 0, NEVER)
    losses = -torch.cat([alpha.gather(1, last), on_label], 1).logsumexp(1)
    losses = losses.masked_fill(losses > -NEVER / 2, 0.0 if zero_infinity else torch.inf)
    if reduction == "mean":
        return (losses / target_lengths.clamp(min=1)).mean()
    return losses.sum() if reduction == "sum" else losses


def with_blanks(targets: Tensor, lengths: Tensor, blank: int = 0) -> tuple[Tensor, Tensor]:
    """targets (B, S) -> a blank before, between and behind their labels, and where to skip one

    Both results are (B, 2S + 1), with S at least 1. A path may come to a label from the label
    before it, over the blank between, unless both are the same: they would be read as one.
    """
    if not targets.shape[1]:
        targets = functional.pad(targets, (0, 1))
    inside = torch.arange(targets.shape[1], device=targets.device) < lengths[:, None]
    targets = targets.masked_fill(~inside, blank)
    states = targets.new_full((len(targets), 2 * targets.shape[1] + 1), blank)
    states[:, 1::2] = targets
    skip = torch.zeros_like(states, dtype=torch.bool)
    skip[:, 3::2] = targets[:, 1:] != targets[:, :-1]
    return states, skip


def _check(
    log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor, blank: int
) -> None:
    if log_probs.dim() != 3 or targets.dim() != 2 or log_probs.shape[1] != len(targets):
        raise ValueError(
            f"log_probs {tuple(log_probs.shape)} must be (T, B, C), time first, and targets "
            f"{tuple(targets.shape)} (B, S), padded, with the same B"
        )
    steps, batch, classes = log_probs.shape
    for name, lengths, low, high in (
        ("input", input_lengths, 1, steps),
        ("target", target_lengths, 0, targets.shape[1]),
    ):
        if lengths.shape != (batch,) or lengths.is_floating_point():
            raise ValueError(f"{name}_lengths must be {batch} whole numbers, one for each case")
        if batch and not low <= int(lengths.min()) <= int(lengths.max()) <= high:
            raise ValueError(
                f"{name}_lengths must lie from {low} to {high}, got {lengths.tolist()}"
            )
    inside = torch.arange(targets.shape[1], device=targets.device) < target_lengths[:, None]
    labels = targets[inside]
    if not 0 <= blank < classes or bool(((labels < 0) | (labels >= classes)).any()):
        raise ValueError(f"blank and labels must lie from 0 to {classes - 1}")
    if bool((labels == blank).any()):
        raise ValueError(f"a target holds the blank, {blank}, which is no label")
    read = torch.arange(steps, device=log_probs.device)[:, None] < input_lengths
    sums = log_probs.detach()[read].logsumexp(-1)  # NaN is let through, as torch does
    if bool((sums.abs() > 0.05).any()):
        raise ValueError(
            "the chances of a step do not sum to one: log_probs come from log_softmax, and raw "
            "logits give a loss that means nothing"
        )


def collapse(path: Sequence[int], blank: int = 0) -> list[int]:
    """The labels that a path is read as: repeats are made one, then blanks are left out."""
    return [
        label
        for step, label in enumerate(path)
        if label != blank and (step == 0 or label != path[step - 1])
    ]


def greedy_decode(log_probs: Tensor, input_lengths: Tensor, blank: int = 0) -> list[list[int]]:
    """log_probs (T, B, C), input_lengths (B,) -> the labels of each case's likeliest path

    The likeliest path need not be read as the likeliest labels, whose paths may be many.

    Raises:
        ValueError: the shapes do not fit.
    """
    if log_probs.dim() != 3 or input_lengths.shape != log_probs.shape[1:2]:
        raise ValueError(
            f"log_probs {tuple(log_probs.shape)} must be (T, B, C), time first, and input_lengths "
            f"{tuple(input_lengths.shape)} (B,)"
        )
    paths = log_probs.argmax(2).T  # (B, T)
    return [
        collapse(path[:length].tolist(), blank)
        for path, length in zip(paths, input_lengths.tolist(), strict=True)
    ]


def edit_distance(one: Sequence[object], other: Sequence[object]) -> int:
    """How many insertions, deletions and replacements make one sequence the other."""
    row = list(range(len(other) + 1))  # from the empty beginning of `one`
    for i, item in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, its in enumerate(other, 1):
            best = min(row[j] + 1, row[j - 1] + 1, diagonal + (item != its))
            diagonal, row[j] = row[j], best
    return row[-1]


def error_rate(readings: Sequence[Sequence[object]], truths: Sequence[Sequence[object]]) -> float:
    """All edits that make the readings the truths, over the number of true labels.

    It can exceed 1, since a reading may hold more labels than the truth.

    Raises:
        ValueError: not as many readings as truths, or no true label at all.
    """
    if len(readings) != len(truths) or not any(len(truth) for truth in truths):
        raise ValueError(
            f"{len(readings)} readings and {len(truths)} truths: they must be as many, and hold "
            "at least one label"
        )
    edits = sum(edit_distance(*pair) for pair in zip(readings, truths, strict=True))
    return edits / sum(len(truth) for truth in truths)
