"""The same things as nine artists drew them: emoji of twelve kinds, and a split by source."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError, features
from torch import Tensor

from livetorch.datasets.shipped import DATA, damaged, shipped_bytes, shipped_table

EMOJI_KINDS = (
    "mammal",
    "bird",
    "water animal",
    "bug",
    "plant",
    "fruit",
    "meal",
    "vehicle",
    "building",
    "clothing",
    "tool",
    "face",
)
"""What the kinds 0 .. 11 mean. Reptiles count as water animals, vegetables as fruit, drinks as
meals, and musical instruments as tools."""
EMOJI_ARTISTS = (
    "noto",
    "noto-v1",
    "twemoji",
    "openmoji",
    "emojione",
    "emojione-v1",
    "fxemoji",
    "fluent-emoji-flat",
    "streamline-emojis",
)
"""Whose drawings the artists 0 .. 8 are. noto and noto-v1 come from one house, and so do emojione
and emojione-v1: each pair shares ideas."""
BY_SA_ARTISTS = ("openmoji", "emojione-v1")
"""Whose drawings are under CC BY-SA: so is what is made from them."""
NEW_ARTISTS = ("fluent-emoji-flat", "streamline-emojis")
"""Whom `emoji_split` keeps for the tests."""

EMOJI_SHIPPED = DATA / "emoji"
EMOJI_BY_SA_SHIPPED = DATA / "emoji-by-sa"
HEADING = ["name", "kind", "code", "drawn_by"]
"""Of things.csv: drawn_by has a 1 or a 0 for each of EMOJI_ARTISTS."""
SIZE = 64
CELL = 80
"""What a picture takes in a sheet: with white between them, none colors its neighbor."""
COLUMNS = 24
"""Pictures in a row of a sheet."""


@dataclass(frozen=True)
class EmojiPictures:
    """N pictures of emoji: what each shows, and who drew it."""

    pictures: Tensor
    """(N, 3, 64, 64) uint8, red, green and blue on white"""
    kinds: Tensor
    """(N,) int64, numbers of `EMOJI_KINDS`"""
    artists: Tensor
    """(N,) int64, numbers of `EMOJI_ARTISTS`"""
    things: Tensor
    """(N,) int64, numbers of `names`: two pictures with one number show the same thing"""
    names: tuple[str, ...]
    """of the things, as Unicode calls them in English"""
    signs: tuple[str, ...]
    """of the things: the emoji as text, which each device draws in its own way"""

    def __len__(self) -> int:
        return len(self.kinds)


def load_emoji() -> EmojiPictures:
    """3,884 pictures of 587 things in twelve kinds, by nine artists, ordered by artist.

    Not every artist drew every thing. ``data/make_emoji.py`` of the project drew the pictures from
    the artists' vector graphics. They ship as WebP, which is not quite what was drawn.

    Raises:
        FileNotFoundError: a file that ships with the package is not there.
        ImportError: this installation of Pillow cannot read WebP.
        ValueError: a file is damaged.

    Source: nine sets of emoji, each under a license of its own; the file LICENSE in the folders
    ``emoji`` and ``emoji-by-sa`` beside this module names the artists and the licenses.
    """
    path = EMOJI_SHIPPED / "things.csv"
    rows = shipped_table(path, HEADING)
    for number, (_, kind, _, by) in enumerate(rows, 2):
        if kind not in EMOJI_KINDS or len(by) != len(EMOJI_ARTISTS) or set(by) - {"0", "1"}:
            raise damaged(path, f"line {number} names no kind, or not who drew the thing")
    drawn = torch.tensor([[sign == "1" for sign in by] for _, _, _, by in rows])
    artists, things = drawn.T.nonzero(as_tuple=True)
    sheets = [_pictures(artist, int(drawn[:, i].sum())) for i, artist in enumerate(EMOJI_ARTISTS)]
    kinds = torch.tensor([EMOJI_KINDS.index(kind) for _, kind, _, _ in rows])
    return EmojiPictures(
        pictures=torch.cat(sheets),
        kinds=kinds[things],
        artists=artists,
        things=things,
        names=tuple(name for name, _, _, _ in rows),
        signs=tuple(_sign(code) for _, _, code, _ in rows),
    )


def emoji_split(
    emoji: EmojiPictures,
    new_artists: Sequence[str] = NEW_ARTISTS,
    new_things: float = 0.25,
    seed: int = 0,
) -> dict[str, Tensor]:
    """Who learns from what: pictures held out by their artist, by their thing, or by both.

    Of each kind the share ``new_things`` of its things is drawn with the seed and held out, from
    every artist.

    Args:
        emoji: the pictures.
        new_artists: of `EMOJI_ARTISTS`, whose pictures are all held out.
        new_things: the share of each kind's things that are held out, from 0 to below 1.
        seed: of the draw, which leaves PyTorch's own generator alone.

    Returns:
        Four masks (N,) that share no picture and together hold all: ``train``, ``seen artist, new
        thing``, ``new artist, seen thing``, ``new artist, new thing``.

    Raises:
        ValueError: an unknown artist, or a share that is out of range.
    """
    unknown = [name for name in new_artists if name not in EMOJI_ARTISTS]
    if isinstance(new_artists, str) or unknown:
        raise ValueError(
            f"new_artists must be a list of names from {', '.join(EMOJI_ARTISTS)}: "
            f"got {new_artists!r}"
        )
    if not 0 <= new_things < 1:
        raise ValueError(f"new_things must be a share from 0 to below 1, got {new_things}")
    kind_of = dict(zip(emoji.things.tolist(), emoji.kinds.tolist(), strict=True))
    # NumPy promises that RandomState draws the same in every version.
    generator = np.random.RandomState(seed)
    held_out = torch.zeros(len(emoji.names), dtype=torch.bool)
    for kind in range(len(EMOJI_KINDS)):
        things = sorted(thing for thing, its_kind in kind_of.items() if its_kind == kind)
        held_out[generator.permutation(things)[: int(len(things) * new_things)]] = True
    new_thing = held_out[emoji.things]
    numbers = torch.tensor([EMOJI_ARTISTS.index(name) for name in new_artists], dtype=torch.int64)
    new_artist = torch.isin(emoji.artists, numbers)
    return {
        "train": ~new_artist & ~new_thing,
        "seen artist, new thing": ~new_artist & new_thing,
        "new artist, seen thing": new_artist & ~new_thing,
        "new artist, new thing": new_artist & new_thing,
    }


def _sign(code: str) -> str:
    return "".join(chr(int(point, 16)) for point in code.split("-"))


def _pictures(artist: str, count: int) -> Tensor:
    """The first ``count`` pictures of an artist's sheet, (count, 3, SIZE, SIZE) uint8."""
    folder = EMOJI_BY_SA_SHIPPED if artist in BY_SA_ARTISTS else EMOJI_SHIPPED
    path = folder / f"{artist}.webp"
    data = shipped_bytes(path)
    if not features.check("webp"):
        raise ImportError(
            "this installation of Pillow cannot read WebP, in which the emoji ship: "
            "pip install --force-reinstall pillow"
        )
    try:
        sheet = np.array(Image.open(io.BytesIO(data), formats=["WEBP"]).convert("RGB"))
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise damaged(path, str(error)) from error
    rows = -(-count // COLUMNS)
    if sheet.shape != (rows * CELL, COLUMNS * CELL, 3):
        raise damaged(path, f"it is {sheet.shape[1]} x {sheet.shape[0]} pixels")
    # (row, y, column, x, color) -> (row, column, color, y, x)
    cells = sheet.reshape(rows, CELL, COLUMNS, CELL, 3).transpose(0, 2, 4, 1, 3)
    return torch.from_numpy(cells.reshape(-1, 3, CELL, CELL)[:count, :, :SIZE, :SIZE].copy())
