"""Search in short texts: by their words, by their meaning, and an encoder small enough for a page.

N texts, Q queries, V words of the index, D width of an encoder's vectors.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from livetorch.models.sentence_encoder import SentenceEncoder
from livetorch.quantization import dequantize, quantize_rows, quantized_state, restored_state


def search_words(text: str) -> list[str]:
    """The words of a text as an index takes them: runs of letters and digits, in lower case."""
    return re.findall(r"[^\W_]+", text.lower())


class WordIndex:
    """BM25: a text scores for each word that it shares with a query, most for words that are rare.

    A word w adds ``log(1 + (N - n + .5) / (n + .5))`` for the n texts that have it, times
    ``c (k1 + 1) / (c + k1 (1 - b + b length / mean length))`` for the c times that it stands in a
    text of so many words.

    Raises:
        ValueError: there is no text, or none has a word; k1 is not positive, or b not from 0 to 1.

    Source: Robertson and Zaragoza, 2009, The probabilistic relevance framework: BM25 and beyond.
    """

    def __init__(self, texts: Sequence[str], k1: float = 1.2, b: float = 0.75) -> None:
        if not (k1 > 0 and 0 <= b <= 1):
            raise ValueError(f"k1 must be positive and b from 0 to 1, got {k1} and {b}")
        counts = [Counter(search_words(text)) for text in texts]
        words = sorted({word for count in counts for word in count})
        if not words:
            raise ValueError("an index needs at least one text with a word")
        self.number = {word: number for number, word in enumerate(words)}
        often = torch.zeros(len(counts), len(words))
        for row, count in enumerate(counts):
            for word, times in count.items():
                often[row, self.number[word]] = times
        lengths = often.sum(dim=1, keepdim=True)
        having = (often > 0).sum(dim=0)
        rarity = torch.log1p((len(counts) - having + 0.5) / (having + 0.5))
        damped = often + k1 * (1 - b + b * lengths / lengths.mean())
        self.weights = (rarity * often * (k1 + 1) / damped).T.contiguous()
        """(V, N): what each word adds to each text"""

    def scores(self, query: str) -> Tensor:
        """query -> (N,), 0 for a text without a word of it; a word counts once"""
        known = [self.number[word] for word in set(search_words(query)) if word in self.number]
        return self.weights[sorted(known)].sum(dim=0)


def ranks(scores: Tensor, answers: Tensor) -> Tensor:
    """scores (Q, N), answers (Q,), the number of the right text -> (Q,), how many stand before it

    Of equal scores the text with the smaller number stands first. What scores 0 is not in the
    list: its rank is N.

    Raises:
        ValueError: not an answer for each row.
    """
    if scores.ndim != 2 or answers.shape != scores.shape[:1]:
        raise ValueError(
            f"scores (queries, texts) and an answer for each query, got {tuple(scores.shape)} and "
            f"{tuple(answers.shape)}"
        )
    own = scores.gather(1, answers[:, None])
    numbers = torch.arange(scores.shape[1], device=scores.device)
    before = (scores > own) | ((scores == own) & (numbers < answers[:, None]))
    return torch.where(own[:, 0] == 0, scores.shape[1], before.sum(dim=1))


class FactoredEmbedding(nn.Module):
    """An embedding of fewer numbers: R for each piece, and one matrix that makes D of them.

    ids (...) -> (..., D)
    """

    def __init__(self, vocabulary_size: int, rank: int, width: int) -> None:
        super().__init__()
        self.numbers = nn.Embedding(vocabulary_size, rank)
        self.directions = nn.Linear(rank, width)

    @classmethod
    def of(cls, table: Tensor, rank: int) -> FactoredEmbedding:
        """table (V, D) -> the one that differs least from it, by squares.

        Raises:
            ValueError: the rank is not from 1 to the smaller side of the table.

        Source: Eckart and Young, 1936, The approximation of one matrix by another of lower rank.
        """
        if not 1 <= rank <= min(table.shape):
            raise ValueError(f"the rank must be from 1 to {min(table.shape)}, got {rank}")
        mean = table.mean(dim=0)
        centered = (table - mean).double()
        # The directions are the largest eigenvectors of a matrix (D, D), however many rows.
        directions = torch.linalg.eigh(centered.T @ centered).eigenvectors[:, -rank:]
        made = cls(len(table), rank, table.shape[1])
        with torch.no_grad():
            made.numbers.weight.copy_(centered @ directions)
            made.directions.weight.copy_(directions)
            made.directions.bias.copy_(mean)
        return made

    @property
    def weight(self) -> Tensor:
        """Whose device is the module's."""
        return self.numbers.weight

    def forward(self, ids: Tensor) -> Tensor:
        made: Tensor = self.directions(self.numbers(ids))
        return made


def smaller_encoder(
    model: SentenceEncoder, rank: int, longest: int, words: Sequence[int] | None = None
) -> SentenceEncoder:
    """A copy of an encoder whose word table is factored, and whose matrices are those of int8.

    The weights are float32 and may be used as before; written as int8 numbers with a scale for
    each row they lose nothing more.

    Args:
        model: stays as it is.
        rank: numbers for each piece; 0 keeps all of the table.
        longest: places that are kept.
        words: the pieces to keep, by their numbers. None: all.

    Raises:
        ValueError: as `FactoredEmbedding.of`; more places than there are.
    """
    if not 3 <= longest <= model.settings.longest:
        raise ValueError(f"longest must be from 3 to {model.settings.longest}, got {longest}")
    small = copy.deepcopy(model)
    table = model.word.weight.detach().clone()
    if words is not None:
        table = table[list(words)]
    small.settings = replace(small.settings, vocabulary_size=len(table), longest=longest)
    word = FactoredEmbedding.of(table, rank) if rank else nn.Embedding.from_pretrained(table)
    setattr(small, "word", word)  # noqa: B010  (its type is another)
    small.position = nn.Embedding.from_pretrained(model.position.weight.detach()[:longest].clone())
    small.load_state_dict(restored_state(quantized_state(small.state_dict())))
    return small.eval()


class NearestTexts(nn.Module):
    """A query's cosines with N texts, and the products of all pairs of it and the nearest few.

    ids (1, T) -> scores (N,), products (K + 1, K + 1); the query is the first of these, then come
    the K nearest, the nearest first. The texts' vectors are rounded as int8 numbers are.

    Raises:
        ValueError: the vectors are no matrix (N, D) of the encoder's width, with N at least K.
    """

    def __init__(self, encoder: SentenceEncoder, vectors: Tensor, nearest: int = 10) -> None:
        super().__init__()
        width = encoder.settings.width
        if vectors.ndim != 2 or vectors.shape[1] != width or not 1 <= nearest <= len(vectors):
            raise ValueError(
                f"vectors must be (N, {width}) with N at least {nearest}, got "
                f"{tuple(vectors.shape)}"
            )
        self.encoder, self.nearest = encoder, nearest
        self.columns: Tensor
        self.register_buffer("columns", dequantize(*quantize_rows(vectors)).T.contiguous())

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        query = self.encoder.embed(ids, torch.ones_like(ids, dtype=torch.bool))
        scores = (query @ self.columns)[0]
        near = self.columns[:, scores.topk(self.nearest).indices]
        both = torch.cat([query.T, near], dim=1)
        return scores, both.T @ both
