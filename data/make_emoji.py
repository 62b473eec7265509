"""Make the sheets of emoji that ship: the same things, drawn by nine artists.

    pip install resvg-py==0.5.0
    mkdir packed && cd packed
    npm pack emojibase-data@17.0.0 @iconify-json/noto@1.2.9 @iconify-json/noto-v1@1.2.5 \\
        @iconify-json/twemoji@1.2.5 @iconify-json/openmoji@1.2.29 @iconify-json/emojione@1.2.3 \\
        @iconify-json/emojione-v1@1.2.3 @iconify-json/fxemoji@1.2.2 \\
        @iconify-json/fluent-emoji-flat@1.2.6 @iconify-json/streamline-emojis@1.2.4
    cd .. && python -m data.make_emoji packed

Emojibase names each emoji and puts it into a subgroup; twelve kinds are made of some of them. A
drawing is looked up by its code point, or else by its name; it is drawn on white, 64 pixels wide,
and all drawings of an artist become one WebP picture, in the order of things.csv. What the license
BY-SA covers goes to a folder of its own.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import io
import json
import re
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from livetorch.datasets.emoji import (
    BY_SA_ARTISTS,
    CELL,
    COLUMNS,
    EMOJI_ARTISTS,
    EMOJI_BY_SA_SHIPPED,
    EMOJI_KINDS,
    EMOJI_SHIPPED,
    HEADING,
    SIZE,
)

RESVG = "0.5.0"
EMOJIBASE = "emojibase-data-17.0.0.tgz"
PACKED = {
    "noto": "1.2.9",
    "noto-v1": "1.2.5",
    "twemoji": "1.2.5",
    "openmoji": "1.2.29",
    "emojione": "1.2.3",
    "emojione-v1": "1.2.3",
    "fxemoji": "1.2.2",
    "fluent-emoji-flat": "1.2.6",
    "streamline-emojis": "1.2.4",
}
"""The version of @iconify-json/ARTIST: another one has other drawings."""
SUBGROUPS = {
    "mammal": ("animal-mammal",),
    "bird": ("animal-bird",),
    "water animal": ("animal-marine", "animal-reptile", "animal-amphibian"),
    "bug": ("animal-bug",),
    "plant": ("plant-flower", "plant-other"),
    "fruit": ("food-fruit", "food-vegetable"),
    "meal": ("food-prepared", "food-sweet", "food-asian", "drink"),
    "vehicle": ("transport-ground", "transport-water", "transport-air"),
    "building": ("place-building", "place-religious"),
    "clothing": ("clothing",),
    "tool": ("musical-instrument", "tool"),
    "face": (
        *("face-smiling", "face-affection", "face-tongue", "face-hand", "face-neutral-skeptical"),
        *("face-sleepy", "face-unwell", "face-hat", "face-glasses"),
        *("face-concerned", "face-negative"),
    ),
}
"""Which subgroups of Unicode's list make a kind."""
QUALITY = 80
"""Of WebP: sheets without loss would be half as large again."""


@dataclass(frozen=True)
class Thing:
    """What is drawn: its name, its kind, and its code points as Unicode writes them."""

    name: str
    kind: str
    code: str


def packed_json(path: Path, name: str) -> Any:
    """A JSON file of a package that npm packed."""
    with tarfile.open(path) as archive:
        file = archive.extractfile(f"package/{name}")
        if file is None:
            raise ValueError(f"{path} does not hold {name}")
        return json.load(file)


def all_things(emojibase: Path) -> list[Thing]:
    """The emoji of the twelve kinds, in Unicode's order."""
    names = packed_json(emojibase, "meta/groups.json")["subgroups"]
    kinds = {subgroup: kind for kind in EMOJI_KINDS for subgroup in SUBGROUPS[kind]}
    things = []
    for emoji in packed_json(emojibase, "en/data.json"):
        kind = kinds.get(names.get(str(emoji.get("subgroup")), ""))
        if kind is not None:
            code = "-".join(f"{ord(sign):x}" for sign in emoji["emoji"])
            things.append(Thing(emoji["label"], kind, code))
    return things


def slug(name: str) -> str:
    """A name as Iconify writes it: smaller letters with hyphens between the words."""
    return re.sub("[^a-z0-9]+", "-", re.sub("['’]", "", name.lower())).strip("-")


