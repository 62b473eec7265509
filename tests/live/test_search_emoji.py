"""A page searches as the kernel does: the same pieces, the same lists, the same drawing."""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import onnxruntime
import pytest
import torch

from livetorch import live
from livetorch.datasets import EmojiNames, load_emoji_names
from livetorch.live import SearchEmoji, WordList
from livetorch.live.widgets.search_emoji import projected
from livetorch.models.sentence_encoder import SentenceEncoder, SentenceEncoderSettings
from livetorch.searching import NearestTexts, search_words
from livetorch.wordpiece import WordPiece, words_of
from tests.live.node import page_answers, page_calls

LONGEST = 24
QUERIES = ["it is raining cats and dogs", "crêpe"]
ODD = [
    "Unaffable naïve café — it's 3.14!",
    "  two\tspaces\n\nand lines\r\n",
    "ICH BIN MÜDE, Straße, İstanbul, ΟΔΟΣ",
    "我要一把伞 and 雨",
    "привет мир",
    "e\u0301te\u0301 \u00e9t\u00e9",
    "a\u200bb\u00adc\ufeffd",
    "x\x00y\x1fz\x85w\ufffdv",
    "rain ☔️ cats 🐈‍⬛ 👩🏽‍🚀",
    "[CLS] [SEP] [MASK] ##ing",
    "$5 + 10% = ^_^ <b>&amp;</b> ~`|",
    "q" * 101 + " after",
    "q" * 100,
    "𝕳ello ℌ ﬁne Ⅷ ² ½ ①",
    "한국어 ภาษาไทย हिन्दी עברית العربية",
    "half \ud800 a pair",
    "word " * 40,
]


@cache
def signs() -> list[str]:
    """Signs of two bytes whose kind no version of Unicode changed: node may have a newer one."""
    return [
        chr(code)
        for code in range(0x10000)
        if unicodedata.category(chr(code)) not in ("Cn", "Co", "Cs")
        and unicodedata.ucd_3_2_0.category(chr(code)) == unicodedata.category(chr(code))
    ] + list("🐈🌂💤𝕳𐐀𠀋𪜶")


def random_texts(count: int) -> list[str]:
    """Texts of signs from all over Unicode, between letters and spaces."""
    generator = random.Random(0)
    return [
        "".join(
            generator.choice([generator.choice(signs()), generator.choice("aeinrst  ")])
            for _ in range(30)
        )
        for _ in range(count)
    ]


def small_names() -> EmojiNames:
    whole = load_emoji_names()
    return EmojiNames(
        whole.emoji[:60],
        whole.names[:60],
        whole.tags[:60],
        ("x",),
        torch.zeros(1, dtype=torch.int64),
    )


@pytest.fixture(scope="module")
def kernel() -> SearchEmoji:
    """With an encoder that learned nothing, which answers all the same."""
    wordpiece = WordPiece.shipped()
    torch.manual_seed(0)
    settings = SentenceEncoderSettings(len(wordpiece), LONGEST, 1, 2, 12, 16)
    encoder = SentenceEncoder(settings)
    with torch.no_grad():
        encoder.word.weight.normal_()
    names = small_names()
    vectors = torch.nn.functional.normalize(torch.randn(len(names.emoji), 12), dim=1)
    return SearchEmoji(NearestTexts(encoder, vectors).eval(), wordpiece, names, QUERIES)


RUNTIME = """
const answers = new Map(Object.entries(ANSWERS));
const lines = LINES;
const check = (right, words) => {
  if (!right) throw new Error(words);
};
export async function run(page, model, inputs) {
  if (model === "wordpiece") {
    check(inputs.first.data instanceof Float32Array, "first must be float32");
    return { bytes: { data: Float32Array.from(new TextEncoder().encode(lines)), dims: [1] } };
  }
  check(model === "minilm", `there is no model ${model}`);
  const { data, dims } = inputs.ids;
  check(data instanceof BigInt64Array, "ids must be int64");
  check(String(dims) === `1,${data.length}`, "ids must be (1, T)");
  const made = answers.get(String(data));
  check(made, `these pieces were not asked of Python: ${data}`);
  return Object.fromEntries(
    Object.entries(made).map(([name, values]) => [name, { data: Float32Array.from(values) }]),
  );
}
"""


