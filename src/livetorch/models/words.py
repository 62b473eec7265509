"""A network that names a spoken word, of any length.

B recordings, T frames, C coefficients a frame, W channels, K words.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

FIRST_SCALES = (60.0, 40.0)
"""What the first two coefficients are divided by, which vary more; the others by `OTHER_SCALE`."""
OTHER_SCALE = 20.0


class WordNet(nn.Module):
    """Three convolutions over time, then mean, maximum and trend of each channel, and a linear
    layer. Normalization, padding and pooling all keep to a recording's own frames, so the frames
    behind its end may hold anything finite.

    Raises:
        ValueError: a size below 1; features of another shape; lengths of another shape, or outside
            of 1 to T.
    """

    def __init__(self, words: int = 10, channels: int = 32, coefficients: int = 13) -> None:
        super().__init__()
        if min(words, channels, coefficients) < 1:
            raise ValueError(
                f"every size must be at least 1, got {words}, {channels}, {coefficients}"
            )
        scales = torch.full((coefficients,), OTHER_SCALE)
        scales[:2] = torch.tensor(FIRST_SCALES[:coefficients])
        self.scales = nn.Buffer(scales)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(inputs, channels, 5, padding=2 * step, dilation=step)
            for inputs, step in ((coefficients, 1), (channels, 1), (channels, 2))
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(channels) for _ in range(3))
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(3 * channels, words)

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> Tensor:
        """features (B, T, C), lengths (B,) -> logits (B, K); without lengths all T frames count"""
        if features.ndim != 3 or features.shape[2] != len(self.scales):
            raise ValueError(
                f"features must be (B, T, {len(self.scales)}), got {tuple(features.shape)}"
            )
        inside = own_frames(features, lengths)  # (B, T, 1)
        count = inside.sum(1, keepdim=True)  # (B, 1, 1)
        mean = (features * inside).sum(1, keepdim=True) / count
        x = ((features - mean) / self.scales * inside).transpose(1, 2)  # (B, C, T)
        inside, count = inside.transpose(1, 2), count[:, 0]
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = norm(convolution(x)).relu() * inside  # (B, W, T)
        place = inside.cumsum(2) / count[:, None] - 0.5  # from start to end of the word
        pooled = [x.sum(2) / count, x.amax(2), (x * place).sum(2) / count]
        return self.head(self.dropout(torch.cat(pooled, dim=1)))


def own_frames(features: Tensor, lengths: Tensor | None) -> Tensor:
    """1.0 for each recording's own frames and 0.0 behind them: (B, T, 1)"""
    if lengths is None:
        return torch.ones_like(features[:, :, :1])
    if lengths.shape != features.shape[:1]:
        raise ValueError(
            f"there must be a length for each of {len(features)} recordings, got "
            f"{tuple(lengths.shape)}"
        )
    if lengths.min() < 1 or lengths.max() > features.shape[1]:
        raise ValueError(
            f"lengths must be from 1 to {features.shape[1]}, the frames that there are, got "
            f"{int(lengths.min())} to {int(lengths.max())}"
        )
    frames = torch.arange(features.shape[1], device=features.device)
    return (frames < lengths[:, None])[:, :, None].to(features.dtype)
