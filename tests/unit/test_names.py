"""Surnames: what ships, damaged files, and the script that makes them from Faker's lists."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest
import torch

from data import make_surnames
from livetorch.datasets import load_surnames, names, plain_letters

SHA256 = "04a138f80f1b46d9086d021dfbad233c3b0a2722d98c824705e1869a7a0bdafd"
"""Of surnames.csv."""


def has(package: str, required: str) -> bool:
    """Whether this version of a package is installed; it is not imported."""
    return importlib.util.find_spec(package) is not None and version(package) == required


# What ships


def test_what_ships() -> None:
    all_names, labels, languages = load_surnames()
    assert languages == (
        "Dutch",
        "English",
        "Finnish",
        "French",
        "German",
        "Greek",
        "Italian",
        "Polish",
        "Spanish",
        "Swedish",
        "Ukrainian",
        "Zulu",
    )
    assert len(all_names) == 4_320
    assert labels.dtype == torch.int64
    assert labels.bincount().tolist() == [360] * 12
    for name, language in {
        "Pelletier": "French",
        "Kilpeläinen": "Finnish",
        "Oliinyk": "Ukrainian",
        "Väisänen": "Finnish",
        "Mdluli": "Zulu",
        "Manousiadis": "Greek",
        "Błaziak": "Polish",
    }.items():
        assert languages[labels[all_names.index(name)]] == language


def test_each_name_is_one_word_in_latin_letters_and_there_once() -> None:
    all_names, _, _ = load_surnames()
    assert len({plain_letters(name) for name in all_names}) == len(all_names)
    for name in all_names:
        assert re.fullmatch(r"[^\W\d_]+(['-][^\W\d_]+)*", name), name
        assert re.fullmatch(r"[a-z'-]+", plain_letters(name)), name
        assert name[0].isupper(), name


def test_any_part_of_the_names_holds_every_language() -> None:
    _, labels, _ = load_surnames()
    for part in labels.split(240):
        assert part.bincount(minlength=12).min() >= 8


def test_shipped_bytes() -> None:
    content = (names.SURNAMES_SHIPPED / "surnames.csv").read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "does not start with name,language"),
        (b"name,language\n", "and go on with rows"),
        (b"language,name\nDutch,Boer\n", "does not start with name,language"),
        (b"name,language\nBoer,Dutch\nMaki\n", "line 3 does not hold 2 values"),
        (b"name,language\nBoer,\n", "line 2 does not hold 2 values"),
        (b"name,language\n\xe4,Dutch\n", "codec can't decode"),
        (b'name,language\n"Boer,Dutch\n', "unexpected end of data"),
    ],
)
def test_damaged_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, message: str
) -> None:
    monkeypatch.setattr(names, "SURNAMES_SHIPPED", tmp_path)
    (tmp_path / "surnames.csv").write_bytes(content)
    with pytest.raises(ValueError, match=rf"surnames.csv is damaged \(.*{message}.*Install"):
        load_surnames()


def test_missing_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "SURNAMES_SHIPPED", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"surnames.csv ships.*Install the package again"):
        load_surnames()


# The script


@pytest.mark.parametrize(
    ("greek", "latin"),
    [
        ("Παπαδόπουλος", "papadopoulos"),
        ("Αγγελάκης", "angelakis"),
        ("Μπόζικης", "bozikis"),
        ("Λαμπράκης", "lamprakis"),
        ("Ευθυμίου", "efthymiou"),
        ("Αυγέρης", "avgeris"),
        ("Σταύρου", "stavrou"),
        ("Ταΰγετος", "taygetos"),
        ("Ταϋτος", "taytos"),
        ("Χατζηψάλτης", "chatzipsaltis"),
        ("Ξένος", "xenos"),
        ("Σφύγξ", "sfynx"),
    ],
)
def test_greek_in_latin_letters(greek: str, latin: str) -> None:
    assert make_surnames.from_greek(greek) == latin


@pytest.mark.parametrize(
    ("ukrainian", "latin"),
    [
        ("Борщагівка", "borshchahivka"),
        ("Згурський", "zghurskyi"),
        ("Ґалаґан", "galagan"),
        ("Єнакієве", "yenakiieve"),
        ("Їжак", "yizhak"),
        ("Йосипенко", "yosypenko"),
        ("Юрій", "yurii"),
        ("Яцьків", "yatskiv"),
        ("Деревʼянко", "derevianko"),
        ("Знам’янка", "znamianka"),
        ("Фещенко", "feshchenko"),
        ("Хворостюк", "khvorostiuk"),
    ],
)
def test_ukrainian_in_latin_letters(ukrainian: str, latin: str) -> None:
    assert make_surnames.from_ukrainian(ukrainian) == latin


def test_clean() -> None:
    cleaned = make_surnames.clean(
        [
            "Mäki",
            "Maki",
            "van Mook",
            "Bourgondië, van",
            "Koch II",
            "O’Neill",
            "Smith-Jones",
            "Mäki",
            "-Ek",
            "R2",
        ],
        "Dutch",
    )
    assert cleaned == ["Mäki", "O'Neill", "Smith-Jones"]
    for spellings in (["Räty", "Raty"], ["Raty", "Räty"]):
        assert make_surnames.clean(spellings, "Finnish") == ["Räty"]
    assert make_surnames.clean(["Ιωάννου"], "Greek") == ["Ioannou"]


def test_choice_is_even_seeded_and_of_one_language_each() -> None:
    listed = {
        "Dutch": [f"Van{letter}" for letter in "abcdefgh"] + ["Berg"],
        "Finnish": [f"Maki{letter}" for letter in "abcdefgh"] + ["Bérg"],
    }
    chosen = make_surnames.choose(listed, 6, 0)
    assert chosen == make_surnames.choose(listed, 6, 0)
    assert chosen != make_surnames.choose(listed, 6, 1)
    assert len(set(chosen)) == 12
    assert [language for _, language in chosen].count("Finnish") == 6
    everything = dict(make_surnames.choose(listed, 8, 0))
    assert "Berg" not in everything
    assert "Bérg" not in everything
    assert all(name in listed[language] for name, language in everything.items())
    with pytest.raises(ValueError, match="9 names are wanted of Dutch, it has 8"):
        make_surnames.choose(listed, 9, 0)


@pytest.fixture
def small_faker(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a Faker of a given version in place whose lists are short."""

    def install(installed: str) -> None:
        faker = ModuleType("faker")
        vars(faker)["VERSION"] = installed
        monkeypatch.setitem(sys.modules, "faker", faker)
        for parent in ("faker.providers", "faker.providers.person"):
            monkeypatch.setitem(sys.modules, parent, ModuleType(parent))
        for number, places in enumerate(make_surnames.LISTS.values()):
            for place in places:
                locale, attribute = place.split(".")
                path = f"faker.providers.person.{locale}"
                module = sys.modules.get(path) or ModuleType(path)
                provider = vars(module).setdefault("Provider", type("Provider", (), {}))
                letter = "abcdefghijkl"[number]
                setattr(provider, attribute, tuple(f"N{letter}{a}{attribute[0]}" for a in "xyz"))
                monkeypatch.setitem(sys.modules, path, module)

    return install