def pretend_runtime(folder: Path, kernel: SearchEmoji, texts: Sequence[str]) -> dict[str, Any]:
    """A page's runtime that knows what torch says of the pieces of some texts."""
    answers = {}
    for text in texts:
        ids = kernel.wordpiece.encode(text, LONGEST)
        with torch.no_grad():
            scores, products = kernel.model(ids[None])
        made = {"scores": scores.tolist(), "products": products.flatten().tolist()}
        answers[",".join(map(str, ids.tolist()))] = made
    lines = json.dumps("\n".join(kernel.wordpiece.vocabulary))
    text = RUNTIME.replace("ANSWERS", json.dumps(answers)).replace("LINES", lines)
    (folder / "runtime.mjs").write_text(text, encoding="utf-8")
    return {"base": f"{folder.as_uri()}/", "version": "1"}


def reply_of(kernel: SearchEmoji, question: dict[str, Any]) -> dict[str, Any]:
    """What the kernel sends back, as its comm does."""
    try:
        reply: dict[str, Any] = json.loads(json.dumps({"answer": kernel.answer(question)}))
    except live.WidgetError as error:
        return {"error": str(error)}
    return reply


def compare(kernel: SearchEmoji, page: dict[str, Any], questions: list[dict[str, Any]]) -> None:
    for question, reply in zip(
        questions, page_answers("search_emoji", questions, kernel.options, page=page), strict=True
    ):
        python_says = reply_of(kernel, question)
        assert reply.keys() == python_says.keys(), (question, reply)
        answer, expected = (each.get("answer", each) for each in (reply, python_says))
        assert answer.keys() == expected.keys()
        for name, value in expected.items():
            if name in ("scores", "spots", "kept"):
                # Three drawn from thousands may lie on an axis, on either side of it.
                torch.testing.assert_close(
                    torch.tensor(answer[name]), torch.tensor(value), atol=1e-4, rtol=1e-4
                )
            else:
                assert answer[name] == value, question


def test_the_same_answers_to_odd_texts(tmp_path: Path, kernel: SearchEmoji) -> None:
    texts = [*QUERIES, *ODD]
    page = pretend_runtime(tmp_path, kernel, texts)
    compare(kernel, page, [{"text": t, "by": by} for t in texts for by in ("words", "meaning")])


def test_the_same_words_of_texts_from_all_over_unicode() -> None:
    texts = random_texts(2_000)
    calls = [[text] for text in texts]
    assert page_calls("wordpiece", "wordsOf", calls) == [words_of(text) for text in texts]
    assert page_calls("word_index", "searchWords", calls) == [search_words(text) for text in texts]


def test_the_same_pieces_of_random_texts_and_of_all_that_ships(
    tmp_path: Path, kernel: SearchEmoji
) -> None:
    names = load_emoji_names()
    texts = [*random_texts(100), *names.queries[::29], *names.texts[::29]]
    page = pretend_runtime(tmp_path, kernel, texts)
    compare(kernel, page, [{"text": text, "by": "meaning"} for text in texts])


@pytest.mark.parametrize("by", ["words", "meaning"])
@pytest.mark.parametrize(
    ("text", "words"),
    [("", "Write what you look for"), (" \n\t", "Write what"), ("a" * 2_001, "At most 2000")],
)
def test_what_cannot_be_asked(
    tmp_path: Path, kernel: SearchEmoji, by: str, text: str, words: str
) -> None:
    question = {"text": text, "by": by}
    with pytest.raises(live.WidgetError, match=words):
        kernel.answer(question)
    compare(kernel, pretend_runtime(tmp_path, kernel, []), [question])


@pytest.mark.parametrize("text", ["☔️", "🐈‍⬛ 🐕", "🫠🫠🫠", "\u200b", "q" * 101])
def test_emoji_alone_are_no_words(tmp_path: Path, kernel: SearchEmoji, text: str) -> None:
    with pytest.raises(live.WidgetError, match="say it in words"):
        kernel.answer({"text": text, "by": "meaning"})
    page = pretend_runtime(tmp_path, kernel, [])
    compare(kernel, page, [{"text": text, "by": by} for by in ("meaning", "words")])


def test_a_long_text_is_read_as_far_as_it_fits(kernel: SearchEmoji) -> None:
    answer = kernel.answer({"text": "word " * 40, "by": "meaning"})
    assert (len(answer["pieces"]), answer["read"]) == (40, LONGEST - 2)
    shorter = kernel.answer({"text": "word " * (LONGEST - 2), "by": "meaning"})
    assert shorter["scores"] == answer["scores"]


def test_words_find_what_has_them(kernel: SearchEmoji) -> None:
    place = kernel.names.names.index("grinning face")
    assert kernel.answer({"text": "Grinning!", "by": "words"})["places"][0] == place
    assert kernel.answer({"text": "xylophone", "by": "words"}) == {"places": [], "scores": []}


