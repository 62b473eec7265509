"""Make the list of surnames that ships, from the lists that Faker draws its names from.

    pip install faker==40.54.0
    python -m data.make_surnames

What Faker has for twelve languages goes through the same steps. Greek and Ukrainian names are
written in Latin letters, the way their passports do. Names of more than one word leave, and so do
those that two languages have: no reader could tell which one is meant. Of what is left, every
language gives equally many names, drawn with a seed. The order is drawn too, so that any part of
the file holds every language.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from livetorch.datasets.names import SURNAMES_SHIPPED
from livetorch.datasets.text import plain_letters

VERSION = "40.54.0"
"""Of Faker: another one has other lists."""
LISTS = {
    "Dutch": ("nl_NL.last_names",),
    "English": ("en_GB.last_names",),
    "Finnish": ("fi_FI.last_names",),
    "French": ("fr_FR.last_names", "fr_CA.last_names"),
    "German": ("de_DE.last_names", "de_AT.last_names"),
    "Greek": ("el_GR.last_names_male",),
    "Italian": ("it_IT.last_names",),
    "Polish": ("pl_PL.unisex_last_names", "pl_PL.male_last_names"),
    "Spanish": ("es_ES.last_names",),
    "Swedish": ("sv_SE.last_names",),
    "Ukrainian": ("uk_UA.last_names_male",),
    "Zulu": ("zu_ZA.last_names",),
}
"""Which lists of which locale hold a language's names. Where a woman's name differs, the man's."""
PER_LANGUAGE = 360
SEED = 0

GREEK = dict(zip("αβγδεζηικλμνξοπρσςτυφω", "avgdeziiklmnxoprsstyfo", strict=True))
GREEK |= {"θ": "th", "χ": "ch", "ψ": "ps"}
UKRAINIAN = dict(zip("абвгґдезиіїйклмнопрстуф", "abvhgdezyiiiklmnoprstuf", strict=True))
UKRAINIAN |= {"є": "ie", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch"}
UKRAINIAN |= {"ь": "", "ю": "iu", "я": "ia"}
UKRAINIAN_FIRST = {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"}


def from_greek(name: str) -> str:
    """A Greek name in Latin letters, by the standard ELOT 743 that Greek passports follow."""
    text = unicodedata.normalize("NFD", name.lower())
    # υ after α, ε, η sounds like v or f, unless an accent or two dots say that it stands alone.
    text = re.sub("([αεη])υ\u0301?(?=[θκξπσςτφχψ]|$)", r"\1f", text)
    text = re.sub("([αεη])υ\u0301?(?!\u0308)", r"\1v", text)
    text = re.sub("ου\u0301?(?!\u0308)", "ou", text)
    text = re.sub("γ(?=[γξχ])", "n", text)
    text = re.sub("^μπ", "b", text)
    return "".join(GREEK.get(sign, sign) for sign in text if not unicodedata.combining(sign))


def from_ukrainian(name: str) -> str:
    """A Ukrainian name in Latin letters, by the rules of 2010 that Ukrainian passports follow."""
    text = re.sub("['’ʼ]", "", name.lower()).replace("зг", "zgh")
    text = UKRAINIAN_FIRST.get(text[:1], text[:1]) + text[1:]
    return "".join(UKRAINIAN.get(sign, sign) for sign in text)


TO_LATIN = {"Greek": from_greek, "Ukrainian": from_ukrainian}


def faker_names(language: str) -> list[str]:
    """All names that Faker has for a language, as it writes them."""
    names: list[str] = []
    for place in LISTS[language]:
        locale, name = place.split(".")
        module = importlib.import_module(f"faker.providers.person.{locale}")
        names += getattr(module.Provider, name)
    return names


def clean(names: Iterable[str], language: str) -> list[str]:
    """The names of one word in Latin letters, each once, in alphabetical order.

    Of names that differ in accents or capitals alone, the one with the accents is kept.
    """
    kept: dict[str, str] = {}
    for name in names:
        if language in TO_LATIN:
            name = TO_LATIN[language](name)
            name = name[:1].upper() + name[1:]
        name = unicodedata.normalize("NFC", name.strip().replace("’", "'"))
        if re.fullmatch(r"[^\W\d_]+(['-][^\W\d_]+)*", name):
            kept[plain_letters(name)] = max(name, kept.get(plain_letters(name), ""))
    return sorted(kept.values())


def choose(names: dict[str, list[str]], per_language: int, seed: int) -> list[tuple[str, str]]:
    """{language: names} -> (name, language) pairs, equally many of each language, mixed.

    Raises:
        ValueError: a language has fewer names that no other one has.
    """
    generator = np.random.RandomState(seed)
    # A name that differs from another language's in accents or capitals alone is the same name.
    languages_with = Counter(key for each in names.values() for key in map(plain_letters, each))
    pairs = []
    for language, all_names in names.items():
        own = [name for name in all_names if languages_with[plain_letters(name)] == 1]
        if len(own) < per_language:
            raise ValueError(f"{per_language} names are wanted of {language}, it has {len(own)}")
        drawn = generator.permutation(len(own))[:per_language]
        pairs += [(own[position], language) for position in drawn]
    return [pairs[position] for position in generator.permutation(len(pairs))]


def make(target: Path) -> None:
    """Write the file into the folder ``target``, from the Faker that is installed."""
    names = {language: clean(faker_names(language), language) for language in LISTS}
    target.mkdir(parents=True, exist_ok=True)
    with (target / "surnames.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["name", "language"])
        writer.writerows(choose(names, PER_LANGUAGE, SEED))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--target",
        type=Path,
        default=SURNAMES_SHIPPED,
        help="where to write (default: into the package)",
    )
    options = parser.parse_args(arguments)
    try:
        installed = importlib.import_module("faker").VERSION
    except ImportError:
        installed = "not"
    if installed != VERSION:
        parser.error(
            f"Faker {VERSION} is needed, {installed} is installed: pip install faker=={VERSION}"
        )
    make(options.target)


if __name__ == "__main__":
    main()
