"""A network that has seen photographs."""

from __future__ import annotations

import re

import torch

from livetorch.models.efficientnet import EfficientNetLite0
from livetorch.packaged import packaged_file

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
