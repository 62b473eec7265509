"""The adapters that ship for tweets, how well they do, and the program that trained them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from data import train_sentiment
from livetorch import weights
from livetorch.adapters import adapters_of, remove_adapters
from livetorch.datasets import RatedTexts, held_out, load_ratings
from livetorch.models.sentence_encoder import SentenceEncoder, SentenceEncoderSettings
from livetorch.pretrained import minilm, minilm_tweets
from livetorch.weights import FOLDER
from livetorch.wordpiece import WordPiece, classify_texts

SHIPPED = FOLDER / "minilm-tweets.safetensors"


def judged() -> RatedTexts:
    tweets = load_ratings("tweets")
    return tweets.select(held_out(tweets.groups)).clear()


def test_it_has_learned() -> None:
    """0.93 of all 832; a linear layer on the frozen encoder has 0.91, tf-idf 0.89."""
    test = judged().select(torch.arange(0, 832, 2))
    logits = classify_texts(minilm_tweets(), WordPiece.shipped(), test.texts)
    assert ((logits > 0) == test.labels.bool()).float().mean() > 0.915


def test_it_is_small_and_the_base_is_as_it_was() -> None:
    assert SHIPPED.stat().st_size < 400_000
    model = minilm_tweets()
    assert not model.training
    trained = {name for name, part in model.named_parameters() if part.requires_grad}
    assert trained == load_file(SHIPPED).keys()
    assert len(adapters_of(model)) == 18
    remove_adapters(model)
    for name, tensor in minilm().state_dict().items():
        assert torch.equal(model.encoder.state_dict()[name], tensor)


def test_weights_of_another_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    state = load_file(SHIPPED)
    del state["head.bias"]
    save_file(state, tmp_path / SHIPPED.name)
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match="minilm-tweets is for another model: install"):
        minilm_tweets()


def test_texts_are_classified_in_their_order() -> None:
    model, wordpiece = minilm_tweets(), WordPiece.shipped()
    texts = ["What a wonderful day!", "It was an awful and very long evening.", "ugh"]
    together = classify_texts(model.train(), wordpiece, texts, batch_size=2)
    assert model.training
    assert not together.requires_grad
    for text, logit in zip(texts, together, strict=True):
        torch.testing.assert_close(model(*wordpiece.batch([text]))[0], logit, atol=1e-4, rtol=0)
    assert together[0] > 0 > together[1]
    with pytest.raises(ValueError, match="text number 1 is empty"):
        classify_texts(model, wordpiece, ["a", ""])


@pytest.mark.parametrize("validate", [False, True])
def test_the_program_that_trained_them(
    validate: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    some = load_ratings("tweets").select(torch.arange(100))
    small = SentenceEncoderSettings(num_layers=1, num_heads=2, width=16, hidden_features=24)
    monkeypatch.setattr(train_sentiment, "load_ratings", lambda _: some)
    monkeypatch.setattr(train_sentiment, "minilm", lambda: SentenceEncoder(small))
    monkeypatch.setattr(train_sentiment, "ROUNDS", 2)
    monkeypatch.setattr(train_sentiment, "PROBE_STEPS", 2)
    monkeypatch.setattr(train_sentiment, "FOLDER", tmp_path)
    train_sentiment.main(["--validate"] if validate else [])
    assert "round 2: 0." in capsys.readouterr().out
    made = tmp_path / "minilm-tweets.safetensors"
    assert made.exists() is not validate
    if not validate:
        state = load_file(made)
        assert len(state) == 2 * 6 + 2
        assert {tensor.dtype for tensor in state.values()} == {torch.float16}
