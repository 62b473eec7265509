"""A page's spectrogram is the package's; sound that goes on gives the same columns as a clip."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from livetorch.datasets.speech import load_seventh_voice
from livetorch.live import Spectrogram
from livetorch.signals import mel_filters, stft
from tests.live.node import page_answers, page_calls


def clips() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    chirp = torch.sin(torch.linspace(0, 60, 3000) ** 2)
    noise = torch.rand(1024, generator=generator) * 0.02 - 0.01
    return {"six": load_seventh_voice().clip(6), "chirp": chirp * 0.5, "noise": noise}


QUESTIONS: list[dict[str, Any]] = [
    {"clip": clip, "length": length, "scale": scale}
    for clip in ("six", "chirp", "noise")
    for length in (64, 256, 1024)
    for scale in ("hertz", "mel")
]


def test_a_page_computes_what_the_package_computes() -> None:
    widget = Spectrogram(clips())
    page = page_answers("spectrogram", QUESTIONS, widget.options)
    for question, reply in zip(QUESTIONS, page, strict=True):
        ours = torch.tensor(widget.answer(question)["levels"])
        theirs = torch.tensor(reply["answer"]["levels"])
        rows = 64 if question["scale"] == "mel" else question["length"] // 2 + 1
        assert ours.shape == (rows, len(widget.samples(question["clip"])) // 64 + 1)
        assert ours.max() == 0
        assert ours.min() >= -80
        torch.testing.assert_close(theirs, ours, rtol=0, atol=0.11)


def test_clips_are_kept_within_the_steps_of_their_bytes() -> None:
    widget = Spectrogram(clips())
    for name, samples in clips().items():
        kept = widget.samples(name).float()
        assert ((kept - samples).abs() <= 0.03 * samples.abs() + 1e-4).all()
    assert len(str(widget.options)) < 20_000
    assert widget.as_html() == Spectrogram(clips()).as_html()


def test_mel_bands_of_a_page_are_those_of_the_package() -> None:
    (rows,) = page_calls("spectra", "melTriangles", [[64, 256, 8000]])
    page = torch.tensor([[row[str(k)] for k in range(129)] for row in rows])
    torch.testing.assert_close(page, mel_filters(64, 256, 8000))


def test_columns_of_a_sound_that_goes_on(tmp_path: Any) -> None:
    """A microphone's blocks of any size give the frames that its samples have, the newest last."""
    import json
    import subprocess

    from livetorch.live.frame.modules import module_paths
    from tests.live.node import node

    samples = torch.rand(3000, generator=torch.Generator().manual_seed(1)) - 0.5
    program = f"""
const {{ runningSpectra }} = await import("{module_paths()["spectra"].as_uri()}");
const samples = {json.dumps(samples.tolist())};
const run = runningSpectra(2048, 64, {{ length: 64, rate: 8000, scale: "hertz" }});
for (let at = 0; at < samples.length; at += 170) run.add(samples.slice(at, at + 170));
const short = run.columns.map((column) => [...column]);
run.look({{ length: 256, rate: 8000, scale: "hertz" }});
console.log(JSON.stringify([run.samples.length, short, run.columns.map((column) => [...column])]));
"""
    script = tmp_path / "run.mjs"
    script.write_text(program)
    done = subprocess.run([node(), str(script)], capture_output=True, text=True, check=True)
    kept, short, long = json.loads(done.stdout)
    assert 2048 - 64 < kept <= 2048
    last = samples[-kept:].double()
    for length, columns in ((64, short), (256, long)):
        expected = stft(last, length, 64, center=False).abs().square()
        torch.testing.assert_close(
            torch.tensor(columns, dtype=torch.float64).T, expected, rtol=1e-5, atol=1e-6
        )


@pytest.mark.parametrize(
    "wrong", [{"clip": "nine"}, {"clip": "toString"}, {"length": 100}, {"scale": "bark"}]
)
def test_bad_questions_are_refused_in_the_same_words(wrong: dict[str, Any]) -> None:
    widget = Spectrogram(clips())
    question = {**QUESTIONS[0], **wrong}
    with pytest.raises(ValueError, match=r"\w+ \w+") as refused:
        widget.answer(question)
    (reply,) = page_answers("spectrogram", [question], widget.options)
    assert reply["error"] == str(refused.value)


@pytest.mark.parametrize(
    "samples",
    [
        torch.zeros(2000),
        torch.ones(1000) / 2,
        torch.ones(12_001) / 2,
        torch.ones(2, 2000) / 2,
        torch.full((2000,), torch.nan),
        torch.full((2000,), 3.0),
    ],
)
def test_bad_clips_are_refused(samples: Tensor) -> None:
    with pytest.raises(ValueError, match="clip 'x' must"):
        Spectrogram({"x": samples})
    with pytest.raises(ValueError, match="must be a clip"):
        Spectrogram({})
