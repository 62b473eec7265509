"""Moby-Dick: what ships, damaged files, and the script that cuts it."""

from __future__ import annotations

import hashlib
import lzma
import re
from pathlib import Path

import pytest

from data import make_moby_dick
from livetorch.datasets import load_moby_dick, load_shakespeare, novel

SHA256 = {
    "train": "cba18dedafcc3babbaecaea9646bfa434c4cc6b1a69fee8c6d9eeadf1c6dcfca",
    "validation": "845c6e904d6032d5158fb9c5c789d032bcf0b78a36139d6c70b747257b58b0e6",
}
"""Of the shipped texts, unpacked: how they are packed depends on the version of liblzma."""


def test_what_ships() -> None:
    train, validation = load_moby_dick()
    assert (len(train), len(validation)) == (405_665, 43_851)
    assert train.isascii()
    assert validation.isascii()
    assert train.startswith("CHAPTER 1. Loomings.\n\nCall me Ishmael. Some years ago--never mind")
    assert train.endswith("Wonder ye then at the fiery hunt?\n\n")
    assert validation.startswith("CHAPTER 134. The Chase--Second Day.\n\nAt day-break")
    assert validation.endswith("rolled on as it rolled five thousand years ago.\n\n")
    assert set(validation) <= set(train)


@pytest.mark.parametrize(("part", "chapters"), [(0, range(1, 43)), (1, range(134, 136))])
def test_each_chapter_is_there_once(part: int, chapters: range) -> None:
    numbers = re.findall(r"^CHAPTER (\d+)\. ", load_moby_dick()[part], re.MULTILINE)
    assert [int(number) for number in numbers] == list(chapters)


def test_no_paragraph_of_the_validation_part_is_in_the_training_part() -> None:
    train, validation = (
        {line for line in part.split("\n") if len(line) > 20} for part in load_moby_dick()
    )
    assert not train & validation


def test_signs_that_the_plays_lack() -> None:
    """What a model of the plays has never read: quotation marks, and digits but the zero."""
    assert set("".join(load_moby_dick())) - set(load_shakespeare()[0]) >= set('"123456789')


@pytest.mark.parametrize("part", SHA256)
def test_shipped_bytes(part: str) -> None:
    content = lzma.decompress((novel.MOBY_DICK_SHIPPED / f"{part}.txt.xz").read_bytes())
    assert hashlib.sha256(content).hexdigest() == SHA256[part]


def test_a_damaged_or_missing_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(novel, "MOBY_DICK_SHIPPED", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"train.txt.xz ships with livetorch.*not there"):
        load_moby_dick()
    packed = lzma.compress(b"Call me Ishmael.\n\n" * 50)
    for spoiled in (packed[:-20], b"", b"<html>", lzma.compress(b"\xff")):
        (tmp_path / "train.txt.xz").write_bytes(spoiled)
        with pytest.raises(ValueError, match=r"train.txt.xz is damaged .*again"):
            load_moby_dick()


# The script


def test_plain() -> None:
    assert make_moby_dick.plain("\nAye—“Ahab’s” ‘ship’.\n\n\n") == "Aye--\"Ahab's\" 'ship'.\n\n"
    with pytest.raises(ValueError, match=r"no plain form in PLAIN: \['é', '…'\]"):
        make_moby_dick.plain("café…é")


def test_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "data"
    source.mkdir()
    for number in range(1, 136):
        (source / f"chapter_{number}.txt").write_text(
            f"CHAPTER {number}. A—B\n\nWords.\n", encoding="utf-8"
        )
    make_moby_dick.main([str(source), "--target", str(tmp_path / "made")])
    monkeypatch.setattr(novel, "MOBY_DICK_SHIPPED", tmp_path / "made")
    train, validation = load_moby_dick()
    assert train.startswith("CHAPTER 1. A--B\n\nWords.\n\nCHAPTER 2. A--B\n")
    assert train.count("CHAPTER") == 42
    assert validation == "CHAPTER 134. A--B\n\nWords.\n\nCHAPTER 135. A--B\n\nWords.\n\n"
