"""The reader of dates: a page writes what torch writes, and the heads look at the same places."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import onnxruntime
import pytest
import torch

from livetorch import live
from livetorch.datasets import DATE_LETTERS, DATE_SIGNS, encode_dates, make_dates
from livetorch.live import AttentionExplorer, WidgetError
from livetorch.models.dates import DateReader
from tests.live.node import page_answers, page_calls

LETTERS, SIGNS = "".join(DATE_LETTERS.characters), "".join(DATE_SIGNS.characters)
WRITTEN = AttentionExplorer.WRITTEN

# What torch says to each request that a page should make, and an error for any other.
RUNTIME = """
const known = KNOWN;
const ints = (part) => [...part.data].map(Number);
export async function run(page, model, { tokens, signs, heads }) {
  if (model !== "dates") throw new Error(`there is no model ${model}`);
  if (!(tokens.data instanceof BigInt64Array)) throw new Error("tokens must be int64");
  if (!(signs.data instanceof BigInt64Array)) throw new Error("signs must be int64");
  if (!(heads.data instanceof Float32Array)) throw new Error("heads must be float32");
  const dims = [tokens.dims, signs.dims, heads.dims];
  const asked = JSON.stringify([ints(tokens), ints(signs), ints(heads), dims]);
  if (!(asked in known)) throw new Error(`nobody should ask ${asked}`);
  return Object.fromEntries(
    Object.entries(known[asked]).map(([name, data]) => [name, { data: Float32Array.from(data) }]));
}
"""


def reader() -> DateReader:
    """Untrained, and surer than an untrained one is."""
    torch.manual_seed(0)
    model = DateReader(len(DATE_LETTERS), len(DATE_SIGNS), 16).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(3)
    return model


def widget() -> AttentionExplorer:
    examples = ["the 28th of october 1668", "3.11.1629"]
    return AttentionExplorer(reader(), examples, LETTERS, SIGNS)


def questions() -> list[dict[str, Any]]:
    """Dates in all forms, texts that are none, and any heads."""
    draw = random.Random(0)
    texts = [*make_dates(12)[0], "The 3rd Of MAY 1999", "1", " ", "9" * 30]
    texts += ["".join(draw.choices(LETTERS, k=draw.randint(1, 30))) for _ in range(8)]
    heads = [[1] * 4, [0] * 4, *([draw.randint(0, 1) for _ in range(4)] for _ in texts)]
    return [{"text": text, "heads": draw.choice(heads)} for text in texts]


def pretend_runtime(folder: Path, kernel: AttentionExplorer) -> dict[str, Any]:
    """What a module is told of its page, whose runtime knows what torch said."""
    known: dict[str, dict[str, list[float]]] = {}
    for question in questions():
        tokens = encode_dates([question["text"].lower()], 30)[0]
        heads, signs = torch.tensor(question["heads"]).float(), torch.zeros(1, WRITTEN).long()
        for place in range(WRITTEN):
            with torch.no_grad():
                outputs = kernel.model.explain(tokens, signs, heads)
            dims = [[1, 30], [1, WRITTEN], [4]]
            asked = [tokens[0].tolist(), signs[0].tolist(), question["heads"], dims]
            named = dict(zip(("logits", "scores", "weights"), outputs, strict=True))
            key = json.dumps(asked, separators=(",", ":"))
            known[key] = {name: values.flatten().tolist() for name, values in named.items()}
            signs[0, place] = outputs[0][0, place].argmax()
    text = RUNTIME.replace("KNOWN", json.dumps(known))
    (folder / "runtime.mjs").write_text(text, encoding="utf-8")
    return {"base": f"{folder.as_uri()}/", "version": "1"}


def test_a_page_writes_and_looks_as_torch_does(tmp_path: Path) -> None:
    kernel = widget()
    page = pretend_runtime(tmp_path, kernel)
    page_says = page_answers("attention_explorer", questions(), kernel.options, page=page)
    for question, reply in zip(questions(), page_says, strict=True):
        torch_says = json.loads(json.dumps(kernel.answer(question)))  # as a kernel's comm does
        for name in ("letters", "written"):
            assert reply["answer"].pop(name) == torch_says.pop(name)
        for name, values in torch_says.items():
            got = torch.tensor(reply["answer"][name], dtype=torch.float32)
            torch.testing.assert_close(got, torch.tensor(values))


def test_it_writes_what_the_model_writes() -> None:
    kernel = widget()
    for question in questions():
        tokens = encode_dates([question["text"].lower()])[0]
        signs = kernel.model.write(tokens, heads=torch.tensor(question["heads"]).float())
        answer = kernel.answer(question)
        assert answer["written"] == DATE_SIGNS.decode(signs[0])
        weights = torch.tensor(answer["weights"])
        assert weights.shape == (4, WRITTEN, 30)
        read = weights[..., : tokens.shape[1]]
        torch.testing.assert_close(read.sum(dim=2), torch.ones(4, WRITTEN))
        assert not weights[..., tokens.shape[1] :].any(), "padding is not looked at"
        assert torch.tensor(answer["scores"]).isfinite().all()


def test_what_cannot_be_read_is_refused_in_the_same_words(tmp_path: Path) -> None:
    kernel = widget()
    page = pretend_runtime(tmp_path, kernel)
    for text, words in (
        ("", "Write a date."),
        ("3 März 1999", "has “ä”"),
        ("İ", "has “"),
        ("1" * 31, "up to 30 characters"),
    ):
        question = {"text": text, "heads": [1] * 4}
        with pytest.raises(WidgetError, match=words) as refused:
            kernel.answer(question)
        (reply,) = page_answers("attention_explorer", [question], kernel.options, page=page)
        assert reply == {"error": str(refused.value)}


def test_options_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one date"):
        AttentionExplorer(reader(), [], LETTERS, SIGNS)
    with pytest.raises(ValueError, match="11 signs, and 10 are named"):
        AttentionExplorer(reader(), ["1"], LETTERS, SIGNS[1:])
    with pytest.raises(ValueError, match="has “x”"):
        AttentionExplorer(reader(), ["x"], LETTERS, SIGNS)


def test_the_exported_model_explains_a_padded_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVETORCH_MODELS", str(tmp_path))
    model = reader()
    inputs = {
        "tokens": encode_dates(["the 28th of october 1668"], 30)[0],
        "signs": torch.zeros(1, WRITTEN, dtype=torch.int64),
        "heads": torch.ones(4),
    }
    made = live.export("dates", model.explain, inputs, ["logits", "scores", "weights"])
    assert isinstance(made, live.Exported)
    session = onnxruntime.InferenceSession(made.path)
    for text, heads in (("3.11.1629", [1.0, 0, 1, 1]), ("9" * 30, [0.0, 0, 0, 0])):
        tokens, signs = encode_dates([text], 30)[0], torch.randint(11, (1, WRITTEN))
        given = {"tokens": tokens, "signs": signs, "heads": torch.tensor(heads)}
        outputs = session.run(None, {name: value.numpy() for name, value in given.items()})
        with torch.no_grad():
            expected = model.explain(*given.values())
        for output, right in zip(outputs, expected, strict=True):
            torch.testing.assert_close(torch.as_tensor(output), right, atol=1e-4, rtol=1e-4)


def test_a_letter_is_moved() -> None:
    letters = list("abcd")
    moves = [(0, 3), (3, 0), (1, 2), (2, 2)]
    made = page_calls("letter_tiles", "moved", [[letters, *move] for move in moves])
    assert ["".join(one) for one in made] == ["bcda", "dabc", "acbd", "abcd"]


def test_where_it_looks_in_words() -> None:
    answer = {
        "letters": list("1 a"),
        "written": "7-",
        "chances": [0.999, 0.5],
        "weights": [[[0.9, 0.1, 0, 0], [0, 0, 1, 0]], [[0.1, 0.9, 0, 0], [0.5, 0.5, 0, 0]]],
    }
    answers = page_calls(
        "attention_explorer",
        "looked",
        [
            [answer, [1, 1], 0, -1],
            [answer, [1, 0], 0, -1],
            [answer, [0, 0], 1, -1],
            [answer, [0, 0], 1, 0],
        ],
    )
    assert answers == [
        "Sign 1 is “7”, > 99 %. On average it looks at “1” at 1 (50 %), “␣” at 2 (50 %).",
        "Sign 1 is “7”, > 99 %. On average it looks at “1” at 1 (90 %), “␣” at 2 (10 %).",
        "Sign 2 is “-”, 50 %. No head is on.",
        "Sign 2 is “-”, 50 %. Head 1 looks at “a” at 3 (100 %).",
    ]


def test_the_same_model_makes_the_same_small_widget() -> None:
    assert widget().as_html() == widget().as_html()
    assert len(widget().as_html()) < 60_000
