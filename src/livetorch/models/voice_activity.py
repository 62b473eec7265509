"""A network that says how likely it is that somebody speaks: that of Silero VAD, written out.

B batch, K chunks of a clip, F frequencies, H hidden features. The weights of the package silero-vad
fit in: `livetorch.pretrained.silero_vad`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from livetorch.models.recurrent import LSTMCell

HIDDEN = 128


class VoiceActivity(nn.Module):
    """A spectrum, four convolutions, and an LSTM that goes on from chunk to chunk.

    A chunk has 32 ms of new samples, with the last 4 ms of the chunk before it in front.

    Args:
        rate: of the samples, 16,000 or 8,000 a second. A frame has 16 ms in both cases, so that the
            spectrum has 129 or 65 frequencies.

    Raises:
        ValueError: another rate; samples or a chunk that do not fit.
    """

    def __init__(self, rate: int = 16_000) -> None:
        super().__init__()
        if rate not in (16_000, 8_000):
            raise ValueError(f"the rate is 16000 or 8000 samples a second, got {rate}")
        self.rate = rate
        self.new_samples, self.context = rate * 32 // 1000, rate * 4 // 1000
        frame = rate * 16 // 1000
        self.frequencies = frame // 2 + 1
        self.spectrum = nn.Conv1d(1, 2 * self.frequencies, frame, stride=frame // 2, bias=False)
        widths = [self.frequencies, 128, 64, 64, 128]
        self.convolutions = nn.ModuleList(
            nn.Conv1d(width, after, 3, stride, padding=1)
            for width, after, stride in zip(widths, widths[1:], (1, 2, 2, 1), strict=False)
        )
        self.memory = LSTMCell(widths[-1], HIDDEN)
        self.head = nn.Linear(HIDDEN, 1)

    def magnitudes(self, chunks: Tensor) -> Tensor:
        """chunks (B, context + new_samples) -> (B, F, 4): how much there is of each frequency"""
        width = self.context + self.new_samples
        if chunks.dim() != 2 or chunks.shape[1] != width:
            raise ValueError(f"chunks must be (B, {width}), got {tuple(chunks.shape)}")
        longer = functional.pad(chunks[:, None], (0, self.context), mode="reflect")
        real, imaginary = self.spectrum(longer).chunk(2, dim=1)
        return (real**2 + imaginary**2).sqrt()

    def features(self, chunks: Tensor) -> Tensor:
        """chunks (B, context + new_samples) -> (B, 128), of each chunk alone"""
        x = self.magnitudes(chunks)
        for convolution in self.convolutions:
            x = convolution(x).relu()
        return x.squeeze(2)  # the two strides leave one step

    def forward(
        self, chunks: Tensor, state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """chunks (B, context + new_samples), state before -> logits (B,), state after"""
        hidden, cell = self.memory(self.features(chunks), state)
        return self.head(hidden.relu()).squeeze(1), (hidden, cell)

    def chunks(self, samples: Tensor) -> Tensor:
        """samples (B, N) -> (B, K, context + new_samples), the last chunk filled with zeros"""
        if samples.dim() != 2 or not samples.is_floating_point() or not samples.shape[1]:
            raise ValueError(
                "samples must be (B, N), numbers from -1 to 1, at least one: got "
                f"{tuple(samples.shape)}, {samples.dtype}"
            )
        missing = -samples.shape[1] % self.new_samples
        padded = functional.pad(samples, (self.context, missing))
        return padded.unfold(1, self.context + self.new_samples, self.new_samples)

    def listen(self, samples: Tensor) -> Tensor:
        """samples (B, N) -> logits (B, K): one for each 32 ms, from a state of zeros"""
        chunks = self.chunks(samples)
        features = self.features(chunks.flatten(end_dim=1)).unflatten(0, chunks.shape[:2])
        state, logits = None, []
        for k in range(features.shape[1]):
            state = self.memory(features[:, k], state)
            logits.append(self.head(state[0].relu()).squeeze(1))
        return torch.stack(logits, dim=1)
