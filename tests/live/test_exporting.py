"""A model is kept for pages only where onnxruntime computes what torch computes."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from livetorch import live
from livetorch.live import exporting


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIVETORCH_MODELS", str(tmp_path / "made"))
    return tmp_path / "made"


class TwoOutputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)
        self.drop = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.drop(self.linear(x))
        return hidden, hidden.relu()


def test_the_file_computes_what_torch_computes(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = TwoOutputs().train()
    made = live.export("two-outputs", model, {"x": torch.randn(4, 3)}, ["hidden", "shown"])
    assert model.training, "the mode is as it was"
    assert made.path == folder / "two-outputs.onnx"
    assert capfd.readouterr() == ("", ""), "a chapter's output stays clean"
    x = torch.randn(4, 3)
    hidden, shown = onnxruntime.InferenceSession(made.path).run(None, {"x": x.numpy()})
    expected, expected_shown = model.eval()(x)
    torch.testing.assert_close(torch.as_tensor(hidden), expected)
    torch.testing.assert_close(torch.as_tensor(shown), expected_shown)
    assert repr(made) == (
        "two-outputs: x -> hidden, shown, torch and onnxruntime differ by less than 0.0001"
    )


def test_a_model_that_differs_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_difference", lambda *_: 2e-4)
    with pytest.raises(RuntimeError, match=r"differ from torch's by up to 0\.0002"):
        live.export("linear", nn.Linear(2, 1), {"x": torch.ones(1, 2)}, ["y"])
    assert not list(folder.glob("*")) if folder.exists() else True


def test_outputs_that_are_not_numbers_are_not_kept() -> None:
    class Broken(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x / 0 - x / 0

    with pytest.raises(RuntimeError, match="differ"):
        live.export("broken", Broken(), {"x": torch.ones(1, 2)}, ["y"])


@pytest.mark.parametrize("name", ["", "a b", "../up", "a.onnx"])
def test_a_name_is_a_file_name(name: str) -> None:
    with pytest.raises(ValueError, match="letters"):
        live.export(name, nn.Linear(1, 1), {"x": torch.ones(1, 1)}, ["y"])


def test_each_output_needs_a_name() -> None:
    with pytest.raises(ValueError, match="returns 2 outputs, and 1 are named"):
        live.export("two", TwoOutputs(), {"x": torch.ones(1, 3)}, ["hidden"])


def test_an_open_dimension_takes_any_size(folder: Path) -> None:
    batch = torch.export.Dim("batch")
    live.export("open", nn.Linear(3, 1), {"x": torch.ones(2, 3)}, ["y"],
                dynamic_shapes=({0: batch},))  # fmt: skip
    session = onnxruntime.InferenceSession(folder / "open.onnx")
    assert session.run(None, {"x": torch.ones(5, 3).numpy()})[0].shape == (5, 1)
