"""Where in a sound a word is, or why there is none; a page says of it what the package says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from livetorch.datasets import load_seventh_voice, load_synthetic_digits
from livetorch.datasets.speech import WORDS
from livetorch.live import Exported, SayDigit, WidgetError, export
from livetorch.models.words import WordNet
from livetorch.signals import Mfcc
from tests.live.node import page_answers, page_calls, page_replies
from tests.live.test_microphone_parts import values, wave_bytes

RATE = 8_000


class SoundToDigit(nn.Module):
    """As the lesson's."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.mfcc, self.network = Mfcc(), WordNet()

    def forward(self, samples: Tensor) -> Tensor:
        probabilities: Tensor = self.network(self.mfcc(samples)).softmax(1)
        return probabilities


def widget() -> SayDigit:
    voice = load_seventh_voice()
    clips = {WORDS[digit]: voice.clip(digit) for digit in (3, 7)}
    return SayDigit(SoundToDigit().eval(), clips)


# The word in a sound


def find(sound: Tensor) -> tuple[int, int]:
    start, end = page_calls("hearing", "findWord", [[sound.tolist(), RATE]])[0]
    return start, end


def in_a_room(clip: Tensor, loudness: float, noise: float) -> Tensor:
    """A clip with half a second before and after it, in noise."""
    sound = torch.cat([torch.zeros(4_000), clip * loudness, torch.zeros(4_000)])
    return sound + noise * torch.randn(len(sound), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("digit", range(10))
def test_a_word_is_cut_out(digit: int) -> None:
    clip = load_seventh_voice().clip(digit)
    start, end = find(in_a_room(clip, 0.5, 0.001))
    assert abs(start - 4_000) < 240, "30 ms"
    assert abs(end - 4_000 - len(clip)) < 240


def test_shipped_clips_hold_a_word_each() -> None:
    voice, machines = load_seventh_voice(), load_synthetic_digits()
    clips = [voice.clip(n) for n in range(10)] + [machines.clip(n) for n in range(4, 900, 56)]
    calls = [[clip.tolist(), RATE] for clip in clips]
    replies = page_replies("hearing", "findWord", calls)
    kept = [
        (reply["answer"][1] - reply["answer"][0]) / len(clip)
        for reply, clip in zip(replies, clips, strict=True)
        if "answer" in reply
    ]
    assert len(kept) >= len(clips) - 1, "one slow machine rests within a word"
    assert min(kept) > 0.6
    assert float(np.mean(kept)) > 0.9


def sounds() -> dict[str, Tensor]:
    voice, draw = load_seventh_voice(), torch.Generator().manual_seed(0)
    rest = torch.zeros(2_400)
    one, nine = voice.clip(1) * 0.5, voice.clip(9) * 0.5
    return {
        "That is too short": one[:700],
        "It is silent": 0.0005 * torch.randn(RATE, generator=draw),
        "It is silent. The": torch.zeros(RATE),
        "That is noise": 0.1 * torch.randn(RATE, generator=draw),
        "or a steady sound": torch.sin(torch.arange(RATE) / 4) * 0.5,
        "That was a click": torch.cat([rest, torch.ones(100), rest]),
        "There are 2 words or more": torch.cat([rest, one, rest, nine, rest]),
        "That is longer than a digit takes": torch.cat([rest, one, nine, one, rest]),
    }


def test_where_there_is_not_one_word_a_sentence_says_what_there_is() -> None:
    calls = [[sound.tolist(), RATE] for sound in sounds().values()]
    for sentence, reply in zip(sounds(), page_replies("hearing", "findWord", calls), strict=True):
        assert sentence in reply["error"]


def test_a_word_is_over_after_a_rest_alone() -> None:
    sound = in_a_room(load_seventh_voice().clip(6), 0.5, 0.002)
    end = len(sound) - 4_000
    moments = range(2_000, len(sound), 400)
    calls = [[sound[:moment].tolist(), RATE] for moment in moments]
    over = page_calls("hearing", "wordIsOver", calls)
    first = next(moment for moment, is_over in zip(moments, over, strict=True) if is_over)
    assert 0.25 < (first - end) / RATE < 0.4


def test_a_question_is_whole_numbers_as_loud_as_half_of_what_there_is() -> None:
    question = page_calls("hearing", "wholeSamples", [[[0.0, 0.01, -0.02]], [[0.0, 0.0]]])
    assert question == [[0, 8_192, -16_384], [0, 0]]


# A file


def test_a_file_at_another_rate_is_changed() -> None:
    sound = np.sin(np.arange(44_100) / 20) * 0.5
    question: Any = [list(wave_bytes(sound, 44_100, 2)), RATE]
    answer = page_calls("say_digit", "soundOf", [question])[0]
    assert answer["rate"] == 44_100
    assert len(answer["samples"]) == RATE
    assert values(answer["samples"])[500:7_500].max() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no sound", "This is no WAV file"),
        (wave_bytes(np.zeros(100), 4_000, 2), "has 4,000 samples a second, and the network needs"),
        (wave_bytes(np.zeros(161_000), 8_000, 1), "longer than 20 seconds"),
    ],
)
def test_a_file_that_cannot_be_asked_about(content: bytes, sentence: str) -> None:
    reply = page_replies("say_digit", "soundOf", [[list(content), RATE]])[0]
    assert sentence in reply["error"]


