"""WordPiece against the tokenizer of transformers, and what it refuses; texts as vectors."""

from __future__ import annotations

import hashlib
import lzma
import random
import unicodedata
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest
import torch

from data import make_wordpiece
from livetorch.datasets import load_ratings
from livetorch.datasets.ratings import RATING_SOURCES
from livetorch.models.sentence_encoder import SentenceEncoder, SentenceEncoderSettings
from livetorch.wordpiece import IDEOGRAPHS, SHIPPED, WordPiece, embed_texts, words_of

SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
"""Of vocab.txt, which Google published with BERT, uncased."""
WORDPIECE = WordPiece.shipped()
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
ODD = [
    *("", " ", "\t\n\r\u00a0\u2003", "a", "Unaffable", "naïve CAFÉ—it's 3.14!", "don't…stop"),
    *(
        "İstanbul ΑΣ ΣΑΣ ß ẞ",
        "ǅ ﬁ Å e\u0301\u0302",
        "a\u200db\x00c\x85d\ufeffe\ufffdf",
        "\x1ca\x1f",
    ),
    *(
        "北京 is 東京",
        "カタカナ ハン 한국어",
        "हिन्दी ภาษาไทย",
        "العربية עברית",
        "🤩",
        "a🤩b 👍🏽 ❤️ ☆",
    ),
    *(
        "$5+5=10^1 <b>`~|",
        "a_b-c.d,e;f",
        "x" * 100,
        "x" * 101,
        "y " * 600,
        "##ing ##",
        "[cls]",
    ),
    *("supercalifragilisticexpialidocious", "qqqqzzzz☃", "http://a.b/c?d=e&f#g", "½ ² Ⅷ ①"),
]


@pytest.fixture(scope="module")
def reference() -> Callable[[str], list[int]]:
    """transformers' tokenizer, whose work is done in Rust."""
    transformers = pytest.importorskip("transformers")
    numbers = {piece: number for number, piece in enumerate(WORDPIECE.vocabulary)}
    tokenizer = transformers.BertTokenizerFast(vocab=numbers)
    return lambda text: tokenizer(text)["input_ids"]


# What ships


def test_shipped_bytes() -> None:
    content = lzma.decompress(SHIPPED.read_bytes())
    assert hashlib.sha256(content).hexdigest() == SHA256
    assert len(WORDPIECE) == 30_522
    assert SHIPPED.stat().st_size < 100_000


def test_its_license_is_beside_it() -> None:
    license = (SHIPPED.parent / "LICENSE").read_text(encoding="utf-8")
    assert "Copyright 2018 The Google AI Language Team" in license
    assert "Apache License" in license


def test_a_damaged_or_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.txt.xz"
    with pytest.raises(FileNotFoundError, match="not there: the installation is not complete"):
        WordPiece.load(path)
    whole = SHIPPED.read_bytes()
    lines = lzma.compress(b"[PAD]\n[UNK]\n[CLS]\nthe\n")
    for spoiled in (whole[:-50], b"", b"<html>", lzma.compress(b"\xff"), lines):
        path.write_bytes(spoiled)
        with pytest.raises(ValueError, match=r"vocabulary.txt.xz is damaged .*again"):
            WordPiece.load(path)


def test_script(tmp_path: Path) -> None:
    source, target = tmp_path / "vocab.txt", tmp_path / "made" / "vocabulary.txt.xz"
    source.write_text("\n".join([*SPECIAL, "a", "##b", "é", ""]), encoding="utf-8")
    make_wordpiece.main([str(source), "--target", str(target)])
    assert WordPiece.load(target).vocabulary == (*SPECIAL, "a", "##b", "é")
    source.write_text("<html>", encoding="utf-8")
    with pytest.raises(ValueError, match="lacks"):
        make_wordpiece.main([str(source), "--target", str(target)])


# Against the reference


@pytest.mark.parametrize("text", ODD)
def test_odd_texts(text: str, reference: Callable[[str], list[int]]) -> None:
    assert WORDPIECE.encode(text).tolist() == reference(text)


@pytest.mark.parametrize("source", RATING_SOURCES)
def test_every_rated_sentence(source: str) -> None:
    transformers = pytest.importorskip("transformers")
    numbers = {piece: number for number, piece in enumerate(WORDPIECE.vocabulary)}
    texts = load_ratings(source).texts
    expected = transformers.BertTokenizerFast(vocab=numbers)(list(texts))["input_ids"]
    assert [WORDPIECE.encode(text).tolist() for text in texts] == expected


def test_random_texts(reference: Callable[[str], list[int]]) -> None:
    random.seed(0)
    signs = [*map(chr, chain(range(0x600), range(0x2000, 0x2C00), range(0x1F300, 0x1FA00)))]
    for _ in range(300):
        text = "".join(random.choices(signs, k=20) + random.choices("aeinrst -'", k=60))
        text = "".join(random.sample(text, len(text)))
        assert WORDPIECE.encode(text).tolist() == reference(text), ascii(text)


