"""Short sounds that a widget carries to its page: a byte a sample, finer where it is quiet."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from livetorch.datasets.speech import decode_mu_law, encode_mu_law


def clip_texts(clips: Mapping[str, Tensor], shortest: int, longest: int) -> dict[str, str]:
    """Clips (N,) from -1 to 1 by their names -> the same as texts, for `clip_samples`.

    Raises:
        ValueError: there is no clip, or one has another shape, too few or many samples, or numbers
            outside of -1 to 1.
    """
    if not clips:
        raise ValueError("there must be a clip to start from")
    for name, samples in clips.items():
        if samples.ndim != 1 or not shortest <= len(samples) <= longest:
            raise ValueError(
                f"clip {name!r} must be (N,) with {shortest} to {longest} samples, got "
                f"{tuple(samples.shape)}"
            )
        if not samples.isfinite().all() or not 0 < samples.abs().max() <= 1:
            raise ValueError(f"clip {name!r} must hold numbers from -1 to 1, not all 0")
    return {
        name: b64encode(encode_mu_law(samples.double().numpy()).tobytes()).decode()
        for name, samples in clips.items()
    }


def clip_samples(text: str) -> Tensor:
    """The samples (N,) float32 of a clip, as the page has them."""
    return torch.from_numpy(decode_mu_law(np.frombuffer(b64decode(text), np.uint8)))
