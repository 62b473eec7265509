"""Convolutional networks for small images. B batch, C channels, H height, W width, K classes."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ConvStage(nn.Module):
    """Patterns in 3 x 3 windows, the strongest answer of each 2 x 2, passed through a ReLU.

    Pooling comes before the normalization and the ReLU, which then have a quarter of the numbers
    to go through.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        # The normalization subtracts each channel's mean, and a bias with it: so there is none.
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False)
        self.pool = nn.MaxPool2d(2)
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, in_channels, H, W) -> (B, out_channels, H // 2, W // 2)"""
        return torch.relu(self.norm(self.pool(self.conv(x))))


class SmallCNN(nn.Module):
    """Three convolution stages, each of half the size and more channels, then a linear layer.

    Its loss is `torch.nn.CrossEntropyLoss`, with class numbers (B,).

    Raises:
        ValueError: the images are too small to be halved once for each stage.
    """

    def __init__(
        self,
        num_classes: int = 10,
        in_channels: int = 1,
        image_size: int = 28,
        widths: tuple[int, ...] = (16, 32, 64),
    ) -> None:
        super().__init__()
        final_size = image_size // 2 ** len(widths)
        if final_size < 1:
            raise ValueError(
                f"images of {image_size} x {image_size} can not be halved {len(widths)} times: "
                "give fewer widths"
            )
        stages, channels = [], in_channels
        for width in widths:
            stages.append(ConvStage(channels, width))
            channels = width
        self.stages = nn.Sequential(*stages)
        self.classifier = nn.Linear(channels * final_size**2, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """images (B, C, H, W) -> logits (B, K)"""
        return self.classifier(self.stages(images).flatten(start_dim=1))


class ResidualBlock(nn.Module):
    """Two convolutions whose result is added to what came in.

    Where the sum would not fit, because the channels or the size change, what came in goes through
    a 1 x 1 convolution with the same stride.

    Source: He, Zhang, Ren and Sun (2016), Deep residual learning for image recognition.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(out_channels)
        self.shortcut: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        """x (B, in_channels, H, W) -> (B, out_channels, ceil(H / stride), ceil(W / stride))"""
        change = torch.relu(self.norm1(self.conv1(x)))
        change = self.norm2(self.conv2(change))
        return torch.relu(self.shortcut(x) + change)


class ResidualNet(nn.Module):
    """A convolution stage, a residual block for each width, the mean of each map, a linear layer.

    Because of the mean, images may have any size from 2 x 2 on.

    Its loss is `torch.nn.CrossEntropyLoss`, with class numbers (B,).
    """

    def __init__(
        self, num_classes: int = 10, in_channels: int = 1, widths: tuple[int, ...] = (16, 32, 64)
    ) -> None:
        super().__init__()
        self.stem = ConvStage(in_channels, widths[0])
        blocks, channels = [ResidualBlock(widths[0], widths[0])], widths[0]
        for width in widths[1:]:
            blocks.append(ResidualBlock(channels, width, stride=2))
            channels = width
        self.blocks = nn.Sequential(*blocks)
        self.classifier = nn.Linear(widths[-1], num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """images (B, C, H, W) -> logits (B, K)"""
        maps = self.blocks(self.stem(images))
        return self.classifier(maps.mean(dim=(2, 3)))
