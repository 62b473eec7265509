"""The GPT against GPT-2 and Llama as transformers has them, in pieces, and what it refuses.

All weights are drawn anew before two models are compared, biases and norms too: as they start,
zeros and ones would hide that they were loaded into the wrong place, or not at all. Norms are
drawn around 1 and the rest around 0, so that the logits are not too small to tell two functions
apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from livetorch.losses import sequence_cross_entropy
from livetorch.models import attention
from livetorch.models.attention import KeyValues
from livetorch.models.gpt import GPT, GPTSettings

VOCABULARY, CONTEXT, LAYERS, WIDTH, HEADS, HIDDEN = 23, 16, 2, 32, 4, 88
# The names of GPT-2's parts in ours; its linear layers have their weights the other way round.
GPT2_NAMES = {
    "ln_1": "attention_norm",
    "ln_2": "feed_forward_norm",
    "attn.c_proj": "attention.out",
    "mlp.c_fc": "feed_forward.up",
    "mlp.c_proj": "feed_forward.down",
}
LLAMA_NAMES = {
    "input_layernorm": "attention_norm",
    "post_attention_layernorm": "feed_forward_norm",
    "self_attn.q_proj": "attention.query",
    "self_attn.k_proj": "attention.key",
    "self_attn.v_proj": "attention.value",
    "self_attn.o_proj": "attention.out",
    "mlp.gate_proj": "feed_forward.gate",
    "mlp.up_proj": "feed_forward.up",
    "mlp.down_proj": "feed_forward.down",
}
SETTINGS = {
    "ours": GPTSettings(VOCABULARY, CONTEXT, num_layers=3, width=16),
    "gpt2": GPTSettings.gpt2(VOCABULARY, context_length=CONTEXT, num_layers=2, width=16),
    "llama": GPTSettings.llama(
        VOCABULARY, context_length=CONTEXT, num_layers=2, width=16, num_key_heads=2
    ),
}
every_kind = pytest.mark.parametrize("kind", SETTINGS)


def randomize(model: nn.Module, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_norm = any(part in name for part in ("norm", "ln_")) and name.endswith("weight")
            noise = 0.1 * torch.randn(parameter.shape, generator=generator)
            parameter.copy_(noise + is_norm)


def tokens_of(batch: int, length: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(VOCABULARY, (batch, length), generator=generator)


def made(kind: str, seed: int = 0) -> GPT:
    model = GPT(SETTINGS[kind]).double().eval()
    randomize(model, seed)
    return model


def gpt2(**others: Any) -> Any:
    from transformers import GPT2Config, GPT2LMHeadModel

    sizes: dict[str, Any] = {
        "n_embd": WIDTH,
        "n_layer": LAYERS,
        "n_head": HEADS,
        "n_positions": CONTEXT,
    }
    ends: dict[str, Any] = {"bos_token_id": 0, "eos_token_id": 0}
    return GPT2LMHeadModel(GPT2Config(vocab_size=VOCABULARY, **sizes, **ends, **others)).eval()


def llama(num_key_heads: int) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=WIDTH,
        intermediate_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=num_key_heads,
        max_position_embeddings=CONTEXT,
        bos_token_id=0,
        eos_token_id=0,
    )
    return LlamaForCausalLM(config).eval()


def gpt2_entries(
    theirs: dict[str, Tensor], transposed: bool = True
) -> Iterator[tuple[str, Tensor]]:
    """Names and tensors as our GPT has them; not transposed only where the shape cannot tell."""
    for name, value in theirs.items():
        parts = name.removeprefix("transformer.").split(".")
        turned = "c_" in name and name.endswith("weight")
        if turned and (transposed or value.shape[0] != value.shape[1]):
            value = value.T
        kind = parts[-1]
        if parts[0] == "h":
            block, inner = f"blocks.{parts[1]}.", ".".join(parts[2:-1])
            if inner == "attn.c_attn":
                for part, piece in zip(("query", "key", "value"), value.chunk(3), strict=True):
                    yield f"{block}attention.{part}.{kind}", piece
            else:
                yield f"{block}{GPT2_NAMES[inner]}.{kind}", value
        else:
            own = {"wte": "embedding", "wpe": "position", "ln_f": "norm", "lm_head": "head"}
            yield f"{own[parts[0]]}.{kind}", value


def llama_entries(theirs: dict[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    for name, value in theirs.items():
        parts = name.removeprefix("model.").split(".")
        if parts[0] == "layers":
            yield f"blocks.{parts[1]}.{LLAMA_NAMES['.'.join(parts[2:-1])]}.weight", value
        else:
            own = {"embed_tokens": "embedding", "norm": "norm", "lm_head": "head"}
            yield f"{own[parts[0]]}.weight", value


def as_gpt2(theirs: Any, *, transposed: bool = True, **others: Any) -> GPT:
    sizes = {"num_layers": LAYERS, "num_heads": HEADS, "width": WIDTH, "context_length": CONTEXT}
    model = GPT(GPTSettings.gpt2(VOCABULARY, **sizes | others)).eval()
    model.load_state_dict(dict(gpt2_entries(theirs.state_dict(), transposed)))
    return model


def as_llama(theirs: Any, **others: Any) -> GPT:
    sizes = {"num_layers": LAYERS, "num_heads": HEADS, "width": WIDTH, "context_length": CONTEXT}
    sizes |= {"hidden_features": HIDDEN, "num_key_heads": theirs.config.num_key_value_heads}
    model = GPT(GPTSettings.llama(VOCABULARY, **{"norm_eps": 1e-6} | sizes | others)).eval()
    model.load_state_dict(dict(llama_entries(theirs.state_dict())))
    return model


def assert_equal(ours: GPT, theirs: Any, tokens: Tensor) -> None:
    torch.testing.assert_close(ours(tokens), theirs(tokens).logits, atol=2e-5, rtol=1e-4)


def assert_equal_gradients(
    ours: GPT,
    theirs: Any,
    entries: Callable[[dict[str, Tensor]], Iterator[tuple[str, Tensor]]],
    tokens: Tensor,
) -> None:
    for model, logits in ((ours, ours(tokens)), (theirs, theirs(tokens).logits)):
        model.zero_grad()
        sequence_cross_entropy(logits[:, :-1], tokens[:, 1:]).backward()
    # A tied head is a second name of the embedding, and the parameters are listed once.
    expected = dict(entries({name: p.grad for name, p in theirs.named_parameters()}))
    got = {name: parameter.grad for name, parameter in ours.named_parameters()}
    assert got.keys() == expected.keys()
    for name, gradient in got.items():
        assert gradient is not None
        # A key's bias adds the same to all scores of a query, which changes nothing.
        if not name.endswith("key.bias"):
            assert expected[name].abs().max() > 1e-5, name
        torch.testing.assert_close(gradient, expected[name], atol=2e-6, rtol=1e-3, msg=name)


@pytest.mark.parametrize(("batch", "length", "seed"), [(1, 1, 0), (3, 7, 1), (2, CONTEXT, 2)])
def test_it_is_gpt2(batch: int, length: int, seed: int) -> None:
    theirs = gpt2()
    randomize(theirs, seed)
    assert_equal(as_gpt2(theirs), theirs, tokens_of(batch, length, seed))


@pytest.mark.parametrize("num_key_heads", [4, 2, 1])
@pytest.mark.parametrize(("batch", "length", "seed"), [(1, 1, 0), (3, 7, 1), (2, CONTEXT, 2)])
def test_it_is_llama(batch: int, length: int, seed: int, num_key_heads: int) -> None:
    theirs = llama(num_key_heads)
    randomize(theirs, seed)
    assert_equal(as_llama(theirs), theirs, tokens_of(batch, length, seed))


def test_gradients_are_those_of_gpt2() -> None:
    theirs = gpt2()
    randomize(theirs, 3)
    assert_equal_gradients(as_gpt2(theirs), theirs, gpt2_entries, tokens_of(3, 9, 3))


@pytest.mark.parametrize("num_key_heads", [4, 2])
def test_gradients_are_those_of_llama(num_key_heads: int) -> None:
    theirs = llama(num_key_heads)
    randomize(theirs, 3)
    assert_equal_gradients(as_llama(theirs), theirs, llama_entries, tokens_of(3, 9, 3))


def neighbors_rotated(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Pairs of neighbors, as in the paper on rotary positions; Llama's weights pair halves."""
    first, second = x[..., ::2], x[..., 1::2]
    turned = [first * cosines - second * sines, first * sines + second * cosines]
    return torch.stack(turned, dim=-1).flatten(-2)


