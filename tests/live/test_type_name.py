"""A page reads a name as the kernel's torch does, letter by letter."""

from __future__ import annotations

import json
import random
import unicodedata
from pathlib import Path
from typing import Any

import onnxruntime
import pytest
import torch

from livetorch import live
from livetorch.datasets.text import CharacterVocabulary
from livetorch.live import TypeName
from livetorch.models.sequences import SequenceClassifier
from tests.live.node import page_answers
from tests.live.recurrent import pretend_runtime

LANGUAGES = ["Elvish", "Klingon", "Láadan"]
VOCABULARY = CharacterVocabulary.fit(["Aérín", "Zoë", "abcdefgß-'"], padding=True, unknown=True)


def classifier(
    layer: str = "rnn", vocabulary: CharacterVocabulary = VOCABULARY
) -> SequenceClassifier:
    torch.manual_seed(0)
    return SequenceClassifier(len(vocabulary), 3, 4, 5, layer)


def widget() -> TypeName:
    return TypeName(classifier(), VOCABULARY, LANGUAGES, ["Zoë", "Ada"])


def names() -> list[dict[str, Any]]:
    """Random names: known and unknown letters, capitals or none, accents in one or two parts."""
    generator = random.Random(0)
    made = ["", "zoë", "ßa", "A" * 30, "constructor", "ıa"]
    for _ in range(40):
        letters = generator.choices(
            [*VOCABULARY.characters, "q", "Ж", "🙂"], k=generator.randint(1, 30)
        )
        made.append(unicodedata.normalize(generator.choice(["NFC", "NFD"]), "".join(letters)))
    return [{"name": name} for name in made]


def test_a_page_believes_what_torch_believes(tmp_path: Path) -> None:
    asked = widget()
    page = pretend_runtime(tmp_path, "surnames", asked.model, TypeName.LONGEST)
    page_says = page_answers("type_name", names(), asked.options, page=page)
    for question, reply in zip(names(), page_says, strict=True):
        torch_says = json.loads(json.dumps(asked.answer(question)))  # as a kernel's comm does
        assert reply["answer"]["letters"] == torch_says["letters"]
        assert reply["answer"]["strange"] == torch_says["strange"]
        torch.testing.assert_close(
            torch.tensor(reply["answer"]["beliefs"]), torch.tensor(torch_says["beliefs"])
        )


def test_a_belief_knows_nothing_of_the_letters_to_come() -> None:
    asked = widget()
    whole = asked.answer({"name": "Aérín"})["beliefs"]
    for after in range(1, 6):
        tokens = VOCABULARY.encode("Aérín"[:after]).unsqueeze(0)
        logits = asked.model(tokens, torch.tensor([after]))[0]
        torch.testing.assert_close(torch.tensor(whole[after - 1]), logits.softmax(dim=0))


def test_what_was_typed_becomes_what_the_model_reads() -> None:
    asked = widget()
    assert asked.answer({"name": "zoe\u0308"})["letters"] == ["Z", "o", "ë"]
    assert asked.answer({"name": "bce"})["letters"] == ["b", "c", "e"], "there is no capital B"
    answer = asked.answer({"name": "Axbx9"})
    assert answer["strange"] == ["x", "9"]
    assert len(answer["beliefs"]) == 5
    assert asked.answer({"name": ""}) == {"letters": [], "strange": [], "beliefs": []}


def test_what_cannot_be_read_is_refused_in_the_same_words(tmp_path: Path) -> None:
    strict = CharacterVocabulary.fit("Aab", padding=True)
    asked = TypeName(classifier(vocabulary=strict), strict, LANGUAGES, ["Ab"])
    page = pretend_runtime(tmp_path, "surnames", asked.model, TypeName.LONGEST)
    for name, words in (("A" * 31, "up to 30 letters"), ("Abc", "no number for c")):
        with pytest.raises(ValueError, match=words) as refused:
            asked.answer({"name": name})
        reply = page_answers("type_name", [{"name": name}], asked.options, page=page)[0]
        assert reply["error"] == str(refused.value)


def test_options_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one name"):
        TypeName(classifier(), VOCABULARY, LANGUAGES, [])
    with pytest.raises(ValueError, match="3 classes, and 2 are named"):
        TypeName(classifier(), VOCABULARY, LANGUAGES[:2], ["Ada"])
    unpadded = CharacterVocabulary.fit("Aab", unknown=True)
    with pytest.raises(ValueError, match="padding=True"):
        TypeName(classifier(vocabulary=unpadded), unpadded, LANGUAGES, ["Ada"])


def test_the_exported_model_reads_the_front_of_a_padded_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVETORCH_MODELS", str(tmp_path))
    model = classifier("gru")
    tokens = torch.randint(len(VOCABULARY), (1, TypeName.LONGEST))
    made = live.export("surnames", model.beliefs, {"tokens": tokens}, ["logits"])
    assert isinstance(made, live.Exported)
    session = onnxruntime.InferenceSession(made.path)
    for name in ("A", "Zoë", "Aérín-Zoë"):
        ids = VOCABULARY.encode(name)
        padded = torch.nn.functional.pad(ids, (0, TypeName.LONGEST - len(ids)))[None]
        logits = torch.as_tensor(session.run(None, {"tokens": padded.numpy()})[0])
        torch.testing.assert_close(logits[:, : len(ids)], model.beliefs(ids[None]))


def test_the_same_model_makes_the_same_small_widget() -> None:
    assert widget().as_html() == widget().as_html()
    assert len(widget().as_html()) < 40_000
