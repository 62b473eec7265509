"""Text in pieces: byte pair encoding, trained and applied.

A byte is the token of its number, and merges join two tokens that often stand side by side into a
new one. They stay inside the pieces of `split_text`: no token reaches over the end of a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor

Pair = tuple[int, int]
NUM_BYTES = 256
SHIPPED = Path(__file__).parent / "weights" / "plays.merges.txt"
"""512 merges of the eight plays that `load_shakespeare` gives to train on."""
FIRST_LINE = re.compile(r"livetorch byte pairs 1, (\d+) merges")
SPACE = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""What Unicode calls white space; Python's own class of it has four control characters more."""


def split_text(text: str) -> list[str]:
    """The pieces in which pairs are merged, by the rule of GPT-2; joined they are the text.

    A piece is an English ending after an apostrophe ('s, 'll), or letters, digits, or other signs
    with one space before them, or white space: ``It's 7!`` becomes ``It``, ``'s``, `` 7``, ``!``.

    Raises:
        TypeError: ``text`` is no str.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, not {type(text).__name__}: decode bytes first")
    return _pattern(text.isascii()).findall(text)


@cache
def _pattern(ascii_only: bool) -> re.Pattern[str]:
    """GPT-2's pattern in Python's re, which knows no classes of Unicode such as \\p{N}.

    Numbers that are no decimal digits (½, ², Ⅷ) are named one by one where a text may hold them.
    """
    every = () if ascii_only else map(chr, range(0x20000))  # no number stands behind
    others = "".join(sign for sign in every if unicodedata.category(sign) in {"No", "Nl"})
    letter, number = rf"[^\W\d_{others}]", rf"[\d{others}]"
    sign = rf"(?:[^\w{SPACE}]|_)"
    return re.compile(
        rf"'(?:[sdmt]|ll|ve|re)| ?{letter}+| ?{number}+| ?{sign}+"
        rf"|[{SPACE}]+(?![^{SPACE}])|[{SPACE}]+"
    )


def merge(tokens: Sequence[int], pair: Pair, new: int) -> list[int]:
    """Tokens with ``new`` in place of each ``pair``, from the left: a a a becomes new a."""
    merged: list[int] = []
    place = 0
    while place < len(tokens):
        matches = tokens[place] == pair[0] and tuple(tokens[place : place + 2]) == pair
        merged.append(new if matches else tokens[place])
        place += 1 + matches
    return merged


def train_byte_pairs(
    text: str, num_merges: int, byte_order: Sequence[int] | None = None
) -> tuple[Pair, ...]:
    """The merges of a text, in order: each joins the pair of tokens that then is there most often.

    Each different piece of the text is kept once, with its count, and a merge visits those pieces
    alone that hold its pair. Of pairs that are there equally often the smaller goes first. There
    are fewer merges than asked for where every piece has become one token.

    Args:
        text: what to count in.
        num_merges: how many, 0 or more; merge number n makes the token 256 + n.
        byte_order: the place of each byte in another order, for ties; tokenizers has its own.

    Raises:
        TypeError: ``text`` is no str.
        ValueError: ``num_merges`` is negative, or ``byte_order`` is no order of 256 bytes.
    """
    if num_merges < 0:
        raise ValueError(f"num_merges must be 0 or more, got {num_merges}")
    order = list(range(NUM_BYTES) if byte_order is None else byte_order)
    if sorted(order) != list(range(NUM_BYTES)):
        raise ValueError("byte_order must hold each number from 0 to 255 once")
    order += range(NUM_BYTES, NUM_BYTES + num_merges)
    times = Counter(split_text(text))
    words = [list(piece.encode()) for piece in times]
    frequencies = [*times.values()]
    counts: Counter[Pair] = Counter()
    where: defaultdict[Pair, set[int]] = defaultdict(set)
    for number, (tokens, frequency) in enumerate(zip(words, frequencies, strict=True)):
        for pair in pairwise(tokens):
            counts[pair] += frequency
            where[pair].add(number)
    merges: list[Pair] = []
    while len(merges) < num_merges and (most := max(counts.values(), default=0)):
        tied = [pair for pair, count in counts.items() if count == most]
        best = min(tied, key=lambda pair: (order[pair[0]], order[pair[1]]))
        for number in where.pop(best):
            tokens, frequency = words[number], frequencies[number]
            merged = merge(tokens, best, NUM_BYTES + len(merges))
            for pair in pairwise(tokens):
                counts[pair] -= frequency
            for pair in pairwise(merged):
                counts[pair] += frequency
                where[pair].add(number)
            words[number] = merged
        merges.append(best)
    return tuple(merges)


@dataclass(frozen=True)
class BytePairs:
    """A tokenizer of every text: V tokens, the 256 bytes first, then one for each merge."""

    merges: tuple[Pair, ...]
    """the pair that becomes token 256, the one that becomes token 257, and so on"""

    @classmethod
    def fit(cls, text: str, num_merges: int) -> BytePairs:
        """With the merges of a text; see `train_byte_pairs`."""
        return cls(train_byte_pairs(text, num_merges))

    @classmethod
    def shipped(cls) -> BytePairs:
        """The tokenizer of the book: 768 tokens, of eight plays of Shakespeare.

        ``data/make_byte_pairs.py`` of the project makes its file.
        """
        return cls.load(SHIPPED)

    def __post_init__(self) -> None:
        for new, pair in enumerate(self.merges, NUM_BYTES):
            if len(pair) != 2 or not all(0 <= token < new for token in pair):
                raise ValueError(f"token {new} must join two of 0 to {new - 1}, got {pair}")
        if len(self._rank) < len(self.merges):
            raise ValueError("each pair can be merged only once")

    def __len__(self) -> int:
        """V, the number of tokens."""
        return NUM_BYTES + len(self.merges)

    @cached_property
    def _rank(self) -> dict[Pair, int]:
        return {pair: new for new, pair in enumerate(self.merges, NUM_BYTES)}

    @cached_property
    def pieces(self) -> tuple[bytes, ...]:
        """The bytes of each of the V tokens."""
        pieces = [bytes([number]) for number in range(NUM_BYTES)]
        for first, second in self.merges:
            pieces.append(pieces[first] + pieces[second])
        return tuple(pieces)

    def encode(self, text: str) -> Tensor:
        """text -> tokens (T,) int64; the earliest merge that fits goes first

        Raises:
            TypeError: ``text`` is no str.
        """
        known: dict[str, list[int]] = {}
        ids: list[int] = []
        for piece in split_text(text):
            if piece not in known:
                known[piece] = self._encode_piece(list(piece.encode()))
            ids += known[piece]
        return torch.tensor(ids, dtype=torch.int64)

    def _encode_piece(self, tokens: list[int]) -> list[int]:
        while pairs := self._rank.keys() & set(pairwise(tokens)):
            first = min(pairs, key=self._rank.__getitem__)
            tokens = merge(tokens, first, self._rank[first])
        return tokens

    def decode(self, ids: Tensor | Sequence[int]) -> str:
        """tokens (T,) -> text; bytes that are no whole character of UTF-8 become �

        Raises:
            ValueError: ``ids`` is not (T,) of whole numbers, or one is not in the vocabulary.
        """
        numbers = torch.as_tensor(ids)
        if numbers.ndim != 1:
            raise ValueError(f"ids must be (T,), got {tuple(numbers.shape)}")
        return b"".join(self._pieces_of(numbers)).decode(errors="replace")

    def token_bytes(self, ids: Tensor | Sequence[int]) -> int:
        """tokens of any shape -> how many bytes they stand for; a � in decoded text has three


        Raises:
            ValueError: ``ids`` are no whole numbers, or one is not in the vocabulary.
        """
        return sum(map(len, self._pieces_of(torch.as_tensor(ids))))

    def _pieces_of(self, ids: Tensor) -> Iterable[bytes]:
        if ids.numel() and (ids.is_floating_point() or ids.dtype == torch.bool):
            raise ValueError(f"ids must be whole numbers, got {ids.dtype}")
        flat = ids.flatten().tolist()
        for place, token in enumerate(flat):
            if not 0 <= token < len(self):
                raise ValueError(
                    f"token {token} at position {place} is outside the vocabulary of "
                    f"{len(self)}, tokens 0 to {len(self) - 1}: is it another tokenizer's?"
                )
        return [self.pieces[token] for token in flat]

    def save(self, path: str | Path) -> None:
        """Write the merges as text: a line with their number, then a pair a line."""
        lines = [f"livetorch byte pairs 1, {len(self.merges)} merges"]
        lines += [f"{first} {second}" for first, second in self.merges]
        Path(path).write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")

    @classmethod
    def load(cls, path: str | Path) -> BytePairs:
        """What `save` wrote.

        Raises:
            ValueError: it is no file of merges, or a part of it.
        """
        text = Path(path).read_text(encoding="utf-8", errors="replace")
        first, *lines = text.splitlines() or [""]
        if not (named := FIRST_LINE.fullmatch(first)):
            raise ValueError(
                f"{path} is no file of merges: its first line must be "
                f"'livetorch byte pairs 1, N merges', not {first[:60]!r}"
            )
        missing = int(named[1]) - len(lines) + (not text.endswith("\n"))
        if missing > 0:
            raise ValueError(
                f"{path} is truncated: its first line says {named[1]} merges, and the last "
                f"{missing} are not there or not whole: save or copy it again"
            )
        try:
            if len(lines) > int(named[1]):
                raise ValueError(f"it has more lines than the {named[1]} merges it names")
            pairs = [tuple(map(int, line.split(" "))) for line in lines]
            return cls(tuple(pairs))  # type: ignore[arg-type]  # it looks whether they are pairs
        except ValueError as error:
            raise ValueError(f"{path} is damaged: {error}") from error
