"""The classifiers of movie sentences that ship: what they know, and the program that made them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from torch.nn import functional

from data import train_movies
from livetorch.datasets import load_ratings
from livetorch.weights import load_weights


def test_more_labels_make_the_classifier_of_words_better() -> None:
    heads = {name: value.double() for name, value in load_weights("movies-heads").items()}
    movies = load_ratings("movies")
    clear = movies.clear()
    columns = CountVectorizer().fit(movies.texts)
    assert heads["idf"].shape == heads["words"].shape == (4, len(columns.vocabulary_))
    assert heads["vectors"].shape == (4, 384)
    assert (heads["words"][heads["idf"] == 0] == 0).all()
    counts = torch.from_numpy(columns.transform(clear.texts).toarray())
    right = []
    for row in range(4):
        features = functional.normalize(counts * heads["idf"][row], dim=1)
        scores = features @ heads["words"][row] + heads["words_bias"][row]
        right.append(((scores > 0) == (clear.labels == 1)).double().mean().item())
    assert right == sorted(right)
    assert right[0] < 0.65
    assert right[3] > 0.8


def test_weights_for_shipped_words_alone_answer_as_the_whole_classifier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a small source, and vectors that are made up in place of the network's."""
    texts = [f"a {'fine' if n % 2 else 'dull'} film about things {n % 7}{n % 5}" for n in range(60)]
    table = "".join(f"{n}\t{1 if n % 2 else -1}\t{text} {n}\n" for n, text in enumerate(texts))
    (tmp_path / "movieReviewSnippets_GroundTruth.txt").write_text(table, encoding="utf-8")
    monkeypatch.setattr(train_movies, "SIZES", (20, 60))
    monkeypatch.setattr(train_movies, "minilm", lambda: None)
    monkeypatch.setattr(
        train_movies, "embed_texts", lambda *_: torch.randn(60, 5, generator=torch.Generator())
    )
    train_movies.main([str(tmp_path), "--target", str(tmp_path / "made.safetensors")])
    from safetensors.torch import load_file

    made = {
        name: value.double() for name, value in load_file(tmp_path / "made.safetensors").items()
    }
    some, labels = train_movies.unshipped(tmp_path)
    assert len(some) == 60
    assert sorted(labels.tolist()) == [0] * 30 + [1] * 30
    tf_idf = TfidfVectorizer(min_df=2)
    features = tf_idf.fit_transform(some)
    model = LogisticRegression(C=1, max_iter=1000).fit(features, labels)  # the first of equals
    columns = CountVectorizer().fit(load_ratings("movies").texts)
    judged = [text for text in load_ratings("movies").texts if "film" in text][:20]
    counts = torch.from_numpy(columns.transform(judged).toarray())
    ours = functional.normalize(counts * made["idf"][1], dim=1) @ made["words"][1]
    theirs = torch.from_numpy(model.decision_function(tf_idf.transform(judged)))
    torch.testing.assert_close(ours + made["words_bias"][1], theirs, atol=0.01, rtol=0)
