"""A network that has seen photographs."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from livetorch.models.efficientnet import EfficientNetLite0, FirstBlocks
from livetorch.packaged import packaged_file
from livetorch.quantization import quantized_state
from livetorch.weights import load_weights

EFFICIENTNET_NAMES = (
    (r"^_conv_stem", "stem.0"),
    (r"^_bn0", "stem.1"),
    (r"^_conv_head", "head.0"),
    (r"^_bn1", "head.1"),
    (r"^_fc", "classifier"),
    (r"^_blocks", "blocks"),
    (r"\._expand_conv", ".expand.0"),
    (r"\._bn0", ".expand.1"),
    (r"\._depthwise_conv", ".depthwise.0"),
    (r"\._bn1", ".depthwise.1"),
    (r"\._project_conv", ".project.0"),
    (r"\._bn2", ".project.1"),
)
"""What the file calls a layer, and what `EfficientNetLite0` calls it."""


def efficientnet_name(key: str) -> str:
    """The name in `EfficientNetLite0` of an entry of the packaged file."""
    for theirs, ours in EFFICIENTNET_NAMES:
        key = re.sub(theirs, ours, key)
    return key


def efficientnet_lite0() -> EfficientNetLite0:
    """EfficientNet-Lite0 that has learned the 1,000 classes of ImageNet; in evaluation mode.

    Raises:
        PackagedFileError: the package that carries the weights is missing, or is another.
    """
    path = packaged_file("efficientnet-lite0")
    theirs = torch.load(path, map_location="cpu", weights_only=True)
    model = EfficientNetLite0()
    model.load_state_dict({efficientnet_name(key): tensor for key, tensor in theirs.items()})
    return model.eval()


EMOJI_SIZE, EMOJI_BLOCKS, EMOJI_TUNED_FROM = 96, 15, 11
"""Side of its pictures, blocks of the network, and how many of them were not fine-tuned."""


def emoji_efficientnet() -> FirstBlocks:
    """15 blocks of EfficientNet-Lite0, the last four of them fine-tuned on the twelve kinds of
    emoji, and a linear layer; in evaluation mode. Its input is ``prepared(pictures, EMOJI_SIZE)``.

    Two of the seven artists that it learned from put their drawings under CC BY-SA 4.0, and so are
    the fine-tuned weights, ``emoji-efficientnet`` of `livetorch.weights`, by
    ``data/train_emoji.py`` of the project.

    Raises:
        PackagedFileError: the package that carries the first blocks is missing, or is another.
        ValueError: the file of the fine-tuned ones does not fit, or is damaged.
    """
    model = FirstBlocks(efficientnet_lite0(), EMOJI_BLOCKS, num_classes=12)
    places = {name: model.state_dict()[name] for name in tuned_names(model)}
    shipped = load_weights("emoji-efficientnet")
    sizes = {name: tensor.numel() for name, tensor in shipped.items()}
    if sizes != {name: tensor.numel() for name, tensor in places.items()}:
        raise ValueError("emoji-efficientnet does not fit its network: install the package again")
    state = {name: shipped[name].view(place.shape) for name, place in places.items()}
    model.load_state_dict(state, strict=False)
    return model.eval()


def tuned_names(model: FirstBlocks) -> list[str]:
    """The names of the parameters that fine-tuning changes: statistics are not among them."""
    first = tuple(f"blocks.{number}." for number in range(EMOJI_TUNED_FROM, EMOJI_BLOCKS))
    return [n for n, _ in model.named_parameters() if n.startswith((*first, "classifier."))]


def tuned_state(model: FirstBlocks) -> dict[str, Tensor]:
    """The fine-tuned parameters for shipping: each convolution as a matrix (O, I) of int8 numbers
    with a scale for each row, the rest as float16."""
    state = model.state_dict()
    rows = {name: state[name] for name in tuned_names(model)}
    return quantized_state(
        {n: t.flatten(1).contiguous() if t.dim() > 1 else t.half() for n, t in rows.items()}
    )