def test_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_faker: Callable[[str], None]
) -> None:
    small_faker(make_surnames.VERSION)
    monkeypatch.setattr(make_surnames, "PER_LANGUAGE", 3)
    for target in ("once", "again"):
        make_surnames.main(["--target", str(tmp_path / target)])
    once, again = ((tmp_path / target / "surnames.csv") for target in ("once", "again"))
    assert once.read_bytes() == again.read_bytes()
    monkeypatch.setattr(names, "SURNAMES_SHIPPED", tmp_path / "once")
    surnames, labels, languages = load_surnames()
    assert languages == tuple(make_surnames.LISTS)
    assert labels.bincount().tolist() == [3] * 12
    assert all(
        name[1] == "abcdefghijkl"[label] for name, label in zip(surnames, labels, strict=True)
    )


def test_script_wants_one_version_of_faker(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    small_faker: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    small_faker("39.0.0")
    with pytest.raises(SystemExit):
        make_surnames.main(["--target", str(tmp_path)])
    monkeypatch.setitem(sys.modules, "faker", None)
    with pytest.raises(SystemExit):
        make_surnames.main(["--target", str(tmp_path)])
    messages = capsys.readouterr().err
    assert f"{make_surnames.VERSION} is needed, 39.0.0 is installed" in messages
    assert f"not is installed: pip install faker=={make_surnames.VERSION}" in messages
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not has("faker", make_surnames.VERSION), reason="Faker is not installed")
def test_script_makes_what_ships(tmp_path: Path) -> None:
    make_surnames.main(["--target", str(tmp_path)])
    content = (tmp_path / "surnames.csv").read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256
