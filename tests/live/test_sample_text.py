"""A page writes what the kernel writes: the same distributions, the same draws."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import onnxruntime
import pytest
import torch

from livetorch import live
from livetorch.datasets.text import CharacterVocabulary
from livetorch.generation import next_token_probabilities
from livetorch.live import SampleText
from livetorch.live.parts.sampling import pick, uniform
from livetorch.models.sequences import CharacterModel
from tests.live.node import page_answers
from tests.live.recurrent import pretend_runtime

VOCABULARY = CharacterVocabulary.fit("To be, or not\nto be?")


def writer(layer: str = "rnn", vocabulary: CharacterVocabulary = VOCABULARY) -> CharacterModel:
    torch.manual_seed(0)
    model = CharacterModel(len(vocabulary), 4, 6, layer)
    with torch.no_grad():
        model.head.weight *= 8  # surer than an untrained model is
    return model


def widget() -> SampleText:
    return SampleText(writer(), VOCABULARY, ["To be", "not\n"])


def asked(text: str = "To be", **more: Any) -> dict[str, Any]:
    return {"text": text, "state": None, "temperature": 1.0, "seed": 1, "drawn": 0, **more}


def written(kernel: SampleText, length: int, **more: Any) -> tuple[str, list[dict[str, Any]]]:
    """A text as the widget writes it, and the questions that it asked."""
    questions = [asked(**more)]
    for drawn in range(1, length + 1):
        answer = kernel.answer(questions[-1])
        state = {"state": answer["state"], "drawn": drawn}
        questions.append(asked(answer["next"], **{**more, **state}))
    return "".join(question["text"] for question in questions[1:]), questions


@pytest.mark.parametrize("temperature", [0, 0.3, 1, 2])
def test_a_page_writes_the_kernels_text(tmp_path: Path, temperature: float) -> None:
    kernel = widget()
    page = pretend_runtime(tmp_path, "shakespeare", kernel.model, 1)
    _, questions = written(kernel, 40, temperature=temperature, seed=3)
    page_says = page_answers("sample_text", questions, kernel.options, page=page)
    for question, reply in zip(questions, page_says, strict=True):
        torch_says = json.loads(json.dumps(kernel.answer(question)))  # as a kernel's comm does
        assert reply["answer"].pop("next") == torch_says.pop("next")
        for name, values in torch_says.items():
            got = torch.tensor(reply["answer"][name], dtype=torch.float32)
            torch.testing.assert_close(got, torch.tensor(values, dtype=torch.float32))


def test_a_text_in_pieces_is_the_text_as_a_whole() -> None:
    kernel = widget()
    text, questions = written(kernel, 25)
    whole = kernel.answer(asked("To be" + text, drawn=25))
    last = kernel.answer(questions[-1])
    assert whole["next"] == last["next"]
    for name in ("before", "after", "state"):
        torch.testing.assert_close(torch.tensor(whole[name]), torch.tensor(last[name]))


def test_the_temperature_divides_the_scores() -> None:
    kernel = widget()
    logits = kernel.model(VOCABULARY.encode("To be").unsqueeze(0))[0, -1]
    for temperature in (0.1, 0.5, 1.0, 2.0):
        answer = kernel.answer(asked(temperature=temperature))
        torch.testing.assert_close(torch.tensor(answer["before"]), logits.softmax(dim=0))
        torch.testing.assert_close(
            torch.tensor(answer["after"]), (logits / temperature).softmax(dim=0)
        )
    cold = [kernel.answer(asked(temperature=0, seed=seed)) for seed in range(5)]
    assert {answer["next"] for answer in cold} == {VOCABULARY.characters[int(logits.argmax())]}
    assert sorted(cold[0]["after"])[-2:] == [0, 1]


def test_draws_follow_the_probabilities_and_the_seed() -> None:
    # The first numbers of seed 1, computed with the arithmetic of the published mulberry32.
    assert uniform(1, 0) == pytest.approx(0.6270739405881613, abs=1e-15)
    kernel = widget()
    after = torch.tensor(kernel.answer(asked())["after"])
    count = 4000
    for draws in (
        [pick(after, uniform(seed, 0)) for seed in range(count)],
        [pick(after, uniform(7, drawn)) for drawn in range(count)],
    ):
        often = Counter(draws)
        for i, probability in enumerate(after.tolist()):
            spread = (probability * (1 - probability) / count) ** 0.5
            assert abs(often[i] / count - probability) < 4 * spread + 1e-9
    texts = [written(kernel, 20, seed=seed)[0] for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_a_draw_at_the_very_end_finds_a_character_that_can_come() -> None:
    assert pick(torch.tensor([0.25, 0.75 - 1e-12, 0.0], dtype=torch.float64), 1 - 1e-16) == 1
    assert pick(torch.tensor([0.0, 1.0]), 0.0) == 1
    assert next_token_probabilities(torch.tensor([1.0, 3.0, 3.0]), 0).tolist() == [0, 1, 0]
    cold = {"scores": [1, 3, 3], "temperature": 0, "seed": 1, "drawn": 0}
    replies = page_answers("sampling", [cold], {"characters": list("abc")}, function="drawn")
    assert replies[0]["answer"]["after"] == [0, 1, 0]


def test_what_cannot_be_asked_is_refused_in_the_same_words(tmp_path: Path) -> None:
    kernel = widget()
    page = pretend_runtime(tmp_path, "shakespeare", kernel.model, 1)
    for wrong, words in (
        ({"text": ""}, "at least one"),
        ({"text": "To bé"}, "no “é”"),
        ({"text": "o" * 101}, "up to 100"),
        ({"temperature": 2.1}, "from 0 to 2"),
        ({"temperature": -1}, "from 0 to 2"),
    ):
        with pytest.raises(ValueError, match=words) as refused:
            kernel.answer(asked(**wrong))
        reply = page_answers("sample_text", [asked(**wrong)], kernel.options, page=page)[0]
        assert reply["error"] == str(refused.value)


def test_options_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one text"):
        SampleText(writer(), VOCABULARY, [])
    with pytest.raises(ValueError, match="no “X”"):
        SampleText(writer(), VOCABULARY, ["X"])
    with pytest.raises(ValueError, match="from 0 to 2"):
        SampleText(writer(), VOCABULARY, ["To"], temperature=3)
    with pytest.raises(ValueError, match="one tensor"):
        SampleText(writer("lstm"), VOCABULARY, ["To"])
    for more in ({"padding": True}, {"unknown": True}):
        vocabulary = CharacterVocabulary.fit("To be", **more)
        with pytest.raises(ValueError, match="nothing to write for them"):
            SampleText(writer(vocabulary=vocabulary), vocabulary, ["To"])


def test_the_exported_model_goes_on_from_its_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVETORCH_MODELS", str(tmp_path))
    model = writer("gru")
    inputs = {"tokens": torch.randint(len(VOCABULARY), (1, 1)), "state": torch.zeros(1, 1, 6)}
    made = live.export("shakespeare", model.step, inputs, ["logits", "next_state"])
    assert isinstance(made, live.Exported)
    session = onnxruntime.InferenceSession(made.path)
    tokens, state, logits = VOCABULARY.encode("To be, or"), torch.zeros(1, 1, 6).numpy(), []
    for token in tokens:
        output, state = session.run(None, {"tokens": token.reshape(1, 1).numpy(), "state": state})
        logits.append(torch.as_tensor(output))
    torch.testing.assert_close(torch.cat(logits, dim=1), model(tokens[None]))


def test_the_same_model_makes_the_same_small_widget() -> None:
    assert widget().as_html() == widget().as_html()
    assert len(widget().as_html()) < 60_000
