"""What a classifier gets wrong, and how: counts, rates, curves. Tensors in, tensors out.

N examples, C classes. scikit-learn does the counting; it is imported when a function is called,
since it takes as long to import as torch. Results are on the device of what was passed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class PrecisionRecallF1:
    """Three shares between 0 and 1 that describe the positive class."""

    precision: float
    """of the examples called positive, how many are; 0 where none was called positive"""
    recall: float
    """of the positive examples, how many were called so"""
    f1: float
    """the harmonic mean of the two, ``2 * precision * recall / (precision + recall)``; 0 if a
    positive example was never found"""


@dataclass(frozen=True)
class CalibrationBins:
    """Probabilities beside what came true, for the K bins that hold an example, in rising order."""

    mean_predicted: Tensor
    """(K,) the mean probability in the bin"""
    fraction_positive: Tensor
    """(K,) the share of the bin's examples that are positive"""
    count: Tensor
    """(K,) int64, the examples in the bin"""
    expected_calibration_error: float
    """the mean distance between the two, weighted by the counts: 0 is calibrated"""


def confusion_matrix(predicted: Tensor, labels: Tensor, num_classes: int) -> Tensor:
    """How often each class was taken for each: row = true class, column = predicted class.

    Args:
        predicted: class numbers ``(N,)`` or ``(N, 1)``: booleans, integers, or floats that are
            whole. Logits are not: take their ``argmax(dim=1)``, or compare one with a threshold.
        labels: the true class numbers, in the same shape.
        num_classes: C, so that a class nobody met has its row and column too.

    Returns:
        Counts ``(C, C)`` int64; their sum is N.

    Raises:
        ValueError: the shapes differ, there is no example, or a value is no class number.

    Source: https://scikit-learn.org/stable/modules/generated/sklearn.metrics.confusion_matrix.html
    """
    if num_classes < 2:
        raise ValueError(f"num_classes must be at least 2, got {num_classes}")
    _check_shapes("predicted", predicted, labels)
    # scikit-learn would leave out an example whose class is not in the list, without a word.
    rows = _class_numbers("labels", labels, num_classes)
    columns = _class_numbers("predicted", predicted, num_classes)
    from sklearn.metrics import confusion_matrix as count

    counts = count(rows, columns, labels=range(num_classes))
    return torch.as_tensor(counts, dtype=torch.int64, device=labels.device)


def precision_recall_f1(predicted: Tensor, labels: Tensor) -> PrecisionRecallF1:
    """Precision, recall and F1 of the positive class 1, of 0/1 tensors ``(N,)`` or ``(N, 1)``.

    Where no example was called positive the precision is 0 divided by 0. It counts as 0 here: a
    classifier that never says yes is no precise one. F1 is 0 then, too.

    Raises:
        ValueError: the shapes differ, a value is neither 0 nor 1, or no label is positive: then
            there is nothing to find and no recall.

    Source:
        https://scikit-learn.org/stable/modules/model_evaluation.html#precision-recall-and-f-measures
    """
    _check_shapes("predicted", predicted, labels)
    called, true = _class_numbers("predicted", predicted, 2), _class_numbers("labels", labels, 2)
    if not true.any():
        raise ValueError("recall is not defined where no label is 1: there is nothing to find")
    from sklearn.metrics import precision_recall_fscore_support as measure

    precision, recall, f1, _ = measure(true, called, average="binary", zero_division=0.0)
    return PrecisionRecallF1(float(precision), float(recall), float(f1))


