"""Networks of this package with weights that others trained and that packages of theirs carry.

Each function reads the file by `livetorch.packaged`, which checks it, and loads it key by key.
"""

from __future__ import annotations

import re

import torch

from livetorch.models.efficientnet import EfficientNetLite0
from livetorch.models.voice_activity import VoiceActivity
from livetorch.packaged import onnx_tensors, packaged_file

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


def silero_vad(rate: int = 16_000) -> VoiceActivity:
    """The voice-activity network of Silero (MIT), in eval mode.

    Its ONNX file holds two networks, one for each rate. The safetensors file in the same package is
    of an older training and gives other answers.

    Raises:
        livetorch.packaged.PackagedFileError: the package silero-vad, or onnx, is missing, or the
            file is not the one that is known.
        ValueError: a rate that is neither 16,000 nor 8,000.
    """
    model = VoiceActivity(rate)
    branch = "then" if rate == 16_000 else "else"
    tensors = onnx_tensors(packaged_file("silero-vad"))
    theirs = {
        "spectrum.weight": "stft.forward_basis_buffer",
        "head.weight": "decoder.decoder.2.weight",
        "head.bias": "decoder.decoder.2.bias",
    }
    for kind in ("weight", "bias"):
        for number in range(4):
            theirs[f"convolutions.{number}.{kind}"] = f"encoder.{number}.reparam_conv.{kind}"
        for side in ("ih", "hh"):
            theirs[f"memory.{kind}_{side}"] = f"decoder.rnn.{kind}_{side}"
    state = {
        ours: tensors[f"If_0_{branch}_branch__Inline_0__{name}"] for ours, name in theirs.items()
    }
    state["head.weight"] = state["head.weight"].squeeze(2)  # a convolution of width 1 is a layer
    model.load_state_dict(state)
    return model.eval()
