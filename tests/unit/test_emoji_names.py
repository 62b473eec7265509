"""Names of emoji and queries for them: what ships, damaged files, and what makes them."""

from __future__ import annotations

import hashlib
import json
import lzma
from pathlib import Path
from typing import Any

import pytest
import torch

from data import make_emoji_names
from livetorch.datasets import emoji_names, load_emoji_names

SHA256 = {
    "names.tsv.xz": "966f04ac10385418d0edda8da014c24ff1a817632453e2a875223cc7c52456ba",
    "queries.tsv.xz": "163f732f7221aabf066604930a1d950501a82e39325adfbbe90d2c3c8b28b000",
}
"""Of the files, unpacked."""


# What ships


def test_what_ships() -> None:
    data = load_emoji_names()
    assert len(data.emoji) == len(data.names) == len(data.tags) == len(data.texts) == 1_940
    assert len(data.queries) == 4_536
    assert data.answers.shape == (4_536,)
    assert data.answers.dtype == torch.int64
    number = data.emoji.index("🐌")
    assert data.names[number] == "snail"
    assert data.texts[number] == "snail: animal, escargot, garden, nature, slug"
    assert data.texts[data.emoji.index("🇬")] == "regional indicator G"
    for query, emoji in {"icelandic": "🇮🇸", "rainy": "☔️", "crêpe": "🥞"}.items():
        assert data.emoji[data.answers[data.queries.index(query)]] == emoji


def test_each_stands_once() -> None:
    data = load_emoji_names()
    assert len(set(data.emoji)) == len(data.emoji)
    assert len(set(data.names)) == len(data.names)
    assert len(set(data.queries)) == len(data.queries)
    assert all(text.strip() == text and text for text in [*data.texts, *data.queries])


@pytest.mark.parametrize("file", SHA256)
def test_files(file: str) -> None:
    content = lzma.decompress((emoji_names.EMOJI_NAMES_SHIPPED / file).read_bytes())
    assert hashlib.sha256(content).hexdigest() == SHA256[file]


def test_licenses_of_all_three_sources_ship() -> None:
    text = (emoji_names.EMOJI_NAMES_SHIPPED / "LICENSE").read_text(encoding="utf-8")
    for part in ("2017-2019 Miles Johnson", "2014 Mu-An Chiou", "2004-2026 Unicode, Inc."):
        assert part in text
    assert text.count("Permission is hereby granted, free of charge") == 3


GOOD = {"names.tsv.xz": "🐌\tsnail\tslug|garden\n🇬\tindicator\t", "queries.tsv.xz": "slimy\t🐌"}


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two small files in place of those that ship."""
    monkeypatch.setattr(emoji_names, "EMOJI_NAMES_SHIPPED", tmp_path)
    for file, text in GOOD.items():
        (tmp_path / file).write_bytes(lzma.compress(text.encode()))
    return tmp_path


def test_small_files(shipped: Path) -> None:
    assert shipped.is_dir()
    data = load_emoji_names()
    assert data.tags == (("slug", "garden"), ())
    assert data.texts == ["snail: slug, garden", "indicator"]
    assert data.queries == ("slimy",)
    assert data.answers.tolist() == [0]


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("names.tsv.xz", "🐌\tsnail", "line 1 does not hold 3 values"),
        ("names.tsv.xz", "🐌\tsnail\t\n\tfox\t", "line 2 does not hold 3 values"),
        ("names.tsv.xz", "🐌\tsnail\t\n🐌\tslug\t", "a line stands twice"),
        ("names.tsv.xz", "", "line 1 does not hold 3 values"),
        ("queries.tsv.xz", "slimy\t🐌\nslimy\t🇬", "a line stands twice"),
        ("queries.tsv.xz", "slimy\t", "line 1 does not hold 2 values"),
        ("queries.tsv.xz", "sly\t🦊", "no name ships for its answer 🦊"),
    ],
)
def test_damaged_file(shipped: Path, file: str, text: str, message: str) -> None:
    (shipped / file).write_bytes(lzma.compress(text.encode()))
    with pytest.raises(ValueError, match=rf"{file} is damaged \(.*{message}.*Install"):
        load_emoji_names()


@pytest.mark.parametrize("content", [b"", b"no archive", lzma.compress(b"a\tb\tc")[:-9]])
def test_no_archive(shipped: Path, content: bytes) -> None:
    (shipped / "names.tsv.xz").write_bytes(content)
    with pytest.raises(ValueError, match=r"names.tsv.xz is damaged"):
        load_emoji_names()


@pytest.mark.parametrize("file", GOOD)
def test_missing_file(shipped: Path, file: str) -> None:
    (shipped / file).unlink()
    with pytest.raises(FileNotFoundError, match=rf"{file} ships.*Install the package again"):
        load_emoji_names()


# The script

ENTRIES: list[dict[str, Any]] = [
    {"emoji": "🐌", "label": "snail", "tags": ["slug", "a|b"], "group": 3},
    {"emoji": "☔️", "label": "umbrella", "group": 5, "tags": ["rain"]},
    {"emoji": "🇬", "label": "indicator"},
    {"emoji": "🦰", "label": "red hair", "group": 2},
    {"emoji": "🏽", "group": 2},
]
KEYWORDS = {
    "🐌": ["snail", "slimy_thing", "wet", "17:00", ":)"],
    "☔": ["Rainy", "wet"],
    "🦰": ["ginger"],
}


def test_names_leave_out_the_parts() -> None:
    rows = make_emoji_names.names_of(ENTRIES)
    assert rows == [
        ("🐌", "snail", ["slug", "a b"]),
        ("☔️", "umbrella", ["rain"]),
        ("🇬", "indicator", []),
    ]
    with pytest.raises(ValueError, match="stands twice"):
        make_emoji_names.names_of([ENTRIES[0], ENTRIES[0]])


def test_queries_have_letters_and_one_answer() -> None:
    # "wet" stands for two, 17:00 and :) have no letter, 🦰 has no name.
    assert make_emoji_names.queries_of(KEYWORDS, ["🐌", "☔️", "🇬"]) == [
        ("rainy", "☔️"),
        ("slimy thing", "🐌"),
        ("snail", "🐌"),
    ]


def test_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names, keywords = tmp_path / "names.json", tmp_path / "keywords.json"
    names.write_text(json.dumps(ENTRIES), encoding="utf-8")
    keywords.write_text(json.dumps(KEYWORDS), encoding="utf-8")
    target = tmp_path / "made"
    make_emoji_names.main([str(names), str(keywords), "--target", str(target)])
    monkeypatch.setattr(emoji_names, "EMOJI_NAMES_SHIPPED", target)
    data = load_emoji_names()
    assert data.texts == ["snail: slug, a b", "umbrella: rain", "indicator"]
    assert data.queries == ("rainy", "slimy thing", "snail")
    assert data.answers.tolist() == [1, 0, 0]
