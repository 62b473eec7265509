"""Characters as numbers, and padding."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from livetorch.datasets import (
    CharacterVocabulary,
    load_surnames,
    pad_sequences,
    plain_letters,
)

# Vocabulary


def test_vocabulary_goes_both_ways() -> None:
    vocabulary = CharacterVocabulary.fit(["hello", "world"])
    assert vocabulary.characters == tuple("dehlorw")
    assert len(vocabulary) == 7
    ids = vocabulary.encode("hero")
    assert ids.dtype == torch.int64
    assert ids.tolist() == [2, 1, 5, 4]
    assert vocabulary.decode(ids) == "hero"
    assert vocabulary.decode([2, 1]) == "he"
    assert vocabulary.encode("").shape == (0,)
    assert vocabulary.encode("").dtype == torch.int64
    assert vocabulary.decode([]) == ""
    assert CharacterVocabulary.fit("helloworld") == vocabulary
    assert CharacterVocabulary.fit(iter(["hello", "", "world"])) == vocabulary


@pytest.mark.parametrize(
    ("padding", "unknown"), [(False, False), (True, False), (False, True), (True, True)]
)
def test_kept_numbers(padding: bool, unknown: bool) -> None:
    vocabulary = CharacterVocabulary.fit("ba", padding=padding, unknown=unknown)
    first = padding + unknown
    assert vocabulary.encode("ab").tolist() == [first, first + 1]
    assert len(vocabulary) == first + 2
    assert vocabulary.unknown_id == (int(padding) if unknown else None)
    if padding:
        assert vocabulary.decode([0, first, 0, first + 1, 0]) == "ab"
    if unknown:
        assert vocabulary.encode("axb").tolist() == [first, int(padding), first + 1]
        assert vocabulary.decode(vocabulary.encode("axb")) == "a�b"
    else:
        with pytest.raises(ValueError, match=r"character 'x' at position 1 is not .*unknown=True"):
            vocabulary.encode("axbx")


@pytest.mark.parametrize("texts", ["", [], [""], iter(())])
def test_vocabulary_of_nothing(texts: list[str]) -> None:
    with pytest.raises(ValueError, match="the texts are empty"):
        CharacterVocabulary.fit(texts)


def test_vocabulary_refuses_numbers_and_shapes() -> None:
    vocabulary = CharacterVocabulary.fit("ab")
    for ids, message in [([2], "2 is not a number from 0 to 1"), ([-1], "-1 is not a number")]:
        with pytest.raises(ValueError, match=message):
            vocabulary.decode(ids)
    with pytest.raises(ValueError, match=r"ids must be \(T,\), got \(1, 2\)"):
        vocabulary.decode(torch.zeros(1, 2, dtype=torch.int64))
    for characters in (("a", "a"), ("ab",), ("",)):
        with pytest.raises(ValueError, match="must be single, and there once"):
            CharacterVocabulary(characters)


def test_plain_letters() -> None:
    assert plain_letters("Łódź") == "lodz"
    assert plain_letters("Müßig") == "mussig"
    assert plain_letters("Åse-Marie O’Neill") == "ase-marie o'neill"
    assert plain_letters("Đæœøðþı") == "daeoeodthi"


# Padding


def test_pad_sequences() -> None:
    tokens, lengths = pad_sequences([torch.tensor([5, 6, 7]), torch.tensor([8])])
    assert tokens.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert tokens.dtype == lengths.dtype == torch.int64
    assert lengths.tolist() == [3, 1]


def test_padding_survives_the_way_back() -> None:
    words = load_surnames()[0][:100]
    vocabulary = CharacterVocabulary.fit(words, padding=True)
    tokens, lengths = pad_sequences([vocabulary.encode(word) for word in words])
    assert [vocabulary.decode(row) for row in tokens] == words
    assert lengths.tolist() == [len(word) for word in words]


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([], "there is no sequence"),
        ([torch.ones(2), torch.ones(0)], r"sequence 1 must be \(T,\) with T > 0, got \(0,\)"),
        ([torch.ones(2, 1)], r"sequence 0 must be .* got \(2, 1\)"),
    ],
)
def test_sequences_that_cannot_be_padded(sequences: list[Tensor], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pad_sequences(sequences)
