"""Search by words and by meaning: BM25 by its formula, ranks, and encoders made smaller."""

from __future__ import annotations

import math
import random

import pytest
import torch
from torch import nn

from livetorch.models.sentence_encoder import SentenceEncoder, SentenceEncoderSettings
from livetorch.quantization import dequantize, quantize_rows
from livetorch.searching import (
    FactoredEmbedding,
    NearestTexts,
    WordIndex,
    ranks,
    search_words,
    smaller_encoder,
)

TEXTS = ["umbrella: rain, rain", "sun: weather", "cloud with rain: weather, grey", "nothing_else"]


def test_words() -> None:
    assert search_words("It's 3.14, Ünder_score! ΟΔΟΣ ②") == [
        *("it", "s", "3", "14", "ünder", "score", "οδος", "②"),
    ]
    assert search_words(" !☔️ ") == []


def by_formula(texts: list[str], query: str, k1: float, b: float) -> list[float]:
    """BM25 as it is written, for one text after the other."""
    all_words = [search_words(text) for text in texts]
    mean = sum(map(len, all_words)) / len(texts)
    made = []
    for words in all_words:
        total = 0.0
        for word in set(search_words(query)):
            n = sum(word in other for other in all_words)
            rarity = math.log(1 + (len(texts) - n + 0.5) / (n + 0.5))
            c = words.count(word)
            total += rarity * c * (k1 + 1) / (c + k1 * (1 - b + b * len(words) / mean))
        made.append(total)
    return made


def test_scores_are_those_of_the_formula() -> None:
    generator = random.Random(0)
    for k1, b in [(1.2, 0.75), (0.1, 0.5), (2.0, 0.0), (1.5, 1.0)]:
        texts = [
            " ".join(generator.choices("abcdefg", k=generator.randint(1, 9))) for _ in range(12)
        ]
        index = WordIndex(texts, k1, b)
        for query in ["a", "a b", "b a a", "g, c! f", "z", "", "a z"]:
            expected = torch.tensor(by_formula(texts, query, k1, b))
            torch.testing.assert_close(index.scores(query), expected)


def test_only_shared_words_score() -> None:
    index = WordIndex(TEXTS)
    scores = index.scores("Rain?")
    assert (scores > 0).tolist() == [True, False, True, False]
    assert scores[0] > scores[2], "twice, and in a shorter text"
    assert index.scores("nothing").tolist()[:3] == [0, 0, 0]
    assert index.scores("snow ☃️").tolist() == [0, 0, 0, 0]
    assert torch.equal(index.scores("rain rain rain"), scores)


@pytest.mark.parametrize("texts", [[], ["", "☔️ !"]])
def test_an_index_of_nothing(texts: list[str]) -> None:
    with pytest.raises(ValueError, match="at least one text with a word"):
        WordIndex(texts)


@pytest.mark.parametrize(("k1", "b"), [(0, 0.5), (-1, 0.5), (1, -0.1), (1, 1.1)])
def test_settings_without_meaning(k1: float, b: float) -> None:
    with pytest.raises(ValueError, match="k1 must be positive and b from 0 to 1"):
        WordIndex(TEXTS, k1, b)


# Ranks


def test_ranks() -> None:
    scores = torch.tensor([[3.0, 1.0, 2.0], [1.0, 1.0, 1.0], [0.0, 2.0, 0.0], [-1.0, -3.0, -2.0]])
    assert ranks(scores, torch.tensor([2, 1, 1, 1])).tolist() == [1, 1, 0, 2]
    assert ranks(scores, torch.tensor([0, 0, 0, 0])).tolist() == [0, 0, 3, 0]


def test_ranks_are_places_in_a_stable_sort() -> None:
    torch.manual_seed(0)
    scores = torch.randint(1, 5, (50, 20)).float()
    answers = torch.randint(0, 20, (50,))
    order = scores.sort(dim=1, descending=True, stable=True).indices
    assert torch.equal(ranks(scores, answers), (order == answers[:, None]).int().argmax(dim=1))


