"""Byte pair encoding: against tokenizers and tiktoken, and what is refused."""

from __future__ import annotations

import json
import random
import sys
import unicodedata
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import regex
import torch

from data import make_byte_pairs
from livetorch import tokenizers
from livetorch.datasets import load_shakespeare
from livetorch.tokenizers import BytePairs, Pair, merge, split_text, train_byte_pairs

theirs = pytest.importorskip("tokenizers")
tiktoken = pytest.importorskip("tiktoken")

GPT2 = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
"""The pattern that GPT-2 splits with, in the form of tiktoken."""
STRANGE = [
    "",
    " ",
    "\n\n\n",
    "hello",
    " hello",
    "  two  spaces ",
    "naïve café 中文 🙂👩‍👧",
    "it's 'TIS o'er 1599, they'll've I'm'd",
    "a\n\n\nb \n c",
    "\t\tx_y __z _!_ !_",
    "½ x² Ⅷ ٣ 一二三 〇",
    "e\u0301 \u00a0 \u2003\u3000\x85\x1c\x1d\x0b\x0c\ufeff\x00",
    "a" * 3000,
]


@pytest.fixture(scope="module")
def shipped() -> BytePairs:
    return BytePairs.shipped()


@pytest.fixture(scope="module")
def tempest() -> str:
    return load_shakespeare()[1]


def printable() -> dict[int, str]:
    """GPT-2's sign for each byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return dict(
        zip(plain + others, map(chr, [*plain, *range(256, 256 + len(others))]), strict=True)
    )


def their_order() -> list[int]:
    """The place of each byte in the order in which tokenizers breaks ties."""
    signs = printable()
    place = {byte: number for number, byte in enumerate(sorted(signs, key=signs.__getitem__))}
    return [place[byte] for byte in range(256)]


def names(merges: tuple[Pair, ...]) -> list[tuple[str, str]]:
    """Merges in GPT-2's signs, as tokenizers writes them."""
    pieces, signs = BytePairs(merges).pieces, printable()
    written = ["".join(signs[byte] for byte in piece) for piece in pieces]
    return [(written[one], written[two]) for one, two in merges]


def trained_there(text: str, num_merges: int) -> Any:
    tokenizer = theirs.Tokenizer(theirs.models.BPE())
    tokenizer.pre_tokenizer = theirs.pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = theirs.trainers.BpeTrainer(
        vocab_size=256 + num_merges,
        initial_alphabet=theirs.pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=0,
        show_progress=False,
    )
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer


def merges_there(tokenizer: Any) -> list[tuple[str, str]]:
    return [tuple(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]


def ours_in_tokenizers(ours: BytePairs, add_prefix_space: bool = False) -> Any:
    signs = printable()
    words = ["".join(signs[byte] for byte in piece) for piece in ours.pieces]
    vocabulary = {word: token for token, word in enumerate(words)}
    tokenizer = theirs.Tokenizer(theirs.models.BPE(vocab=vocabulary, merges=names(ours.merges)))
    tokenizer.pre_tokenizer = theirs.pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space)
    tokenizer.decoder = theirs.decoders.ByteLevel()
    return tokenizer


def ours_in_tiktoken(ours: BytePairs) -> Any:
    ranks = {piece: token for token, piece in enumerate(ours.pieces)}
    return tiktoken.Encoding("ours", pat_str=GPT2, mergeable_ranks=ranks, special_tokens={})


# Splitting


def test_splitting_is_that_of_gpt2(tempest: str) -> None:
    pattern = regex.compile(GPT2)
    for text in (tempest, *STRANGE):
        assert split_text(text) == pattern.findall(text), text[:80]
        assert "".join(split_text(text)) == text


def test_each_character_goes_where_gpt2_puts_it() -> None:
    pattern = regex.compile(GPT2)
    for code in range(0x30000):
        sign = chr(code)
        if unicodedata.category(sign) not in {"Cn", "Cs"}:  # unknown to this Python, or a half
            text = f"a{sign}1{sign}!{sign} {sign}b{sign}{sign}"
            assert split_text(text) == pattern.findall(text), hex(code)


def test_numbers_end_where_the_search_for_them_ends() -> None:
    others = (chr(code) for code in range(0x20000, sys.maxunicode + 1))
    assert not any(unicodedata.category(sign).startswith("N") for sign in others)