# What is answered

BAD: list[Any] = [
    [0] * 799,
    [0] * 24_001,
    [0.5] * 900,
    [40_000] * 900,
    [-32_769] * 900,
]


def test_words_that_cannot_be_asked_about() -> None:
    questions = [{"samples": samples} for samples in BAD]
    replies = page_answers("say_digit", questions, widget().options)
    for question, reply in zip(questions, replies, strict=True):
        with pytest.raises(WidgetError) as refused:
            widget().answer(question)
        assert reply["error"] == str(refused.value)


def test_the_file_answers_as_the_notebook_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVETORCH_MODELS", str(tmp_path))
    made = widget()
    sizes = {1: torch.export.Dim("length", min=800, max=24_000)}
    samples = load_seventh_voice().clip(3)[None]
    file = export("spoken-digits", made.model, {"samples": samples}, ["probabilities"],
                  dynamic_shapes=[sizes])  # fmt: skip
    assert isinstance(file, Exported)
    assert file.path.stat().st_size < 1e6
    session = onnxruntime.InferenceSession(str(file.path))
    draw = torch.Generator().manual_seed(0)
    for size in (800, 1_234, 4_001, 24_000):
        whole = torch.randint(-(2**15), 2**15, (size,), generator=draw)
        ours = made.answer({"samples": whole.tolist()})["probabilities"]
        theirs = session.run(None, {"samples": (whole[None] / 2**15).numpy()})[0][0]
        assert sum(ours) == pytest.approx(1)
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_what_is_heard_in_words() -> None:
    options = {"words": list(WORDS), "unsure": 0.5}
    sure, unsure = [0.0] * 10, [0.0] * 10
    sure[7], sure[1] = 0.93, 0.07
    unsure[5], unsure[9], unsure[0] = 0.4, 0.35, 0.25
    assert page_calls("say_digit", "heardWords", [[sure, options], [unsure, options]]) == [
        "It hears seven (93 %).",
        "It is not sure: five (40 %) or nine.",
    ]


# The clips and the picture


@pytest.mark.parametrize(
    ("clips", "message"),
    [
        ({}, "there must be a clip"),
        ({"a": torch.ones(2, 900)}, r"clip 'a' must be \(N,\) with 800 to 24000 samples"),
        ({"a": torch.ones(799)}, "799"),
        ({"a": torch.zeros(900)}, "not all 0"),
        ({"a": torch.full((900,), 1.5)}, "from -1 to 1"),
        ({"a": torch.full((900,), torch.nan)}, "from -1 to 1"),
    ],
)
def test_bad_clips(clips: dict[str, Tensor], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SayDigit(SoundToDigit().eval(), clips)


def test_a_page_has_the_clips_that_the_notebook_has() -> None:
    made = widget()
    for number, (_, text) in enumerate(made.options["clips"]):
        page = page_calls("spectra", "samplesOfText", [[text]])[0]
        np.testing.assert_allclose(values(page), made.samples(number).numpy(), atol=1e-6)


def test_the_still_shows_the_first_clip() -> None:
    figure = widget().still()
    sound, bars = figure.axes
    assert sound.get_title() == "three"
    assert [label.get_text() for label in bars.get_yticklabels()] == list(WORDS)
