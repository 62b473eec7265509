"""Rated sentences: what ships, damaged files, the split by document, and the script."""

from __future__ import annotations

import hashlib
import lzma
import re
from pathlib import Path

import pytest
import torch

from data import make_ratings
from livetorch.datasets import RatedTexts, held_out, load_ratings, ratings

SHA256 = {
    "tweets": "85970d14ec4507319a747f25fcd280eda8ebdc416f37e912c0a3ec17f25b97cc",
    "amazon": "e8d974bf4663fd641e0c406c79095b7305fc56fa34b8a8d4575a095b337c4c74",
    "movies": "4879a984de0b24a231ce7ca7f9db179a1763c7d4be254fa4e73f1181541e7430",
}
"""Of the shipped tables, unpacked: how they are packed depends on the version of liblzma."""


@pytest.mark.parametrize(
    ("source", "count", "documents", "clear", "positive"),
    [
        ("tweets", 4190, 4190, 3347, 0.69),
        ("amazon", 3696, 300, 2934, 0.59),
        ("movies", 1500, 1500, 1422, 0.47),
    ],
)
def test_what_ships(source: str, count: int, documents: int, clear: int, positive: float) -> None:
    rated = load_ratings(source)
    assert len(rated) == len(set(rated.texts)) == count
    assert rated.ratings.shape == (count, 20)
    assert (rated.ratings.dtype, rated.groups.dtype) == (torch.int8, torch.int64)
    assert -4 <= rated.ratings.min() <= rated.ratings.max() <= 4
    assert len(rated.groups.unique()) == documents
    decided = rated.clear()
    assert len(decided) == clear
    assert decided.means.abs().min() > 0.5
    assert decided.labels.float().mean().item() == pytest.approx(positive, abs=0.005)
    assert torch.equal(decided.labels == 1, decided.means > 0)


def test_a_text_stands_with_its_ratings_and_its_document() -> None:
    rated = load_ratings("amazon")
    assert rated.texts[0].startswith("troubleshooting ad-2500 and ad-2600")
    assert rated.ratings[0, :6].tolist() == [0, -1, 0, 0, -1, -2]
    assert rated.groups[[0, -1]].tolist() == [1, 309]
    two = rated.select(torch.tensor([5, 2]))
    assert two.texts == (rated.texts[5], rated.texts[2])
    assert torch.equal(two.ratings, rated.ratings[[5, 2]])
    same = rated.select(torch.arange(len(rated)) == 7)
    assert same.texts == (rated.texts[7],)


def test_the_movies_are_sorted_by_opinion_and_the_tweets_are_not() -> None:
    praise = load_ratings("movies").labels.float()
    assert praise[:600].mean() > 0.9
    assert praise[800:].mean() < 0.15
    halves = load_ratings("tweets").labels.float().split(2095)
    assert abs(halves[0].mean() - halves[1].mean()) < 0.2


@pytest.mark.parametrize("source", SHA256)
def test_no_personal_data_is_in_the_texts(source: str) -> None:
    for text in load_ratings(source).texts:
        assert set(re.findall(r"@\s?[A-Za-z]\w+", text)) <= {"@anonymous"}, text
        assert set(re.findall(r"https?://\S*?(?=[!)]|$|\s)", text)) <= {"http://url_removed"}, text
        assert not re.search(r"\d{3}[ .-]\d{3}[ .-]\d{4}", text), text
        assert not re.search(r"\S@\S+\.\w", text.replace("@anonymous", "")), text


@pytest.mark.parametrize("source", SHA256)
def test_shipped_bytes(source: str) -> None:
    content = lzma.decompress((ratings.RATINGS_SHIPPED / f"{source}.tsv.xz").read_bytes())
    assert hashlib.sha256(content).hexdigest() == SHA256[source]


def test_another_source_is_refused() -> None:
    with pytest.raises(ValueError, match="no source 'news': choose from tweets, amazon, movies"):
        load_ratings("news")


