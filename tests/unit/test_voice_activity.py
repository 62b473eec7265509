"""The voice-activity network against the run of its own file, and against the wheel's jit file."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from livetorch.models.voice_activity import VoiceActivity
from livetorch.packaged import packaged_file
from livetorch.pretrained import silero_vad

RATES = [16_000, 8_000]
every_rate = pytest.mark.parametrize("rate", RATES)


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(packaged_file("silero-vad")))


def noise(batch: int, samples: int, seed: int) -> Tensor:
    """Loud and quiet by turns, so that the answers differ."""
    generator = torch.Generator().manual_seed(seed)
    loudness = torch.rand(batch, samples // 500 + 1, generator=generator) ** 4
    return (
        torch.randn(batch, samples, generator=generator)
        * loudness.repeat_interleave(500, 1)[:, :samples]
    )


def hum(samples: int, rate: int) -> Tensor:
    """(1, samples): a voiced sound, so that some answers are near one."""
    time = torch.arange(samples) / rate
    pitch = 120 + 20 * torch.sin(2 * torch.pi * 3 * time)
    phase = 2 * torch.pi * torch.cumsum(pitch / rate, 0)
    tones = sum(torch.sin(k * phase) / k for k in range(1, 20))
    return (0.1 * tones * (1 + torch.sin(2 * torch.pi * 4 * time)))[None]


@every_rate
@pytest.mark.parametrize("seed", range(3))
@torch.no_grad()
def test_it_answers_as_its_own_file(
    rate: int, seed: int, session: onnxruntime.InferenceSession
) -> None:
    model = silero_vad(rate)
    samples = torch.cat([noise(2, 2 * rate, seed), hum(2 * rate, rate)])
    chunks = model.chunks(samples)
    state = np.random.default_rng(seed).normal(size=(2, 3, 128)).astype(np.float32)
    ours = tuple(torch.from_numpy(state.copy()))
    answers = []
    for k in range(chunks.shape[1]):  # the state of each chunk goes on to the next
        inputs = {"input": chunks[:, k].numpy(), "state": state, "sr": np.array(rate)}
        theirs, state = session.run(None, inputs)
        logits, ours = model(chunks[:, k], ours)
        answers.append(logits.sigmoid())
        torch.testing.assert_close(
            answers[-1], torch.from_numpy(theirs)[:, 0], rtol=1e-3, atol=1e-6
        )
        torch.testing.assert_close(torch.stack(ours), torch.from_numpy(state), rtol=0, atol=1e-4)
    assert torch.stack(answers).logit().std() > 1  # they differ


@every_rate
@torch.no_grad()
def test_a_whole_clip_is_heard_as_chunk_by_chunk(rate: int) -> None:
    model = silero_vad(rate)
    samples = noise(2, 3 * rate // 2 + 77, 7)
    logits = model.listen(samples)
    assert logits.shape == (2, -(-samples.shape[1] // model.new_samples))
    state, context, one_by_one = None, torch.zeros(2, model.context), []
    padded = nn.functional.pad(samples, (0, model.new_samples))
    for k in range(logits.shape[1]):
        new = padded[:, k * model.new_samples : (k + 1) * model.new_samples]
        answer, state = model(torch.cat([context, new], 1), state)
        context = new[:, -model.context :]
        one_by_one.append(answer)
    torch.testing.assert_close(logits, torch.stack(one_by_one, 1))
    torch.testing.assert_close(logits[1:], model.listen(samples[1:]))


@pytest.mark.filterwarnings("ignore:.torch.jit.load. is deprecated")
@torch.no_grad()
def test_it_answers_as_the_jit_file() -> None:
    theirs = torch.jit.load(str(packaged_file("silero-vad").with_name("silero_vad.jit")))
    samples = torch.cat([noise(1, 32_000, 1), hum(32_000, 16_000)], 1)[:, : 512 * 120]
    theirs.reset_states()
    answers = torch.stack([theirs(chunk, 16_000)[0, 0] for chunk in samples.split(512, dim=1)])
    torch.testing.assert_close(silero_vad().listen(samples)[0].sigmoid(), answers)


@every_rate
def test_its_first_layer_is_a_short_time_fourier_transform(rate: int) -> None:
    model = silero_vad(rate)
    frame = rate * 16 // 1000
    window = torch.hann_window(frame)
    angles = 2 * torch.pi * torch.arange(frame // 2 + 1)[:, None] * torch.arange(frame) / frame
    expected = torch.cat([angles.cos() * window, -angles.sin() * window])
    torch.testing.assert_close(model.spectrum.weight[:, 0], expected, rtol=0, atol=5e-5)
    chunks = noise(5, model.context + model.new_samples, 2)
    longer = nn.functional.pad(chunks[:, None], (0, model.context), mode="reflect")[:, 0]
    spectrum = torch.stft(
        longer, frame, frame // 2, window=window, center=False, return_complex=True
    )
    torch.testing.assert_close(model.magnitudes(chunks), spectrum.abs(), rtol=1e-3, atol=1e-3)


@every_rate
def test_it_is_in_eval_mode_and_every_weight_was_replaced(rate: int) -> None:
    model, fresh = silero_vad(rate), VoiceActivity(rate)
    assert not model.training
    assert (
        sum(weight.numel() for weight in model.parameters())
        == {
            16_000: 309_633,
            8_000: 235_649,
        }[rate]
    )
    for weight, random in zip(model.parameters(), fresh.parameters(), strict=True):
        assert weight.shape == random.shape
        assert not torch.equal(weight, random)


def test_input_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match="16000 or 8000 samples a second, got 44100"):
        silero_vad(44_100)
    model = VoiceActivity()
    with pytest.raises(ValueError, match=r"must be \(B, 576\), got \(2, 512\)"):
        model(torch.zeros(2, 512))
    for samples in (torch.zeros(100), torch.zeros(1, 0), torch.zeros(1, 100, dtype=torch.int16)):
        with pytest.raises(ValueError, match=r"samples must be \(B, N\)"):
            model.listen(samples)
    assert model.listen(torch.zeros(1, 1)).shape == (1, 1)