def test_each_sign_within_a_word() -> None:
    """All signs but those of a few scripts that Unicode named after the reference was written."""
    tokenizers = pytest.importorskip("tokenizers")
    normalize = tokenizers.normalizers.BertNormalizer().normalize_str
    cut = tokenizers.pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    same = range(0x20000) if unicodedata.unidata_version < "17" else range(0x600)
    differ = []
    for number in chain(same, range(0x20000, 0x30000, 97)):
        sign = f"a{chr(number)}b"
        if unicodedata.category(chr(number)) not in {"Cs", "Cn", "Mn", "Mc", "Cf"}:
            expected = [word for word, _ in cut(normalize(sign))]
            if words_of(sign) != expected:
                differ.append(number)
    assert sum(number < 0x600 or number >= 0x1F000 for number in differ) < 10
    assert len(differ) < 130, "0.1 %: punctuation of scripts such as Balinese"


def test_special_pieces_in_a_text_are_plain_text(reference: Callable[[str], list[int]]) -> None:
    """Else a reader could end a text where it does not end."""
    end = WORDPIECE.encode("")[-1]
    ids = WORDPIECE.encode("a [SEP] b")
    assert ids.tolist().count(end) == 1
    assert WORDPIECE.decode(ids)[1:-1] == ["a", "[", "sep", "]", "b"]
    assert reference("a [SEP] b").count(int(end)) == 2


@pytest.mark.parametrize("longest", [3, 4, 10, 512])
def test_a_text_is_cut_as_the_reference_cuts_it(longest: int) -> None:
    transformers = pytest.importorskip("transformers")
    numbers = {piece: number for number, piece in enumerate(WORDPIECE.vocabulary)}
    tokenizer = transformers.BertTokenizerFast(vocab=numbers)
    texts = ["unaffable words, again and again " * k for k in (0, 1, 100)]
    expected = tokenizer(
        texts, truncation=True, max_length=longest, padding=True, return_tensors="pt"
    )
    ids, mask = WORDPIECE.batch(texts, longest)
    assert torch.equal(ids, expected["input_ids"])
    assert torch.equal(mask.long(), expected["attention_mask"])


# By itself


def test_pieces() -> None:
    assert WORDPIECE.pieces("unaffable") == ["una", "##ffa", "##ble"]
    assert WORDPIECE.pieces("") == ["[UNK]"]
    assert words_of("Café—it's 3.14!") == ["cafe", "—", "it", "'", "s", "3", ".", "14", "!"]
    small = WordPiece((*SPECIAL, "ab", "##c", "a", "##bc"))
    assert small.pieces("abc") == ["ab", "##c"], "the longest piece from the left"
    assert small.pieces("abd") == ["[UNK]"], "of a word that cannot be cut up nothing is kept"


def test_every_ideograph_is_a_word() -> None:
    for ends in IDEOGRAPHS:
        for number in ends:
            assert words_of(f"a{chr(number)}b")[1:2] == [unicodedata.normalize("NFD", chr(number))]


def test_reads() -> None:
    assert WORDPIECE.reads("a 🤩")
    assert not any(map(WORDPIECE.reads, ["", "  ", "🤩", "🤩🤩 👍🏽", "\u200d"]))
    assert WORDPIECE.reads("Ein schöner Tag"), "another language is read letter by letter"


def test_what_is_refused() -> None:
    with pytest.raises(TypeError, match="must be a str, not bytes: decode"):
        WORDPIECE.encode(b"text")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="takes a list of texts"):
        WORDPIECE.batch("text")
    with pytest.raises(ValueError, match="no texts"):
        WORDPIECE.batch([])
    with pytest.raises(ValueError, match="longest must be at least 3"):
        WORDPIECE.encode("text", longest=2)
    with pytest.raises(ValueError, match="numbered 0 to 30521, got 30522"):
        WORDPIECE.decode(torch.tensor([0, 30_522]))
    with pytest.raises(ValueError, match="got -1"):
        WORDPIECE.decode(torch.tensor([-1]))
    with pytest.raises(ValueError, match="once"):
        WordPiece((*SPECIAL, "a", "a"))
    with pytest.raises(ValueError, match=r"lacks \[SEP\]"):
        WordPiece((*SPECIAL[:3], "a"))


# Texts as vectors


def tiny() -> SentenceEncoder:
    torch.manual_seed(0)
    settings = SentenceEncoderSettings(longest=24, num_layers=1, num_heads=2, width=8)
    return SentenceEncoder(settings).eval()


def test_texts_come_back_in_their_order() -> None:
    model, texts = tiny(), ["word " * k for k in (5, 1, 30, 2, 9)]
    vectors = embed_texts(model, WORDPIECE, texts, batch_size=2, longest=20)
    assert not vectors.requires_grad
    for text, vector in zip(texts, vectors, strict=True):
        ids, mask = WORDPIECE.batch([text], 20)
        torch.testing.assert_close(model.embed(ids, mask)[0], vector)


def test_the_model_keeps_its_mode() -> None:
    model = tiny().train()
    embed_texts(model, WORDPIECE, ["a"])
    assert model.training


def test_texts_that_cannot_be_placed() -> None:
    with pytest.raises(ValueError, match="text number 1 is empty"):
        embed_texts(tiny(), WORDPIECE, ["a", " \n"])
    with pytest.raises(TypeError, match="list of texts"):
        embed_texts(tiny(), WORDPIECE, "a")
    with pytest.raises(ValueError, match=r"32 pieces are more than the 24 places .* longest=24"):
        embed_texts(tiny(), WORDPIECE, ["a " * 30])
    assert embed_texts(tiny(), WORDPIECE, []).shape == (0, 8)
    alone = embed_texts(tiny(), WORDPIECE, ["🤩", "👍"])
    torch.testing.assert_close(alone[0], alone[1])  # both are one unknown piece
