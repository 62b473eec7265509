"""A page writes what the kernel writes, under every rule, with a cache and without."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from livetorch.generation import generate, next_token_probabilities
from livetorch.live import WriteTokens
from livetorch.live.parts.sampling import pick, uniform
from livetorch.models.gpt import GPT, GPTSettings
from livetorch.tokenizers import BytePairs
from tests.live.node import page_answers

TOKENIZER = BytePairs.fit("the cat then sat there, the rat thatched the hat " * 3, 12)
SETTINGS = GPTSettings(len(TOKENIZER), context_length=10, num_layers=1, num_heads=1, width=2)
OFF = {"temperature": 1.0, "topK": None, "topP": None, "minP": None}

# It keeps as keys the tokens themselves, and answers with what the model says of exactly these.
RUNTIME = """
const TABLE = WEIGHTS;
const check = (right, words) => {
  if (!right) throw new Error(words);
};
export async function run(page, model, { tokens, past_keys, past_values }) {
  check(model === "plays", `there is no model ${model}`);
  check(tokens.data instanceof BigInt64Array, "tokens must be int64");
  check(tokens.data.length && String(tokens.dims) === `1,${tokens.data.length}`, "(1, T)");
  const before = past_keys.dims[3];
  for (const past of [past_keys, past_values]) {
    check(past.data instanceof Float32Array, "the cache must be float32");
    check(String(past.dims) === `1,1,1,${before},2`, "the cache must be (L, 1, K, S, d)");
    check(past.data.length === 2 * before, "as many numbers as the shape says");
  }
  const fresh = [...tokens.data].map(Number);
  const keys = Float32Array.from([...past_keys.data, ...fresh.flatMap((token) => [token, token])]);
  const values = Float32Array.from([...past_values.data, ...fresh.flatMap(() => [0, 0])]);
  const seen = [...keys].filter((_, i) => i % 2);
  check(TABLE[seen], `nobody asked after ${seen}`);
  const dims = [1, 1, 1, seen.length, 2];
  const logits = { data: Float32Array.from(TABLE[seen]), dims: [1, TABLE[seen].length] };
  return { logits, keys: { data: keys, dims }, values: { data: values, dims } };
}
"""


def model() -> GPT:
    torch.manual_seed(0)
    made = GPT(SETTINGS).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_(std=1.5)
    return made


def widget(**rules: Any) -> WriteTokens:
    return WriteTokens(model(), TOKENIZER, ["the cat", "rat\n"], **rules)


def asked(tokens: list[int], **more: Any) -> dict[str, Any]:
    return {"tokens": tokens, "cache": True, "seed": 1, "drawn": 0, **OFF, **more}


def written(kernel: WriteTokens, length: int, **more: Any) -> list[dict[str, Any]]:
    """The questions of a text of so many tokens after the first prompt."""
    questions = [asked(TOKENIZER.encode("the cat").tolist(), **more)]
    for drawn in range(1, length + 1):
        answer = kernel.answer(questions[-1])
        tokens = [*questions[-1]["tokens"], answer["next"]]
        questions.append(asked(tokens, **{**more, "drawn": drawn}))
    return questions


def pretend_page(folder: Path, kernel: WriteTokens, questions: list[dict[str, Any]]) -> Any:
    """A page whose model knows what the kernel's says after each window of these questions."""
    table = {}
    for question in questions:
        for start in range(len(question["tokens"])):
            window = question["tokens"][start:]
            if 0 < len(window) <= SETTINGS.context_length:
                with torch.no_grad():
                    logits = kernel.model(torch.tensor([window]))[0, -1]
                table[",".join(map(str, window))] = logits.tolist()
    text = RUNTIME.replace("WEIGHTS", json.dumps(table))
    (folder / "runtime.mjs").write_text(text, encoding="utf-8")
    return {"base": f"{folder.as_uri()}/", "version": "1"}


