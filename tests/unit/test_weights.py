"""The weights that ship: they fit their model, and a wrong name or file is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from data import train_gpt, train_shakespeare
from livetorch import weights
from livetorch.datasets import CharacterVocabulary, load_plays, load_shakespeare
from livetorch.language import bits_per_byte
from livetorch.losses import sequence_cross_entropy
from livetorch.models.sequences import CharacterModel
from livetorch.tokenizers import BytePairs
from livetorch.weights import FOLDER, load_weights, plays_gpt, plays_gru


def test_the_writer_has_learned_from_the_plays() -> None:
    train, validation = load_shakespeare()
    vocabulary = CharacterVocabulary.fit(train)
    model = CharacterModel(len(vocabulary), embedding_features=48, hidden_features=352)
    model.load_state_dict(load_weights("shakespeare-gru"))
    tokens = vocabulary.encode(validation[:5000])[None]
    with torch.no_grad():
        loss = sequence_cross_entropy(model(tokens[:, :-1]), tokens[:, 1:]).item()
    assert loss < 1.75, "a 4-gram has 1.85"


def test_a_name_that_does_not_ship() -> None:
    with pytest.raises(FileNotFoundError, match=r"no weights 'gpt'; these ship: .*shakespeare-gru"):
        load_weights("gpt")


def test_a_damaged_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(FOLDER / "shakespeare-gru.safetensors", tmp_path / "writer.safetensors")
    with (tmp_path / "writer.safetensors").open("r+b") as file:
        file.truncate(1000)
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"writer\.safetensors is damaged"):
        load_weights("writer")


def test_the_program_that_trained_them_makes_such_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "ROMEO:\nIt is the east, and Juliet is the sun.\n" * 40
    monkeypatch.setattr(train_shakespeare, "load_shakespeare", lambda: (text, text[:500]))
    monkeypatch.setattr(train_shakespeare, "PATH", tmp_path / "small.safetensors")
    monkeypatch.setattr(train_shakespeare, "LANES", 2)
    monkeypatch.setattr(train_shakespeare, "ROUNDS", 2)
    train_shakespeare.main()
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    made = load_weights("small")
    shipped = CharacterModel(len(set(text)), embedding_features=48, hidden_features=352)
    shipped.load_state_dict(made)
    assert "round 2: training" in capsys.readouterr().out


@pytest.mark.parametrize(("small", "most"), [(True, 2.45), (False, 2.3)])
def test_the_gpts_have_learned_from_the_plays(small: bool, most: float) -> None:
    model, tokenizer = plays_gpt(small), BytePairs.shipped()
    tokens = tokenizer.encode(load_plays()[1][:5000])
    bits = bits_per_byte(model, tokens, tokenizer.token_bytes(tokens[1:]), 128)
    assert bits < most, "the best n-gram has 2.5 on this part"
    assert not model.training
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


def test_the_gru_has_learned_from_all_plays() -> None:
    tokens = CharacterVocabulary.fit(load_shakespeare()[0]).encode(load_plays()[1][:5000])
    assert bits_per_byte(plays_gru(), tokens, len(tokens) - 1, len(tokens)) < 2.4


@pytest.mark.parametrize("name", ["plays-gpt-small", "plays-gru"])
def test_the_program_that_trained_all_plays_makes_such_files(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = load_shakespeare()[0][:3000]
    monkeypatch.setattr(train_gpt, "load_plays", lambda: (text, text[:300]))
    monkeypatch.setattr(train_gpt, "LANES", 2)
    monkeypatch.setattr(train_shakespeare, "LANES", 2)
    monkeypatch.setattr(train_gpt, "FOLDER", tmp_path)
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    steps = [] if name == "plays-gru" else ["--steps", "40"]
    monkeypatch.setattr("sys.argv", ["train_gpt", name, *steps])
    train_gpt.main()
    assert "as shipped" in capsys.readouterr().out
    model = plays_gru() if name == "plays-gru" else plays_gpt(small=True)
    ids = torch.zeros(1, 3, dtype=torch.int64)
    assert model(ids).isfinite().all()