def test_ranks_of_other_shapes() -> None:
    for scores, answers in [((2, 3), (3,)), ((3,), (3,)), ((2, 3), (2, 1))]:
        with pytest.raises(ValueError, match="an answer for each query"):
            ranks(torch.zeros(scores), torch.zeros(answers, dtype=torch.int64))


# Smaller encoders


def encoder() -> SentenceEncoder:
    torch.manual_seed(0)
    return SentenceEncoder(SentenceEncoderSettings(50, 16, 2, 2, 8, 16)).eval()


def some_ids(pieces: int = 7) -> torch.Tensor:
    return torch.randint(50, (1, pieces), generator=torch.Generator().manual_seed(1))


def test_a_factored_table_is_the_best_of_its_rank() -> None:
    torch.manual_seed(0)
    table = torch.randn(40, 12) + 3
    ids = torch.arange(40)
    for rank in (1, 5, 12):
        made = FactoredEmbedding.of(table, rank)
        assert sum(p.numel() for p in made.parameters()) == 40 * rank + 12 * rank + 12
        difference = (made(ids) - table).square().sum()
        singular = torch.linalg.svdvals((table - table.mean(dim=0)).double())
        torch.testing.assert_close(
            difference.double(), singular[rank:].square().sum(), atol=1e-6, rtol=1e-4
        )
    assert made(ids.view(4, 10)).shape == (4, 10, 12)
    for rank in (0, 13):
        with pytest.raises(ValueError, match=f"from 1 to 12, got {rank}"):
            FactoredEmbedding.of(table, rank)


def test_a_smaller_encoder_computes_nearly_the_same() -> None:
    model = encoder()
    ids = some_ids()
    mask = torch.ones_like(ids, dtype=torch.bool)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    for rank in (0, 8):
        small = smaller_encoder(model, rank, 10)
        assert not small.training
        assert small.position.weight.shape == (10, 8)
        cosine = (small.embed(ids, mask) * model.embed(ids, mask)).sum()
        assert cosine > 0.99
    assert isinstance(small.word, FactoredEmbedding)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_its_matrices_are_those_of_int8() -> None:
    small = smaller_encoder(encoder(), 4, 10)
    for name, weights in small.named_parameters():
        if weights.ndim == 2:
            again = dequantize(*quantize_rows(weights, 8, torch.float16))
            torch.testing.assert_close(again, weights, atol=1e-6, rtol=1e-5, msg=name)


def test_words_that_are_kept() -> None:
    model = encoder()
    words = [0, 3, 7, 20]
    small = smaller_encoder(model, 0, 16, words)
    assert small.settings.vocabulary_size == 4
    torch.testing.assert_close(small.word.weight, model.word.weight[words], atol=0.02, rtol=0)
    with pytest.raises(ValueError, match="numbered 0 to 3"):
        small(torch.tensor([[4]]), torch.ones(1, 1, dtype=torch.bool))


@pytest.mark.parametrize("longest", [2, 17])
def test_places_that_are_kept(longest: int) -> None:
    with pytest.raises(ValueError, match=f"from 3 to 16, got {longest}"):
        smaller_encoder(encoder(), 0, longest)


def test_nearest_texts() -> None:
    model = encoder()
    vectors = nn.functional.normalize(torch.randn(30, 8), dim=1)
    nearest = NearestTexts(model, vectors, 5)
    ids = some_ids()
    with torch.no_grad():
        scores, products = nearest(ids)
        query = model.embed(ids, torch.ones_like(ids, dtype=torch.bool))[0]
    torch.testing.assert_close(scores, vectors @ query, atol=0.02, rtol=0)
    near = vectors[scores.topk(5).indices]
    all_vectors = torch.cat([query[None], near])
    torch.testing.assert_close(products, all_vectors @ all_vectors.T, atol=0.03, rtol=0)
    for wrong, many in [(vectors[:, :7], 5), (vectors, 31), (vectors[0], 5), (vectors, 0)]:
        with pytest.raises(ValueError, match=r"vectors must be \(N, 8\)"):
            NearestTexts(model, wrong, many)
