"""The network that names a word: padding counts for nothing, and wrong inputs are refused."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from livetorch.models.words import WordNet


def recordings(*lengths: int) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(0)
    features = 30 * torch.randn(len(lengths), max(lengths), 13, generator=draw)
    return features, torch.tensor(lengths)


def network() -> WordNet:
    torch.manual_seed(0)
    return WordNet().eval()


@torch.no_grad()
def test_a_batch_gives_what_each_recording_gives_alone() -> None:
    model, (features, lengths) = network(), recordings(5, 12, 1, 30)
    together = model(features, lengths)
    assert together.shape == (4, 10)
    for row, length in enumerate(lengths.tolist()):
        alone = model(features[row : row + 1, :length])
        torch.testing.assert_close(together[row], alone[0], rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_what_lies_behind_the_end_counts_for_nothing() -> None:
    model, (features, lengths) = network(), recordings(5, 12)
    other = features.clone()
    other[0, 5:] = 1e4
    torch.testing.assert_close(model(features, lengths), model(other, lengths))


@torch.no_grad()
def test_another_microphone_changes_nothing_and_another_order_does() -> None:
    model, (features, _) = network(), recordings(9, 9)
    plain = model(features)
    torch.testing.assert_close(model(features + torch.arange(13)), plain, rtol=1e-3, atol=1e-4)
    assert (model(features.flip(1)) - plain).abs().max() > 1e-3


def test_other_sizes_and_a_gradient_for_all() -> None:
    model = WordNet(words=3, channels=8, coefficients=1)
    assert model.scales.tolist() == [60]
    model(torch.randn(4, 6, 1), torch.tensor([6, 1, 3, 2])).sum().backward()
    assert all(weights.grad is not None for weights in model.parameters())


@pytest.mark.parametrize(
    ("shape", "lengths", "message"),
    [
        ((2, 5, 12), None, r"features must be \(B, T, 13\), got \(2, 5, 12\)"),
        ((5, 13), None, r"got \(5, 13\)"),
        ((2, 5, 13), [5], r"a length for each of 2 recordings, got \(1,\)"),
        ((2, 5, 13), [5, 6], "from 1 to 5, the frames that there are, got 5 to 6"),
        ((2, 5, 13), [0, 5], "got 0 to 5"),
    ],
)
def test_wrong_inputs(shape: tuple[int, ...], lengths: list[int] | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        network()(torch.zeros(shape), None if lengths is None else torch.tensor(lengths))


def test_wrong_sizes() -> None:
    with pytest.raises(ValueError, match="every size must be at least 1, got 0, 32, 13"):
        WordNet(words=0)
