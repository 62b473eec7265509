"""A network that has read sentences."""

from __future__ import annotations

import re

from torch import Tensor

from livetorch.adapters import add_adapters
from livetorch.models.sentence_encoder import SentenceClassifier, SentenceEncoder
from livetorch.packaged import onnx_tensors, packaged_file
from livetorch.weights import load_weights

MINILM_NAMES = {
    "embeddings.word_embeddings": "word",
    "embeddings.position_embeddings": "position",
    "embeddings.token_type_embeddings": "segment",
    "embeddings.LayerNorm": "norm",
    "attention.self.query": "attention.query",
    "attention.self.key": "attention.key",
    "attention.self.value": "attention.value",
    "attention.output.dense": "attention.out",
    "attention.output.LayerNorm": "attention_norm",
    "intermediate.dense": "feed_forward.up",
    "output.dense": "feed_forward.down",
    "output.LayerNorm": "feed_forward_norm",
}
"""The parts of BERT, and what `SentenceEncoder` calls them."""
MINILM_MATRICES = (
    *("attention.query", "attention.key", "attention.value", "attention.out"),
    *("feed_forward.up", "feed_forward.down"),
)
"""In the order in which a block multiplies by them."""
TWEETS_RANK = 8


def minilm() -> SentenceEncoder:
    """paraphrase-MiniLM-L3-v2, which reads a sentence; in evaluation mode.

    3 layers of width 384, and 17.2 million weights, of which 11.7 million are the vectors of words.

    Raises:
        PackagedFileError: as `packaged_file` and `onnx_tensors`.

    Source: Wang et al., 2020, MiniLM; Reimers and Gurevych, 2019, Sentence-BERT.
    """
    model = SentenceEncoder()
    model.load_state_dict(minilm_state(onnx_tensors(packaged_file("minilm"))))
    return model.eval()


def minilm_tweets() -> SentenceClassifier:
    """`minilm` with adapters of rank 8 and a head that tell praise from complaint in tweets; in
    evaluation mode. What has learned is what requires a gradient.

    Its logit is above zero where twenty people together would find a tweet positive. It has learned
    from the texts of `load_ratings` that `held_out` leaves, by ``data/train_sentiment.py`` of the
    project. Those texts are under the MIT license, the base under Apache-2.0.

    Raises:
        PackagedFileError: as `minilm`.
    """
    model = SentenceClassifier(minilm())
    add_adapters(model, TWEETS_RANK)
    model.head.requires_grad_()
    trained = {name for name, weights in model.named_parameters() if weights.requires_grad}
    state = load_weights("minilm-tweets")
    if state.keys() != trained:
        raise ValueError("minilm-tweets is for another model: install the package again")
    model.load_state_dict(state, strict=False)
    return model.eval()


def minilm_state(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The state of a `SentenceEncoder` from the tensors of the ONNX file.

    Most of them have names. An exporter folds the transposition of a linear layer's matrix into
    it and drops its name, so these come by their order, six to a layer, and are turned back.

    Raises:
        ValueError: a tensor is of no part of such a network.
    """
    state: dict[str, Tensor] = {}
    matrices: list[Tensor] = []
    for name, tensor in tensors.items():
        if name.startswith("onnx::MatMul"):
            matrices.append(tensor.T.contiguous())
        elif name.startswith("model.0.auto_model."):
            state[_minilm_name(name)] = tensor
    for number, matrix in enumerate(matrices):
        layer, place = divmod(number, len(MINILM_MATRICES))
        state[f"encoder.blocks.{layer}.{MINILM_MATRICES[place]}.weight"] = matrix
    return state


def _minilm_name(name: str) -> str:
    part, _, kind = name.removeprefix("model.0.auto_model.").rpartition(".")
    layer = re.match(r"encoder\.layer\.(\d+)\.", part)
    block = f"encoder.blocks.{layer[1]}." if layer else ""
    part = part[layer.end() :] if layer else part
    if part not in MINILM_NAMES:
        raise ValueError(f"{name} is of no part of a sentence encoder")
    return f"{block}{MINILM_NAMES[part]}.{kind}"