def roc_points(scores: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The receiver operating characteristic: both rates for every threshold that matters.

    An example is called positive where ``score >= threshold``. The thresholds fall: infinity
    first, where nothing is called positive, then each of the K different scores. So the points
    go from ``(0, 0)`` to ``(1, 1)``; the area under them is ``torch.trapezoid(tpr, fpr)``.

    Args:
        scores: floats ``(N,)`` or ``(N, 1)``, larger for positive: logits or probabilities give
            the same rates.
        labels: 0 or 1, in the same shape.

    Returns:
        The false positive rate, the true positive rate and the thresholds, each ``(K + 1,)`` in
        the scores' dtype.

    Raises:
        ValueError: the shapes differ, the scores are no finite floats, a label is neither 0 nor
            1, or the labels are all the same: then one of the rates is not defined.

    Source: https://scikit-learn.org/stable/modules/generated/sklearn.metrics.roc_curve.html
    """
    _check_shapes("scores", scores, labels)
    true, values = _class_numbers("labels", labels, 2), _floats("scores", scores)
    if len(set(true.tolist())) < 2:
        raise ValueError(f"a ROC curve needs both classes, and every label is {true[0]}")
    from sklearn.metrics import roc_curve

    # Nothing dropped: a reader who moves the threshold meets a point for each score.
    points = roc_curve(true, values.numpy(), drop_intermediate=False)
    false_positive_rate, true_positive_rate, thresholds = (
        torch.from_numpy(array).to(scores) for array in points
    )
    return false_positive_rate, true_positive_rate, thresholds


def calibration_bins(probabilities: Tensor, labels: Tensor, bins: int) -> CalibrationBins:
    """Compare probabilities with what came true, in equally wide bins of 0 .. 1.

    Of the examples that a calibrated classifier gives 0.8, eight in ten are positive. Bin i, from
    0, holds the probabilities above ``i / bins`` and up to ``(i + 1) / bins``; a probability of 0
    belongs to the first one. Bins without an example are left out.

    Args:
        probabilities: of the class 1, floats ``(N,)`` or ``(N, 1)`` in 0 .. 1: a sigmoid's
            output, not a logit.
        labels: 0 or 1, in the same shape.
        bins: how many, at least 1. With more of them each mean is taken of fewer examples, and
            the expected calibration error of even a perfect classifier grows.

    Raises:
        ValueError: the shapes differ, a probability is outside 0 .. 1, a label is neither 0 nor
            1, or ``bins`` is below 1.

    Source: Naeini, Cooper and Hauskrecht (2015), Obtaining well calibrated probabilities using
    Bayesian binning; the bins are those of `sklearn.calibration.calibration_curve`.
    """
    if bins < 1:
        raise ValueError(f"bins must be at least 1, got {bins}")
    _check_shapes("probabilities", probabilities, labels)
    values = _floats("probabilities", probabilities)
    positive = torch.from_numpy(_class_numbers("labels", labels, 2))
    if values.min() < 0 or values.max() > 1:
        raise ValueError(
            f"probabilities must be in 0 .. 1, got {values.min():g} .. {values.max():g}: "
            "apply torch.sigmoid to logits first"
        )
    # The inner edges, rounded as the probabilities are: 0.3 in float32 is then on the edge 3/10.
    edges = (torch.arange(1, bins).double() / bins).to(probabilities.dtype).double()
    bin_of = torch.bucketize(values, edges)
    count = bin_of.bincount(minlength=bins)
    mean_predicted = bin_of.bincount(values, minlength=bins) / count
    fraction_positive = bin_of.bincount(positive, minlength=bins) / count
    filled = count > 0
    gaps = (mean_predicted - fraction_positive)[filled].abs()
    error = (gaps * count[filled]).sum() / len(values)
    return CalibrationBins(
        mean_predicted[filled].to(probabilities),
        fraction_positive[filled].to(probabilities),
        count[filled].to(probabilities.device),
        error.item(),
    )


def _check_shapes(name: str, values: Tensor, labels: Tensor) -> None:
    """Refuse what is not one column of N examples twice."""
    shape = tuple(values.shape)
    if shape != tuple(labels.shape):
        raise ValueError(
            f"{name} {shape} and labels {tuple(labels.shape)} must have one shape; "
            "reshape or squeeze one of them"
        )
    if shape != (values.numel(),) and shape != (values.numel(), 1):
        raise ValueError(f"{name} and labels must be (N,) or (N, 1), got {shape}")
    if values.numel() == 0:
        raise ValueError("there are no examples, so there is nothing to measure")


def _class_numbers(name: str, values: Tensor, num_classes: int) -> Any:
    """class numbers (N,) or (N, 1) -> a NumPy array (N,) of int64, each in 0 .. C - 1"""
    if values.is_complex():
        raise ValueError(f"{name} must be class numbers, got {values.dtype}")
    numbers = values.detach().cpu().double().flatten()
    # Written so that NaN, of which every comparison but != is false, is wrong too.
    wrong = numbers[(numbers < 0) | (numbers >= num_classes) | (numbers != numbers.floor())]
    if len(wrong) > 0:
        raise ValueError(
            f"{name} must be class numbers from 0 to {num_classes - 1}, got {wrong[0].item():g}; "
            "of logits (N, C) take argmax(dim=1), a probability compare with a threshold"
        )
    return numbers.long().numpy()


def _floats(name: str, values: Tensor) -> Tensor:
    """floats (N,) or (N, 1) -> (N,) float64 on the CPU, all finite"""
    if not values.is_floating_point():
        raise ValueError(f"{name} must be floating-point numbers, got {values.dtype}")
    if not values.isfinite().all():
        raise ValueError(f"{name} hold NaN or infinity")
    return values.detach().cpu().double().flatten()
