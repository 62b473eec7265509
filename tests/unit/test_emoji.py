"""Emoji: what ships and under which license, the split, damage, and the script."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import sys
import tarfile
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageColor

from data import make_emoji
from livetorch.datasets import (
    EMOJI_ARTISTS,
    EMOJI_KINDS,
    EmojiPictures,
    emoji,
    emoji_split,
    load_emoji,
)

SHA256 = {
    "emojione-v1.webp": "fc4331ca95b56bc0c3da859e537da7cceedb59325b9548e11bbb33a1af487abe",
    "emojione.webp": "1bac72700c961c78027bc6dd606971b45a9502db82e1329efc7ab027a158d4ac",
    "fluent-emoji-flat.webp": "b54218ded4f77b591eb7215ddb7b681627ff939d225961033b68a27403d12a64",
    "fxemoji.webp": "571ff3e1729aad3bdbed10a801da2ec5f7221b5b4bcaaafc6f8a8083a49f9c44",
    "noto-v1.webp": "2360c4ea620d055ccc1e0f05350255b426eaf7502bb7e7555d96849ae8352911",
    "noto.webp": "b74296ee460b7f216be99ba41510a63bf4ee5b21e8ff262de9b76e6631a5202d",
    "openmoji.webp": "e0c3577db287f4ccf9b271303824194db2c1b85e99a1085468b1fa6ff1c099be",
    "streamline-emojis.webp": "26456bc456c1883ef8fb07948e699ece797a93a830db1212415266b3fc8abd7b",
    "things.csv": "74784aadb03c0f570c6ddb8cbd3e0a417bf37d2155d1dc33ed8b5f4ddaf4a886",
    "twemoji.webp": "246b9dbec9870f4d9b84d50a8e63e5839578c61a4e50f8a9d652a67f02e77c9c",
}
"""Of the files, not of what they show: decoders of WebP may round differently."""


@pytest.fixture(scope="module")
def shipped() -> EmojiPictures:
    return load_emoji()


def file_of(name: str) -> Path:
    by_sa = name.removesuffix(".webp") in emoji.BY_SA_ARTISTS
    return (emoji.EMOJI_BY_SA_SHIPPED if by_sa else emoji.EMOJI_SHIPPED) / name


# What ships


def test_what_ships(shipped: EmojiPictures) -> None:
    assert shipped.pictures.shape == (len(shipped), 3, 64, 64) == (3_884, 3, 64, 64)
    assert shipped.pictures.dtype == torch.uint8
    assert len(shipped.names) == len(shipped.signs) == 587
    assert len(EMOJI_KINDS) == 12
    by_artist = dict(zip(EMOJI_ARTISTS, shipped.artists.bincount().tolist(), strict=True))
    assert by_artist["noto"] == by_artist["twemoji"] == by_artist["openmoji"] == 587
    assert by_artist["fxemoji"] == 199
    pairs = list(zip(shipped.artists.tolist(), shipped.things.tolist(), strict=True))
    assert pairs == sorted(set(pairs)), "each artist drew a thing once, in order"
    for name, sign, kind in (
        ("cow", "🐄", "mammal"),
        ("lobster", "🦞", "water animal"),
        ("guitar", "🎸", "tool"),
        ("black bird", "🐦\u200d⬛", "bird"),
    ):
        thing = shipped.names.index(name)
        assert shipped.signs[thing] == sign
        assert set(shipped.kinds[shipped.things == thing].tolist()) == {EMOJI_KINDS.index(kind)}


def test_pictures_are_in_their_places(shipped: EmojiPictures) -> None:
    def mean_color(artist: str, name: str) -> list[float]:
        picture = shipped.pictures[
            (shipped.artists == EMOJI_ARTISTS.index(artist))
            & (shipped.things == shipped.names.index(name))
        ].float()
        ink = (picture.amin(dim=1, keepdim=True) < 240).float()
        return ((picture * ink).sum(dim=(0, 2, 3)) / ink.sum()).tolist()

    for artist in ("noto", "twemoji", "openmoji", "fluent-emoji-flat", "noto-v1"):
        red, green, blue = mean_color(artist, "banana")
        assert blue < min(red, green) - 40, artist
        red, green, blue = mean_color(artist, "tomato")
        assert green < red - 60, artist
    corners = shipped.pictures[:, :, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert (corners.amin(dim=1).amin(dim=1) > 245).float().mean() > 0.9, "most are on white"
    assert shipped.pictures.flatten(1).amin(dim=1).max() < 200, "none is blank"


def test_shipped_bytes() -> None:
    assert {path.stem for path in map(file_of, SHA256) if path.suffix == ".webp"} == {
        *EMOJI_ARTISTS
    }
    for name, expected in SHA256.items():
        assert hashlib.sha256(file_of(name).read_bytes()).hexdigest() == expected, name


def test_shipped_files_are_small() -> None:
    assert sum(file_of(name).stat().st_size for name in SHA256) < 4e6


def test_each_sheet_is_named_in_the_license_beside_it() -> None:
    for name in SHA256:
        lines = (file_of(name).parent / "LICENSE").read_text(encoding="utf-8").split("\n-----")[0]
        assert name in lines, name
    by_sa = {path.name for path in emoji.EMOJI_BY_SA_SHIPPED.iterdir()}
    assert by_sa == {"LICENSE", *(f"{artist}.webp" for artist in emoji.BY_SA_ARTISTS)}
    assert "ShareAlike 4.0" in (emoji.EMOJI_BY_SA_SHIPPED / "LICENSE").read_text(encoding="utf-8")
    text = (emoji.EMOJI_SHIPPED / "LICENSE").read_text(encoding="utf-8")
    for license in ("Apache License", "CC BY 4.0", "MIT License", "Unicode License"):
        assert license in text
    assert "Grant of Patent License" in text, "Apache's license has to be passed on whole"


# The split


def test_split_holds_each_picture_once(shipped: EmojiPictures) -> None:
    split = emoji_split(shipped)
    assert torch.stack(list(split.values())).sum(dim=0).eq(1).all()
    assert {name: int(mask.sum()) for name, mask in split.items()} == {
        "train": 2_326,
        "seen artist, new thing": 764,
        "new artist, seen thing": 604,
        "new artist, new thing": 190,
    }


@pytest.mark.parametrize("seed", [0, 1])
def test_split_by_artist_and_by_thing(shipped: EmojiPictures, seed: int) -> None:
    split = emoji_split(shipped, ["twemoji"], 0.5, seed)
    artists = {name: set(shipped.artists[mask].tolist()) for name, mask in split.items()}
    things = {name: set(shipped.things[mask].tolist()) for name, mask in split.items()}
    twemoji = {EMOJI_ARTISTS.index("twemoji")}
    assert artists["new artist, seen thing"] == artists["new artist, new thing"] == twemoji
    assert not artists["train"] & twemoji
    assert not artists["seen artist, new thing"] & twemoji
    new = things["seen artist, new thing"] | things["new artist, new thing"]
    assert not (things["train"] | things["new artist, seen thing"]) & new
    kind_of = dict(zip(shipped.things.tolist(), shipped.kinds.tolist(), strict=True))
    for kind in range(len(EMOJI_KINDS)):
        of_kind = {thing for thing, its in kind_of.items() if its == kind}
        assert len(of_kind & new) == len(of_kind) // 2


def test_split_depends_on_its_seed_alone(shipped: EmojiPictures) -> None:
    state = torch.get_rng_state()
    first, again, other = (emoji_split(shipped, seed=seed)["train"] for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), state), "it drew from the global generator"
    assert emoji_split(shipped, [], 0)["train"].all(), "a split that holds out no picture"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["picasso"],), "new_artists must be a list of names from noto, .*'picasso'"),
        (("noto",), "new_artists must be a list of names"),
        ((["noto"], 1.0), "new_things must be a share from 0 to below 1, got 1.0"),
        ((["noto"], float("nan")), "new_things must be a share"),
    ],
)
def test_split_that_is_none(
    shipped: EmojiPictures, arguments: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        emoji_split(shipped, *arguments)


# Damaged and missing files


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what ships, which the loader reads."""
    shutil.copytree(emoji.EMOJI_SHIPPED, tmp_path / "emoji")
    shutil.copytree(emoji.EMOJI_BY_SA_SHIPPED, tmp_path / "emoji-by-sa")
    monkeypatch.setattr(emoji, "EMOJI_SHIPPED", tmp_path / "emoji")
    monkeypatch.setattr(emoji, "EMOJI_BY_SA_SHIPPED", tmp_path / "emoji-by-sa")
    return tmp_path


