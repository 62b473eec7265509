"""The sentence encoder against three others, and MiniLM's weights in it against onnxruntime.

Small models get random weights, norms and biases too, so that one in a wrong place shows.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from livetorch.models.sentence_encoder import SentenceEncoder, SentenceEncoderSettings
from livetorch.models.transformer import Encoder
from livetorch.packaged import onnx_tensors, packaged_file
from livetorch.pretrained.sentences import MINILM_MATRICES, minilm, minilm_state
from livetorch.wordpiece import WordPiece

SMALL = SentenceEncoderSettings(
    vocabulary_size=29, longest=11, num_layers=2, num_heads=4, width=24, hidden_features=40
)
TEXTS = ["a good day", "I do not like this at all, really! " * 9, "x", "naïve 🤩 人", ""]


def randomized(model: nn.Module, seed: int) -> Any:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_scale = "norm" in name and name.endswith("weight")
            noise = 0.3 * torch.randn(parameter.shape, generator=generator)
            parameter.copy_(noise + is_scale)
    return model.eval()


def blocks(model: SentenceEncoder) -> list[Any]:
    return [*model.encoder.blocks]


def batch(seed: int, size: int = 5) -> tuple[Tensor, Tensor]:
    """Texts of random lengths, from one piece to as many as there are places."""
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, SMALL.longest + 1, (size,), generator=generator)
    ids = torch.randint(SMALL.vocabulary_size, (size, int(lengths.max())), generator=generator)
    return ids, torch.arange(ids.shape[1]) < lengths[:, None]


# Against others


@pytest.mark.parametrize("seed", range(5))
def test_torchs_layers(seed: int) -> None:
    ours = randomized(SentenceEncoder(SMALL), seed)
    ids, mask = batch(seed)
    with torch.no_grad():
        x = ours.word(ids) + ours.position(torch.arange(ids.shape[1])) + ours.segment.weight[0]
        x = functional.layer_norm(x, (24,), ours.norm.weight, ours.norm.bias, 1e-12)
        for block in blocks(ours):
            layer = nn.TransformerEncoderLayer(
                *(24, 4, 40, 0.0), activation="gelu", layer_norm_eps=1e-12, batch_first=True
            ).eval()
            part = block.attention
            state = {
                "self_attn.in_proj_weight": torch.cat(
                    [part.query.weight, part.key.weight, part.value.weight]
                ),
                "self_attn.in_proj_bias": torch.cat(
                    [part.query.bias, part.key.bias, part.value.bias]
                ),
            }
            pairs = {
                "self_attn.out_proj": part.out,
                "linear1": block.feed_forward.up,
                "linear2": block.feed_forward.down,
                "norm1": block.attention_norm,
                "norm2": block.feed_forward_norm,
            }
            for name, module in pairs.items():
                state |= {f"{name}.{key}": value for key, value in module.state_dict().items()}
            layer.load_state_dict(state)
            x = layer(x, src_key_padding_mask=~mask)
        torch.testing.assert_close(ours(ids, mask)[mask], x[mask], atol=1e-5, rtol=1e-5)


def bert(ours: SentenceEncoder) -> Callable[[Tensor, Tensor], Tensor]:
    """transformers' BertModel with the weights of ours."""
    transformers = pytest.importorskip("transformers")
    s = ours.settings
    model = transformers.BertModel(
        transformers.BertConfig(
            vocab_size=s.vocabulary_size,
            max_position_embeddings=s.longest,
            num_hidden_layers=s.num_layers,
            num_attention_heads=s.num_heads,
            hidden_size=s.width,
            intermediate_size=s.hidden_features,
        ),
        add_pooling_layer=False,
    ).eval()
    from livetorch.pretrained.sentences import _minilm_name

    state = ours.state_dict()
    model.load_state_dict(
        {name: state[_minilm_name(f"model.0.auto_model.{name}")] for name in model.state_dict()}
    )
    return lambda ids, mask: model(input_ids=ids, attention_mask=mask.long()).last_hidden_state


