"""What stands between a microphone or a file and a model: another rate, WAV files, refusals."""

from __future__ import annotations

import io
import struct
import wave
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from livetorch.signals import resample
from tests.live.node import page_answers, page_calls


def values(answer: dict[str, float]) -> NDArray[np.float64]:
    """A typed array, as JSON has it."""
    return np.array(list(answer.values()))


# Another rate


@pytest.mark.parametrize(("before", "after"), [(44_100, 8_000), (48_000, 16_000), (8_000, 11_025)])
def test_page_and_package_give_the_same_samples(before: int, after: int) -> None:
    sound = torch.randn(4_000, generator=torch.Generator().manual_seed(before))
    page = page_calls("resampling", "resampled", [[sound.tolist(), before, after]])[0]
    numbers = torch.tensor(values(page), dtype=torch.float32)
    torch.testing.assert_close(numbers, resample(sound, before, after), rtol=1e-4, atol=1e-5)


def test_what_is_too_fast_for_the_lower_rate_is_left_out() -> None:
    moments = np.arange(44_100) / 44_100
    tones = [np.sin(2 * np.pi * hertz * moments).tolist() for hertz in (1_000, 6_000)]
    calls = [[tone, 44_100, 8_000] for tone in tones]
    parts = [values(page)[1_000:7_000] for page in page_calls("resampling", "resampled", calls)]
    loudness = [float(np.sqrt(np.square(part).mean())) for part in parts]
    assert loudness[0] == pytest.approx(0.707, abs=0.01)
    assert loudness[1] < 0.001, "it would come back as a tone of 2,000 Hz"


def test_the_same_rate_and_no_sound() -> None:
    calls = [[[0.5, -0.25], 8_000, 8_000], [[], 44_100, 8_000]]
    same, none = page_calls("resampling", "resampled", calls)
    assert values(same).tolist() == [0.5, -0.25]
    assert not none


# WAV files


def wave_bytes(samples: NDArray[np.float64], rate: int, width: int, channels: int = 1) -> bytes:
    """PCM of 1 to 4 bytes, as Python's own module writes it; all channels have the same samples."""
    whole = np.round(np.repeat(samples, channels) * (2 ** (8 * width - 1) - 1)).astype("<i8")
    whole += 128 if width == 1 else 0
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((channels, width, rate, 0, "NONE", ""))
        out.writeframes(whole.view("u1").reshape(-1, 8)[:, :width].tobytes())
    return file.getvalue()


def read(content: bytes) -> dict[str, Any]:
    """What the page's reader makes of a file, or says of it."""
    return page_answers("wave_file", [list(content)], function="readWave")[0]  # type: ignore[list-item]


SOUND = np.sin(np.arange(300) / 7)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
def test_whole_numbers_of_any_size_are_read(width: int, channels: int) -> None:
    answer = read(wave_bytes(SOUND, 44_100, width, channels))["answer"]
    assert (answer["rate"], answer["channels"]) == (44_100, channels)
    np.testing.assert_allclose(values(answer["samples"]), SOUND, atol=2.0 ** (2 - 8 * width) + 1e-6)


@pytest.mark.parametrize("letter", ["f", "d"])
def test_floats_behind_other_pieces_are_read(letter: str) -> None:
    data = struct.pack(f"<{len(SOUND)}{letter}", *SOUND)
    size = struct.calcsize(letter)
    form = struct.pack("<HHIIHH", 3, 1, 8_000, 8_000 * size, size, 8 * size)
    extensible = struct.pack("<HHIIHH", 0xFFFE, 1, 8_000, 8_000 * size, size, 8 * size)
    extensible += struct.pack("<HHIH14s", 22, 8 * size, 4, 3, b"")
    for header in (form, extensible):
        pieces = [(b"LIST", b"odd"), (b"fmt ", header), (b"data", data)]
        body = b"".join(
            name + struct.pack("<I", len(piece)) + piece + b"\0" * (len(piece) % 2)
            for name, piece in pieces
        )
        answer = read(b"RIFF" + struct.pack("<I", len(body) + 4) + b"WAVE" + body)["answer"]
        np.testing.assert_allclose(values(answer["samples"]), SOUND, atol=1e-6)


def test_a_file_that_was_cut_off_gives_what_is_there() -> None:
    whole = wave_bytes(SOUND, 8_000, 2)
    assert len(read(whole[:-201])["answer"]["samples"]) == 199


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This is no WAV file"),
        (b"OggS and more", "This is no WAV file"),
        (b"RIFF\0\0\0\0WAVE", "holds no sound"),
        (wave_bytes(SOUND, 8_000, 2)[:36], "holds no sound"),
        (
            wave_bytes(SOUND, 8_000, 2).replace(b"\x01\0\x01\0", b"\x07\0\x01\0", 1),
            "save it as PCM",
        ),
        (b"RIFF\0\0\0\0WAVEdata\4\0\0\0abcd", "save it as PCM"),
    ],
)
def test_what_is_no_sound_is_said(content: bytes, sentence: str) -> None:
    assert sentence in read(content)["error"]


# Why there is no microphone


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ({}, "only to pages with a safe address: https, or localhost"),
        ({"isSecureContext": True}, "This browser has no microphone for pages."),
        ({"isSecureContext": True, "navigator": {}}, "This browser has no microphone for pages."),
    ],
)
def test_pages_without_one(place: dict[str, Any], sentence: str) -> None:
    assert sentence in page_calls("microphone", "noMicrophone", [[place]])[0]


def test_a_rate_that_is_made_here_is_said() -> None:
    assert page_calls("microphone", "otherRate", [[44_100, 8_000]]) == [
        "This microphone gives 44,100 samples a second, of which 8,000 are made here."
    ]


@pytest.mark.parametrize("error", ["just words", {"name": "TypeError", "message": "odd"}])
def test_an_error_without_a_sentence_of_its_own_is_shown_as_it_is(error: object) -> None:
    assert page_calls("microphone", "refusal", [[error]])[0].startswith(
        "The microphone cannot be used: "
    )