class Drawings:
    """One artist's drawings, by the things they show."""

    def __init__(self, path: Path) -> None:
        icons = packed_json(path, "icons.json")
        self.icons: dict[str, dict[str, Any]] = icons["icons"]
        self.aliases: dict[str, dict[str, Any]] = icons.get("aliases", {})
        self.characters: dict[str, str] = packed_json(path, "chars.json")
        self.width: int = icons.get("width", 16)
        self.height: int = icons.get("height", self.width)
        self.joined = {name.replace("-", ""): name for name in self.icons}

    def svg(self, thing: Thing) -> str | None:
        """The drawing in the middle of a square, or None where the artist has not drawn it."""
        name = self.characters.get(thing.code)
        name = name or self.characters.get(thing.code.replace("-fe0f", ""))
        name = name or self.joined.get(slug(thing.name).replace("-", ""))
        name = self.aliases.get(name, {}).get("parent", name) if name else None
        if name not in self.icons:
            return None
        icon = self.icons[name]
        width, height = icon.get("width", self.width), icon.get("height", self.height)
        side = max(width, height)
        left = icon.get("left", 0) - (side - width) / 2
        top = icon.get("top", 0) - (side - height) / 2
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'viewBox="{left} {top} {side} {side}">{icon["body"]}</svg>'
        )


def on_white(svg: str) -> Image.Image:
    """A drawing as a picture (SIZE, SIZE) without transparency."""
    resvg = importlib.import_module("resvg_py")
    data = resvg.svg_to_bytes(svg_string=svg, width=SIZE, height=SIZE, skip_system_fonts=True)
    drawn = Image.open(io.BytesIO(bytes(data))).convert("RGBA")
    white = Image.new("RGBA", (SIZE, SIZE), "white")
    white.alpha_composite(drawn)
    return white.convert("RGB")


def sheet(pictures: Sequence[Image.Image]) -> Image.Image:
    """Pictures in rows of COLUMNS, in their order, each at the upper left of its CELL of white."""
    rows = -(-len(pictures) // COLUMNS)
    whole = Image.new("RGB", (COLUMNS * CELL, rows * CELL), "white")
    for position, picture in enumerate(pictures):
        row, column = divmod(position, COLUMNS)
        whole.paste(picture, (column * CELL, row * CELL))
    return whole


def make(source: Path, target: Path, by_sa: Path) -> None:
    """Write the sheets and things.csv from the packages in the folder ``source``."""
    things = all_things(source / EMOJIBASE)
    drawn: dict[str, list[bool]] = {}
    target.mkdir(parents=True, exist_ok=True)
    by_sa.mkdir(parents=True, exist_ok=True)
    for artist in EMOJI_ARTISTS:
        drawings = Drawings(source / f"iconify-json-{artist}-{PACKED[artist]}.tgz")
        pictures = []
        drawn[artist] = []
        for thing in things:
            svg = drawings.svg(thing)
            picture = on_white(svg) if svg else None
            # A drawing that says nothing to the renderer leaves the square white.
            drawn[artist].append(picture is not None and bool((np.asarray(picture) < 250).any()))
            if picture is not None and drawn[artist][-1]:
                pictures.append(picture)
        folder = by_sa if artist in BY_SA_ARTISTS else target
        sheet(pictures).save(folder / f"{artist}.webp", quality=QUALITY, method=6)
    with (target / "things.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADING)
        for position, thing in enumerate(things):
            by = "".join("01"[drawn[artist][position]] for artist in EMOJI_ARTISTS)
            if "1" in by:
                writer.writerow([thing.name, thing.kind, thing.code, by])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="the folder with what npm packed")
    parser.add_argument(
        "--target",
        type=Path,
        default=EMOJI_SHIPPED,
        help="where to write (default: into the package)",
    )
    parser.add_argument(
        "--by-sa",
        type=Path,
        default=EMOJI_BY_SA_SHIPPED,
        help="where the sheets under BY-SA go (default: into the package)",
    )
    options = parser.parse_args(arguments)
    names = [EMOJIBASE, *(f"iconify-json-{name}-{PACKED[name]}.tgz" for name in EMOJI_ARTISTS)]
    missing = [name for name in names if not (options.source / name).is_file()]
    if missing:
        parser.error(f"{options.source} does not hold {', '.join(missing)}: npm pack fetches it")
    try:
        importlib.import_module("resvg_py")
    except ImportError:
        parser.error(f"resvg-py draws the pictures: pip install resvg-py=={RESVG}")
    make(options.source, options.target, options.by_sa)


if __name__ == "__main__":
    main()