@pytest.mark.parametrize(
    "rules",
    [
        OFF,
        {"temperature": 0},
        {"temperature": 0.4, "topK": 5},
        {"topP": 0.8},
        {"topP": 1, "minP": 0},
        {"minP": 0.3, "seed": 4_000_000_000},
        {"temperature": 1.7, "topK": 20, "topP": 0.9, "minP": 0.05, "seed": 3},
        {"cache": False, "topK": 3},
    ],
)
def test_a_page_writes_the_kernels_text(tmp_path: Path, rules: dict[str, Any]) -> None:
    kernel = widget()
    questions = written(kernel, 25, **rules)  # more than twice the context
    page = pretend_page(tmp_path, kernel, questions)
    # Another prompt, the same question again, and the same text under another rule.
    questions += [asked(questions[3]["tokens"], **rules), questions[-1]]
    questions += [{**questions[-1], "topK": 2}, {**questions[-1], "cache": False}]
    replies = page_answers("write_tokens", questions, kernel.options, page=page)
    fresh = widget()
    for question, reply in zip(questions, replies, strict=True):
        torch_says = json.loads(json.dumps(fresh.answer(question)))  # as a kernel's comm does
        page_says = reply["answer"]
        for name in ("next", "read", "number"):
            assert page_says[name] == torch_says[name]
        for name in ("before", "after"):
            got, expected = (
                torch.tensor(each[name], dtype=torch.float64) for each in (page_says, torch_says)
            )
            torch.testing.assert_close(got, expected, atol=1e-6, rtol=1e-4)
            assert [p > 0 for p in page_says[name]] == [p > 0 for p in torch_says[name]]


def test_the_cache_changes_what_is_read_and_not_what_is_written() -> None:
    kernel = widget()
    texts = {}
    for cache in (True, False):
        questions = written(kernel, 25, cache=cache, minP=0.05)
        texts[cache] = questions[-1]["tokens"]
        fresh = widget()
        read = [fresh.answer(question)["read"] for question in questions]
        begun = len(questions[0]["tokens"])
        longest = SETTINGS.context_length
        if cache:
            # The prompt, then one at a time, but half the context where it had become too long.
            assert read[0] == begun
            assert {count: read[1:].count(count) for count in read[1:]} == {1: 21, 5: 4}
        else:
            assert read[: longest - begun + 1] == list(range(begun, longest + 1))
            assert max(read) == longest
    assert texts[True] == texts[False]


def test_greedy_texts_are_those_of_generate() -> None:
    kernel = widget()
    tokens = written(kernel, 25, temperature=0)[-1]["tokens"]
    prompt = TOKENIZER.encode("the cat")
    for cache in (True, False):
        made = generate(kernel.model, prompt, 25, temperature=0, cache=cache)
        assert made.tolist() == tokens


def test_probabilities_and_the_draw() -> None:
    kernel = widget()
    tokens = TOKENIZER.encode("the cat")
    logits = kernel.model(tokens[None])[0, -1].detach().double()
    answer = kernel.answer(asked(tokens.tolist(), temperature=0.7, topK=6, topP=0.9, drawn=2))
    after = next_token_probabilities(logits, 0.7, top_k=6, top_p=0.9)
    torch.testing.assert_close(torch.tensor(answer["before"]), logits.softmax(0).float())
    torch.testing.assert_close(torch.tensor(answer["after"]), after.float())
    order = after.argsort(descending=True, stable=True)
    assert answer["number"] == uniform(1, 2)
    assert answer["next"] == order[pick(after[order], uniform(1, 2))]
    left = float(after[after > after[answer["next"]]].sum())
    assert left <= answer["number"] <= left + float(after[answer["next"]]) + 1e-9


def test_what_cannot_be_asked_is_refused_in_the_same_words(tmp_path: Path) -> None:
    kernel = widget()
    tokens = TOKENIZER.encode("the cat").tolist()
    page = pretend_page(tmp_path, kernel, [asked(tokens)])
    for wrong, words in (
        (asked([]), "at least one"),
        (asked(tokens * 8), f"this prompt has {len(tokens) * 8}"),
        (asked(tokens, temperature=2.1), "from 0 to 2"),
        (asked(tokens, temperature=-1), "from 0 to 2"),
    ):
        with pytest.raises(ValueError, match=words) as refused:
            kernel.answer(wrong)
        reply = page_answers("write_tokens", [wrong], kernel.options, page=page)[0]
        assert reply["error"] == str(refused.value)


def test_options_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one text"):
        WriteTokens(model(), TOKENIZER, [])
    with pytest.raises(ValueError, match="the tokenizer has 256 tokens and the model 268"):
        WriteTokens(model(), BytePairs(()), ["the"])
    with pytest.raises(ValueError, match="from 0 to 2"):
        widget(temperature=3)
    with pytest.raises(ValueError, match="top-k must keep"):
        widget(top_k=0)


def test_the_same_model_makes_the_same_small_widget() -> None:
    assert widget().as_html() == widget().as_html()
    assert len(widget().as_html()) < 60_000
