"""Confusion matrices, rates, ROC points and calibration, by hand and against scikit-learn."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import pytest
import sklearn.calibration
import sklearn.metrics
import torch
from torch import Tensor

from livetorch.classification import (
    CalibrationBins,
    PrecisionRecallF1,
    calibration_bins,
    confusion_matrix,
    precision_recall_f1,
    roc_points,
)

Measure = Callable[[Tensor, Tensor], Any]


def noisy_scores(
    shape: tuple[int, ...] = (300,), dtype: torch.dtype = torch.float64
) -> tuple[Tensor, Tensor]:
    """Probabilities of which many are equal, and labels that follow them more or less."""
    generator = torch.Generator().manual_seed(0)
    scores = torch.rand(shape, generator=generator, dtype=torch.float64).mul(200).round() / 200
    labels = torch.rand(shape, generator=generator, dtype=torch.float64) < scores**2
    return scores.to(dtype), labels.long()


# confusion_matrix


def test_confusion_matrix_by_hand() -> None:
    labels = torch.tensor([0, 0, 0, 1, 1, 2])
    predicted = torch.tensor([0, 1, 1, 1, 2, 1])
    matrix = confusion_matrix(predicted, labels, 4)
    # The row is the true class; class 3 was never met and is there all the same.
    assert matrix.tolist() == [[1, 2, 0, 0], [0, 1, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    assert matrix.dtype == torch.int64


def test_confusion_matrix_agrees_with_scikit_learn() -> None:
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(7, (500,), generator=generator)
    predicted = torch.randint(7, (500,), generator=generator)
    expected = sklearn.metrics.confusion_matrix(labels.numpy(), predicted.numpy())
    assert confusion_matrix(predicted, labels, 7).tolist() == expected.tolist()


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int64, torch.float32])
@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_class_numbers_of_any_type(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    labels = torch.tensor([1, 1, 0, 1], dtype=dtype).reshape(shape)
    predicted = torch.tensor([1, 0, 0, 1]).reshape(shape)
    assert confusion_matrix(predicted, labels, 2).tolist() == [[1, 0], [1, 2]]
    assert confusion_matrix(labels, predicted, 2).tolist() == [[1, 1], [0, 2]]
    assert precision_recall_f1(predicted, labels).recall == pytest.approx(2 / 3)
    scores = predicted.float()
    assert roc_points(scores, labels)[0].tolist() == [0, 0, 1]
    assert calibration_bins(scores, labels, 2).count.tolist() == [2, 2]


@pytest.mark.parametrize("num_classes", [1, 0, -3])
def test_a_confusion_matrix_has_two_classes(num_classes: int) -> None:
    with pytest.raises(ValueError, match=f"at least 2, got {num_classes}"):
        confusion_matrix(torch.zeros(3), torch.zeros(3), num_classes)


@pytest.mark.parametrize("value", [-1, 3, 0.5, math.nan, math.inf, -math.inf])
def test_values_that_are_no_class_numbers(value: float) -> None:
    good, bad = torch.tensor([0.0, 1.0, 2.0]), torch.tensor([0.0, value, 2.0])
    with pytest.raises(ValueError, match=f"^labels must be .* from 0 to 2, got {value:g}"):
        confusion_matrix(good, bad, 3)
    with pytest.raises(ValueError, match=f"^predicted must be .* got {value:g}.*argmax.*threshold"):
        confusion_matrix(bad, good, 3)
    assert confusion_matrix(good, good, 3).diagonal().tolist() == [1, 1, 1]


def test_complex_numbers_are_no_class_numbers() -> None:
    with pytest.raises(ValueError, match=r"class numbers, got torch\.complex64"):
        confusion_matrix(torch.zeros(2), torch.zeros(2, dtype=torch.complex64), 2)


# precision_recall_f1


def test_precision_recall_f1_by_hand() -> None:
    labels = torch.tensor([1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    predicted = torch.tensor([1, 1, 1, 0, 1, 1, 0, 0, 0, 0])
    measured = precision_recall_f1(predicted, labels)
    assert measured.precision == pytest.approx(3 / 5)
    assert measured.recall == pytest.approx(3 / 4)
    assert measured.f1 == pytest.approx(2 / (5 / 3 + 4 / 3))
    assert all(type(value) is float for value in dataclasses.astuple(measured))
    with pytest.raises(dataclasses.FrozenInstanceError):
        measured.f1 = 1.0  # type: ignore[misc]


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 0.9])
def test_precision_recall_f1_agree_with_scikit_learn(threshold: float) -> None:
    scores, labels = noisy_scores()
    predicted = scores >= threshold
    measured = precision_recall_f1(predicted, labels)
    true, called = labels.numpy(), predicted.numpy()
    assert measured.precision == pytest.approx(sklearn.metrics.precision_score(true, called))
    assert measured.recall == pytest.approx(sklearn.metrics.recall_score(true, called))
    assert measured.f1 == pytest.approx(sklearn.metrics.f1_score(true, called))


@pytest.mark.filterwarnings("error")
def test_without_a_positive_prediction_precision_is_zero() -> None:
    measured = precision_recall_f1(torch.zeros(3), torch.tensor([1, 0, 1]))
    assert measured == PrecisionRecallF1(precision=0.0, recall=0.0, f1=0.0)


def test_without_a_positive_label_there_is_no_recall() -> None:
    with pytest.raises(ValueError, match="recall is not defined where no label is 1"):
        precision_recall_f1(torch.tensor([1, 0]), torch.tensor([0, 0]))


def test_probabilities_are_no_predictions() -> None:
    with pytest.raises(ValueError, match=r"predicted must be .* from 0 to 1, got 0\.7"):
        precision_recall_f1(torch.tensor([0.0, 0.7]), torch.tensor([0, 1]))
    with pytest.raises(ValueError, match=r"labels must be .* got 2"):
        precision_recall_f1(torch.tensor([0, 1]), torch.tensor([1, 2]))


# roc_points


def test_roc_points_by_hand() -> None:
    scores = torch.tensor([0.9, 0.8, 0.8, 0.3, 0.1])
    labels = torch.tensor([1, 1, 0, 1, 0])
    false_positive_rate, true_positive_rate, thresholds = roc_points(scores, labels)
    assert thresholds.tolist() == [math.inf, *torch.tensor([0.9, 0.8, 0.3, 0.1]).tolist()]
    torch.testing.assert_close(false_positive_rate, torch.tensor([0, 0, 1 / 2, 1 / 2, 1]))
    torch.testing.assert_close(true_positive_rate, torch.tensor([0, 1 / 3, 2 / 3, 1, 1]))


def test_each_point_is_what_its_threshold_gives() -> None:
    scores, labels = noisy_scores()
    points = roc_points(scores, labels)
    assert len(points[0]) == len(scores.unique()) + 1, "a point was dropped"
    for false_positives, true_positives, threshold in zip(*points, strict=True):
        called = scores >= threshold
        assert true_positives.item() == pytest.approx(called[labels == 1].double().mean().item())
        assert false_positives.item() == pytest.approx(called[labels == 0].double().mean().item())


def test_area_under_the_points_agrees_with_scikit_learn() -> None:
    scores, labels = noisy_scores((300, 1))
    false_positive_rate, true_positive_rate, _ = roc_points(scores, labels)
    expected = sklearn.metrics.roc_auc_score(labels.numpy(), scores.numpy())
    area = torch.trapezoid(true_positive_rate, false_positive_rate)
    assert area.item() == pytest.approx(expected, rel=1e-12)
    assert 0.6 < expected < 0.99


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_roc_points_have_the_dtype_of_the_scores(dtype: torch.dtype) -> None:
    scores = torch.tensor([0.25, 0.5, -3.0], dtype=dtype, requires_grad=True)
    points = roc_points(scores, torch.tensor([0, 1, 1]))
    assert {point.dtype for point in points} == {dtype}
    assert points[2].tolist() == [math.inf, 0.5, 0.25, -3.0]
    assert not any(point.requires_grad for point in points)


@pytest.mark.parametrize("label", [0, 1])
def test_a_roc_curve_needs_both_classes(label: int) -> None:
    with pytest.raises(ValueError, match=f"both classes, and every label is {label}"):
        roc_points(torch.tensor([0.1, 0.2]), torch.full((2,), label))


# calibration_bins


def test_calibration_bins_by_hand() -> None:
    probabilities = torch.tensor([0.1, 0.2, 0.7, 0.8, 0.9, 0.6], dtype=torch.float64)
    labels = torch.tensor([0, 1, 1, 1, 0, 1])
    measured = calibration_bins(probabilities, labels, 4)  # the second quarter stays empty
    assert measured.count.tolist() == [2, 2, 2]
    assert measured.mean_predicted.tolist() == pytest.approx([0.15, 0.65, 0.85])
    assert measured.fraction_positive.tolist() == pytest.approx([0.5, 1.0, 0.5])
    assert measured.expected_calibration_error == pytest.approx((0.35 + 0.35 + 0.35) / 3)
    assert type(measured.expected_calibration_error) is float
    with pytest.raises(dataclasses.FrozenInstanceError):
        measured.count = torch.zeros(3)  # type: ignore[misc]


def test_expected_calibration_error_is_weighted_by_count() -> None:
    probabilities, labels = torch.tensor([0.25] * 4 + [0.75]), torch.tensor([1, 0, 0, 0, 0])
    assert calibration_bins(probabilities, labels, 2).expected_calibration_error == 0.75 / 5


@pytest.mark.parametrize("bins", [1, 2, 7, 10, 40])
def test_calibration_bins_agree_with_scikit_learn(bins: int) -> None:
    generator = torch.Generator().manual_seed(1)
    probabilities = torch.rand(200, 1, generator=generator, dtype=torch.float64) ** 3
    labels = (torch.rand(200, 1, generator=generator, dtype=torch.float64) < probabilities).long()
    measured = calibration_bins(probabilities, labels, bins)
    fraction, mean = sklearn.calibration.calibration_curve(
        labels.flatten().numpy(), probabilities.flatten().numpy(), n_bins=bins
    )
    assert measured.fraction_positive.tolist() == pytest.approx(fraction.tolist())
    assert measured.mean_predicted.tolist() == pytest.approx(mean.tolist())
    assert measured.count.sum() == 200
    assert measured.count.dtype == torch.int64
    weighted = (measured.count * measured.mean_predicted).sum() / 200
    assert weighted.item() == pytest.approx(probabilities.mean().item())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_a_probability_on_an_edge_belongs_to_the_bin_below(dtype: torch.dtype) -> None:
    tenths = (torch.arange(11).double() / 10).to(dtype)
    measured = calibration_bins(tenths, torch.ones(11), 10)
    assert measured.count.tolist() == [2, *[1] * 9], "0 is in the first bin, too"
    assert measured.mean_predicted.dtype == measured.fraction_positive.dtype == dtype
    torch.testing.assert_close(measured.mean_predicted[1:], tenths[2:])


def test_certain_and_right_is_calibrated() -> None:
    certain = torch.tensor([0.0, 1.0, 1.0], requires_grad=True)
    measured = calibration_bins(certain, torch.tensor([0, 1, 1]), 10)
    assert isinstance(measured, CalibrationBins)
    assert measured.mean_predicted.tolist() == measured.fraction_positive.tolist() == [0, 1]
    assert measured.expected_calibration_error == 0
    assert not measured.mean_predicted.requires_grad


@pytest.mark.parametrize("bins", [0, -1])
def test_there_is_at_least_one_bin(bins: int) -> None:
    with pytest.raises(ValueError, match=f"bins must be at least 1, got {bins}"):
        calibration_bins(torch.tensor([0.5]), torch.tensor([1]), bins)


@pytest.mark.parametrize("outside", [-0.1, 1.5])
def test_logits_are_no_probabilities(outside: float) -> None:
    with pytest.raises(ValueError, match=rf"in 0 \.\. 1, got .*{outside:g}.*sigmoid"):
        calibration_bins(torch.tensor([0.5, outside]), torch.tensor([1, 0]), 5)


# What all of them refuse

MEASURES: dict[str, Measure] = {
    "confusion matrix": lambda values, labels: confusion_matrix(values, labels, 2),
    "precision": precision_recall_f1,
    "ROC": roc_points,
    "calibration": lambda values, labels: calibration_bins(values, labels, 5),
}
CALLED = {"ROC": "scores", "calibration": "probabilities"}
"""What a measure calls its first argument, if not ``predicted``."""


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize(
    ("shape", "labels_shape"),
    [((4,), (4, 1)), ((4, 1), (4,)), ((4,), (3,)), ((4,), (1,)), ((4, 2), (4,))],
)
def test_shapes_that_differ(
    name: str, shape: tuple[int, ...], labels_shape: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="must have one shape") as caught:
        MEASURES[name](torch.ones(shape), torch.ones(labels_shape))
    called = CALLED.get(name, "predicted")
    assert str(caught.value).startswith(f"{called} {shape} and labels {labels_shape}")


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("shape", [(4, 2), (1, 4), (), (2, 2, 1)])
def test_shapes_that_are_no_column(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"must be \(N,\) or \(N, 1\), got") as caught:
        MEASURES[name](torch.ones(shape), torch.ones(shape))
    assert str(caught.value).startswith(f"{CALLED.get(name, 'predicted')} and labels")
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("shape", [(0,), (0, 1)])
def test_nothing_to_measure(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="there are no examples"):
        MEASURES[name](torch.zeros(shape), torch.zeros(shape))


@pytest.mark.parametrize(("name", "called"), CALLED.items())
def test_scores_are_finite_floats(name: str, called: str) -> None:
    labels = torch.tensor([0, 1])
    with pytest.raises(ValueError, match=f"{called} must be floating-point .* got torch.int64"):
        MEASURES[name](torch.tensor([0, 1]), labels)
    for value in (math.nan, math.inf):
        with pytest.raises(ValueError, match=f"{called} hold NaN or infinity"):
            MEASURES[name](torch.tensor([0.5, value]), labels)
    with pytest.raises(ValueError, match="labels must be class numbers from 0 to 1, got 2"):
        MEASURES[name](torch.tensor([0.5, 0.5]), torch.tensor([0, 2]))
