"""Images of clothes: a part of Fashion-MNIST that ships, or the whole set where it is present."""

from __future__ import annotations

import os
from pathlib import Path

from torch import Tensor

from livetorch.datasets.idx import find_idx, read_idx
from livetorch.datasets.memory import InMemoryDataset

FASHION_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
"""What the labels 0 .. 9 of Fashion-MNIST mean."""

FASHION_FILES = {
    part: (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte") for part in ("train", "t10k")
}
"""Each part's images and labels, under the names they were published with."""
FASHION_SHIPPED = Path(__file__).parent / "data" / "fashion-mnist"
SUBFOLDERS = ("", "fashion-mnist", "FashionMNIST/raw")
"""Where in a folder of data the files are looked for; the last is where torchvision puts them."""


def load_fashion_mnist(
    folder: str | Path | None = None,
) -> tuple[InMemoryDataset, InMemoryDataset]:
    """Grey images of clothes in ten classes: the training part and the test part.

    10,000 and 2,000 examples ship with the package: each class equally often, drawn from the
    published training and test part by ``data/make_fashion_mnist.py`` of the project. Who has
    the published files has all 60,000 and 10,000: name the folder that holds them here, or in
    the environment variable LIVETORCH_DATA. (A LIVETORCH_DATA without any of the files is passed
    over: other data may be there.) The files may be packed as ``.gz``, and may be in a subfolder
    ``fashion-mnist`` or ``FashionMNIST/raw``.

    Returns:
        Two sets of ``images (N, 28, 28)`` float32 in 0 .. 1, where 0 is the background, and
        ``labels (N,)`` int64, numbers of `FASHION_CLASSES`.

    Raises:
        FileNotFoundError: the folder does not hold all four files.
        ValueError: a file is damaged, or is not one of Fashion-MNIST.

    Source: Xiao, Rasul and Vollgraf (2017), https://github.com/zalandoresearch/fashion-mnist,
    MIT license, copyright Zalando SE.
    """
    source = fashion_folder(folder)
    train, test = (_as_dataset(*read_fashion_part(source, part)) for part in FASHION_FILES)
    return train, test


def fashion_folder(folder: str | Path | None) -> Path:
    """The folder to read: the one named, or LIVETORCH_DATA where it has the files, or ours."""
    by_variable = folder is None
    folder = os.environ.get("LIVETORCH_DATA", "") if folder is None else folder
    if by_variable and not folder:
        return FASHION_SHIPPED
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise FileNotFoundError(
            f"there is no folder {root}, which "
            f"{'LIVETORCH_DATA' if by_variable else 'the argument folder'} names. Correct it, or "
            "leave it out: a part of Fashion-MNIST ships with the package."
        )
    names = [name for files in FASHION_FILES.values() for name in files]
    for place in (root / subfolder for subfolder in SUBFOLDERS):
        if any(find_idx(place, name) for name in names):
            return place
    if by_variable:
        return FASHION_SHIPPED
    raise FileNotFoundError(
        f"{root} holds none of the files {', '.join(names)}, packed as .gz or not. They come from "
        "https://github.com/zalandoresearch/fashion-mnist (data/fashion); Debian and Ubuntu have "
        "them as the package dataset-fashion-mnist, in /usr/share/datasets/fashion-mnist."
    )


def read_fashion_part(folder: Path, part: str) -> tuple[Tensor, Tensor]:
    """The images (N, 28, 28) and labels (N,), both uint8, of the part ``train`` or ``t10k``."""
    paths = []
    for name in FASHION_FILES[part]:
        path = find_idx(folder, name)
        if path is None:
            raise FileNotFoundError(
                f"{folder} has other files of Fashion-MNIST, but neither {name} nor {name}.gz: "
                "put it there too"
            )
        paths.append(path)
    images, labels = (read_idx(path) for path in paths)
    if images.shape[1:] != (28, 28):
        raise ValueError(f"{paths[0]} must hold images (N, 28, 28), got {tuple(images.shape)}")
    if labels.shape != images.shape[:1]:
        raise ValueError(
            f"{paths[1]} must hold labels ({len(images)},), one for each image of {paths[0].name}, "
            f"got {tuple(labels.shape)}: the two belong to different sets"
        )
    if len(labels) and labels.max() >= len(FASHION_CLASSES):
        raise ValueError(f"{paths[1]} must hold labels from 0 to 9, got {labels.max()}")
    return images, labels


def _as_dataset(images: Tensor, labels: Tensor) -> InMemoryDataset:
    return InMemoryDataset(images.float() / 255, labels.long())