def test_only_a_str_is_split(shipped: BytePairs) -> None:
    for text in (b"bytes", None, ["a"]):
        for function in (split_text, shipped.encode, lambda text: train_byte_pairs(text, 1)):
            with pytest.raises(TypeError, match=f"must be a str, not {type(text).__name__}"):
                function(text)  # type: ignore[arg-type]


# Training


def test_merge() -> None:
    assert merge([1, 1, 1], (1, 1), 9) == [9, 1]
    assert merge([1, 2, 1, 2, 3, 1], (1, 2), 9) == [9, 9, 3, 1]
    assert merge([1], (1, 2), 9) == [1]
    assert merge([], (1, 2), 9) == []


def counted_anew(text: str, num_merges: int) -> tuple[Pair, ...]:
    """The same by the slow way: all pairs are counted before each merge."""
    words = [list(piece.encode()) for piece in split_text(text)]
    merges: list[Pair] = []
    for new in range(256, 256 + num_merges):
        counts = Counter(pair for tokens in words for pair in pairwise(tokens))
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        words = [merge(tokens, best, new) for tokens in words]
        merges.append(best)
    return tuple(merges)


@pytest.mark.parametrize("seed", range(6))
def test_counts_kept_are_counts_made_anew(seed: int) -> None:
    draw = random.Random(seed)
    signs = draw.sample(["a", "b", "ab", " ", "é", "🙂", "1", "_", "'s", "\n"], 5)
    text = "".join(draw.choices(signs, k=draw.randrange(1, 400)))
    assert train_byte_pairs(text, 60) == counted_anew(text, 60)


def test_what_ships_is_what_the_program_makes(
    shipped: BytePairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokenizers, "SHIPPED", tmp_path / "made.txt")
    make_byte_pairs.main()
    assert BytePairs.shipped() == shipped
    assert len(shipped) == 768


def test_merges_are_those_of_tokenizers(shipped: BytePairs) -> None:
    train, _ = load_shakespeare()
    there = merges_there(trained_there(train, 512))
    ours = names(shipped.merges)
    assert names(train_byte_pairs(train, 512, their_order())) == there
    assert set(ours) == set(there)
    assert sum(map(tuple.__eq__, ours, there)) == 489, "ties are broken in another order of bytes"


def test_training_that_is_refused_or_ends_early() -> None:
    assert train_byte_pairs("", 9) == ()
    assert train_byte_pairs("a b", 9) == ((32, 98),)
    assert train_byte_pairs("aaaa", 0) == ()
    assert len(BytePairs.fit("abab", 9)) == 256 + 2
    with pytest.raises(ValueError, match="must be 0 or more, got -1"):
        train_byte_pairs("a", -1)
    for order in ([0] * 256, range(255), range(1, 257)):
        with pytest.raises(ValueError, match="each number from 0 to 255 once"):
            train_byte_pairs("a", 1, order)
    with pytest.raises(ValueError, match="surrogates not allowed"):
        train_byte_pairs("\ud83d", 1)


# Encoding and decoding


def test_tokens_are_those_of_tokenizers_and_tiktoken(shipped: BytePairs, tempest: str) -> None:
    there, quick = ours_in_tokenizers(shipped), ours_in_tiktoken(shipped)
    for text in (tempest, *STRANGE):
        tokens = shipped.encode(text)
        assert tokens.dtype == torch.int64
        assert tokens.shape == (len(tokens),)
        assert tokens.tolist() == quick.encode(text), text[:80]
        assert tokens.tolist() == there.encode(text).ids, text[:80]
        assert shipped.decode(tokens) == text
        assert shipped.token_bytes(tokens) == len(text.encode())


def test_wrong_ways_give_other_tokens(shipped: BytePairs, tempest: str) -> None:
    tokens, text = shipped.encode(tempest).tolist(), tempest
    spaced = ours_in_tokenizers(shipped, add_prefix_space=True)
    assert spaced.encode("hello").ids != shipped.encode("hello").tolist()
    assert spaced.encode("hello").ids == shipped.encode(" hello").tolist()
    # the pairs from the left, whatever their rank
    greedy = [list(piece.encode()) for piece in split_text(text)]
    for pairs in greedy:
        place = 0
        while place + 1 < len(pairs):
            new = shipped._rank.get((pairs[place], pairs[place + 1]))
            pairs[place : place + 2] = pairs[place : place + 2] if new is None else [new]
            place += new is None
    assert [token for piece in greedy for token in piece] != tokens