@pytest.mark.parametrize("seed", range(3))
def test_transformers(seed: int) -> None:
    ours = randomized(SentenceEncoder(SMALL), seed)
    ids, mask = batch(seed)
    theirs = bert(ours)
    torch.testing.assert_close(ours(ids, mask)[mask], theirs(ids, mask)[mask], atol=1e-5, rtol=1e-5)


def test_minilm_against_transformers() -> None:
    model = whole()
    ids, mask = WordPiece.shipped().batch(TEXTS)
    with torch.no_grad():
        torch.testing.assert_close(
            model(ids, mask)[mask], bert(model)(ids, mask)[mask], atol=1e-5, rtol=0
        )


@cache
def whole() -> SentenceEncoder:
    """MiniLM, read once."""
    return minilm()


@cache
def session() -> Any:
    onnxruntime = pytest.importorskip("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(packaged_file("minilm"), options)


def onnx_outputs(ids: Tensor, mask: Tensor) -> list[Tensor]:
    """Of the original file: the outputs of the pieces (B, T, D), and their mean (B, D)."""
    inputs = {"input_ids": ids.numpy(), "attention_mask": mask.long().numpy()}
    return [torch.from_numpy(output) for output in session().run(None, inputs)[2:]]


def test_minilm_against_onnxruntime() -> None:
    model = whole()
    generator = torch.Generator().manual_seed(0)
    lengths = torch.cat([torch.randint(1, 60, (12,), generator=generator), torch.tensor([90])])
    ids = torch.randint(30_522, (13, 90), generator=generator)
    mask = torch.arange(90) < lengths[:, None]
    with torch.no_grad():
        pieces, means = onnx_outputs(ids, mask)
        torch.testing.assert_close(model(ids, mask)[mask], pieces[mask], atol=1e-5, rtol=0)
        torch.testing.assert_close(model.pooled(ids, mask), means, atol=1e-5, rtol=0)
        longest = torch.randint(30_522, (1, 512), generator=generator)
        every = torch.ones(1, 512, dtype=torch.bool)
        torch.testing.assert_close(
            model(longest, every), onnx_outputs(longest, every)[0], atol=1e-5, rtol=0
        )


def test_each_matrix_goes_where_the_file_uses_it() -> None:
    """By the graph: a matrix is multiplied by in the node that is named after its part."""
    onnx = pytest.importorskip("onnx")
    path = packaged_file("minilm")
    tensors, state = onnx_tensors(path), minilm_state(onnx_tensors(path))
    parts = dict(
        zip(
            MINILM_MATRICES,
            (
                *("attention/self/query", "attention/self/key", "attention/self/value"),
                *("attention/output/dense", "intermediate/dense", "output/dense"),
            ),
            strict=True,
        )
    )
    places = {
        re.sub(r".*encoder/(layer\.\d)/(.*)/MatMul_output_0", r"\1 \2", node.output[0]): node.input[
            1
        ]
        for node in onnx.load(path).graph.node
        if node.op_type == "MatMul" and node.input[1] in tensors
    }
    assert len(places) == 18
    for layer in range(3):
        for part, name in parts.items():
            matrix = tensors[places[f"layer.{layer} {name}"]]
            assert torch.equal(state[f"encoder.blocks.{layer}.{part}.weight"], matrix.T)


# Variants that are wrong


def wrong(kind: str) -> Callable[[Tensor, Tensor], Tensor]:
    """The means of MiniLM with one thing wrong."""
    model = copy.deepcopy(whole())
    if kind == "pre-norm":
        state, s = model.encoder.state_dict(), model.settings
        model.encoder = Encoder(3, s.width, s.num_heads, s.hidden_features, activation="gelu")
        model.encoder.load_state_dict(state, strict=False)
    elif kind == "eps 1e-5":
        for module in model.modules():
            if isinstance(module, nn.LayerNorm):
                module.eps = 1e-5
    elif kind == "no segment":
        nn.init.zeros_(model.segment.weight)
    elif kind == "not turned":
        for block in blocks(model):
            block.attention.query.weight.data = block.attention.query.weight.data.T
    elif kind == "query for key":
        for block in blocks(model):
            part = block.attention
            part.query.weight.data, part.value.weight.data = (
                part.value.weight.data,
                part.query.weight.data,
            )
    elif kind == "gelu of tanh":
        for block in blocks(model):
            block.feed_forward.activation = lambda x: functional.gelu(x, approximate="tanh")
    if kind == "padding in the mean":
        return lambda ids, mask: model(ids, mask).mean(1)
    if kind == "padding looked at":
        return lambda ids, mask: (
            (model(ids, mask | True) * mask[..., None]).sum(1) / mask.sum(1)[:, None]
        )
    return model.pooled


KINDS = {
    "pre-norm": 1e-2,
    "eps 1e-5": 3e-5,
    "no segment": 1e-2,
    "not turned": 1e-2,
    "query for key": 1e-2,
    "gelu of tanh": 1e-4,
    "padding in the mean": 1e-2,
    "padding looked at": 1e-2,
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_variant_is_told_from_the_original(kind: str) -> None:
    ids, mask = WordPiece.shipped().batch(TEXTS)
    _, means = onnx_outputs(ids, mask)
    pooled = wrong(kind)
    with torch.no_grad():
        error = (pooled(ids, mask) - means).abs().max().item()
        right = (whole().pooled(ids, mask) - means).abs().max().item()
    assert right < 1e-5
    assert error > max(KINDS[kind], 5 * right), f"{kind}: {error}"


# By itself


def test_padding_changes_nothing() -> None:
    model, (ids, mask) = whole(), WordPiece.shipped().batch(TEXTS)
    with torch.no_grad():
        together = model.embed(ids, mask)
        for text, vector in zip(TEXTS, together, strict=True):
            alone = model.embed(*WordPiece.shipped().batch([text]))[0]
            torch.testing.assert_close(alone, vector, atol=1e-5, rtol=0)
        assert torch.allclose(together.norm(dim=1), torch.ones(len(TEXTS)))


def test_meaning() -> None:
    """The one thing that equal numbers do not say: that the vocabulary is the right one, too."""
    texts = ["A man is eating food.", "Someone has a meal.", "The stock market fell today."]
    with torch.no_grad():
        a, b, c = whole().embed(*WordPiece.shipped().batch(texts))
    assert a @ b > 0.5 > 0.2 > a @ c


def test_minilm() -> None:
    model = minilm()
    assert not model.training
    assert sum(parameter.numel() for parameter in model.parameters()) == 17_241_984
    with pytest.raises(ValueError, match=r"head.weight is of no part of a sentence encoder"):
        minilm_state({"model.0.auto_model.head.weight": torch.zeros(1)})


def test_what_is_refused() -> None:
    model = SentenceEncoder(SMALL)
    ids, mask = batch(0)
    with pytest.raises(ValueError, match=r"int64 \(texts, pieces\)"):
        model(ids[0], mask[0])
    with pytest.raises(ValueError, match=r"of torch.float32"):
        model(ids.float(), mask)
    with pytest.raises(ValueError, match="the mask must be boolean"):
        model(ids, mask.long())
    with pytest.raises(ValueError, match="the mask must be boolean"):
        model(ids, mask[:1])
    with pytest.raises(ValueError, match=r"numbered 0 to 28; these go from \d to 29"):
        model(ids.clone().fill_(29).index_fill_(1, torch.tensor([0]), 3), mask)
    with pytest.raises(ValueError, match="these go from -1"):
        model(ids.clone().fill_(-1), mask)
    with pytest.raises(ValueError, match="12 pieces are more than the 11 places"):
        model(torch.zeros(1, 12, dtype=torch.int64), torch.ones(1, 12, dtype=torch.bool))
    with pytest.raises(ValueError, match="a row of the mask is all False"):
        model(ids, mask & False)


def test_it_exports_with_both_sizes_free() -> None:
    model = randomized(SentenceEncoder(SMALL), 0)
    ids, mask = batch(1)
    sizes = {0: torch.export.Dim("texts"), 1: torch.export.Dim("pieces", max=11)}
    program = torch.export.export(model, (ids, mask), dynamic_shapes=(sizes, sizes))
    other = batch(2, size=3)
    torch.testing.assert_close(program.module()(*other), model(*other))
