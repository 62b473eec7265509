"""The networks against the same layers written out, forward and backward."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from livetorch.models.linear import SoftmaxRegression
from livetorch.models.mlp import MLP, ResidualBlock, ResidualMLP


def features_of(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).double()


def linears(model: nn.Module) -> list[nn.Linear]:
    return [module for module in model.modules() if isinstance(module, nn.Linear)]


@pytest.mark.parametrize("hidden", [[7], [7, 5], [4, 6, 3]])
@pytest.mark.parametrize(("activation", "bend"), [(nn.ReLU, torch.relu), (nn.Tanh, torch.tanh)])
def test_mlp_is_its_layers_in_turn(
    hidden: list[int], activation: type[nn.Module], bend: Callable[[Tensor], Tensor]
) -> None:
    model = MLP(6, hidden, 3, activation).double()
    features = 3 * features_of(9, 6)
    signal = features
    *inner, last = linears(model)
    assert [layer.out_features for layer in inner] == hidden
    for layer in inner:
        signal = bend(signal @ layer.weight.T + layer.bias)
    torch.testing.assert_close(model(features), signal @ last.weight.T + last.bias)


def test_mlp_gradients_are_those_of_backpropagation_by_hand() -> None:
    model = MLP(5, [8], 3).double()
    features, labels = features_of(10, 5), torch.arange(10) % 3
    functional.cross_entropy(model(features), labels).backward()
    first, last = linears(model)
    before = features @ first.weight.T + first.bias
    hidden = before.clamp(min=0)
    at_logits = torch.softmax(hidden @ last.weight.T + last.bias, dim=1)
    at_logits = (at_logits - functional.one_hot(labels, 3)) / 10
    at_hidden = (at_logits @ last.weight) * (before > 0)
    torch.testing.assert_close(last.weight.grad, at_logits.T @ hidden)
    torch.testing.assert_close(last.bias.grad, at_logits.sum(dim=0))
    torch.testing.assert_close(first.weight.grad, at_hidden.T @ features)
    torch.testing.assert_close(first.bias.grad, at_hidden.sum(dim=0))


def test_mlp_without_a_hidden_layer_is_linear() -> None:
    model = MLP(12, [], 4).double()
    linear = SoftmaxRegression(12, 4).double()
    linear.linear.load_state_dict(linears(model)[0].state_dict())
    images = features_of(5, 3, 4)
    torch.testing.assert_close(model(images), linear(images))


def test_each_activation_is_a_module_of_its_own_and_none_comes_last() -> None:
    layers = list(MLP(4, [5, 6], 2, nn.PReLU).layers)
    kinds = [type(layer) for layer in layers]
    assert kinds == [nn.Linear, nn.PReLU, nn.Linear, nn.PReLU, nn.Linear]
    assert layers[1] is not layers[3]


def test_images_are_flattened_and_a_batch_of_one_is_kept() -> None:
    for model in (MLP(12, [5], 4), ResidualMLP(12, 5, 2, 4)):
        images = features_of(6, 3, 4).float()
        torch.testing.assert_close(model(images), model(images.reshape(6, 12)))
        assert model(images[:1]).shape == (1, 4)


def test_residual_block_adds_to_its_input() -> None:
    block = ResidualBlock(6).double()
    nn.init.normal_(block.norm.weight)
    nn.init.normal_(block.norm.bias)
    features = 4 + 3 * features_of(7, 6)
    centered = features - features.mean(dim=1, keepdim=True)
    variance = centered.square().mean(dim=1, keepdim=True)
    normal = centered / torch.sqrt(variance + 1e-5) * block.norm.weight + block.norm.bias
    inner = torch.relu(normal @ block.first.weight.T + block.first.bias)
    expected = features + inner @ block.second.weight.T + block.second.bias
    torch.testing.assert_close(block(features), expected)
    with torch.no_grad():
        block.second.weight.zero_()
        block.second.bias.zero_()
    assert torch.equal(block(features), features)


def test_residual_mlp_is_its_parts_in_turn() -> None:
    model = ResidualMLP(4, 6, 3, 2)
    features = features_of(5, 4).float()
    signal = model.enter(features)
    for block in model.blocks:
        signal = block(signal)
    torch.testing.assert_close(model(features), model.leave(signal))
    each = 2 * (6 * 6 + 6) + 2 * 6
    assert sum(p.numel() for p in model.parameters()) == (4 + 1) * 6 + 3 * each + (6 + 1) * 2


def test_the_gradient_reaches_the_first_layer_of_a_deep_residual_network() -> None:
    torch.manual_seed(0)
    features, labels = features_of(32, 8).float(), torch.arange(32) % 3
    sizes = {}
    for name, model in [("plain", MLP(8, [16] * 60, 3)), ("sum", ResidualMLP(8, 16, 30, 3))]:
        functional.cross_entropy(model(features), labels).backward()
        gradient = linears(model)[0].weight.grad
        assert gradient is not None
        sizes[name] = gradient.norm().item()
    assert sizes["plain"] < 1e-6 < 1e-2 < sizes["sum"]


@pytest.mark.parametrize("widths", [(0, [3], 2), (4, [3, 0], 2), (4, [3], 0)])
def test_no_layer_is_empty(widths: tuple[int, list[int], int]) -> None:
    with pytest.raises(ValueError, match="at least one feature"):
        MLP(*widths)


def test_a_residual_network_has_a_block() -> None:
    with pytest.raises(ValueError, match="at least 1, got 4 features, width 6, 0 blocks"):
        ResidualMLP(4, 6, 0, 2)