@pytest.mark.parametrize("seed", range(4))
def test_random_text_survives(seed: int, shipped: BytePairs) -> None:
    draw = random.Random(seed)
    codes = [code for code in draw.sample(range(0x11000), 300) if not 0xD800 <= code < 0xE000]
    text = "".join(map(chr, codes)) + "".join(draw.choices("the 'll_\n7", k=300))
    tokens = shipped.encode(text)
    assert shipped.decode(tokens) == shipped.decode(tokens.tolist()) == text
    assert shipped.token_bytes(tokens.reshape(1, -1)) == len(text.encode())


def test_pieces(shipped: BytePairs) -> None:
    assert len(shipped.pieces) == len(shipped) == 768
    assert shipped.pieces[:256] == tuple(bytes([byte]) for byte in range(256))
    assert shipped.pieces[256:259] == (b" t", b"he", b" a")
    assert len(set(shipped.pieces)) == 768
    assert not any(b" " in piece[1:] for piece in shipped.pieces), "none reaches over a word's end"


def test_a_part_of_a_character(shipped: BytePairs) -> None:
    tokens = shipped.encode("é")
    assert tokens.tolist() == [0xC3, 0xA9]
    assert shipped.decode(tokens[:1]) == "\ufffd"
    assert shipped.token_bytes(tokens[:1]) == 1
    assert len(shipped.decode(tokens[:1]).encode()) == 3, "bytes are not counted in what is read"


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([0, 768], "token 768 at position 1 is outside the vocabulary of 768, tokens 0 to 767"),
        (torch.tensor([-1]), "token -1 at position 0 is outside"),
        (torch.tensor([1.5]), "must be whole numbers, got torch.float32"),
        (torch.tensor([True]), "must be whole numbers, got torch.bool"),
    ],
)
def test_no_tokens(shipped: BytePairs, ids: torch.Tensor, message: str) -> None:
    for function in (shipped.decode, shipped.token_bytes):
        with pytest.raises(ValueError, match=message):
            function(ids)


def test_shapes(shipped: BytePairs) -> None:
    assert shipped.decode([]) == ""
    assert shipped.token_bytes([]) == 0
    for ids in (torch.zeros(1, 2, dtype=torch.int64), torch.tensor(65)):
        with pytest.raises(ValueError, match=r"must be \(T,\), got"):
            shipped.decode(ids)


@pytest.mark.parametrize(
    ("merges", "message"),
    [
        (((97, 98, 99),), "token 256 must join two of 0 to 255"),
        (((97, 256),), "token 256 must join two of 0 to 255"),
        (((97, -1),), "token 256 must join"),
        (((97, 98), (97, 98)), "only once"),
    ],
)
def test_merges_that_are_none(merges: tuple[Pair, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BytePairs(merges)


# Files


def test_a_file_of_merges(shipped: BytePairs, tmp_path: Path) -> None:
    for tokenizer in (shipped, BytePairs(())):
        tokenizer.save(tmp_path / "some.txt")
        assert BytePairs.load(tmp_path / "some.txt") == tokenizer
    assert tokenizers.SHIPPED.read_text().startswith("livetorch byte pairs 1, 512 merges\n32 116\n")


def test_a_truncated_file_says_so(tmp_path: Path) -> None:
    content, path = tokenizers.SHIPPED.read_bytes(), tmp_path / "part.txt"
    first = content.index(b"\n") + 1
    for length in (first, first + 1, 100, len(content) - 1, len(content) - 6):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"part.txt is truncated: .* 512 merges, and the last"):
            BytePairs.load(path)
    path.write_bytes(content[: len(content) - 1])
    with pytest.raises(ValueError, match="the last 1 are not"):
        BytePairs.load(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no file of merges: its first line must be"),
        (b"#version: 0.2\n\xc4\xa0 t\n", "is no file of merges"),
        (b"\x80\xff\x00", "is no file of merges"),
        (b"livetorch byte pairs 1, 1 merges\n97 98\n98 99\n", "damaged: it has more lines"),
        (b"livetorch byte pairs 1, 1 merges\na b\n", "is damaged: invalid literal"),
        (b"livetorch byte pairs 1, 1 merges\n97\n", "is damaged: token 256 must join two"),
        (b"livetorch byte pairs 1, 1 merges\n97 300\n", "is damaged: token 256 must join two"),
    ],
)
def test_files_that_hold_no_merges(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "some.txt").write_bytes(content)
    with pytest.raises(ValueError, match=rf"some.txt.*{message}"):
        BytePairs.load(tmp_path / "some.txt")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        BytePairs.load(tmp_path / "none.txt")
