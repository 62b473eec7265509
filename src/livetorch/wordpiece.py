"""Text in pieces of words: WordPiece with the vocabulary of BERT, and texts as vectors by it.

B texts, T pieces of the longest of them, D width of a model.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from livetorch.datasets.shipped import DATA, damaged, shipped_text
from livetorch.models.sentence_encoder import SentenceClassifier, SentenceEncoder
from livetorch.modes import evaluating

SHIPPED = DATA / "wordpiece" / "vocabulary.txt.xz"
PADDING, UNKNOWN, FIRST, LAST = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
LONGEST_WORD = 100
"""Letters of a word; a longer one is not cut up, and counts as unknown."""
IDEOGRAPHS = (
    *((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0xF900, 0xFAFF)),
    *((0x20000, 0x2A6DF), (0x2A700, 0x2CEAF), (0x2F800, 0x2FA1F)),
)
"""Chinese signs, which stand without spaces: each becomes a word of its own."""


def words_of(text: str) -> list[str]:
    """The words of a text and its punctuation, in lower case and without accents.

    ``Café—it's 3.14!`` becomes ``cafe``, ``—``, ``it``, ``'``, ``s``, ``3``, ``.``, ``14``, ``!``.

    Raises:
        TypeError: ``text`` is no str.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, not {type(text).__name__}: decode bytes first")
    # Controls go before accents are taken apart, and case goes last: the order matters for a few.
    signs = unicodedata.normalize("NFD", "".join(map(_clean, text)))
    return "".join(map(_plain, signs)).split()


@lru_cache(maxsize=4096)
def _clean(sign: str) -> str:
    """White space as a space, an ideograph between two, a control as nothing."""
    if sign in "\t\n\r" or (sign.isspace() and unicodedata.category(sign) != "Cc"):
        return " "
    if sign == "\ufffd" or unicodedata.category(sign) in {"Cc", "Cf", "Co", "Cs"}:
        return ""
    if any(first <= ord(sign) <= last for first, last in IDEOGRAPHS):
        return f" {sign} "
    return sign


@lru_cache(maxsize=4096)
def _plain(sign: str) -> str:
    """A small letter, punctuation between two spaces, an accent as nothing."""
    category = unicodedata.category(sign)
    if category == "Mn":
        return ""
    # All signs of ASCII that are no letter or digit count, $ and + too.
    if category.startswith("P") or (sign.isascii() and sign.isprintable() and not sign.isalnum()):
        return f" {sign} "
    return sign.lower()


