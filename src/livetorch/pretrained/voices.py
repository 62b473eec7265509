"""A network that has heard speech."""

from __future__ import annotations

from livetorch.models.voice_activity import VoiceActivity
from livetorch.packaged import onnx_tensors, packaged_file


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