def test_a_damaged_or_missing_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratings, "RATINGS_SHIPPED", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"tweets.tsv.xz ships with livetorch.*not there"):
        load_ratings("tweets")
    good = "1\t" + "4" * 20 + "\tFine.\n"
    for table, reason in (
        ("", "it is empty"),
        (good + "2\t444\tFine.\n", "line 2 is not a document"),
        (good + "x\t" + "4" * 20 + "\tFine.\n", "line 2 is not a document"),
        (good + "2\t" + "4" * 20 + "\t\n", "line 2 is not a document"),
        (good + "2\t" + "9" * 20 + "\tFine.\n", "line 2 has ratings beyond"),
    ):
        (tmp_path / "tweets.tsv.xz").write_bytes(lzma.compress(table.encode()))
        with pytest.raises(ValueError, match=f"tweets.tsv.xz is damaged .{reason}"):
            load_ratings("tweets")
    (tmp_path / "tweets.tsv.xz").write_bytes(b"<html>")
    with pytest.raises(ValueError, match=r"tweets.tsv.xz is damaged"):
        load_ratings("tweets")


# The split


@pytest.mark.parametrize("source", SHA256)
@pytest.mark.parametrize("seed", [0, 3])
def test_no_document_is_on_both_sides(source: str, seed: int) -> None:
    groups = load_ratings(source).groups
    mask = held_out(groups, 0.25, seed)
    assert not set(groups[mask].tolist()) & set(groups[~mask].tolist())
    assert len(groups[mask].unique()) == len(groups.unique()) // 4
    assert torch.equal(mask, held_out(groups, 0.25, seed))
    assert not torch.equal(mask, held_out(groups, 0.25, seed + 1))


def test_a_side_without_a_document_is_refused() -> None:
    for share in (0, 1, 0.2, -1):
        with pytest.raises(ValueError, match="leaves a side without any"):
            held_out(torch.tensor([1, 1, 2, 2]), share)


# The script


def test_names_and_addresses_are_replaced_and_some_texts_left_out() -> None:
    clean = make_ratings.without_people
    assert clean("RT  @anonymous &amp; @Some_One:  hi") == "RT @anonymous & @anonymous: hi"
    assert clean("see www.a.com/b, or http://url_removed!") == (
        "see http://url_removed or http://url_removed"
    )
    assert clean("OMG <3333333333 at 3 @ 5, 300-500 times") == (
        "OMG <3333333333 at 3 @ 5, 300-500 times"
    )
    for text in ("call 423 521 0367", "call 6191859", "mail me.now@a.com"):
        assert clean(text) is None


def test_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {
        "tweets": ["One caf\u00e9.", "Twice.", "Twice.", "mail a@b.com", "Nineteen."],
        "amazonReviewSnippets": ["Good."],
        "movieReviewSnippets": [f"Film {number}." for number in range(1501)] + ["long " * 21],
    }
    for name, lines in texts.items():
        truth, single = [], []
        for number, text in enumerate(lines, 1):
            count = 19 if text == "Nineteen." else 24 if number == 1 else 20
            key = f"{number}_{number}" if name.startswith("amazon") else number
            truth.append(f"{key}\t1.0\t{text}\n")
            single.append(f"{key}\t1.0\t0.0\t{[number % 5] * count}\n")
        encoding = "utf-8-sig" if name.startswith("amazon") else "latin-1"
        (tmp_path / f"{name}_GroundTruth.txt").write_text("".join(truth), encoding=encoding)
        (tmp_path / f"{name}_anonDataRatings.txt").write_text("".join(single), encoding="utf-8")
    make_ratings.main([str(tmp_path), "--target", str(tmp_path / "made")])
    monkeypatch.setattr(ratings, "RATINGS_SHIPPED", tmp_path / "made")
    tweets = load_ratings("tweets")
    assert tweets.texts == ("One caf\u00e9.", "Twice.")
    assert tweets.ratings.tolist() == [[1] * 20, [2] * 20]
    movies = load_ratings("movies")
    assert len(movies) == 1500
    assert "long" not in "".join(movies.texts)
    assert movies.groups.tolist() == sorted(movies.groups.tolist())
    assert isinstance(load_ratings("amazon"), RatedTexts)
