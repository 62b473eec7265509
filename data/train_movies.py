"""Train the classifiers of sentences about movies of chapter 16: ``python -m data.train_movies``.

    python -m data.train_movies hutto_ICWSM_2014

with the folder that ``data/make_ratings.py`` reads. They learn from the sentences that do not ship,
100 to all 8,624 of them, on tf-idf and on the sentence vectors of MiniLM, so that the 1,500 that
ship can judge them. It takes two minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from torch import Tensor

from data.make_ratings import SOURCES, lines, without_people
from livetorch.datasets.ratings import CLEAR, load_ratings
from livetorch.pretrained import minilm
from livetorch.weights import FOLDER
from livetorch.wordpiece import WordPiece, embed_texts

PATH = FOLDER / "movies-heads.safetensors"
SIZES = (100, 500, 2000, 8624)
STRENGTHS = {"C": [1, 3, 10, 30]}


def unshipped(folder: Path) -> tuple[list[str], Tensor]:
    """The clear sentences that do not ship, and their labels, in a random order."""
    shipped = set(load_ratings("movies").texts)
    texts, labels = [], []
    for _, mean, raw in lines(folder / f"{SOURCES['movies']}_GroundTruth.txt"):
        text = without_people(raw)
        if text and text not in shipped and abs(float(mean)) > CLEAR:
            texts.append(text)
            labels.append(float(mean) > 0)
    order = torch.randperm(len(texts), generator=torch.Generator().manual_seed(0))
    return [texts[row] for row in order.tolist()], torch.tensor(labels).long()[order]


def trained(features: object, labels: Tensor) -> LogisticRegression:
    """A classifier whose strength of penalty was chosen by cross-validation."""
    search = GridSearchCV(LogisticRegression(max_iter=1000), STRENGTHS, cv=4)
    search.fit(features, labels.numpy())
    print(f"  C = {search.best_params_['C']}, in cross-validation {search.best_score_:.3f}")
    best: LogisticRegression = search.best_estimator_
    return best


def make(folder: Path, target: Path) -> None:
    """Train both kinds at each size, and write their weights as float16.

    Those for words are in the order of the vocabulary of the sentences that ship; words that only
    the others have cannot matter to those. ``idf`` is 0 for a word that was not learned.
    """
    texts, labels = unshipped(folder)
    vectors = embed_texts(minilm(), WordPiece.shipped(), texts)
    words = CountVectorizer().fit(load_ratings("movies").texts).get_feature_names_out()
    state = {
        name: torch.zeros(len(SIZES), columns)
        for name, columns in (("idf", len(words)), ("words", len(words)), ("words_bias", 1),
                              ("vectors", vectors.shape[1]), ("vectors_bias", 1))
    }  # fmt: skip
    for row, size in enumerate(SIZES):
        size = min(size, len(texts))
        print(f"{size:,} labels")
        tf_idf = TfidfVectorizer(min_df=2)
        model = trained(tf_idf.fit_transform(texts[:size]), labels[:size])
        for column, word in enumerate(words):
            if word in tf_idf.vocabulary_:
                place = tf_idf.vocabulary_[word]
                state["idf"][row, column] = float(tf_idf.idf_[place])
                state["words"][row, column] = float(model.coef_[0, place])
        state["words_bias"][row] = float(model.intercept_[0])
        model = trained(vectors[:size].numpy(), labels[:size])
        state["vectors"][row] = torch.tensor(model.coef_[0])
        state["vectors_bias"][row] = float(model.intercept_[0])
    save_file({name: value.half() for name, value in state.items()}, target)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="the folder hutto_ICWSM_2014")
    parser.add_argument("--target", type=Path, default=PATH, help="where to write")
    options = parser.parse_args(arguments)
    make(options.source, options.target)


if __name__ == "__main__":
    main()
