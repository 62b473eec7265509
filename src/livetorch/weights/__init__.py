"""Weights of models that train for longer than a page can wait, as they came out."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

FOLDER = Path(__file__).parent


def load_weights(name: str) -> dict[str, Tensor]:
    """The weights ``NAME.safetensors`` that ship with the package, for ``load_state_dict``.

    ``shakespeare-gru``: a `CharacterModel` of 48 embedding and 352 hidden features, float16, by
    ``data/train_shakespeare.py`` of the project.

    Raises:
        FileNotFoundError: no weights of that name ship.
        ValueError: the file is damaged.
    """
    there = {path.stem: path for path in sorted(FOLDER.glob("*.safetensors"))}
    if name not in there:
        raise FileNotFoundError(f"there are no weights {name!r}; these ship: {', '.join(there)}")
    try:
        return load_file(there[name])
    except SafetensorError as error:
        raise ValueError(
            f"{there[name]} is damaged ({error}): install the package again"
        ) from error
