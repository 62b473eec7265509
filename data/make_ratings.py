"""Make the rated sentences that ship, from those that the source package vaderSentiment carries.

    pip download vaderSentiment==0.5 --no-deps --no-binary :all: --no-build-isolation
    unzip vaderSentiment-0.5.zip
    tar xzf vaderSentiment-0.5/additional_resources/hutto_ICWSM_2014.tar.gz
    python -m data.make_ratings hutto_ICWSM_2014

reads the text files alone; nothing of vaderSentiment runs.

No personal data is wanted in them. The source has put ``@anonymous`` for names of users and
``http://url_removed`` for web addresses already, with exceptions: those get the same form here. A
text with a telephone number, with an address of electronic mail, or with one of a few words that
insult groups of people is left out, and so is one that stands in the file before.
"""

from __future__ import annotations

import argparse
import html
import lzma
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from livetorch.datasets.ratings import RATERS, RATINGS_SHIPPED

SOURCES = {
    "tweets": "tweets",
    "amazon": "amazonReviewSnippets",
    "movies": "movieReviewSnippets",
}
MOVIES, LONGEST = 1500, 20
"""How many sentences about movies are kept, and how many words they have at most."""

LEFT_OUT = re.compile(
    r"\b\d{7,}\b(?<!3333333)|\b\d{3}[ .-]\d{3}[ .-]\d{4}\b"  # telephone numbers; not <3333333
    r"|[\w.]+@[\w.]+\.\w"
    r"|\b(?:nigg|fagg|cunt|retard|trann)\w*",
    re.IGNORECASE,
)
WEB = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w.-]+\.(?:com|net|org|co|ly|uk)/\S+|\b[\w.]+\.tumblr\.com"
)
WEB_REMOVED = "http://url_removed"
USER = re.compile(r"@\s?[A-Za-z]\w+")


def without_people(text: str) -> str | None:
    """The text without names of users and web addresses; None where it is to be left out."""
    text = " ".join(html.unescape(text).split())
    if LEFT_OUT.search(text):
        return None
    return USER.sub("@anonymous", WEB.sub(WEB_REMOVED, text))


def lines(path: Path) -> Iterator[list[str]]:
    """The rows of a table of the source; a few of its lines are UTF-8, and the others Latin-1."""
    for line in path.read_bytes().splitlines():
        try:
            yield line.decode("utf-8-sig").split("\t")
        except UnicodeDecodeError:
            yield line.decode("latin-1").split("\t")


def read(folder: Path, name: str) -> list[tuple[int, list[int], str]]:
    """Document, twenty ratings and text of each sentence that stays, in the order of the source.

    Of texts that more than twenty people rated, twenty ratings are drawn at random; those of
    fewer are left out.
    """
    draw = random.Random(0)
    ratings = {
        row[0]: [int(value) for value in re.findall(r"-?\d+", row[3])]
        for row in lines(folder / f"{name}_anonDataRatings.txt")
    }
    rows, texts = [], set()
    for key, _, raw in lines(folder / f"{name}_GroundTruth.txt"):
        given, text = ratings[key], without_people(raw)
        if len(given) < RATERS or not text or text in texts:
            continue
        texts.add(text)
        chosen = given if len(given) == RATERS else draw.sample(given, RATERS)
        if not all(-4 <= value <= 4 for value in chosen):
            raise ValueError(f"{name}, {key}: ratings beyond -4 to 4")
        rows.append((int(key.split("_")[0]), chosen, text))
    return rows


def some(rows: list[tuple[int, list[int], str]]) -> list[tuple[int, list[int], str]]:
    """Short sentences about movies, drawn at random, still in the order of the source."""
    short = [row for row in rows if len(row[2].split()) <= LONGEST]
    return sorted(random.Random(0).sample(short, MOVIES), key=lambda row: row[0])


def make(folder: Path, target: Path) -> None:
    """Write the three files into the folder ``target``: document, ratings and text in each line.

    The ratings are twenty digits, each 4 more than a rating.
    """
    target.mkdir(parents=True, exist_ok=True)
    for source, name in SOURCES.items():
        rows = read(folder, name)
        rows = some(rows) if source == "movies" else rows
        table = "".join(
            f"{group}\t{''.join(str(value + 4) for value in given)}\t{text}\n"
            for group, given, text in rows
        )
        (target / f"{source}.tsv.xz").write_bytes(lzma.compress(table.encode(), preset=9))
        print(f"{source}: {len(rows):,} texts of {len({row[0] for row in rows}):,} documents")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="the folder hutto_ICWSM_2014")
    parser.add_argument(
        "--target",
        type=Path,
        default=RATINGS_SHIPPED,
        help="where to write (default: into the package)",
    )
    options = parser.parse_args(arguments)
    make(options.source, options.target)


if __name__ == "__main__":
    main()
