"""Datasets in memory, splits, loaders, scaling and sources."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import numpy as np
import pytest
import sklearn.preprocessing
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, TensorDataset

from livetorch.datasets import (
    InMemoryDataset,
    Standardizer,
    load_breast_cancer,
    load_diabetes,
    load_digits,
    make_linear_data,
    make_loader,
    split_dataset,
)


def numbered(size: int) -> InMemoryDataset:
    """Example i holds the features (10 i, 10 i + 1) and the target i."""
    numbers = torch.arange(size)
    return InMemoryDataset(torch.stack([10 * numbers, 10 * numbers + 1], dim=1).float(), numbers)


def targets_of(loader: DataLoader[Any]) -> list[list[int]]:
    """The targets of each batch of one epoch; the features must belong to them."""
    batches = []
    for features, targets in loader:
        assert torch.equal(features[:, 0], 10 * targets.float())
        batches.append(targets.tolist())
    return batches


def flat(batches: list[list[int]]) -> list[int]:
    return [number for batch in batches for number in batch]


# InMemoryDataset


def test_dataset_indexing() -> None:
    data = numbered(5)
    assert len(data) == 5
    features, target = data[3]
    assert features.tolist() == [30, 31]
    assert target.item() == 3
    assert data[-1][1].item() == 4
    for index in ([4, 0, 4], torch.tensor([4, 0, 4])):
        features, targets = data[index]
        assert features.tolist() == [[40, 41], [0, 1], [40, 41]]
        assert targets.tolist() == [4, 0, 4]
    assert [part.tolist() for part in data[1:3]] == [[[10, 11], [20, 21]], [1, 2]]
    with pytest.raises(IndexError):
        data[5]


def test_slices_are_views_and_lists_are_copies() -> None:
    data = numbered(5)
    features, targets = data[1:3]
    features[0, 0] = -1
    targets[1] = -2
    assert data.tensors[0][1, 0] == -1
    assert data.tensors[1][2] == -2
    copied = data[[3]][0]
    copied[0, 0] = -3
    assert data.tensors[0][3, 0] == 30


def test_dataset_ends_when_iterated() -> None:
    # Python asks for 0, 1, 2, ... until it meets an IndexError; mypy wants an __iter__.
    assert [int(target) for _, target in numbered(3)] == [0, 1, 2]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ((), "at least one tensor"),
        ((torch.zeros(3, 2), torch.zeros(2)), r"\(3, 2\), \(2,\)"),
        ((torch.zeros(3), torch.tensor(1.0)), r"\(3,\), \(\)"),
        ((torch.tensor(1.0),), r"\(\)"),
    ],
)
def test_tensors_that_make_no_dataset(tensors: tuple[Tensor, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        InMemoryDataset(*tensors)


def test_plain_loader_reads_the_dataset_too() -> None:
    assert targets_of(DataLoader(numbered(5), batch_size=2)) == [[0, 1], [2, 3], [4]]


# split_dataset


def test_split_is_disjoint_and_complete() -> None:
    data = numbered(103)
    parts = split_dataset(data, [0.6, 0.2, 0.2], seed=0)
    assert [len(part) for part in parts] == [61, 20, 22]  # rounding goes to the last part
    together = [int(target) for part in parts for target in part.tensors[1]]
    assert sorted(together) == list(range(103))
    for part in parts:
        assert torch.equal(part.tensors[0][:, 0], 10 * part.tensors[1].float())
        assert part.tensors[1].tolist() != sorted(part.tensors[1].tolist()), "not shuffled"


def test_split_depends_on_its_seed_alone() -> None:
    def first_part(seed: int) -> list[int]:
        return split_dataset(numbered(50), [0.5, 0.5], seed=seed)[0].tensors[1].tolist()

    torch.manual_seed(1)
    once = first_part(0)
    torch.manual_seed(2)
    state = torch.get_rng_state()
    assert first_part(0) == once
    assert first_part(1) != once
    assert torch.equal(torch.get_rng_state(), state), "it drew from the global generator"


def test_split_leaves_the_dataset_alone() -> None:
    data = numbered(10)
    train, _ = split_dataset(data, [0.5, 0.5], seed=0)
    train.tensors[0].zero_()
    assert torch.equal(data.tensors[0], numbered(10).tensors[0])


@pytest.mark.parametrize(
    ("fractions", "sizes"),
    [
        ([1.0], [10]),
        ([0.1] * 10, [1] * 10),
        ([0.7, 0.3], [7, 3]),
        ([1 / 3, 2 / 3], [3, 7]),
        ([0.29, 0.71], [29, 71]),  # 100 * 0.29 is 28.999999999999996
    ],
)
def test_split_sizes(fractions: list[float], sizes: list[int]) -> None:
    parts = split_dataset(numbered(sum(sizes)), fractions, seed=0)
    assert [len(part) for part in parts] == sizes


@pytest.mark.parametrize("fractions", [[], [0.5, 0.4], [0.8, 0.3], [1.2, -0.2], [1.0, 0.0]])
def test_fractions_that_are_no_split(fractions: list[float]) -> None:
    with pytest.raises(ValueError, match="positive and add up to 1"):
        split_dataset(numbered(10), fractions, seed=0)


def test_split_refuses_empty_parts() -> None:
    with pytest.raises(ValueError, match="3 examples are too few"):
        split_dataset(numbered(3), [0.9, 0.1, 1e-10], seed=0)
    with pytest.raises(ValueError, match="too few"):
        split_dataset(numbered(3), [0.3, 0.7], seed=0)


# make_loader


def as_torch_dataset(data: InMemoryDataset) -> TensorDataset:
    """The same examples in a dataset that make_loader does not know."""
    return TensorDataset(*data.tensors)


@pytest.fixture(params=["in memory", "ordinary"])
def data(request: pytest.FixtureRequest) -> Dataset[Any]:
    return numbered(11) if request.param == "in memory" else as_torch_dataset(numbered(11))


def test_shuffled_order_depends_on_the_seed_alone(data: Dataset[Any]) -> None:
    torch.manual_seed(1)
    loader = make_loader(data, 4, shuffle=True, seed=3)
    epochs = [targets_of(loader) for _ in range(3)]
    torch.manual_seed(2)
    torch.rand(7)
    again = make_loader(data, 4, shuffle=True, seed=3)
    assert [targets_of(again) for _ in range(3)] == epochs
    assert targets_of(make_loader(data, 4, shuffle=True, seed=4)) != epochs[0]


def test_each_epoch_has_another_order_and_every_example_once(data: Dataset[Any]) -> None:
    loader = make_loader(data, 4, shuffle=True, seed=0)
    epochs = [targets_of(loader) for _ in range(4)]
    for epoch in epochs:
        assert [len(batch) for batch in epoch] == [4, 4, 3]
        assert sorted(flat(epoch)) == list(range(11))
    assert len({tuple(flat(epoch)) for epoch in epochs}) == 4
    assert list(range(11)) not in [flat(epoch) for epoch in epochs]
    assert len(loader) == 3


def test_loader_draws_nothing_from_the_global_generators(data: Dataset[Any]) -> None:
    states = torch.get_rng_state(), random.getstate()
    targets_of(make_loader(data, 4, shuffle=True))
    targets_of(make_loader(data, 4, shuffle=False))
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]


def test_order_is_kept_without_shuffling(data: Dataset[Any]) -> None:
    loader = make_loader(data, 4, shuffle=False, seed=9)
    for _ in range(2):
        assert targets_of(loader) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10]]


@pytest.mark.parametrize("shuffle", [True, False])
def test_drop_last(data: Dataset[Any], shuffle: bool) -> None:
    loader = make_loader(data, 4, shuffle=shuffle, drop_last=True)
    batches = targets_of(loader)
    assert [len(batch) for batch in batches] == [4, 4]
    assert len(set(flat(batches))) == 8
    assert len(loader) == 2


@pytest.mark.parametrize(
    ("size", "batch_size", "drop_last", "lengths"),
    [(8, 4, False, [4, 4]), (8, 4, True, [4, 4]), (3, 4, False, [3]), (3, 1, True, [1, 1, 1])],
)
@pytest.mark.parametrize("shuffle", [True, False])
def test_batch_lengths(
    size: int, batch_size: int, drop_last: bool, lengths: list[int], shuffle: bool
) -> None:
    loader = make_loader(numbered(size), batch_size, shuffle=shuffle, drop_last=drop_last)
    assert [len(batch) for batch in targets_of(loader)] == lengths
    assert len(loader) == len(lengths)


def test_unshuffled_batches_are_views() -> None:
    data = numbered(8)
    loader = make_loader(data, 4, shuffle=False)
    second = list(loader)[1][0]
    assert second.data_ptr() == data.tensors[0][4].data_ptr(), "an evaluation need copy nothing"


def test_whole_batches_are_fetched_at_once() -> None:
    asked = []

    class Counting(InMemoryDataset):
        def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
            asked.append(index)
            return super().__getitem__(index)

    loader = make_loader(Counting(torch.arange(11)), 4, shuffle=True)
    assert sum(len(batch[0]) for batch in loader) == 11
    assert len(asked) == 3


def test_one_worker_gives_the_same_batches(data: Dataset[Any]) -> None:
    here = make_loader(data, 4, shuffle=True, seed=5)
    there = make_loader(data, 4, shuffle=True, seed=5, num_workers=1)
    assert there.num_workers == 1
    assert targets_of(there) == targets_of(here)


class Drawing(Dataset[tuple[int, float, float]]):
    """What a random augmentation would draw in a worker, and the seed that torch has there."""

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> tuple[int, float, float]:
        return torch.initial_seed(), random.random(), float(np.random.rand())


class DrawingInMemory(InMemoryDataset):
    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(torch.tensor([value]) for value in Drawing()[0])


@pytest.mark.parametrize("drawing", [Drawing(), DrawingInMemory(torch.zeros(1))])
def test_workers_are_seeded(drawing: Dataset[Any]) -> None:
    loader = make_loader(drawing, 1, shuffle=False, seed=5, num_workers=1)
    (seed, of_python, of_numpy) = (values.item() for values in next(iter(loader)))
    expected = seed % 2**32
    # 24 bits: float32 is what one of the two ways through the loader keeps.
    assert of_python == pytest.approx(random.Random(expected).random(), abs=2**-24)
    assert of_numpy == pytest.approx(np.random.RandomState(expected).rand(), abs=2**-24)


@pytest.mark.parametrize("batch_size", [0, -4])
def test_batch_size_below_one_is_an_error(data: Dataset[Any], batch_size: int) -> None:
    with pytest.raises(ValueError, match=f"at least 1, got {batch_size}"):
        make_loader(data, batch_size, shuffle=True)


def test_loader_without_a_batch_is_an_error() -> None:
    for empty in (numbered(0), as_torch_dataset(numbered(0))):
        with pytest.raises(ValueError, match="no batch comes of 0 examples"):
            make_loader(empty, 4, shuffle=True)
    with pytest.raises(ValueError, match="no batch comes of 3 examples in batches of 4"):
        make_loader(numbered(3), 4, shuffle=True, drop_last=True)


# Standardizer


def some_features() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    scales = torch.tensor([1.0, 100.0, 0.01])
    return torch.randn(40, 3, generator=generator) * scales + torch.tensor([0.0, 50.0, 7.0])


def test_standardizer_agrees_with_scikit_learn() -> None:
    features = some_features()
    reference = sklearn.preprocessing.StandardScaler().fit(features.double().numpy())
    standardizer = Standardizer.fit(features)
    expected = torch.from_numpy(reference.transform(features.double().numpy())).float()
    torch.testing.assert_close(standardizer(features), expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(standardizer.std, torch.from_numpy(reference.scale_).float())


def test_standardized_features_have_mean_zero_and_deviation_one() -> None:
    scaled = Standardizer.fit(some_features().double())(some_features().double())
    zeros, ones = torch.zeros(3).double(), torch.ones(3).double()
    torch.testing.assert_close(scaled.mean(dim=0), zeros, rtol=0, atol=1e-9)
    torch.testing.assert_close(scaled.std(dim=0, correction=0), ones)


def test_standardizer_applies_the_statistics_it_was_fitted_with() -> None:
    standardizer = Standardizer.fit(torch.tensor([[0.0], [4.0]]))  # mean 2, deviation 2
    assert standardizer(torch.tensor([[10.0], [12.0]])).tolist() == [[4.0], [5.0]]
    with pytest.raises(dataclasses.FrozenInstanceError):
        standardizer.mean = torch.zeros(1)  # type: ignore[misc]


def test_inverse_undoes_it() -> None:
    features = some_features()
    standardizer = Standardizer.fit(features)
    torch.testing.assert_close(standardizer.inverse(standardizer(features)), features)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6])
def test_feature_that_never_changes_becomes_zero(value: float) -> None:
    features = torch.cat([torch.full((7, 1), value), torch.arange(7.0).unsqueeze(1)], dim=1)
    standardizer = Standardizer.fit(features)
    assert standardizer.std[0] == 1
    torch.testing.assert_close(standardizer(features)[:, 0], torch.zeros(7))
    torch.testing.assert_close(standardizer.inverse(standardizer(features)), features)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (torch.zeros(0, 3), r"N > 0, got \(0, 3\)"),
        (torch.zeros(3), r"must be \(N, D\)"),
        (torch.tensor([[1.0], [torch.nan]]), "NaN or infinity"),
        (torch.tensor([[1.0], [torch.inf]]), "NaN or infinity"),
    ],
)
def test_standardizer_refuses(features: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Standardizer.fit(features)


# Sources


def test_linear_data_follows_the_rule() -> None:
    data = make_linear_data(100, [2.0, -3.4, 1], 4.2, noise=0.0, seed=0)
    features, targets = data.tensors
    assert features.shape == (100, 3)
    assert targets.shape == (100, 1)
    assert features.dtype == targets.dtype == torch.float32
    by_hand = 2 * features[:, 0] - 3.4 * features[:, 1] + features[:, 2] + 4.2
    torch.testing.assert_close(targets[:, 0], by_hand)


def test_linear_data_has_the_noise_asked_for() -> None:
    features, noisy = make_linear_data(10_000, [1.0], 0.0, noise=0.5, seed=0).tensors
    errors = noisy - features
    # Five standard errors of a mean and of a deviation.
    assert errors.mean().item() == pytest.approx(0, abs=5 * 0.5 / 100)
    assert errors.std().item() == pytest.approx(0.5, abs=5 * 0.5 / (2 * 10_000) ** 0.5)
    assert features.mean().item() == pytest.approx(0, abs=5 / 100)
    assert features.std().item() == pytest.approx(1, abs=5 / (2 * 10_000) ** 0.5)


def test_linear_data_depends_on_its_seed_alone() -> None:
    def made(seed: int) -> Tensor:
        return make_linear_data(5, [1.0], 0.0, noise=0.1, seed=seed).tensors[1]

    torch.manual_seed(1)
    once, state = made(0), torch.get_rng_state()
    torch.rand(3)
    assert torch.equal(made(0), once)
    assert not torch.equal(made(1), once)
    torch.manual_seed(1)
    assert torch.equal(torch.get_rng_state(), state), "it drew from the global generator"


@pytest.mark.parametrize(("num_examples", "noise"), [(0, 0.1), (-1, 0.1), (5, -0.1)])
def test_linear_data_refuses(num_examples: int, noise: float) -> None:
    with pytest.raises(ValueError, match=f"got {num_examples}, {noise}"):
        make_linear_data(num_examples, [1.0], 0.0, noise=noise, seed=0)


def test_diabetes() -> None:
    data, names = load_diabetes()
    features, targets = data.tensors
    assert features.shape == (442, 10)
    assert targets.shape == (442, 1)
    assert features.dtype == targets.dtype == torch.float32
    assert names == ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
    assert (targets.min().item(), targets.max().item()) == (25, 346)
    # In their own units: years of age, and a body-mass index.
    assert (features[:, 0].min().item(), features[:, 0].max().item()) == (19, 79)
    assert features[:, 2].min().item() == pytest.approx(18)
    assert len(features[:, 1].unique()) == 2


def test_breast_cancer() -> None:
    data, names = load_breast_cancer()
    features, targets = data.tensors
    assert features.shape == (569, 30)
    assert targets.shape == (569, 1)
    assert features.dtype == targets.dtype == torch.float32
    assert len(set(names)) == 30
    assert all(type(name) is str for name in names), "NumPy's own strings print their type"
    assert [names[0], names[10], names[20]] == ["mean radius", "radius error", "worst radius"]
    # 212 malignant tumours are the class 1, whose nuclei are the larger ones.
    assert targets.unique().tolist() == [0, 1]
    assert targets.sum() == 212
    malignant = targets[:, 0] == 1
    assert features[malignant, 0].mean() > features[~malignant, 0].mean() + 5
    # In the units of the source, from scikit-learn's description of the set.
    assert features[:, 0].min().item() == pytest.approx(6.981)
    assert features[:, 23].max().item() == pytest.approx(4254)


def test_digits() -> None:
    images, labels = load_digits().tensors
    assert images.shape == (1797, 8, 8)
    assert labels.shape == (1797,)
    assert images.dtype == torch.float32
    assert labels.dtype == torch.int64
    assert (images.min().item(), images.max().item()) == (0, 1)
    assert torch.equal((images * 16).round() / 16, images), "sixteen steps of grey"
    assert labels.bincount().tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