@pytest.mark.parametrize(
    "name", ["emoji/things.csv", "emoji/noto.webp", "emoji-by-sa/openmoji.webp"]
)
def test_missing_file(copied: Path, name: str) -> None:
    (copied / name).unlink()
    with pytest.raises(FileNotFoundError, match=rf"{name} ships.*Install the package again"):
        load_emoji()


def small_webp() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64)).save(file, "WEBP")
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("emoji/noto.webp", lambda _: b"", "cannot identify image file"),
        ("emoji/noto.webp", lambda data: data[: len(data) // 2], ""),
        ("emoji/noto.webp", lambda _: small_webp(), "it is 64 x 64 pixels"),
        ("emoji/things.csv", lambda _: b"name,kind\n", "does not start with name,kind,code"),
        ("emoji/things.csv", lambda data: data.replace(b"mammal", b"metal", 1), "names no kind"),
        ("emoji/things.csv", lambda data: data.replace(b"111\n", b"11\n", 1), "who drew"),
        ("emoji/things.csv", lambda data: data.replace(b"111\n", b"112\n", 1), "who drew"),
    ],
)
def test_damaged_file(
    copied: Path, name: str, change: Callable[[bytes], bytes], message: str
) -> None:
    path = copied / name
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ValueError, match=rf"{name} is damaged \(.*{message}.*Install"):
        load_emoji()


