"""Transforms of sound against torch's, scipy's and transformers' own, and what they refuse."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.fft import dct as scipy_dct
from scipy.signal import resample_poly
from torch import Tensor

from livetorch.live import Exported, export
from livetorch.signals import (
    Mfcc,
    MfccSettings,
    dct,
    dct_matrix,
    decibels,
    frames,
    hertz_of_mel,
    mel_filters,
    mel_of_hertz,
    mfcc,
    resample,
    stft,
)


def noise(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def tone(hertz: float, rate: int, seconds: float = 1.0) -> Tensor:
    return torch.sin(2 * math.pi * hertz * torch.arange(round(rate * seconds)) / rate)


def level(samples: Tensor) -> float:
    """The root of the mean square, without the ends."""
    return samples[400:-400].square().mean().sqrt().item()


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_transform_is_that_of_torch_and_so_is_its_gradient(
    seed: int, dtype: torch.dtype
) -> None:
    generator = torch.Generator().manual_seed(seed)
    length = int(torch.randint(2, 90, (), generator=generator))
    hop = int(torch.randint(1, length + 5, (), generator=generator))
    count = length + int(torch.randint(0, 300, (), generator=generator))
    shape = [(count,), (1, count), (3, count)][seed % 3]
    samples = noise(*shape, seed=seed, dtype=dtype).requires_grad_()
    window = torch.rand(length, generator=generator, dtype=dtype)
    for center in (True, False):
        ours = stft(samples, length, hop, window, center=center)
        theirs = torch.stft(samples, length, hop, window=window, center=center, return_complex=True)
        close = {"rtol": 1e-4, "atol": 1e-4} if dtype == torch.float32 else {}
        torch.testing.assert_close(ours, theirs, **close)  # type: ignore[arg-type]
        weights = noise(*theirs.shape, seed=seed + 1, dtype=dtype)
        slopes = [
            torch.autograd.grad((value.abs().square() * weights).sum(), samples)[0]
            for value in (ours, theirs)
        ]
        torch.testing.assert_close(*slopes, rtol=1e-3, atol=1e-2 if close else 1e-9)


def test_the_window_is_that_of_hann_where_none_is_given() -> None:
    samples = noise(500, dtype=torch.float64)
    window = torch.hann_window(64, dtype=torch.float64)
    torch.testing.assert_close(stft(samples, 64, 16), stft(samples, 64, 16, window))


def test_a_tone_stands_in_its_own_row() -> None:
    spectrum = stft(tone(1000, 8000), 400, 200).abs()
    assert spectrum.shape == (201, 41)
    assert (spectrum[:, 2:-2].argmax(0) == 50).all(), "1000 Hz in steps of 20 Hz"


def test_frames_are_views_of_the_samples() -> None:
    samples = torch.arange(10.0)
    pieces = frames(samples, 4, 3)
    assert pieces.tolist() == [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9]]
    assert pieces.data_ptr() == samples.data_ptr()
    assert frames(noise(2, 3, 11), 4, 3).shape == (2, 3, 3, 4)
    assert frames(samples, 4, 100).shape == (1, 4)


def test_mel_and_hertz_are_inverse_and_meet_at_1000() -> None:
    hertz = torch.linspace(0, 20_000, 50, dtype=torch.float64)
    torch.testing.assert_close(hertz_of_mel(mel_of_hertz(hertz)), hertz)
    assert mel_of_hertz(torch.tensor(1000.0)).item() == pytest.approx(1000, abs=0.1)
    steps = mel_of_hertz(hertz).diff()
    assert (steps > 0).all()
    assert (steps.diff() < 0).all(), "the higher, the narrower a hertz is"


@pytest.mark.parametrize(
    ("mels", "length", "rate"),
    [(128, 400, 8000), (40, 512, 16000), (3, 32, 22050), (20, 401, 8000)],
)
def test_filters_are_triangles(mels: int, length: int, rate: int) -> None:
    filters = mel_filters(mels, length, rate)
    assert filters.shape == (mels, length // 2 + 1)
    assert filters.min() >= 0
    assert filters.max() <= 1
    peaks = filters.argmax(1)
    assert (peaks.diff() >= 0).all(), "in rising order"
    for row in filters:
        steps = row.diff()
        turn = int(row.argmax())
        assert (steps[:turn] >= 0).all()
        assert (steps[turn:] <= 0).all()
    # Where two neighbors overlap they share the power: between the first and the last middle.
    edges = hertz_of_mel(torch.linspace(0, float(mel_of_hertz(torch.tensor(rate / 2))), mels + 2))
    hertz = torch.arange(length // 2 + 1) * rate / length
    inside = (hertz >= edges[1]) & (hertz <= edges[-2])
    torch.testing.assert_close(filters.sum(0)[inside], torch.ones(int(inside.sum())))


def test_filters_are_those_of_transformers() -> None:
    audio = pytest.importorskip("transformers.audio_utils")
    for mels, length, rate in ((128, 400, 8000), (40, 512, 16000)):
        theirs = audio.mel_filter_bank(
            length // 2 + 1, mels, 0, rate / 2, rate, norm=None, mel_scale="htk"
        )
        ours = mel_filters(mels, length, rate)
        torch.testing.assert_close(ours, torch.as_tensor(theirs.T).float())


@pytest.mark.parametrize("size", [1, 2, 5, 13, 128])
def test_the_cosine_transform_is_that_of_scipy(size: int) -> None:
    values = noise(4, 3, size, seed=size, dtype=torch.float64)
    expected = torch.as_tensor(scipy_dct(values.numpy(), type=2, norm="ortho"))
    torch.testing.assert_close(dct(values), expected, rtol=1e-5, atol=1e-6)
    count = (size + 1) // 2
    torch.testing.assert_close(dct(values, count), expected[..., :count], rtol=1e-5, atol=1e-6)
    rows = dct_matrix(size)
    torch.testing.assert_close(rows @ rows.T, torch.eye(size), rtol=0, atol=1e-6)


def test_decibels_are_cut_below_the_loudest_of_each_recording() -> None:
    power = torch.tensor([[[1.0, 1e-3], [1e-12, 0.0]], [[1e-4, 1e-4], [1e-9, 10.0]]])
    assert decibels(power)[0].tolist() == [[0, -30], [-100, -100]]
    cut = decibels(power, 80)
    torch.testing.assert_close(cut[0], torch.tensor([[0.0, -30], [-80, -80]]))
    torch.testing.assert_close(cut[1], torch.tensor([[-40.0, -40], [-70, 10]]))
    assert decibels(torch.zeros(2, 2), 80).isfinite().all()


def test_coefficients_are_those_of_numpy_and_scipy_step_by_step() -> None:
    import numpy as np

    samples = noise(1733, seed=3).mul(0.1)
    padded = np.pad(samples.double().numpy(), 200, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    power = np.stack(
        [
            np.abs(np.fft.rfft(padded[start : start + 400] * window)) ** 2
            for start in range(0, len(padded) - 399, 200)
        ]
    )
    levels = 10 * np.log10(
        np.maximum(power @ mel_filters(128, 400, 8000).double().numpy().T, 1e-10)
    )
    levels = np.maximum(levels, levels.max() - 80)
    expected = torch.as_tensor(scipy_dct(levels, type=2, norm="ortho")[:, :13]).float()
    ours = mfcc(samples, 8000)
    assert ours.shape == (1733 // 200 + 1, 13)
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-3)


def test_louder_changes_the_first_coefficient_alone() -> None:
    samples = noise(4000, seed=5).mul(0.01)
    change = mfcc(samples * 10, 8000) - mfcc(samples, 8000)
    torch.testing.assert_close(
        change[:, 0], torch.full((21,), 20 * math.sqrt(128)), rtol=1e-4, atol=1e-3
    )
    torch.testing.assert_close(change[:, 1:], torch.zeros(21, 12), rtol=0, atol=2e-3)


def test_each_of_a_batch_is_as_it_is_alone() -> None:
    samples = noise(3, 2500, seed=6) * torch.tensor([[1.0], [0.001], [0.1]])
    together = Mfcc()(samples)
    for one, features in zip(samples, together, strict=True):
        torch.testing.assert_close(features, mfcc(one, 8000), rtol=1e-5, atol=1e-3)


def test_a_module_without_weights_has_no_state() -> None:
    assert not Mfcc().state_dict()
    assert Mfcc(MfccSettings(mels=40, coefficients=20))(noise(1, 1000)).shape == (1, 6, 20)


def test_the_exported_graph_takes_any_length(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    monkeypatch.setenv("LIVETORCH_MODELS", str(tmp_path_factory.mktemp("models")))

    class Scaled(torch.nn.Module):
        """Near 1, as a network takes them, so that a difference is judged by their size."""

        def __init__(self) -> None:
            super().__init__()
            self.mfcc = Mfcc()

        def forward(self, samples: Tensor) -> Tensor:
            return self.mfcc(samples) / 1000

    example = {"samples": noise(1, 4000) * 0.1}
    length = torch.export.Dim("length", min=400, max=80_000)
    made = export("mfcc", Scaled(), example, ["mfcc"], dynamic_shapes=[{1: length}])
    assert isinstance(made, Exported)
    session = onnxruntime.InferenceSession(made.path)
    for count in (400, 1733, 8000, 16_001):
        samples = noise(1, count, seed=count) * 0.1
        (features,) = session.run(None, {"samples": samples.numpy()})
        expected = mfcc(samples[0], 8000)
        ours = torch.as_tensor(features)[0] * 1000
        torch.testing.assert_close(ours, expected, rtol=1e-4, atol=0.02)


@pytest.mark.parametrize(
    ("samples", "rate", "error", "words"),
    [
        (torch.zeros(0), 8000, ValueError, "0 samples are too short"),
        (torch.zeros(200), 8000, ValueError, "200 samples are too short a recording: 201"),
        (torch.zeros(900, 2), 8000, ValueError, "several channels"),
        (torch.zeros(2, 900), 8000, ValueError, "one dimension"),
        (torch.zeros(900), 44_100, ValueError, r"resample\(samples, 44100, 8000\)"),
        (torch.full((900,), math.nan), 8000, ValueError, "900 of 900 samples are NaN"),
        (torch.zeros(900, dtype=torch.int16), 8000, TypeError, "divided by 32768"),
    ],
)
def test_what_is_no_recording_is_refused(
    samples: Tensor, rate: int, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        mfcc(samples, rate)


def test_silence_is_a_recording() -> None:
    features = mfcc(torch.zeros(900), 8000)
    assert features.isfinite().all()
    torch.testing.assert_close(features[:, 1:], torch.zeros(5, 12), rtol=0, atol=1e-3)


def test_wrong_frames_and_windows_are_refused() -> None:
    with pytest.raises(ValueError, match="3 samples do not fill a frame of 4"):
        frames(torch.zeros(3), 4, 1)
    with pytest.raises(ValueError, match="at least 1, got 4 and 0"):
        frames(torch.zeros(9), 4, 0)
    with pytest.raises(ValueError, match="0 samples"):
        frames(torch.tensor(1.0), 4, 1)
    with pytest.raises(ValueError, match=r"shape \(8,\), got \(4,\)"):
        stft(torch.zeros(20), 8, 2, torch.ones(4))
    with pytest.raises(ValueError, match="4 samples are too few: mirrored ends take 5"):
        stft(torch.zeros(4), 8, 2)
    with pytest.raises(TypeError, match="int64"):
        stft(torch.arange(20), 8, 2)
    with pytest.raises(ValueError, match="from 1 to 4 can be kept, got 5"):
        dct_matrix(4, 5)


@pytest.mark.parametrize(
    ("from_rate", "to_rate"), [(44_100, 8000), (48_000, 16_000), (8000, 16_000), (22_050, 8000)]
)
def test_resampling_keeps_what_fits_and_leaves_out_what_does_not(
    from_rate: int, to_rate: int
) -> None:
    limit = min(from_rate, to_rate) / 2
    for hertz in (100, 0.5 * limit, 0.85 * limit):
        samples = resample(tone(hertz, from_rate), from_rate, to_rate)
        assert samples.shape == (to_rate,)
        inner = slice(400, -400)
        torch.testing.assert_close(samples[inner], tone(hertz, to_rate)[inner], rtol=0, atol=0.01)
    for hertz in (1.05 * limit, 1.3 * limit, 2.1 * limit):
        if hertz < from_rate / 2:
            assert level(resample(tone(hertz, from_rate), from_rate, to_rate)) < 0.002


def test_resampling_is_near_that_of_scipy() -> None:
    # Noise without what is close to the limit, where filters differ.
    spectrum = torch.fft.rfft(noise(16_000, dtype=torch.float64))
    spectrum[3400:] = 0
    samples = torch.fft.irfft(spectrum)
    expected = torch.as_tensor(resample_poly(samples.numpy(), 1, 2))
    ours = resample(samples, 16_000, 8000)
    assert level(ours - expected) < 0.005 * level(expected)


def test_resampling_takes_batches_gradients_and_the_same_rate() -> None:
    samples = noise(2, 3, 300, dtype=torch.float64).requires_grad_()
    assert resample(samples, 8000, 8000).equal(samples)
    half = resample(samples, 8000, 4000)
    assert half.shape == (2, 3, 150)
    torch.testing.assert_close(half[1, 2], resample(samples[1, 2], 8000, 4000))
    few = noise(40, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: resample(x, 3, 2), few)
    torch.testing.assert_close(
        resample(torch.ones(2000), 44_100, 8000)[50:-50], torch.ones(263), rtol=1e-5, atol=1e-5
    )


def test_what_cannot_be_resampled_is_refused() -> None:
    with pytest.raises(ValueError, match="no sample"):
        resample(torch.zeros(0), 8000, 4000)
    with pytest.raises(ValueError, match="at least 1, got 0 and 4000"):
        resample(torch.zeros(9), 0, 4000)
    with pytest.raises(TypeError, match="int16"):
        resample(torch.zeros(9, dtype=torch.int16), 8000, 4000)
