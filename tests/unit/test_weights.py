"""The weights that ship: they fit their model, and a wrong name or file is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from data import train_shakespeare
from livetorch import weights
from livetorch.datasets import CharacterVocabulary, load_shakespeare
from livetorch.losses import sequence_cross_entropy
from livetorch.models.sequences import CharacterModel
from livetorch.weights import FOLDER, load_weights


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
    with pytest.raises(FileNotFoundError, match="no weights 'gpt'; these ship: shakespeare-gru"):
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
