"""Networks of linear layers with activations between. B batch, D features, H width, C classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import Tensor, nn


class MLP(nn.Module):
    """A multilayer perceptron: linear layers, with an activation after each but the last.

    What comes after the first dimension is flattened, so that images go in as they are. The last
    layer's outputs are logits or predictions as they stand: the losses of `torch.nn` take them.

    Args:
        hidden_features: the width of each hidden layer, first to last; none makes a linear model.
        activation: makes one activation module, for example `torch.nn.Tanh`.

    Raises:
        ValueError: a width is below 1.
    """

    def __init__(
        self,
        in_features: int,
        hidden_features: Sequence[int],
        out_features: int,
        activation: Callable[[], nn.Module] = nn.ReLU,
    ) -> None:
        super().__init__()
        widths = [in_features, *hidden_features, out_features]
        if min(widths) < 1:
            raise ValueError(f"every layer needs at least one feature, got {widths}")
        layers: list[nn.Module] = []
        for number, (fan_in, fan_out) in enumerate(pairwise(widths)):
            if number > 0:
                layers.append(activation())
            layers.append(nn.Linear(fan_in, fan_out))
        self.layers = nn.Sequential(*layers)

    def forward(self, features: Tensor) -> Tensor:
        """features (B, ...) with D numbers each -> logits (B, C)"""
        return self.layers(features.flatten(start_dim=1))


class ResidualBlock(nn.Module):
    """Adds a correction to its input: normalize, a linear layer, ReLU, a linear layer.

    Source: He, Zhang, Ren and Sun (2016) for the sum; the normalization stands inside the branch,
    so that the sum itself is never rescaled.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(features)
        self.first = nn.Linear(features, features)
        self.activation = nn.ReLU()
        self.second = nn.Linear(features, features)

    def forward(self, features: Tensor) -> Tensor:
        """features (B, H) -> features (B, H)"""
        return features + self.second(self.activation(self.first(self.norm(features))))


class ResidualMLP(nn.Module):
    """A linear layer in, residual blocks of one width, a linear layer out to the logits.

    Raises:
        ValueError: a width or the number of blocks is below 1.
    """

    def __init__(self, in_features: int, width: int, num_blocks: int, out_features: int) -> None:
        super().__init__()
        if min(in_features, width, num_blocks, out_features) < 1:
            raise ValueError(
                f"every number must be at least 1, got {in_features} features, width {width}, "
                f"{num_blocks} blocks and {out_features} outputs"
            )
        self.enter = nn.Linear(in_features, width)
        self.blocks = nn.Sequential(*(ResidualBlock(width) for _ in range(num_blocks)))
        self.leave = nn.Linear(width, out_features)

    def forward(self, features: Tensor) -> Tensor:
        """features (B, ...) with D numbers each -> logits (B, C)"""
        return self.leave(self.blocks(self.enter(features.flatten(start_dim=1))))
