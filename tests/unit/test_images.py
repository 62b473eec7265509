"""Fashion-MNIST: what ships, the published files, damaged ones, and the script that chooses."""

from __future__ import annotations

import gzip
import hashlib
import importlib.resources
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from data import make_fashion_mnist
from livetorch.datasets import FASHION_CLASSES, load_fashion_mnist
from livetorch.datasets.idx import find_idx, read_idx, write_idx
from livetorch.datasets.images import FASHION_FILES, FASHION_SHIPPED

ROOT = Path(__file__).parents[2]
PUBLISHED = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package dataset-fashion-mnist puts the files."""
SHA256 = {
    "train-images-idx3-ubyte": "a75a10e83afac7da59dd3ac4359378b6fdf4211705ff65338ba7610ff84d02c9",
    "train-labels-idx1-ubyte": "679ce34b0171131f3b78b9509cb49673b228d17b393af675814858cd465eccfa",
    "t10k-images-idx3-ubyte": "3dc7c629cc18bcc8dc0b580bbb518b083eac882506f56142a8e05b04724d5f10",
    "t10k-labels-idx1-ubyte": "094aee36ec53d47e2d687cf330c43a6f61f0066c4dc2e2f48aa0a063cf0b2c3f",
}
"""Of the shipped files, unpacked: how they are packed depends on the version of zlib."""
MADE_WITH_OTHERS = {
    "emoji-by-sa": "emoji",
    **dict.fromkeys(("spoken-digits", "synthetic-digits", "seventh-voice"), "speech"),
}
"""Folders that a program fills together with others, and that program's name."""

PLAIN_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff"
"""Of a packed file: no name, no date, no system, and packed as tightly as can be."""

Bytes = npt.NDArray[np.uint8]


def idx(numbers: Bytes) -> bytes:
    """An IDX file, written without the help of what is tested."""
    magic = 0x00000800 + numbers.ndim
    return struct.pack(f">I{numbers.ndim}I", magic, *numbers.shape) + numbers.tobytes()


