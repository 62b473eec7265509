"""The convolutional networks: shapes, equality with a version by hand, gradients, modes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from livetorch.models.cnn import ConvStage, ResidualBlock, ResidualNet, SmallCNN


def normalized(x: Tensor, norm: nn.BatchNorm2d) -> Tensor:
    """BatchNorm in training mode, written out."""
    mean = x.mean(dim=(0, 2, 3), keepdim=True)
    variance = x.var(dim=(0, 2, 3), keepdim=True, correction=0)
    scaled = (x - mean) / (variance + norm.eps).sqrt()
    return scaled * norm.weight[:, None, None] + norm.bias[:, None, None]


def randomized(model: nn.Module) -> nn.Module:
    """The model with random scales and shifts, so that none is the identity by chance."""
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    return model


def test_a_stage_is_convolution_pooling_normalization_and_relu() -> None:
    torch.manual_seed(0)
    stage = ConvStage(3, 5).double()
    randomized(stage)
    x = torch.randn(4, 3, 9, 8, dtype=torch.float64)
    pooled = functional.max_pool2d(functional.conv2d(x, stage.conv.weight, padding=1), 2)
    torch.testing.assert_close(stage(x), normalized(pooled, stage.norm).relu())
    assert stage(x).shape == (4, 5, 4, 4)


@pytest.mark.parametrize(
    ("channels", "stride"), [((4, 4), 1), ((4, 6), 1), ((4, 4), 2), ((3, 8), 2)]
)
def test_a_residual_block_adds_its_change_to_the_shortcut(
    channels: tuple[int, int], stride: int
) -> None:
    torch.manual_seed(1)
    block = ResidualBlock(*channels, stride=stride).double()
    randomized(block)
    x = torch.randn(3, channels[0], 7, 6, dtype=torch.float64, requires_grad=True)
    change = functional.conv2d(x, block.conv1.weight, stride=stride, padding=1)
    change = normalized(change, block.norm1).relu()
    change = normalized(functional.conv2d(change, block.conv2.weight, padding=1), block.norm2)
    kept = x
    if isinstance(block.shortcut, nn.Sequential):
        convolution, norm = block.shortcut
        assert isinstance(convolution, nn.Conv2d)
        assert isinstance(norm, nn.BatchNorm2d)
        kept = normalized(functional.conv2d(x, convolution.weight, stride=stride), norm)
    want = (kept + change).relu()
    got = block(x)
    torch.testing.assert_close(got, want)
    want_gradient, got_gradient = (torch.autograd.grad(y.sin().sum(), x)[0] for y in (want, got))
    torch.testing.assert_close(got_gradient, want_gradient)


def test_the_identity_is_kept_where_it_fits_and_only_there() -> None:
    assert isinstance(ResidualBlock(4, 4).shortcut, nn.Identity)
    block = ResidualBlock(4, 4).eval()
    nn.init.zeros_(block.norm2.weight)
    x = torch.rand(2, 4, 5, 5)
    torch.testing.assert_close(block(x), x)


@pytest.mark.parametrize("size", [8, 28, 31])
def test_logits_come_for_every_image_size(size: int) -> None:
    images = torch.rand(2, 3, size, size)
    small = SmallCNN(num_classes=7, in_channels=3, image_size=size)
    assert small(images).shape == (2, 7)
    assert ResidualNet(num_classes=7, in_channels=3)(images).shape == (2, 7)


def test_images_that_are_too_small_are_refused() -> None:
    with pytest.raises(ValueError, match="fewer widths"):
        SmallCNN(image_size=7)
    assert SmallCNN(image_size=7, widths=(4, 8))(torch.rand(2, 1, 7, 7)).shape == (2, 10)


@pytest.mark.parametrize("make", [SmallCNN, ResidualNet])
def test_a_network_learns_a_few_images_by_heart(make: type[nn.Module]) -> None:
    torch.manual_seed(2)
    model, images, labels = make(), torch.rand(8, 1, 28, 28), torch.arange(8)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    for _ in range(25):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert loss.item() < 0.3


def test_in_evaluation_an_image_does_not_depend_on_its_batch() -> None:
    torch.manual_seed(3)
    for model in (SmallCNN(), ResidualNet()):
        images = torch.rand(6, 1, 28, 28)
        model(images)
        assert not torch.allclose(model(images[:2]), model(images)[:2], atol=1e-3)
        model.eval()
        torch.testing.assert_close(model(images[:2]), model(images)[:2], rtol=1e-4, atol=1e-5)
