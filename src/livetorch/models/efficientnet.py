"""EfficientNet-Lite0, a network for photographs that is small enough for a phone.

B batch, C channels, H height, W width, K classes. A picture gets smaller by half in the stem and in
four of the 16 blocks, so that 224 x 224 pixels become 7 x 7.

Source: Tan and Le (2019), EfficientNet: rethinking model scaling for convolutional neural networks.
The variant Lite, of Google, has ReLU6 in place of the Swish and no squeeze-and-excitation.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

STAGES = (
    # blocks, kernel size, stride of the first, expansion, output channels
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


class SameConv(nn.Conv2d):
    """A convolution whose output has ceil(H / stride) rows, padded as TensorFlow pads.

    Where an odd number of rows has to be added, the odd one goes below, and to the right of, the
    picture. PyTorch's ``padding`` adds as many above as below.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        groups: int = 1,
    ) -> None:
        # A batch normalization follows, which has a bias of its own.
        super().__init__(in_channels, out_channels, kernel_size, stride, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, in_channels, H, W) -> (B, out_channels, ceil(H / stride), ceil(W / stride))"""
        pads = []
        for size, kernel, stride in zip(x.shape[:1:-1], self.kernel_size, self.stride, strict=True):
            steps = -(-size // stride)
            missing = max((steps - 1) * stride + kernel - size, 0)
            pads += [missing // 2, missing - missing // 2]  # left and right, then above and below
        return functional.conv2d(
            functional.pad(x, pads), self.weight, None, self.stride, groups=self.groups
        )


def batch_norm(channels: int) -> nn.BatchNorm2d:
    """Batch normalization with the eps that these weights were trained with, PyTorch's is 1e-5."""
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class InvertedResidual(nn.Module):
    """More channels, a filter for each of them, fewer channels; added to what came in if it fits.

    Source: Sandler et al. (2018), MobileNetV2: inverted residuals and linear bottlenecks.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, stride: int, expansion: int
    ) -> None:
        super().__init__()
        middle = in_channels * expansion
        self.expand: nn.Module = nn.Identity()
        if expansion > 1:
            self.expand = nn.Sequential(
                SameConv(in_channels, middle, 1), batch_norm(middle), nn.ReLU6()
            )
        self.depthwise = nn.Sequential(
            SameConv(middle, middle, kernel_size, stride, groups=middle),
            batch_norm(middle),
            nn.ReLU6(),
        )
        self.project = nn.Sequential(SameConv(middle, out_channels, 1), batch_norm(out_channels))
        self.has_shortcut = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        """x (B, in_channels, H, W) -> (B, out_channels, ceil(H / stride), ceil(W / stride))"""
        change = self.project(self.depthwise(self.expand(x)))
        return x + change if self.has_shortcut else change


class EfficientNetLite0(nn.Module):
    """A stem, 16 blocks, a layer of 1,280 features, and a linear layer of K classes.

    The input is what `prepared` makes of pictures; they may have any size from 32 x 32 on.
    """

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        self.stem = nn.Sequential(SameConv(3, 32, 3, stride=2), batch_norm(32), nn.ReLU6())
        blocks, channels = [], 32
        for count, kernel_size, stride, expansion, out_channels in STAGES:
            for number in range(count):
                first = stride if number == 0 else 1
                blocks.append(
                    InvertedResidual(channels, out_channels, kernel_size, first, expansion)
                )
                channels = out_channels
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Sequential(SameConv(channels, 1280, 1), batch_norm(1280), nn.ReLU6())
        self.classifier = nn.Linear(1280, num_classes)

    def features(self, images: Tensor, upto: int | None = None) -> Tensor:
        """images (B, 3, H, W) -> maps (B, C, H', W') after the first ``upto`` blocks, or all"""
        maps = self.stem(images)
        for block in self.blocks[:upto]:
            maps = block(maps)
        return maps

    def pooled(self, images: Tensor) -> Tensor:
        """images (B, 3, H, W) -> features (B, 1280): the mean of each map of the last layer"""
        return self.head(self.features(images)).mean(dim=(2, 3))

    def forward(self, images: Tensor) -> Tensor:
        """images (B, 3, H, W) -> logits (B, K)"""
        return self.classifier(self.pooled(images))


class FirstBlocks(nn.Module):
    """The stem and the first blocks of another network, whose maps a linear layer judges.

    Of each map it takes the mean and the maximum. The modules are those of ``network``, so that
    training them changes it, too.

    Raises:
        ValueError: the network has fewer blocks.
    """

    def __init__(self, network: EfficientNetLite0, blocks: int = 15, num_classes: int = 12) -> None:
        super().__init__()
        if not 1 <= blocks <= len(network.blocks):
            raise ValueError(f"blocks must be from 1 to {len(network.blocks)}, got {blocks}")
        self.stem, self.blocks = network.stem, network.blocks[:blocks]
        widths = [width for count, *_, width in STAGES for _ in range(count)]
        self.classifier = nn.Linear(2 * widths[blocks - 1], num_classes)

    def judge(self, maps: Tensor, start: int) -> Tensor:
        """maps (B, C, H, W) after the first ``start`` blocks -> logits (B, K)"""
        for block in self.blocks[start:]:
            maps = block(maps)
        return self.classifier(mean_and_maximum(maps))

    def forward(self, images: Tensor) -> Tensor:
        """images (B, 3, H, W) -> logits (B, K)"""
        return self.judge(self.stem(images), start=0)


def mean_and_maximum(maps: Tensor) -> Tensor:
    """maps (B, C, H, W) -> features (B, 2 C): what each map has on the whole, and at its peak"""
    return torch.cat([maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3))], dim=1)


def prepared(pictures: Tensor, size: int = 224) -> Tensor:
    """pictures (B, 3, H, W) uint8 -> images (B, 3, size, size), from about -1 to 1

    Bilinear, and without antialiasing; a photograph that is much larger is made smaller before.

    Raises:
        TypeError: the pictures are not uint8. The scale of other numbers is not known.
        ValueError: they are no batch of pictures of three colors.
    """
    if pictures.dtype != torch.uint8:
        raise TypeError(f"pictures must be uint8, from 0 to 255, got {pictures.dtype}")
    if pictures.dim() != 4 or pictures.shape[1] != 3 or 0 in pictures.shape[2:]:
        raise ValueError(
            "pictures must have the shape (B, 3, H, W), three colors first, got "
            f"{tuple(pictures.shape)}: a grey picture is repeated three times"
        )
    resized = functional.interpolate(pictures.float(), size=(size, size), mode="bilinear")
    return (resized - 127) / 128