def some_images(size: int) -> Bytes:
    """Images that differ: the first two bytes of image i are 255 and i."""
    images = np.zeros((size, 28, 28), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = 255, np.arange(size) % 256
    return images


def some_labels(size: int) -> Bytes:
    return (np.arange(size) * 3 % 10).astype(np.uint8)


def publish(folder: Path, *, train: int = 30, test: int = 20, packed: bool = True) -> Path:
    """The four files of a small set; example i of a part is image i with the label 3 i mod 10."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, size in (("train", train), ("t10k", test)):
        for name, numbers in zip(
            FASHION_FILES[part], (some_images(size), some_labels(size)), strict=True
        ):
            content = idx(numbers)
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            if not packed:
                (folder / f"{name}.gz").unlink()
                (folder / name).write_bytes(content)
    return folder


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIVETORCH_DATA", raising=False)


# What ships


def test_what_ships() -> None:
    train, test = load_fashion_mnist()
    for part, size in ((train, 10_000), (test, 2_000)):
        images, labels = part.tensors
        assert images.shape == (size, 28, 28)
        assert images.dtype == torch.float32
        assert (images.min().item(), images.max().item()) == (0, 1)
        assert torch.equal((images * 255).round() / 255, images)
        assert labels.shape == (size,)
        assert labels.dtype == torch.int64
        assert labels.bincount().tolist() == [size // 10] * 10
        # As published, the classes are mixed: a batch in order holds most of them.
        assert len(labels[:64].unique()) == 10
    # Published of the whole training part: mean 0.2860, deviation 0.3530.
    assert train.tensors[0].mean().item() == pytest.approx(0.2860, abs=0.005)
    assert train.tensors[0].std().item() == pytest.approx(0.3530, abs=0.005)


def test_labels_belong_to_their_images() -> None:
    # The nearest mean image of a class is the right one two times in three.
    (images, labels), (new, expected) = (part.tensors for part in load_fashion_mnist())
    means = torch.stack([images[labels == number].mean(dim=0) for number in range(10)])
    nearest = torch.cdist(new.flatten(1), means.flatten(1)).argmin(dim=1)
    assert (nearest == expected).float().mean() > 0.6
    assert means[FASHION_CLASSES.index("Sandal")].mean() == means.mean(dim=(1, 2)).min()


def test_no_test_image_is_a_training_image() -> None:
    train, test = (part.tensors[0].flatten(1) for part in load_fashion_mnist())
    assert not {row.tobytes() for row in train.numpy()} & {row.tobytes() for row in test.numpy()}


def test_class_names() -> None:
    assert " | ".join(FASHION_CLASSES) == (
        "T-shirt/top | Trouser | Pullover | Dress | Coat"
        " | Sandal | Shirt | Sneaker | Bag | Ankle boot"
    )


@pytest.mark.parametrize("name", SHA256)
def test_shipped_bytes(name: str) -> None:
    packed = (FASHION_SHIPPED / f"{name}.gz").read_bytes()
    assert hashlib.sha256(gzip.decompress(packed)).hexdigest() == SHA256[name]
    assert packed[:10] == PLAIN_HEADER


def test_each_shipped_file_has_its_license_beside_it() -> None:
    data = importlib.resources.files("livetorch.datasets") / "data"
    folders = [entry for entry in data.iterdir() if entry.is_dir() and entry.name != "__pycache__"]
    assert "fashion-mnist" in {folder.name for folder in folders}
    for folder in folders:
        assert "opyright" in (folder / "LICENSE").read_text(encoding="utf-8")
        name = MADE_WITH_OTHERS.get(folder.name, folder.name).replace("-", "_")
        assert (ROOT / "data" / f"make_{name}.py").is_file()


def test_shipped_files_are_small() -> None:
    assert sum(file.stat().st_size for file in FASHION_SHIPPED.iterdir()) < 5.3e6


# The published files


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("place", ["", "fashion-mnist", "FashionMNIST/raw"])
@pytest.mark.parametrize("by_variable", [True, False])
def test_a_folder_with_the_published_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool, place: str, by_variable: bool
) -> None:
    publish(tmp_path / place, packed=packed)
    if by_variable:
        monkeypatch.setenv("LIVETORCH_DATA", str(tmp_path))
        train, test = load_fashion_mnist()
    else:
        train, test = load_fashion_mnist(str(tmp_path))
    for part, size in ((train, 30), (test, 20)):
        images, labels = part.tensors
        assert images.shape == (size, 28, 28)
        assert images.dtype == torch.float32
        assert images[:, 0, 0].tolist() == [1] * size
        assert torch.equal((images[:, 0, 1] * 255).round().long(), torch.arange(size))
        assert labels.dtype == torch.int64
        assert torch.equal(labels, torch.arange(size) * 3 % 10)


def test_a_folder_named_counts_more_than_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVETORCH_DATA", str(publish(tmp_path / "variable", train=10)))
    train, _ = load_fashion_mnist(publish(tmp_path / "argument", train=50))
    assert len(train) == 50


def test_the_home_folder_has_its_short_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    publish(tmp_path / "clothes")
    assert len(load_fashion_mnist("~/clothes")[0]) == 30


def test_a_variable_for_other_data_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "speech").mkdir()
    for value in (str(tmp_path), ""):
        monkeypatch.setenv("LIVETORCH_DATA", value)
        assert len(load_fashion_mnist()[0]) == 10_000


def test_the_working_folder_is_not_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(publish(tmp_path))
    assert len(load_fashion_mnist()[0]) == 10_000
    monkeypatch.setenv("LIVETORCH_DATA", "")
    assert len(load_fashion_mnist()[0]) == 10_000
    assert len(load_fashion_mnist(".")[0]) == 30


def test_a_folder_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = tmp_path / "nowhere"
    with pytest.raises(FileNotFoundError, match="nowhere, which the argument folder names"):
        load_fashion_mnist(missing)
    monkeypatch.setenv("LIVETORCH_DATA", str(missing))
    with pytest.raises(FileNotFoundError, match=r"nowhere, which LIVETORCH_DATA names.*leave it"):
        load_fashion_mnist()


def test_a_folder_without_the_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds none of the files") as caught:
        load_fashion_mnist(tmp_path)
    for words in (str(tmp_path), "t10k-labels-idx1-ubyte", "https://github.com", "Debian"):
        assert words in str(caught.value)


@pytest.mark.parametrize("name", SHA256)
def test_a_file_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    publish(tmp_path)
    (tmp_path / f"{name}.gz").unlink()
    monkeypatch.setenv("LIVETORCH_DATA", str(tmp_path))
    for folder in (tmp_path, None):
        with pytest.raises(FileNotFoundError, match=f"neither {name} nor {name}.gz: put it there"):
            load_fashion_mnist(folder)


def test_parts_that_do_not_belong_together(tmp_path: Path) -> None:
    images, labels = FASHION_FILES["train"]

    def refused(name: str, numbers: Bytes, message: str) -> None:
        publish(tmp_path)
        write_idx(tmp_path / f"{name}.gz", torch.from_numpy(numbers))
        with pytest.raises(ValueError, match=message):
            load_fashion_mnist(tmp_path)

    refused(labels, some_labels(29), rf"labels \(30,\), one for each image of {images}.*\(29,\)")
    refused(labels, some_images(30), r"must hold labels \(30,\).*got \(30, 28, 28\)")
    refused(images, some_labels(30), r"must hold images \(N, 28, 28\), got \(30,\)")
    refused(images, np.zeros((30, 32, 32), np.uint8), r"got \(30, 32, 32\)")
    refused(labels, some_labels(30) + np.uint8(1), "labels from 0 to 9, got 10")


# IDX files


@pytest.mark.parametrize("name", ["numbers", "numbers.gz"])
@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4), (0, 28, 28), (300, 2)])
def test_idx_files(tmp_path: Path, name: str, shape: tuple[int, ...]) -> None:
    numbers = np.random.RandomState(0).randint(256, size=shape).astype(np.uint8)
    unpack: Callable[[bytes], bytes] = gzip.decompress if name.endswith("gz") else bytes
    write_idx(tmp_path / name, torch.from_numpy(numbers))
    assert unpack((tmp_path / name).read_bytes()) == idx(numbers)
    read = read_idx(tmp_path / name)
    assert read.dtype == torch.uint8
    assert read.shape == shape
    assert read.tolist() == numbers.tolist()


@pytest.mark.filterwarnings("error")
def test_idx_numbers_may_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "numbers").write_bytes(idx(some_labels(3)))
    read_idx(tmp_path / "numbers").zero_()


def test_packed_idx_files_carry_no_name_and_no_date(tmp_path: Path) -> None:
    write_idx(tmp_path / "numbers.gz", torch.zeros(3, dtype=torch.uint8))
    assert (tmp_path / "numbers.gz").read_bytes().startswith(PLAIN_HEADER)


def test_a_part_of_a_tensor_can_be_written(tmp_path: Path) -> None:
    write_idx(tmp_path / "numbers", torch.arange(6, dtype=torch.uint8).reshape(2, 3).T[1:])
    assert read_idx(tmp_path / "numbers").tolist() == [[1, 4], [2, 5]]


def test_find_idx(tmp_path: Path) -> None:
    assert find_idx(tmp_path, "numbers") is None
    (tmp_path / "numbers.gz").touch()
    assert find_idx(tmp_path, "numbers") == tmp_path / "numbers.gz"
    (tmp_path / "numbers").mkdir()
    assert find_idx(tmp_path, "numbers") == tmp_path / "numbers.gz"
    (tmp_path / "numbers").rmdir()
    (tmp_path / "numbers").touch()
    assert find_idx(tmp_path, "numbers") == tmp_path / "numbers"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx(some_images(3))[:-1], "announces 3 x 28 x 28 bytes, holds 2351: .*Fetch it again"),
        (idx(some_images(3)) + b"\0", "announces 3 x 28 x 28 bytes, holds 2353: it is damaged"),
        (idx(some_images(3))[:16], "announces 3 x 28 x 28 bytes, holds 0"),
        (idx(some_images(3))[:15], "is cut: it is damaged"),
        (idx(some_images(0))[:-1], "is cut: it is damaged"),
        (idx(some_labels(3))[:4], "is cut: it is damaged"),
        (b"", "starts with nothing, an IDX file .* 00 00 08"),
        (b"\0\0\x08", "starts with 00 00 08"),
        (b"\0\0\x08\0", "starts with 00 00 08 00"),
        (b"\0\0\x08\0\x05", "starts with 00 00 08 00"),
        (b"<!DOCTYPE html>", "starts with 3c 21 44 4f.*some other file.*web page"),
        (b"\0\0\x0d\x01" + bytes(8), "starts with 00 00 0d 01"),
        (b"\0\x01\x08\x01\0\0\0\0", "starts with 00 01 08 01"),
        (b"\x01\0\x08\x01\0\0\0\0", "starts with 01 00 08 01"),
    ],
)
def test_files_that_are_no_idx(tmp_path: Path, content: bytes, message: str) -> None:
    plain, packed = tmp_path / "numbers", tmp_path / "numbers.gz"
    plain.write_bytes(content)
    packed.write_bytes(gzip.compress(content))
    for path in (plain, packed):
        with pytest.raises(ValueError, match=message) as caught:
            read_idx(path)
        assert str(caught.value).startswith(f"{path} ")


def damaged(packed: bytes) -> bytes:
    """The last byte before the checksum is another one."""
    return packed[:-9] + bytes([packed[-9] ^ 0xFF]) + packed[-8:]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda packed: packed[: len(packed) // 2],
        lambda packed: packed[:-1],
        lambda packed: packed[:5],
        lambda packed: packed[:-8] + bytes(8),
        lambda packed: b"<html>" + packed,
        lambda packed: packed[:10] + bytes([0xFF] * 20) + packed[30:],
        damaged,
    ],
)
def test_packed_files_that_are_damaged(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "numbers.gz"
    path.write_bytes(spoil(gzip.compress(idx(some_images(20)))))
    with pytest.raises(ValueError, match=r"cannot be unpacked .*Fetch it again") as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


# The script


def test_choice_is_even_and_seeded() -> None:
    labels = torch.from_numpy(some_labels(1_000))
    chosen = make_fashion_mnist.choose(labels, 7, 0)
    assert labels[chosen].bincount().tolist() == [7] * 10
    assert chosen.tolist() == sorted(set(chosen.tolist()))
    assert torch.equal(make_fashion_mnist.choose(labels, 7, 0), chosen)
    assert not torch.equal(make_fashion_mnist.choose(labels, 7, 1), chosen)
    # Drawn from all of them, not from the first ones.
    assert chosen.max() > 900
    assert torch.equal(make_fashion_mnist.choose(labels, 100, 0), torch.arange(1_000))
    with pytest.raises(ValueError, match="101 examples of 'T-shirt/top' are wanted, of 100"):
        make_fashion_mnist.choose(labels, 101, 0)


def test_script_cuts_each_part_from_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = publish(tmp_path / "source", train=200, test=100)
    monkeypatch.setitem(make_fashion_mnist.PER_CLASS, "train", 4)
    monkeypatch.setitem(make_fashion_mnist.PER_CLASS, "t10k", 2)
    for target in ("once", "again"):
        make_fashion_mnist.main([str(source), "--target", str(tmp_path / target)])
    for part, size in zip(load_fashion_mnist(tmp_path / "once"), (40, 20), strict=True):
        images, labels = part.tensors
        number = (images[:, 0, 1] * 255).round().long()
        assert len(number.unique()) == size
        assert torch.equal(labels, number * 3 % 10), "a label left its image"
        assert labels.bincount().tolist() == [size // 10] * 10
    for file in (tmp_path / "once").iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published files are not on this machine")
def test_script_makes_what_ships(tmp_path: Path) -> None:
    make_fashion_mnist.make(PUBLISHED, tmp_path)
    for name in SHA256:
        made = gzip.decompress((tmp_path / f"{name}.gz").read_bytes())
        assert hashlib.sha256(made).hexdigest() == SHA256[name], name