def test_the_nearest_are_those_of_the_largest_cosines(kernel: SearchEmoji) -> None:
    answer = kernel.answer({"text": "a cat", "by": "meaning"})
    with torch.no_grad():
        scores, _ = kernel.model(kernel.wordpiece.encode("a cat")[None])
    assert answer["places"] == scores.topk(10).indices.tolist()
    torch.testing.assert_close(torch.tensor(answer["scores"]), scores.topk(10).values)


# The drawing


def test_two_dimensions_keep_what_lies_in_a_plane() -> None:
    torch.manual_seed(0)
    plane = torch.randn(11, 2) @ torch.randn(2, 30)
    spots, kept = projected(plane @ plane.T)
    assert kept == pytest.approx(1)
    assert spots[0].tolist() == [0, 0]
    assert spots[1, 0] >= 0
    assert spots[2, 1] >= 0
    torch.testing.assert_close(torch.cdist(spots.float(), spots.float()), torch.cdist(plane, plane))


def test_the_share_that_is_kept_is_that_of_the_squared_distances() -> None:
    torch.manual_seed(1)
    vectors = torch.randn(11, 30, dtype=torch.float64)
    spots, kept = projected(vectors @ vectors.T)
    squares = [torch.pdist(points).square().sum().item() for points in (spots, vectors)]
    assert kept == pytest.approx(squares[0] / squares[1])
    # No other two directions keep more: those of sklearn's or any projection at random do not.
    for _ in range(20):
        other = vectors @ torch.linalg.qr(torch.randn(30, 2, dtype=torch.float64))[0]
        assert torch.pdist(other).square().sum() <= squares[0] + 1e-9


def test_the_page_draws_the_same() -> None:
    torch.manual_seed(2)
    for _ in range(5):
        vectors = torch.randn(11, 40, dtype=torch.float64)
        products = vectors @ vectors.T
        made = page_calls("nearest_map", "projected", [[products.tolist()]])[0]
        spots, kept = projected(products)
        torch.testing.assert_close(
            torch.tensor(made["spots"]).double(), spots, atol=1e-5, rtol=1e-5
        )
        assert made["kept"] == pytest.approx(kept)


# What a page loads


def test_the_files_that_a_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel: SearchEmoji
) -> None:
    monkeypatch.setenv("LIVETORCH_MODELS", str(tmp_path))
    ids = kernel.wordpiece.encode(QUERIES[0])[None]
    made = live.export(
        "minilm", kernel.model, {"ids": ids}, ["scores", "products"], dynamic_shapes=[{1: "pieces"}]
    )
    assert isinstance(made, live.Exported)
    session = onnxruntime.InferenceSession(made.path)
    for text in ("cat", *QUERIES):
        ids = kernel.wordpiece.encode(text)[None]
        scores, products = session.run(None, {"ids": ids.numpy()})
        with torch.no_grad():
            expected = kernel.model(ids)
        torch.testing.assert_close(torch.as_tensor(scores), expected[0], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(torch.as_tensor(products), expected[1], atol=1e-5, rtol=1e-4)
    words = live.export(
        "wordpiece", WordList(kernel.wordpiece), {"first": torch.zeros(1)}, ["bytes"]
    )
    assert isinstance(words, live.Exported)
    (data,) = onnxruntime.InferenceSession(words.path).run(None, {"first": torch.zeros(1).numpy()})
    lines = bytes(data.astype("uint8")).decode().split("\n")
    assert tuple(lines) == kernel.wordpiece.vocabulary


def test_the_widget_works_at_once_and_says_what_it_loads_later(kernel: SearchEmoji) -> None:
    text = kernel.as_html()
    assert 'data-needs="" data-later="runtime minilm wordpiece"' in text
    assert text == kernel.as_html()


def test_options_that_do_not_fit(kernel: SearchEmoji) -> None:
    encoder, names, wordpiece = kernel.model.encoder, kernel.names, kernel.wordpiece
    with pytest.raises(ValueError, match="at least one text"):
        SearchEmoji(kernel.model, wordpiece, names, [])
    with pytest.raises(ValueError, match="nearest 10 of 60 texts, it gives 10 of 59"):
        SearchEmoji(NearestTexts(encoder, torch.randn(59, 12)), wordpiece, names, QUERIES)
    with pytest.raises(ValueError, match="it gives 5 of 60"):
        SearchEmoji(NearestTexts(encoder, torch.randn(60, 12), 5), wordpiece, names, QUERIES)
    fewer = WordPiece(wordpiece.vocabulary[:2_000])
    with pytest.raises(ValueError, match="knows 30522 pieces, the tokenizer 2000"):
        SearchEmoji(kernel.model, fewer, names, QUERIES)