@dataclass(frozen=True)
class WordPiece:
    """A tokenizer that cuts each word into the longest pieces that it knows, from the left.

    A piece that goes on with a word starts with ``##``. Of a word that cannot be cut up nothing is
    kept but that it was there. Unlike in transformers, ``[SEP]`` written in a text is plain text.

    Raises:
        ValueError: a piece stands twice, or one of the four special ones is missing.

    Source: Wu et al., 2016, Google's neural machine translation system; Devlin et al., 2019, BERT.
    """

    vocabulary: tuple[str, ...]
    """each piece; its number is its place"""

    @classmethod
    def shipped(cls) -> WordPiece:
        """With the 30,522 pieces that BERT, uncased, and MiniLM know.

        ``data/make_wordpiece.py`` of the project packs them.

        Raises:
            FileNotFoundError, ValueError: the file is missing or damaged.
        """
        return cls.load(SHIPPED)

    @classmethod
    def load(cls, path: Path) -> WordPiece:
        """Of an xz file with a piece in each line."""
        text = shipped_text(path)
        try:
            return cls(tuple(text.removesuffix("\n").split("\n")))
        except ValueError as error:
            raise damaged(path, str(error)) from error

    def __post_init__(self) -> None:
        if len(self._number) != len(self.vocabulary):
            raise ValueError("each piece can stand in the vocabulary once")
        missing = [name for name in (PADDING, UNKNOWN, FIRST, LAST) if name not in self._number]
        if missing:
            raise ValueError(f"the vocabulary lacks {', '.join(missing)}")

    def __len__(self) -> int:
        """V, the number of pieces."""
        return len(self.vocabulary)

    @cached_property
    def _number(self) -> dict[str, int]:
        return {piece: number for number, piece in enumerate(self.vocabulary)}

    @cached_property
    def _known(self) -> dict[str, list[int]]:
        """Words that were cut up before."""
        return {}

    def pieces(self, word: str) -> list[str]:
        """The longest pieces from the left, or the unknown one alone."""
        pieces: list[str] = []
        start = 0
        while start < len(word) <= LONGEST_WORD:
            for end in range(len(word), start, -1):
                piece = ("##" if start else "") + word[start:end]
                if piece in self._number:
                    pieces.append(piece)
                    start = end
                    break
            else:
                return [UNKNOWN]
        return pieces or [UNKNOWN]

    def encode(self, text: str, longest: int | None = None) -> Tensor:
        """text -> numbers of pieces (T,) int64, [CLS] first and [SEP] last

        Args:
            text: what to cut up; of an empty one the two are left.
            longest: the most that T may be: the end of a longer text is left out. None: no limit.

        Raises:
            TypeError: ``text`` is no str.
            ValueError: ``longest`` is below 3, which leaves room for no piece.
        """
        if longest is not None and longest < 3:
            raise ValueError(f"longest must be at least 3, for [CLS], a piece, [SEP]: {longest}")
        numbers: list[int] = []
        for word in words_of(text):
            if word not in self._known:
                self._known[word] = [self._number[piece] for piece in self.pieces(word)]
            numbers += self._known[word]
        if longest is not None:
            numbers = numbers[: longest - 2]
        return torch.tensor([self._number[FIRST], *numbers, self._number[LAST]])

    def decode(self, numbers: Tensor) -> list[str]:
        """numbers (T,) -> the pieces

        Raises:
            ValueError: a number is outside of the vocabulary.
        """
        outside = [number for number in numbers.tolist() if not 0 <= number < len(self)]
        if outside:
            raise ValueError(f"pieces are numbered 0 to {len(self) - 1}, got {outside[0]}")
        return [self.vocabulary[number] for number in numbers.tolist()]

    def batch(self, texts: Sequence[str], longest: int | None = None) -> tuple[Tensor, Tensor]:
        """B texts -> numbers (B, T) int64, padded behind; mask (B, T) bool, True for a piece

        Raises:
            TypeError, ValueError: as `encode`; one text in place of a list; no text.
        """
        if isinstance(texts, str):
            raise TypeError("batch takes a list of texts: for one, [text]")
        if not len(texts):
            raise ValueError("a batch of no texts has no length")
        return self.padded([self.encode(text, longest) for text in texts])

    def padded(self, rows: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """B results of `encode` -> what `batch` gives of their texts"""
        numbers = pad_sequence(list(rows), batch_first=True, padding_value=self._number[PADDING])
        return numbers, torch.arange(numbers.shape[1]) < torch.tensor([*map(len, rows)])[:, None]

    def reads(self, text: str) -> bool:
        """Whether any piece of a text is known: none is of an empty one, or of most emoji alone."""
        unknown = [self._number[name] for name in (UNKNOWN, FIRST, LAST)]
        return any(number not in unknown for number in self.encode(text).tolist())


@torch.no_grad()
def embed_texts(
    model: SentenceEncoder,
    wordpiece: WordPiece,
    texts: Sequence[str],
    batch_size: int = 64,
    longest: int = 96,
) -> Tensor:
    """N texts -> vectors (N, D) of length 1, the model in evaluation mode meanwhile

    Texts of similar length go together, ``batch_size`` at once, since padding is computed, too. Of
    a text ``longest`` pieces are read, and what stands behind is left out.

    Raises:
        TypeError, ValueError: as `WordPiece.batch`; a text is empty: it has no meaning to place.
    """
    vectors = torch.zeros(len(texts), model.settings.width, device=model.word.weight.device)
    with evaluating(model):
        for rows, ids, mask in _batches(wordpiece, texts, batch_size, longest):
            vectors[rows] = model.embed(ids.to(vectors.device), mask.to(vectors.device))
    return vectors


@torch.no_grad()
def classify_texts(
    model: SentenceClassifier,
    wordpiece: WordPiece,
    texts: Sequence[str],
    batch_size: int = 64,
    longest: int = 96,
) -> Tensor:
    """N texts -> logits (N,); see `embed_texts`."""
    logits = torch.zeros(len(texts), device=model.head.weight.device)
    with evaluating(model):
        for rows, ids, mask in _batches(wordpiece, texts, batch_size, longest):
            logits[rows] = model(ids.to(logits.device), mask.to(logits.device))
    return logits


def _batches(
    wordpiece: WordPiece, texts: Sequence[str], size: int, longest: int
) -> Iterator[tuple[list[int], Tensor, Tensor]]:
    """Places of texts of similar length, their numbers and their mask."""
    if isinstance(texts, str):
        raise TypeError("a list of texts is needed: for one, [text]")
    encoded = [wordpiece.encode(text, longest) for text in texts]
    empty = [number for number, row in enumerate(encoded) if len(row) < 3]
    if empty:
        raise ValueError(f"text number {empty[0]} is empty, and has no meaning to place")
    order = sorted(range(len(encoded)), key=lambda number: len(encoded[number]))
    for rows in (order[start : start + size] for start in range(0, len(order), size)):
        yield rows, *wordpiece.padded([encoded[row] for row in rows])