def no_rotation(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:  # noqa: ARG001
    return x


WRONG_GPT2: dict[str, dict[str, Any]] = {
    "a square matrix as it stands in the file": {"transposed": False},
    "the exact GELU": {"activation": "gelu"},
    "ReLU": {"activation": "relu"},
    "another eps": {"norm_eps": 1e-3},
    "two heads": {"num_heads": 2},
    "normalized queries and keys": {"normalize": True},
}
WRONG_LLAMA: dict[str, dict[str, Any]] = {
    "GPT-2's eps": {"norm_eps": 1e-5},
    "another base": {"rotary_base": 500_000.0},
    "normalized queries and keys": {"normalize": True},
}


@pytest.mark.parametrize("settings", WRONG_GPT2.values(), ids=WRONG_GPT2)
def test_a_wrong_gpt2_is_noticed(settings: dict[str, Any]) -> None:
    theirs = gpt2()
    randomize(theirs, 0)
    with pytest.raises(AssertionError, match="not close"):
        assert_equal(as_gpt2(theirs, **settings), theirs, tokens_of(2, CONTEXT))


@pytest.mark.parametrize("settings", WRONG_LLAMA.values(), ids=WRONG_LLAMA)
def test_a_wrong_llama_is_noticed(settings: dict[str, Any]) -> None:
    theirs = llama(2)
    randomize(theirs, 0)
    with pytest.raises(AssertionError, match="not close"):
        assert_equal(as_llama(theirs, **settings), theirs, tokens_of(2, CONTEXT))


@pytest.mark.parametrize("rotate", [neighbors_rotated, no_rotation])
def test_another_rotation_is_noticed(
    rotate: Callable[..., Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = llama(2)
    randomize(theirs, 0)
    monkeypatch.setattr(attention, "rotate", rotate)
    with pytest.raises(AssertionError, match="not close"):
        assert_equal(as_llama(theirs), theirs, tokens_of(2, CONTEXT))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("feed_forward.gate", "feed_forward.up"),
        ("attention.query", "attention.out"),
        ("attention.key", "attention.value"),
        ("attention_norm", "feed_forward_norm"),
    ],
)
def test_two_parts_that_changed_places_are_noticed(one: str, other: str) -> None:
    theirs = llama(2)
    randomize(theirs, 0)
    ours = as_llama(theirs)
    state = ours.state_dict()
    names = [f"blocks.0.{part}.weight" for part in (one, other)]
    swapped = dict(zip(names, (state[name].clone() for name in reversed(names)), strict=True))
    ours.load_state_dict(state | swapped)
    with pytest.raises(AssertionError, match="not close"):
        assert_equal(ours, theirs, tokens_of(2, CONTEXT))


@pytest.mark.parametrize("part", ["norm.weight", "norm.bias", "up.bias", "query.bias"])
def test_a_part_that_was_not_loaded_is_noticed(part: str) -> None:
    theirs = gpt2()
    randomize(theirs, 0)
    ours, fresh = as_gpt2(theirs), GPT(as_gpt2(theirs).settings).state_dict()
    ours.load_state_dict({n: v for n, v in fresh.items() if n.endswith(part)}, strict=False)
    with pytest.raises(AssertionError, match="not close"):
        assert_equal(ours, theirs, tokens_of(2, CONTEXT))


def other_groups(weight: Tensor) -> Tensor:
    """The heads of the queries in the order in which they would share keys that are repeated as a
    whole (k0 k1 k0 k1), where groups of neighbors share them (k0 k0 k1 k1)."""
    return weight.unflatten(0, (HEADS, -1))[[0, 2, 1, 3]].flatten(0, 1)


def test_keys_shared_by_other_heads_are_noticed() -> None:
    theirs = llama(2)
    randomize(theirs, 0)
    ours = as_llama(theirs)
    state = ours.state_dict()
    for number in range(LAYERS):
        name = f"blocks.{number}.attention."
        state[f"{name}query.weight"] = other_groups(state[f"{name}query.weight"])
        state[f"{name}out.weight"] = other_groups(state[f"{name}out.weight"].T).T
    ours.load_state_dict(state)
    with pytest.raises(AssertionError, match="not close"):
        assert_equal(ours, theirs, tokens_of(2, CONTEXT))


def test_the_start_is_that_of_gpt2() -> None:
    torch.manual_seed(0)
    theirs, ours = gpt2(), GPT(as_gpt2(gpt2()).settings)
    expected = dict(gpt2_entries(theirs.state_dict()))
    for name, value in ours.state_dict().items():
        torch.testing.assert_close(value.mean(), expected[name].mean(), atol=2e-3, rtol=0)
        torch.testing.assert_close(value.std(), expected[name].std(), atol=1e-3, rtol=0.1)


@every_kind
def test_it_starts_without_an_opinion(kind: str) -> None:
    torch.manual_seed(0)
    tokens = tokens_of(4, CONTEXT)
    loss = sequence_cross_entropy(GPT(SETTINGS[kind])(tokens[:, :-1]), tokens[:, 1:])
    assert abs(loss.item() - math.log(VOCABULARY)) < 0.1


@every_kind
def test_later_tokens_change_nothing(kind: str) -> None:
    model, tokens = made(kind), tokens_of(2, CONTEXT)
    changed = tokens.clone()
    changed[:, 9:] = (changed[:, 9:] + 1) % VOCABULARY
    before, after = model(tokens), model(changed)
    torch.testing.assert_close(before[:, :9], after[:, :9], rtol=0, atol=1e-13)
    assert (before[:, 9:] - after[:, 9:]).abs().amin(dim=(0, 2)).max() > 0


@every_kind
def test_every_earlier_token_counts(kind: str) -> None:
    model, tokens = made(kind), tokens_of(1, CONTEXT)
    for place in range(CONTEXT):
        changed = tokens.clone()
        changed[:, place] = (changed[:, place] + 1) % VOCABULARY
        assert (model(changed) - model(tokens))[0, -1].abs().max() > 1e-6, place


@every_kind
@pytest.mark.parametrize("cuts", [[1] * CONTEXT, [9, 1, 1, 5], [4, 7, 5], [1, 15], [CONTEXT]])
def test_a_text_in_pieces_is_the_text_as_a_whole(kind: str, cuts: list[int]) -> None:
    model, tokens = made(kind), tokens_of(3, CONTEXT)
    cache = model.empty_cache()
    pieces = torch.cat([model(piece, cache) for piece in tokens.split(cuts, dim=1)], dim=1)
    torch.testing.assert_close(pieces, model(tokens), rtol=0, atol=1e-12)
    assert all(len(layer) == CONTEXT for layer in cache)
    sequence_cross_entropy(pieces, tokens).backward()
    got = [parameter.grad for parameter in model.parameters()]
    expected = torch.autograd.grad(
        sequence_cross_entropy(model(tokens), tokens), list(model.parameters())
    )
    torch.testing.assert_close(got, list(expected), rtol=0, atol=1e-12)


@every_kind
def test_steps_for_export_are_the_text_as_a_whole(kind: str) -> None:
    model, tokens = made(kind), tokens_of(2, CONTEXT)
    s = model.settings
    shape = (s.num_layers, 2, s.num_key_heads or s.num_heads, 0, s.width // s.num_heads)
    keys = values = torch.zeros(shape, dtype=torch.float64)
    for start, end in ((0, 5), (5, 6), (6, CONTEXT)):
        logits, keys, values = model.step(tokens[:, start:end], keys, values)
        torch.testing.assert_close(logits, model(tokens[:, :end])[:, -1], rtol=0, atol=1e-12)
        assert keys.shape == values.shape == (*shape[:3], end, shape[4])


def test_a_cache_with_the_first_place_for_all_is_noticed() -> None:
    """A token that comes with a cache and is placed at 0: the texts would differ, and nobody say"""
    model, tokens = made("ours"), tokens_of(1, 8)
    cache = model.empty_cache()
    model(tokens[:, :7], cache)
    moved = GPT(SETTINGS["ours"]).double().eval()
    moved.load_state_dict(model.state_dict())
    for table in (moved.cosines, moved.sines):
        table[:] = table[0].clone()
    assert (moved(tokens[:, 7:], cache) - model(tokens)[:, 7:]).abs().max() > 1e-3


@every_kind
def test_it_learns_a_line_by_heart(kind: str) -> None:
    torch.manual_seed(0)
    model, tokens = GPT(SETTINGS[kind]), tokens_of(1, CONTEXT)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        loss = sequence_cross_entropy(model(tokens[:, :-1]), tokens[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1


def test_what_is_not_learned_is_not_saved() -> None:
    names = GPT(SETTINGS["ours"]).state_dict()
    assert not [name for name in names if "sines" in name]
    assert "head.weight" in names


def test_a_tied_head_is_the_embedding() -> None:
    model = GPT(SETTINGS["gpt2"])
    assert model.head.weight is model.embedding.weight
    untied = GPT(SETTINGS["ours"])
    assert untied.head.weight is not untied.embedding.weight


@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_no_bias_means_none(norm: str) -> None:
    model = GPT(GPTSettings(VOCABULARY, CONTEXT, num_layers=1, width=16, norm=norm, bias=False))
    assert not [name for name, _ in model.named_parameters() if name.endswith("bias")]


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (torch.zeros(3, dtype=torch.int64), r"int64 \(batch, tokens\).*got \(3,\) of torch.int64"),
        (torch.zeros(1, 0, dtype=torch.int64), r"at least one of each, got \(1, 0\)"),
        (torch.zeros(0, 3, dtype=torch.int64), r"at least one of each, got \(0, 3\)"),
        (torch.zeros(1, 3), r"got \(1, 3\) of torch.float32"),
        (torch.zeros(1, 3, dtype=torch.int32), "of torch.int32"),
        (torch.tensor([[0, VOCABULARY]]), "between 0 and 22.*these go from 0 to 23"),
        (torch.tensor([[-1, 3]]), "these go from -1 to 3"),
        (torch.zeros(1, CONTEXT + 1, dtype=torch.int64), "17 tokens are more than the context of"),
    ],
)
@every_kind
def test_tokens_that_cannot_be_read(kind: str, tokens: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=f"(?s){message}"):
        GPT(SETTINGS[kind])(tokens)


@every_kind
def test_a_cache_that_is_full(kind: str) -> None:
    model = made(kind)
    cache = model.empty_cache()
    model(tokens_of(1, CONTEXT - 1), cache)
    with pytest.raises(ValueError, match="leave out the oldest, and start a new cache"):
        model(tokens_of(1, 2), cache)
    assert [len(layer) for layer in cache] == [CONTEXT - 1] * len(model.blocks)
    model(tokens_of(1, 1), cache)


def test_a_cache_of_another_model_or_batch() -> None:
    model = made("gpt2")
    with pytest.raises(ValueError, match=r"3 layers, this one has 2: start with model.empty_cache"):
        model(tokens_of(1, 2), made("ours").empty_cache())
    with pytest.raises(ValueError, match="0 layers"):
        model(tokens_of(1, 2), [])
    cache = model.empty_cache()
    model(tokens_of(2, 3), cache)
    with pytest.raises(ValueError, match="another batch or model"):
        model(tokens_of(3, 1), cache)
    fewer_heads = made("llama").empty_cache()
    made("llama")(tokens_of(2, 3), fewer_heads)
    with pytest.raises(ValueError, match="another batch or model"):
        model(tokens_of(2, 1), fewer_heads)
    assert isinstance(fewer_heads[0], KeyValues)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"positions": "none"}, "positions must be one of rotary, learned, got 'none'"),
        ({"norm": "batch"}, "norm must be one of layer, rms"),
        ({"activation": "elu"}, "activation must be one of"),
        ({"num_heads": 3}, "3 heads do not divide a width of 128"),
        ({"num_key_heads": 3}, "3 heads of keys do not divide 4"),
        ({"width": 4}, "1 features of a head cannot be paired"),
        ({"vocabulary_size": 0}, "vocabulary_size must be at least 1, got 0"),
        ({"context_length": 0}, "context_length must be at least 1, got 0"),
        ({"num_layers": -1}, "num_layers must be at least 0, got -1"),
        ({"hidden_features": 0}, "hidden_features must be at least 1, got 0"),
    ],
)
def test_settings_that_make_no_model(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GPT(GPTSettings(**{"vocabulary_size": VOCABULARY} | settings))
