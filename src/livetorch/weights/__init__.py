"""Weights of models that train for longer than a page can wait, and the models that they are of."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from livetorch.models.gpt import GPT, GPTSettings
from livetorch.models.sequences import CharacterModel
from livetorch.quantization import restored_state

FOLDER = Path(__file__).parent
PLAYS_GPT = GPTSettings(vocabulary_size=768, context_length=128, num_layers=5, width=160)
PLAYS_GPT_SMALL = GPTSettings(vocabulary_size=768, context_length=128, num_layers=2, width=64)


def load_weights(name: str) -> dict[str, Tensor]:
    """The weights ``NAME.safetensors`` that ship with the package, for ``load_state_dict``.

    ``shakespeare-gru``: a `CharacterModel` of 48 embedding and 352 hidden features, float16, by
    ``data/train_shakespeare.py`` of the project. ``plays-gpt``, ``plays-gpt-small`` and
    ``plays-gru``: those of `plays_gpt` and `plays_gru`, float32, by ``data/train_gpt.py``; their
    matrices ship as int8 and a float16 scale for each row. ``emoji-efficientnet``: what was
    fine-tuned of `livetorch.pretrained.emoji_efficientnet`, by ``data/train_emoji.py``, its
    convolutions as matrices of rows; it is under CC BY-SA 4.0, as some of the drawings are.
    ``minilm-tweets``: the adapters and the head of `livetorch.pretrained.minilm_tweets`, float16,
    by ``data/train_sentiment.py``. ``movies-heads``: linear classifiers of sentences about movies,
    on words and on the vectors of MiniLM, at four numbers of labels, by ``data/train_movies.py``.

    Raises:
        FileNotFoundError: no weights of that name ship.
        ValueError: the file is damaged.
    """
    there = {path.stem: path for path in sorted(FOLDER.glob("*.safetensors"))}
    if name not in there:
        raise FileNotFoundError(f"there are no weights {name!r}; these ship: {', '.join(there)}")
    try:
        return restored_state(load_file(there[name]))
    except SafetensorError as error:
        raise ValueError(
            f"{there[name]} is damaged ({error}): install the package again"
        ) from error


def plays_gpt(small: bool = False) -> GPT:
    """A GPT that has read 37 plays, all but The Tempest, in the tokens of `BytePairs.shipped`; in
    evaluation mode.

    5 layers of width 160 and 1.8 million weights; the small one 2 layers of width 64.
    """
    model = GPT(PLAYS_GPT_SMALL if small else PLAYS_GPT)
    model.load_state_dict(load_weights("plays-gpt-small" if small else "plays-gpt"))
    return model.eval()


def plays_gru() -> CharacterModel:
    """A GRU of 352 hidden features that has read the same plays once, in the 63 characters of
    ``CharacterVocabulary.fit(load_shakespeare()[0])``; in evaluation mode."""
    model = CharacterModel(63, embedding_features=48, hidden_features=352)
    model.load_state_dict(load_weights("plays-gru"))
    return model.eval()
