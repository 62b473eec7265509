"""Exported models with int8 weights: as small as promised, and what onnxruntime makes of them."""

from __future__ import annotations

from pathlib import Path

import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from livetorch import live
from livetorch.models.gpt import GPT, GPTSettings
from livetorch.quantization import quantized_state, restored_state


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIVETORCH_MODELS", str(tmp_path))
    torch.manual_seed(0)
    return tmp_path


def rounded(model: nn.Module) -> nn.Module:
    """The model with the weights that would be shipped for it."""
    model.load_state_dict(restored_state(quantized_state(model.state_dict())))
    return model


class Small(nn.Module):
    """An embedding, a layer whose rows differ much in size, and one too small to be worth it."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(120, 48)
        self.layer = nn.Linear(48, 96)
        self.out = nn.Linear(96, 3)
        with torch.no_grad():
            self.layer.weight *= 10 ** torch.linspace(-3, 0, 96)[:, None]

    def forward(self, tokens: Tensor) -> Tensor:
        return self.out(self.layer(self.embedding(tokens)))


def test_large_matrices_take_a_quarter_of_the_bytes() -> None:
    model, inputs = rounded(Small()), {"tokens": torch.randint(120, (2, 5))}
    plain = live.export("plain", model, inputs, ["logits"])
    small = live.export("small", model, inputs, ["logits"], int8=True)
    assert isinstance(plain, live.Exported)
    assert isinstance(small, live.Exported)
    weights = 120 * 48 + 48 * 96
    saved = plain.path.stat().st_size - small.path.stat().st_size
    # Three of four bytes, less a float for each row and the nodes that multiply.
    assert 3 * weights - 4 * (120 + 96) - 1000 < saved < 3 * weights
    kinds = {tuple(i.dims): i.data_type for i in onnx.load(small.path).graph.initializer}
    assert kinds[120, 48] == onnx.TensorProto.INT8
    assert onnx.TensorProto.FLOAT not in {kinds.get((48, 96)), kinds.get((96, 48))}
    outputs = [
        onnxruntime.InferenceSession(made.path).run(
            None, {name: value.numpy() for name, value in inputs.items()}
        )[0]
        for made in (plain, small)
    ]
    torch.testing.assert_close(*map(torch.as_tensor, outputs))


def test_kernels_of_convolutions_are_rows_too() -> None:
    """With batch normalization, which the exporter multiplies into the kernels."""
    model = nn.Sequential(
        nn.Conv2d(3, 64, 3, bias=False),
        nn.BatchNorm2d(64),
        nn.Conv2d(64, 640, 3, groups=64, bias=False),
        nn.Conv2d(640, 16, 1),
    )
    for layer in (model[0], model[2], model[3]):
        assert isinstance(layer, nn.Conv2d)
        rows = {"x": layer.weight.detach().flatten(1)}
        layer.weight.data = restored_state(quantized_state(rows))["x"].view_as(layer.weight)
    nn.init.uniform_(model[1].weight, 0.1, 3)  # type: ignore[arg-type]
    inputs = {"x": torch.randn(2, 3, 9, 8)}
    plain = live.export("plain", model, inputs, ["y"])
    small = live.export("small", model, inputs, ["y"], int8=True)
    assert isinstance(plain, live.Exported)
    assert isinstance(small, live.Exported)
    kinds = {tuple(i.dims): i.data_type for i in onnx.load(small.path).graph.initializer}
    assert kinds[640, 1, 3, 3] == kinds[16, 640, 1, 1] == onnx.TensorProto.INT8
    assert kinds[64, 3, 3, 3] == onnx.TensorProto.FLOAT, "too few to be worth it"
    weights = 640 * 9 + 640 * 16
    saved = plain.path.stat().st_size - small.path.stat().st_size
    assert 3 * weights - 4 * (640 + 16) - 1000 < saved < 3 * weights


def test_weights_that_int8_would_change_are_refused(folder: Path) -> None:
    model, inputs = Small(), {"tokens": torch.randint(120, (2, 5))}
    with pytest.raises(RuntimeError, match="differ from torch's by up to"):
        live.export("small", model, inputs, ["logits"], int8=True)
    assert not list(folder.iterdir())


def test_a_language_model_goes_on_from_its_cache() -> None:
    settings = GPTSettings(300, context_length=32, num_layers=2, num_heads=2, width=48)
    model = GPT(settings).eval()
    rounded(model)
    empty = torch.zeros(2, 1, 2, 0, 24)
    keys, values = torch.randn(2, 2, 1, 2, 3, 24)  # one tensor for both would be one input
    made = live.export(
        "plays",
        model.step,
        {"tokens": torch.randint(300, (1, 4)), "keys": keys, "values": values},
        ["logits", "new_keys", "new_values"],
        dynamic_shapes=[{1: "T"}, {3: "S"}, {3: "S"}],
        int8=True,
    )
    assert isinstance(made, live.Exported)
    session = onnxruntime.InferenceSession(made.path)
    tokens = torch.randint(300, (1, 32))
    for pieces in ([32], [1] * 32, [7, 1, 1, 20, 3]):
        keys = values = empty.numpy()
        for piece in tokens.split(pieces, dim=1):
            given = {"tokens": piece.numpy(), "keys": keys, "values": values}
            logits, keys, values = session.run(None, given)
        assert keys.shape == (2, 1, 2, 32, 24)
        torch.testing.assert_close(
            torch.as_tensor(logits), model(tokens)[:, -1], rtol=1e-4, atol=1e-5
        )
