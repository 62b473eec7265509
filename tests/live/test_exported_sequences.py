"""The models of text as files for pages: onnxruntime computes what torch computes."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from livetorch import live
from livetorch.models.sequences import LAYERS, CharacterModel, SequenceClassifier

every_layer = pytest.mark.parametrize("layer", sorted(LAYERS))
TOKENS = torch.tensor([[3, 1, 4, 1, 5, 9]])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETORCH_MODELS", str(tmp_path))
    torch.manual_seed(0)


class Beliefs(nn.Module):
    """`SequenceClassifier.beliefs` as a module, which is what an exporter takes."""

    def __init__(self, model: SequenceClassifier) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor) -> Tensor:
        return self.model.beliefs(tokens)


class Step(nn.Module):
    """`CharacterModel.step` with the parts of the state as inputs and outputs of their own."""

    def __init__(self, model: CharacterModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor, *parts: Tensor) -> tuple[Tensor, ...]:
        logits, state = self.model.step(tokens, parts if len(parts) == 2 else parts[0])
        return (logits, *(state if isinstance(state, tuple) else (state,)))


@every_layer
def test_beliefs_run_in_a_page(layer: str) -> None:
    model = SequenceClassifier(11, 3, embedding_features=4, hidden_features=6, layer=layer)
    made = live.export("beliefs", Beliefs(model), {"tokens": TOKENS}, ["logits"])
    assert isinstance(made, live.Exported)
    session = onnxruntime.InferenceSession(made.path)
    # torch.export fixes the number of steps, here six: a shorter name is padded, the front is read.
    for length in (1, 4, 6):
        padded = TOKENS.clone()
        padded[:, length:] = 0
        got = torch.as_tensor(session.run(None, {"tokens": padded.numpy()})[0][:, :length])
        torch.testing.assert_close(got, model.beliefs(TOKENS[:, :length]), rtol=1e-4, atol=1e-5)


@every_layer
def test_a_character_model_runs_in_a_page_step_by_step(layer: str) -> None:
    model = CharacterModel(11, embedding_features=4, hidden_features=6, layer=layer)
    names = ["hidden", "cell"][: 2 if layer == "lstm" else 1]
    zeros = {name: torch.zeros(1, 1, 6) for name in names}
    made = live.export(
        "step",
        Step(model),
        {"token": TOKENS[:, :1], **zeros},
        ["logits", *(f"{name}_after" for name in names)],
    )
    assert isinstance(made, live.Exported)
    session = onnxruntime.InferenceSession(made.path)
    state, logits = {name: zero.numpy() for name, zero in zeros.items()}, []
    for token in TOKENS.split(1, dim=1):
        scores, *after = session.run(None, {"token": token.numpy(), **state})
        state = dict(zip(names, after, strict=True))
        logits.append(torch.as_tensor(scores))
    torch.testing.assert_close(torch.cat(logits, dim=1), model(TOKENS), rtol=1e-4, atol=1e-5)