def test_pillow_without_webp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PIL.features.check", lambda _: False)
    with pytest.raises(ImportError, match="Pillow cannot read WebP"):
        load_emoji()


# The script


def pack(path: Path, files: dict[str, Any]) -> None:
    """A package as npm packs it, of JSON files."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            data = json.dumps(content).encode()
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def published(folder: Path) -> None:
    """Four emoji, of which one is of no kind of ours, drawn by nine artists; one drew two."""
    groups = {"subgroups": {"1": "animal-mammal", "2": "food-fruit", "3": "flag"}}
    data = [
        {"label": "cow", "emoji": "🐄", "subgroup": 1},
        {"label": "flag: Utopia", "emoji": "🇺🇹", "subgroup": 3},
        {"label": "Granny’s apple", "emoji": "🍏", "subgroup": 2},
        {"label": "hot pepper", "emoji": "🌶️", "subgroup": 2},
        {"label": "without a group", "emoji": "🧑"},
    ]
    pack(folder / make_emoji.EMOJIBASE, {"meta/groups.json": groups, "en/data.json": data})
    for artist, version in make_emoji.PACKED.items():
        icons = {
            "cow-face": {"body": "brown"},
            "grannysapple": {"body": "green", "width": 32},
            "pepper": {"body": "white" if artist == "noto" else "red"},
        }
        characters = {"1f404": "cow", "1f336": "pepper"}
        if artist == "fxemoji":
            del characters["1f404"]
        files = {
            "icons.json": {"icons": icons, "aliases": {"cow": {"parent": "cow-face"}}, "width": 16},
            "chars.json": characters,
        }
        pack(folder / f"iconify-json-{artist}-{version}.tgz", files)


def svg_to_bytes(svg_string: str, width: int, height: int, skip_system_fonts: bool) -> bytes:
    """In place of resvg's: the left half in the color that stands in the drawing's body."""
    assert skip_system_fonts
    drawing = re.fullmatch(r'<svg [^>]*viewBox="([-\d. ]+)">(\w+)</svg>', svg_string)
    assert drawing is not None
    assert drawing[1] == ("0.0 -8.0 32 32" if drawing[2] == "green" else "0.0 0.0 16 16")
    picture = Image.new("RGBA", (width, height))
    picture.paste(ImageColor.getrgb(drawing[2]), (0, 0, width // 2, height))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def test_the_script_on_a_small_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    published(tmp_path)
    stand_in = types.ModuleType("resvg_py")
    monkeypatch.setattr(stand_in, "svg_to_bytes", svg_to_bytes, raising=False)
    monkeypatch.setitem(sys.modules, "resvg_py", stand_in)
    free, by_sa = tmp_path / "free", tmp_path / "by-sa"
    make_emoji.main([str(tmp_path), "--target", str(free), "--by-sa", str(by_sa)])
    assert {path.stem for path in by_sa.iterdir()} == set(emoji.BY_SA_ARTISTS)
    monkeypatch.setattr(emoji, "EMOJI_SHIPPED", free)
    monkeypatch.setattr(emoji, "EMOJI_BY_SA_SHIPPED", by_sa)
    made = load_emoji()
    assert made.names == ("cow", "Granny’s apple", "hot pepper")
    assert made.signs == ("🐄", "🍏", "🌶️")
    assert made.artists.bincount().tolist() == [2, 3, 3, 3, 3, 3, 2, 3, 3]
    assert made.things[:2].tolist() == [0, 1], "noto's pepper is white on white"
    for picture, thing in zip(made.pictures, made.things.tolist(), strict=True):
        color = torch.tensor(ImageColor.getrgb(("brown", "green", "red")[thing]))
        assert (picture[:, 20:44, 8:24].float().mean(dim=(1, 2)) - color).abs().max() < 8
        assert picture[:, :, 40:].min() > 247, "what is transparent becomes white"

    (tmp_path / "iconify-json-noto-1.2.9.tgz").unlink()
    with pytest.raises(SystemExit):
        make_emoji.main([str(tmp_path)])
    assert "does not hold iconify-json-noto-1.2.9.tgz: npm pack" in capsys.readouterr().err


def test_the_script_without_its_renderer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    published(tmp_path)
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(SystemExit):
        make_emoji.main([str(tmp_path), "--target", str(tmp_path / "free")])
    assert "pip install resvg-py==0.5.0" in capsys.readouterr().err
    assert not (tmp_path / "free").exists()
