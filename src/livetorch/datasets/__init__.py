"""Data that is in memory: sets, splits, loaders, and the sources the book uses."""

from livetorch.datasets.dates import DATE_LETTERS, DATE_SIGNS, encode_dates, make_dates
from livetorch.datasets.emoji import (
    EMOJI_ARTISTS,
    EMOJI_KINDS,
    EmojiPictures,
    emoji_split,
    load_emoji,
)
from livetorch.datasets.emoji_names import EmojiNames, load_emoji_names
from livetorch.datasets.images import FASHION_CLASSES, load_fashion_mnist
from livetorch.datasets.memory import InMemoryDataset, make_loader, split_dataset
from livetorch.datasets.names import load_surnames
from livetorch.datasets.novel import load_moby_dick
from livetorch.datasets.ratings import RatedTexts, held_out, load_ratings
from livetorch.datasets.scaling import Standardizer
from livetorch.datasets.series import load_sunspots, make_mackey_glass, windows
from livetorch.datasets.speech import (
    SpokenClips,
    SpokenDigits,
    load_seventh_voice,
    load_spoken_digits,
    load_synthetic_digits,
)
from livetorch.datasets.tabular import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    make_linear_data,
)
from livetorch.datasets.text import (
    CharacterVocabulary,
    load_plays,
    load_shakespeare,
    pad_sequences,
    plain_letters,
)

__all__ = [
    "DATE_LETTERS",
    "DATE_SIGNS",
    "EMOJI_ARTISTS",
    "EMOJI_KINDS",
    "FASHION_CLASSES",
    "CharacterVocabulary",
    "EmojiNames",
    "EmojiPictures",
    "InMemoryDataset",
    "RatedTexts",
    "SpokenClips",
    "SpokenDigits",
    "Standardizer",
    "emoji_split",
    "encode_dates",
    "held_out",
    "load_breast_cancer",
    "load_diabetes",
    "load_digits",
    "load_emoji",
    "load_emoji_names",
    "load_fashion_mnist",
    "load_moby_dick",
    "load_plays",
    "load_ratings",
    "load_seventh_voice",
    "load_shakespeare",
    "load_spoken_digits",
    "load_sunspots",
    "load_surnames",
    "load_synthetic_digits",
    "make_dates",
    "make_linear_data",
    "make_loader",
    "make_mackey_glass",
    "pad_sequences",
    "plain_letters",
    "split_dataset",
    "windows",
]
