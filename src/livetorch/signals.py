"""Sound as numbers: frames, the Fourier transform of each, the mel scale, and 13 numbers a frame.

N samples, T frames, F frequencies, M mel bands, B recordings. Samples are floating-point numbers,
by custom from -1 to 1; a rate is in samples a second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class MfccSettings:
    """How a recording becomes 13 numbers a frame; as given, those of the spoken digits."""

    rate: int = 8000
    """samples a second"""
    length: int = 400
    """of a frame, in samples: 50 ms"""
    hop: int = 200
    """from the start of one frame to that of the next, in samples"""
    mels: int = 128
    """bands of the mel scale"""
    coefficients: int = 13
    """of the cosine transform that are kept"""
    top: float = 80.0
    """decibels below the loudest band of a recording, where quiet ones are cut"""


def _floating(samples: Tensor) -> None:
    if not samples.is_floating_point():
        raise TypeError(
            f"samples must be floating-point numbers, got {samples.dtype}: 16-bit samples are "
            "divided by 32768 first"
        )


def _count(samples: Tensor) -> int:
    return samples.shape[-1] if samples.dim() else 0


def frames(samples: Tensor, length: int, hop: int) -> Tensor:
    """samples (..., N) -> overlapping pieces (..., T, length), one every ``hop`` samples

    A view: no sample is copied. T is (N - length) // hop + 1; samples that fill no frame are left
    out at the end.

    Raises:
        ValueError: length or hop is below 1, or there are fewer samples than one frame has.
    """
    if length < 1 or hop < 1:
        raise ValueError(f"a frame's length and the hop must be at least 1, got {length} and {hop}")
    if _count(samples) < length:
        raise ValueError(f"{_count(samples)} samples do not fill a frame of {length}")
    return samples.unfold(-1, length, hop)


def stft(
    samples: Tensor, length: int, hop: int, window: Tensor | None = None, *, center: bool = True
) -> Tensor:
    """samples (..., N) -> complex (..., F, T): the short-time Fourier transform, by its definition

    F is length // 2 + 1: row k counts the waves of k / length cycles a sample. With ``center``,
    frame t is around sample t * hop, and the ends are continued by their mirror image. The window
    (length,) is Hann's where none is given. `torch.stft` gives the same, sooner.

    Raises:
        TypeError: the samples are no floating-point numbers.
        ValueError: there are too few, or the window has another length.
    """
    _floating(samples)
    if window is None:
        window = torch.hann_window(length, dtype=samples.dtype, device=samples.device)
    if window.shape != (length,):
        raise ValueError(f"the window must have the shape ({length},), got {tuple(window.shape)}")
    if center:
        samples = _mirrored(samples, length // 2)
    windowed = frames(samples, length, hop) * window
    position = torch.arange(length, device=samples.device)
    frequency = position[: length // 2 + 1, None]
    # Whole turns are taken off while the numbers are whole: no digit is lost to large angles.
    angle = (frequency * position % length).to(samples.dtype) * (2 * math.pi / length)
    real, imaginary = windowed @ angle.cos().T, -(windowed @ angle.sin().T)
    return torch.complex(real, imaginary).transpose(-1, -2)


def _mirrored(samples: Tensor, count: int) -> Tensor:
    """samples (..., N) -> (..., count + N + count)"""
    if _count(samples) <= count:
        raise ValueError(f"{_count(samples)} samples are too few: mirrored ends take {count + 1}")
    flat = samples.reshape(1, -1, samples.shape[-1])
    return functional.pad(flat, (count, count), mode="reflect").reshape(*samples.shape[:-1], -1)


def mel_of_hertz(hertz: Tensor) -> Tensor:
    """Pitch as it is heard: about equal steps for the ear, 1000 at 1000 Hz (HTK's formula)."""
    return 2595 * torch.log10(1 + hertz / 700)


def hertz_of_mel(mel: Tensor) -> Tensor:
    """The inverse of `mel_of_hertz`."""
    return 700 * torch.expm1(mel * (math.log(10) / 2595))


def mel_filters(mels: int, length: int, rate: int) -> Tensor:
    """Triangles (M, F) from power at F frequencies to M bands of equal width in mel.

    Each goes from 0 at the middle of the band below to 1 at its own and to 0 at that of the band
    above; none is scaled by its width. A band that no frequency falls into is 0.
    """
    bins = torch.arange(length // 2 + 1, dtype=torch.float64) * rate / length
    top = mel_of_hertz(torch.tensor(rate / 2, dtype=torch.float64))
    edges = hertz_of_mel(torch.linspace(0, 1, mels + 2, dtype=torch.float64) * top)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (bins - low) / (middle - low), (high - bins) / (high - middle)
    return torch.minimum(rising, falling).clamp(min=0).float()


def decibels(power: Tensor, top: float | None = None) -> Tensor:
    """10 log10 of power, 1e-10 at least; ``top`` cuts what is further below the largest number.

    The largest is that of the last two dimensions, so of each recording of a batch.
    """
    level = 10 * torch.log10(power.clamp(min=1e-10))
    if top is None:
        return level
    return torch.maximum(level, level.amax((-2, -1), keepdim=True) - top)


def dct_matrix(size: int, count: int | None = None) -> Tensor:
    """(count, size): the first waves of the orthonormal cosine transform (II), float32.

    Each row has length 1 and is at right angles to the others, so the transpose is the inverse
    (of all rows), and the nearest there is (of some).

    Raises:
        ValueError: the count is not from 1 to the size.
    """
    count = size if count is None else count
    if not 1 <= count <= size:
        raise ValueError(f"of {size} waves, from 1 to {size} can be kept, got {count}")
    wave = torch.arange(count, dtype=torch.float64)[:, None]
    middle = torch.arange(size, dtype=torch.float64) + 0.5
    rows = torch.cos(math.pi / size * wave * middle) * math.sqrt(2 / size)
    rows[0] /= math.sqrt(2)
    return rows.float()


def dct(values: Tensor, count: int | None = None) -> Tensor:
    """values (..., size) -> (..., count): how much of each cosine wave is in them"""
    matrix = dct_matrix(values.shape[-1], count).to(values.device, values.dtype)
    return values @ matrix.T


class Mfcc(nn.Module):
    """samples (B, N) -> mel-frequency cepstral coefficients (B, T, 13), T = N // hop + 1

    A module, so that one exported graph goes from samples to an answer, with N left open.
    It checks no sample; `mfcc` does.
    """

    def __init__(self, settings: MfccSettings | None = None) -> None:
        super().__init__()
        self.settings = settings = settings or MfccSettings()
        filters = mel_filters(settings.mels, settings.length, settings.rate)
        waves = dct_matrix(settings.mels, settings.coefficients)
        self.window = nn.Buffer(torch.hann_window(settings.length), persistent=False)
        self.filters = nn.Buffer(filters, persistent=False)
        self.waves = nn.Buffer(waves, persistent=False)

    def log_mel(self, samples: Tensor) -> Tensor:
        """samples (B, N) -> decibels in each mel band (B, T, M)"""
        settings = self.settings
        spectrum = torch.stft(
            samples, settings.length, settings.hop, window=self.window, return_complex=True
        )
        power = torch.view_as_real(spectrum).square().sum(-1)
        return decibels((self.filters @ power).transpose(1, 2), settings.top)

    def forward(self, samples: Tensor) -> Tensor:
        return self.log_mel(samples) @ self.waves.T


def mfcc(samples: Tensor, rate: int, settings: MfccSettings | None = None) -> Tensor:
    """samples (N,) of one recording -> (T, 13), after they were found to be a recording

    Raises:
        TypeError: the samples are no floating-point numbers.
        ValueError: of two channels, too short, not finite, or of another rate.
    """
    settings = settings or MfccSettings()
    _floating(samples)
    if samples.dim() != 1:
        raise ValueError(
            f"samples must have one dimension, got {tuple(samples.shape)}: of a recording with "
            "several channels take the mean of them, of several recordings one after the other"
        )
    if rate != settings.rate:
        raise ValueError(
            f"the recording has {rate} samples a second, and these features are of "
            f"{settings.rate}: resample(samples, {rate}, {settings.rate}) first"
        )
    shortest = settings.length // 2 + 1
    if len(samples) < shortest:
        raise ValueError(f"{len(samples)} samples are too short a recording: {shortest} at least")
    bad = int((~samples.isfinite()).sum())
    if bad:
        raise ValueError(f"{bad} of {len(samples)} samples are NaN or infinite")
    features: Tensor = Mfcc(settings).to(samples.device, samples.dtype)(samples[None])[0]
    return features


def resample(samples: Tensor, from_rate: int, to_rate: int, crossings: int = 24) -> Tensor:
    """samples (..., N) at one rate -> (..., ceil(N * to_rate / from_rate)) at another

    Each new sample is a mean of the old ones around its moment, weighted by a sinc under a Hann
    window: what is faster than half the lower rate is left out, which would come back as other
    tones. ``crossings`` are the zeros of the sinc on each side: the more, the sharper the edge.

    Raises:
        TypeError, ValueError: the samples are no floating-point numbers; there are none.
    """
    _floating(samples)
    if min(from_rate, to_rate, crossings) < 1:
        raise ValueError(f"rates must be at least 1, got {from_rate} and {to_rate}")
    if not _count(samples):
        raise ValueError("there is no sample to resample")
    if from_rate == to_rate:
        return samples.clone()
    # In cycles per old sample, twice; a little below the limit, where the edge ends.
    cutoff = 0.95 * min(1.0, to_rate / from_rate)
    reach = math.ceil(crossings / cutoff)
    count = -(-samples.shape[-1] * to_rate // from_rate)
    padded = functional.pad(samples, (reach, reach + 1))
    offsets = torch.arange(-reach, reach + 2, device=samples.device)
    pieces = []
    for steps in torch.arange(count, device=samples.device).split(4096):
        whole = steps * from_rate // to_rate
        part = (steps * from_rate % to_rate).double() / to_rate
        distance = offsets - part[:, None]
        window = torch.cos(math.pi / 2 * (distance / (reach + 1)).clamp(-1, 1)).square()
        weights = torch.sinc(cutoff * distance) * window
        weights = (weights / weights.sum(1, keepdim=True)).to(samples.dtype)
        pieces.append((padded[..., whole[:, None] + offsets + reach] * weights).sum(-1))
    return torch.cat(pieces, dim=-1)
