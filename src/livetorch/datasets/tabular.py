"""Small tables: one with a known answer, and three that scikit-learn carries.

The sources are imported inside the functions: importing scikit-learn takes longer than most
programs that do not need it want to wait.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from livetorch.datasets.memory import InMemoryDataset


def make_linear_data(
    num_examples: int,
    weight: Sequence[float],
    bias: float,
    *,
    noise: float,
    seed: int,
) -> InMemoryDataset:
    """Examples of a linear rule whose answer is known: ``targets = features @ weight + bias``.

    ``features (N, D)`` are standard normal, ``targets (N, 1)`` carry normal noise with the
    standard deviation ``noise``.
    """
    if num_examples < 1 or noise < 0:
        raise ValueError(f"need num_examples >= 1, noise >= 0; got {num_examples}, {noise}")
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(num_examples, len(weight), generator=generator)
    errors = noise * torch.randn(num_examples, 1, generator=generator)
    targets = features @ torch.tensor(weight).float().unsqueeze(1) + bias + errors
    return InMemoryDataset(features, targets)


def load_diabetes() -> tuple[InMemoryDataset, list[str]]:
    """442 patients: ten measurements in their own units, and how far the disease went in a year.

    Returns:
        The set of ``features (442, 10)`` and ``targets (442, 1)``, both float32, and the names
        of the features. The target is a score between 25 and 346.

    Source: Efron, Hastie, Johnstone and Tibshirani (2004), as scikit-learn carries it.
    """
    from sklearn.datasets import load_diabetes as load

    table = load(scaled=False)
    targets = torch.from_numpy(table.target).float().unsqueeze(1)
    return InMemoryDataset(_floats(table.data), targets), list(table.feature_names)


def load_breast_cancer() -> tuple[InMemoryDataset, list[str]]:
    """569 tumours: thirty measurements of cell nuclei in an image, and whether each is malignant.

    Returns:
        The set of ``features (569, 30)`` and ``targets (569, 1)``, both float32, and the names
        of the features: ten properties of a nucleus, each as the mean over the nuclei, its
        standard error, and the mean of the three largest, in the units of the source. A target
        is 1 for the 212 malignant tumours and 0 for the 357 benign ones: scikit-learn's own
        labels are the other way round, but what a test looks for should be the positive class.

    Source: Street, Wolberg and Mangasarian (1993), as scikit-learn carries it.
    """
    from sklearn.datasets import load_breast_cancer as load

    table = load()
    targets = torch.from_numpy(1 - table.target).float().unsqueeze(1)
    return InMemoryDataset(_floats(table.data), targets), [str(n) for n in table.feature_names]


def load_digits() -> InMemoryDataset:
    """1,797 written digits: ``images (1797, 8, 8)`` float32 in 0 .. 1, ``labels (1797,)`` int64.

    Source: Alpaydin and Kaynak (1998), the test part, as scikit-learn carries it.
    """
    from sklearn.datasets import load_digits as load

    table = load()
    return InMemoryDataset(_floats(table.images) / 16, torch.from_numpy(table.target).long())


def _floats(array: object) -> Tensor:
    return torch.as_tensor(array).float()
