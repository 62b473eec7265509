"""Data that is in memory: sets, splits, loaders, and the sources the book uses."""

from livetorch.datasets.images import FASHION_CLASSES, load_fashion_mnist
from livetorch.datasets.memory import InMemoryDataset, make_loader, split_dataset
from livetorch.datasets.scaling import Standardizer
from livetorch.datasets.tabular import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    make_linear_data,
)

__all__ = [
    "FASHION_CLASSES",
    "InMemoryDataset",
    "Standardizer",
    "load_breast_cancer",
    "load_diabetes",
    "load_digits",
    "load_fashion_mnist",
    "make_linear_data",
    "make_loader",
    "split_dataset",
]
