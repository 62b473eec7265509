"""Attention against torch's own, values and gradients, and what goes wrong in other people's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from livetorch.models.attention import (
    KeyValues,
    MultiHeadAttention,
    attend,
    attention_maps,
    causal_mask,
    padding_mask,
)
from livetorch.models.rotary import rotary_tables

Attend = Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor]
TOLERANCES = {torch.float64: (1e-10, 1e-12), torch.float32: (1e-4, 1e-5)}
SHAPES = [(1, 1, 1, 1, 2), (2, 3, 5, 5, 4), (3, 2, 4, 7, 8), (2, 4, 6, 3, 2)]  # B, H, T, S, d
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)
every_dtype = pytest.mark.parametrize("dtype", list(TOLERANCES), ids=str)
seeds = pytest.mark.parametrize("seed", range(3))


def assert_close(got: Any, want: Any, dtype: torch.dtype) -> None:
    rtol, atol = TOLERANCES[dtype]
    torch.testing.assert_close(got, want, rtol=rtol, atol=atol)


def assert_same(ours: Tensor, theirs: Tensor, leaves: list[Tensor], dtype: torch.dtype) -> None:
    """The same values, and the same gradients of a sum in which each number counts differently."""
    assert_close(ours, theirs, dtype)
    factors = torch.rand(theirs.shape, generator=torch.Generator().manual_seed(7), dtype=dtype)
    sums = [(output.sin() * factors).sum() for output in (ours, theirs)]
    got, want = (torch.autograd.grad(total, leaves) for total in sums)
    assert all(gradient.isfinite().all() for gradient in got)
    assert_close(got, want, dtype)


def random(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(shape, dtype=dtype, requires_grad=True)


def masks(batch: int, heads: int, queries: int, keys: int) -> dict[str, Tensor | None]:
    """One of each kind, with rows among them that may look nowhere."""
    anywhere = torch.rand(batch, heads, queries, keys) < 0.5
    anywhere[0, 0, -1] = False
    lengths = torch.randint(keys + 1, (batch,))
    lengths[0] = 0
    given: dict[str, Tensor | None] = {"none": None, "random": anywhere, "one row": anywhere[:1]}
    given["padding"] = padding_mask(lengths, keys)
    if queries <= keys:
        given["causal"] = causal_mask(queries, keys)
    return given


def assert_attends(attend: Attend, seed: int, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    """As `torch.nn.functional.scaled_dot_product_attention` with each mask."""
    torch.manual_seed(seed)
    batch, heads, num_queries, num_keys, features = shape
    for mask in masks(batch, heads, num_queries, num_keys).values():
        queries = random(batch, heads, num_queries, features, dtype=dtype)
        keys = random(batch, heads, num_keys, features, dtype=dtype)
        values = random(batch, heads, num_keys, features, dtype=dtype)
        theirs = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=mask)
        ours = attend(queries, keys, values, mask)
        assert_same(ours, theirs, [queries, keys, values], dtype)


@every_shape
@every_dtype
@seeds
def test_attend_equals_torchs(shape: tuple[int, ...], dtype: torch.dtype, seed: int) -> None:
    assert_attends(lambda *inputs: attend(*inputs)[0], seed, shape, dtype)


def by_hand(
    scale: Callable[[int], float] = math.sqrt,
    softmax: int = -1,
    fill: float = -math.inf,
    nowhere: float | None = 0,
    reading: Callable[[Tensor], Tensor] = lambda mask: mask,
) -> Attend:
    """`attend` with one of its choices made otherwise."""

    def wrong(queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
        scores = queries @ keys.transpose(-2, -1) / scale(queries.shape[-1])
        if mask is not None:
            mask = reading(mask)
            scores = scores + mask if mask.is_floating_point() else scores.masked_fill(~mask, fill)
        weights = scores.softmax(softmax)
        if mask is not None and not mask.is_floating_point() and nowhere is not None:
            weights = weights.masked_fill(~mask, nowhere)
        return weights @ values

    return wrong


def masked_after_softmax(
    queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None
) -> Tensor:
    weights = attend(queries, keys, values)[1]
    return (weights if mask is None else weights * mask) @ values


WRONG: dict[str, Attend] = {
    "no scale": by_hand(scale=lambda _: 1),
    "divided by d instead of its root": by_hand(scale=float),
    "softmax over the queries": by_hand(softmax=-2),
    "the mask of MultiheadAttention, True where none may look": by_hand(reading=torch.logical_not),
    "a mask of ones and zeros, added": by_hand(reading=lambda mask: mask.double()),
    "a mask of zeros and -inf, which makes NaN": by_hand(reading=lambda mask: mask.double().log()),
    "NaN in rows with nowhere to look": by_hand(nowhere=None),
    "padding looked at by rows with nowhere to look": by_hand(fill=-1e6, nowhere=None),
    "scores of zero for what is masked": by_hand(fill=0, nowhere=None),
    "masked after the softmax": masked_after_softmax,
    "causal, aligned at the upper left": by_hand(
        reading=lambda mask: mask.tril() if mask.ndim == 2 else mask
    ),
    "the first text's mask for all": by_hand(reading=lambda mask: mask[:1]),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_attend_is_found(name: str) -> None:
    assert_attends(by_hand(), 0, SHAPES[2], torch.float64)
    with pytest.raises(AssertionError):
        assert_attends(WRONG[name], 0, SHAPES[2], torch.float64)


def test_weights_are_shares() -> None:
    torch.manual_seed(0)
    queries, keys, values = torch.randn(3, 2, 4, 6, 8)
    mask = torch.rand(2, 1, 6, 6) < 0.5
    mask[1, 0, 2] = False
    output, weights = attend(queries, keys, values, mask)
    assert weights.shape == (2, 4, 6, 6)
    assert not weights.masked_select(~mask).any()
    torch.testing.assert_close(weights.sum(-1), mask.any(-1).expand(2, 4, 6).float())
    assert not output[1, :, 2].any()


def test_queries_in_pieces_look_like_all_at_once() -> None:
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 2, 4, 6, 8)
    whole = attend(q, k, v, causal_mask(6))[0]
    piece = attend(q[..., 4:, :], k, v, causal_mask(2, 6))[0]
    torch.testing.assert_close(piece, whole[..., 4:, :])
    flagged = functional.scaled_dot_product_attention(q[..., 4:, :], k, v, is_causal=True)
    assert (flagged - piece).abs().max() > 0.1  # torch's flag is aligned at the upper left


def test_masks_say_where_one_may_look() -> None:
    assert causal_mask(2, 4).tolist() == [[True, True, True, False], [True] * 4]
    assert torch.equal(causal_mask(3), torch.ones(3, 3).tril().bool())
    mask = padding_mask(torch.tensor([0, 2, 3, 5]), 3)
    assert mask.shape == (4, 1, 1, 3)
    assert mask.flatten(1).sum(1).tolist() == [0, 2, 3, 3]
    with pytest.raises(ValueError, match="5 queries cannot be the last of 4 places"):
        causal_mask(5, 4)


@pytest.mark.parametrize(
    ("mask", "error", "words"),
    [
        (torch.ones(5, 5), TypeError, r"a mask is boolean.*got torch.float32.*mask == 0"),
        (torch.ones(5, 5).long(), TypeError, "a mask is boolean.*got torch.int64"),
        (torch.ones(2, 5).bool(), ValueError, r"\(2, 4, 5, 5\), got \(2, 5\).*mask\[:, None"),
        (torch.ones(2, 5, 5).bool(), ValueError, r"got \(2, 5, 5\).*by mask\[:, None\]"),
        (torch.ones(8, 5, 5).bool(), ValueError, r"got \(8, 5, 5\)"),
        (torch.ones(5, 6).bool(), ValueError, r"got \(5, 6\)"),
        (torch.ones(1, 2, 4, 5, 5).bool(), ValueError, r"got \(1, 2, 4, 5, 5\)"),
        (torch.ones(3, 1, 1, 5).bool(), ValueError, r"got \(3, 1, 1, 5\)"),
    ],
    ids=lambda value: str(tuple(value.shape)) if isinstance(value, Tensor) else "",
)
def test_a_mask_that_does_not_fit_is_refused(
    mask: Tensor, error: type[Exception], words: str
) -> None:
    layer, x = MultiHeadAttention(8, 4), torch.randn(2, 5, 8)
    with pytest.raises(error, match=words):
        layer(x, mask=mask)
    with pytest.raises(error, match=words):
        layer.weights(x, mask=mask)
    with pytest.raises(error, match=words):
        attend(torch.ones(2, 4, 5, 2), torch.ones(2, 4, 5, 2), torch.ones(2, 4, 5, 2), mask)


# Heads


def load(ours: MultiHeadAttention, theirs: nn.MultiheadAttention) -> MultiHeadAttention:
    """Give ours the weights of torch's, which keeps those of queries, keys and values in one."""
    state = {"out.weight": theirs.out_proj.weight, "out.bias": theirs.out_proj.bias}
    for kind, part in (("weight", theirs.in_proj_weight), ("bias", theirs.in_proj_bias)):
        for name, piece in zip(("query", "key", "value"), part.chunk(3), strict=True):
            state[f"{name}.{kind}"] = piece
    ours.load_state_dict(state)
    return ours


def torch_heads(width: int, heads: int, dtype: torch.dtype) -> nn.MultiheadAttention:
    """A layer whose biases are not zero, since zeros hide a wrong load."""
    layer = nn.MultiheadAttention(width, heads, batch_first=True, dtype=dtype).eval()
    for bias in (layer.in_proj_bias, layer.out_proj.bias):
        nn.init.normal_(bias)
    return layer


def assert_looks(
    kind: type[MultiHeadAttention], seed: int, heads: int, dtype: torch.dtype, **settings: Any
) -> None:
    """As `torch.nn.MultiheadAttention`: alone, causal, with padding, at a context; the weights."""
    torch.manual_seed(seed)
    batch, steps, width = 3, 5, 12
    theirs = torch_heads(width, heads, dtype)
    ours = load(kind(width, heads, **settings).to(dtype), theirs).eval()
    lengths = torch.randint(1, steps + 1, (batch,))
    inside, looks = padding_mask(lengths, steps), causal_mask(steps)
    random_mask = (torch.rand(batch, heads, steps, steps) < 0.5) | torch.eye(steps).bool()
    cases: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({}, {}),
        ({"causal": True}, {"attn_mask": ~looks}),
        ({"mask": inside}, {"key_padding_mask": ~inside[:, 0, 0]}),
        (
            {"mask": inside, "causal": True},
            {"key_padding_mask": ~inside[:, 0, 0], "attn_mask": ~looks},
        ),
        ({"mask": random_mask}, {"attn_mask": ~random_mask.flatten(0, 1)}),
    ]
    for mine, torchs in cases:
        x = random(batch, steps, width, dtype=dtype)
        output, weights = theirs(x, x, x, average_attn_weights=False, **torchs)
        assert_same(ours(x, **mine), output, [x], dtype)
        assert_close(ours.weights(x, **mine), weights, dtype)
    x, context = random(batch, 4, width, dtype=dtype), random(batch, steps, width, dtype=dtype)
    output, weights = theirs(
        x, context, context, key_padding_mask=~inside[:, 0, 0], average_attn_weights=False
    )
    assert_same(ours(x, context, mask=inside), output, [x, context], dtype)
    assert_close(ours.weights(x, context, mask=inside), weights, dtype)


@pytest.mark.parametrize("heads", [1, 3, 4])
@every_dtype
@seeds
def test_heads_equal_torchs(heads: int, dtype: torch.dtype, seed: int) -> None:
    assert_looks(MultiHeadAttention, seed, heads, dtype)


def test_the_weights_learn_as_torchs() -> None:
    torch.manual_seed(0)
    theirs = torch_heads(8, 2, torch.float64)
    ours = load(MultiHeadAttention(8, 2).double(), theirs)
    x = random(2, 5, 8)
    for output in (ours(x, causal=True), theirs(x, x, x, attn_mask=~causal_mask(5))[0]):
        output.sin().sum().backward()
    got = torch.cat([part.weight.grad for part in (ours.query, ours.key, ours.value)])  # type: ignore[misc]
    torch.testing.assert_close(got, theirs.in_proj_weight.grad)
    torch.testing.assert_close(ours.out.weight.grad, theirs.out_proj.weight.grad)


class Changed(MultiHeadAttention):
    """Heads that are looked at with one step done otherwise."""

    def change(self, queries: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, ...]:
        return queries, keys, values

    def _prepared(self, *inputs: Any, **looks: Any) -> Any:
        *parts, mask, causal = super()._prepared(*inputs, **looks)
        return *self.change(*parts), mask, causal


class HeadsCutAcrossPlaces(Changed):
    """`view(B, H, T, d)` instead of splitting the features and swapping."""

    def change(self, *parts: Tensor) -> tuple[Tensor, ...]:
        return tuple(part.transpose(1, 2).reshape(part.shape) for part in parts)


class HeadsInAnotherOrder(Changed):
    def change(self, queries: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, ...]:
        return queries, keys, values.flip(1)


class BatchAndPlacesSwapped(MultiHeadAttention):
    """What `batch_first` forgotten does: each place looks at the same place of other texts."""

    def forward(self, x: Tensor, context: Tensor | None = None, **_: Any) -> Tensor:
        swapped = None if context is None else context.transpose(0, 1)
        return super().forward(x.transpose(0, 1), swapped).transpose(0, 1)


class MaskReversed(MultiHeadAttention):
    """A mask as `torch.nn.MultiheadAttention` reads it."""

    def forward(self, x: Tensor, context: Tensor | None = None, **looks: Any) -> Tensor:
        if looks.get("mask") is not None:
            looks["mask"] = ~looks["mask"]
        return super().forward(x, context, **looks)


class PaddingForgottenWhereCausal(MultiHeadAttention):
    def forward(self, x: Tensor, context: Tensor | None = None, **looks: Any) -> Tensor:
        if looks.get("causal"):
            looks["mask"] = None
        return super().forward(x, context, **looks)


class WeightsAveraged(MultiHeadAttention):
    """What torch's layer returns unless it is told otherwise."""

    def weights(self, *inputs: Any, **looks: Any) -> Tensor:
        return super().weights(*inputs, **looks).mean(1, keepdim=True)


@pytest.mark.parametrize(
    "wrong",
    [
        HeadsCutAcrossPlaces,
        HeadsInAnotherOrder,
        BatchAndPlacesSwapped,
        MaskReversed,
        PaddingForgottenWhereCausal,
        WeightsAveraged,
    ],
)
def test_wrong_heads_are_found(wrong: type[MultiHeadAttention]) -> None:
    with pytest.raises((AssertionError, RuntimeError, ValueError)) as error:
        assert_looks(wrong, 0, 3, torch.float64)
    if wrong is not BatchAndPlacesSwapped:  # its context may not even fit
        assert error.type is AssertionError


@pytest.mark.parametrize("key_heads", [1, 2, 4])
@seeds
def test_grouped_queries_share_keys(key_heads: int, seed: int) -> None:
    """As many heads of keys and values as of queries, with the shared ones repeated."""
    torch.manual_seed(seed)
    grouped = MultiHeadAttention(16, 4, num_key_heads=key_heads).double()
    full = MultiHeadAttention(16, 4).double()

    def repeat(weight: Tensor, tile: bool = False) -> Tensor:
        heads = weight.unflatten(0, (key_heads, 4))
        heads = heads.repeat(4 // key_heads, *[1] * weight.ndim) if tile else heads
        return (heads if tile else heads.repeat_interleave(4 // key_heads, 0)).flatten(0, 1)

    def state(tile: bool) -> dict[str, Tensor]:
        return {
            name: repeat(part, tile) if name.startswith(("key", "value")) else part
            for name, part in grouped.state_dict().items()
        }

    x = random(2, 5, 16)
    full.load_state_dict(state(tile=False))
    assert_same(grouped(x, causal=True), full(x, causal=True), [x], torch.float64)
    assert_close(grouped.weights(x), full.weights(x), torch.float64)
    full.load_state_dict(state(tile=True))  # neighbors share, not every second head
    assert torch.allclose(grouped(x), full(x)) == (key_heads != 2)


def test_dropout_acts_in_training_alone() -> None:
    torch.manual_seed(0)
    layer, x = MultiHeadAttention(8, 2, dropout=0.5), torch.randn(2, 6, 8)
    plain = MultiHeadAttention(8, 2)
    plain.load_state_dict(layer.state_dict())
    assert not torch.allclose(layer(x), layer(x))
    torch.testing.assert_close(layer.eval()(x), plain(x))


def test_normalized_queries_and_keys_have_bounded_scores() -> None:
    torch.manual_seed(0)
    layer, x = MultiHeadAttention(16, 2, normalize=True).double(), random(2, 6, 16)
    queries, keys, *_ = layer._prepared(x * 1000, None)
    torch.testing.assert_close(queries.square().mean(-1), torch.ones_like(queries[..., 0]))
    assert (queries @ keys.transpose(-1, -2) / math.sqrt(8)).abs().max() <= math.sqrt(8) + 1e-9
    bias_free = MultiHeadAttention(16, 2, normalize=True, bias=False).double()
    torch.testing.assert_close(bias_free.weights(x), bias_free.weights(1000 * x), atol=1e-4, rtol=0)


def test_one_text_without_a_batch() -> None:
    torch.manual_seed(0)
    layer, x = MultiHeadAttention(12, 3, num_key_heads=1), torch.randn(5, 12)
    for looks in ({}, {"causal": True}, {"mask": causal_mask(5)}):
        torch.testing.assert_close(layer(x, **looks), layer(x[None], **looks)[0])
        torch.testing.assert_close(layer.weights(x, **looks), layer.weights(x[None], **looks)[0])


def test_places_have_no_order_unless_they_are_given_one() -> None:
    torch.manual_seed(0)
    layer, x = MultiHeadAttention(16, 4).double(), random(2, 7, 16)
    order = torch.randperm(7)
    torch.testing.assert_close(layer(x[:, order]), layer(x)[:, order])
    rotary = tuple(table.double() for table in rotary_tables(7, 4))
    turned = layer(x[:, order], rotary=rotary), layer(x, rotary=rotary)[:, order]
    assert (turned[0] - turned[1]).abs().max() > 0.01


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"width": 10, "num_heads": 3}, "3 heads do not divide a width of 10"),
        ({"width": 10, "num_heads": 0}, "0 heads do not divide"),
        ({"width": 8, "num_heads": 4, "num_key_heads": 3}, "3 heads of keys do not divide 4"),
        ({"width": 8, "num_heads": 4, "num_key_heads": 0}, "0 heads of keys do not divide"),
        ({"width": 8, "num_heads": 4, "num_key_heads": 8}, "8 heads of keys do not divide 4"),
    ],
)
def test_heads_that_do_not_divide_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        MultiHeadAttention(**settings)


# A cache


@pytest.mark.parametrize("pieces", [[6], [1] * 6, [3, 1, 2], [1, 4, 1]], ids=str)
@pytest.mark.parametrize("key_heads", [2, 1])
def test_a_text_in_pieces_is_the_text(pieces: list[int], key_heads: int) -> None:
    torch.manual_seed(0)
    layer = MultiHeadAttention(16, 2, num_key_heads=key_heads, normalize=True).double()
    x, cache = random(3, 6, 16), KeyValues()
    tables = tuple(table.double() for table in rotary_tables(6, 8))
    inside = torch.rand(3, 1, 6, 6) < 0.7
    with_mask = KeyValues()
    outputs, masked, start = [], [], 0
    for length in pieces:
        end = start + length
        rotary = tuple(table[start:end] for table in tables)
        part = x[:, start:end]
        outputs.append(layer(part, causal=True, rotary=rotary, cache=cache))
        mask = inside[..., start:end, :end]
        masked.append(layer(part, mask=mask, causal=True, rotary=rotary, cache=with_mask))
        start = end
        assert len(cache) == end
    whole = layer(x, causal=True, rotary=tables)
    assert_same(torch.cat(outputs, 1), whole, [x], torch.float64)
    whole = layer(x, mask=inside, causal=True, rotary=tables)
    assert_same(torch.cat(masked, 1), whole, [x], torch.float64)


def test_all_places_numbered_from_zero_are_found() -> None:
    """A cache whose new places begin again at 0 writes another text."""
    torch.manual_seed(0)
    layer, x, cache = MultiHeadAttention(16, 2).double(), random(1, 6, 16), KeyValues()
    tables = tuple(table.double() for table in rotary_tables(6, 8))
    first = tuple(table[:1] for table in tables)
    wrong = [layer(x[:, [t]], causal=True, rotary=first, cache=cache) for t in range(6)]
    whole = layer(x, causal=True, rotary=tables)
    assert (torch.cat(wrong, 1) - whole).abs().max() > 0.01


def test_a_cache_of_another_batch_or_model_is_refused() -> None:
    layer, cache = MultiHeadAttention(16, 2), KeyValues()
    layer(torch.randn(2, 3, 16), cache=cache)
    words = r"\(2, 2, 8\), these are \(3, 2, 8\): it is of another batch or model"
    with pytest.raises(ValueError, match=words):
        layer(torch.randn(3, 1, 16), cache=cache)
    for other in (
        MultiHeadAttention(16, 4),
        MultiHeadAttention(32, 2),
        MultiHeadAttention(16, 2, num_key_heads=1),
    ):
        with pytest.raises(ValueError, match="of another batch or model"):
            other(torch.randn(2, 1, other.query.in_features), cache=cache)
    assert len(cache) == 3


def test_an_error_leaves_the_cache_as_it_was() -> None:
    layer, cache = MultiHeadAttention(16, 2), KeyValues()
    layer(torch.randn(2, 3, 16), cache=cache)
    with pytest.raises(ValueError, match="the mask must fit"):
        layer(torch.randn(2, 1, 16), cache=cache, mask=torch.ones(2, 2, dtype=torch.bool))
    assert len(cache) == 3


def test_one_graph_reads_caches_of_any_length() -> None:
    torch.manual_seed(0)

    class Step(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = MultiHeadAttention(8, 2)

        def forward(self, x: Tensor, keys: Tensor, values: Tensor) -> Tensor:
            return self.layer(x, causal=True, cache=KeyValues(keys, values))

    step, x = Step(), torch.randn(1, 1, 8)
    kept = torch.randn(2, 1, 2, 3, 4)
    places = {2: torch.export.Dim("S", min=1, max=20)}
    graph = torch.export.export(step, (x, *kept), dynamic_shapes=({}, places, places)).module()
    longer = torch.randn(2, 1, 2, 9, 4)
    torch.testing.assert_close(graph(x, *longer), step(x, *longer))


def test_what_is_of_x_is_not_asked_of_a_context() -> None:
    layer, x, context = MultiHeadAttention(8, 2), torch.randn(2, 3, 8), torch.randn(2, 5, 8)
    for looks in ({"causal": True}, {"rotary": rotary_tables(3, 4)}, {"cache": KeyValues()}):
        with pytest.raises(ValueError, match="places of x, and of no context"):
            layer(x, context, **looks)
    torch.testing.assert_close(layer(x, x, causal=True), layer(x, causal=True))


# Maps


def test_maps_are_the_weights_of_each_layer() -> None:
    torch.manual_seed(0)

    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.second = MultiHeadAttention(8, 1)
            self.first = MultiHeadAttention(8, 2)

        def forward(self, x: Tensor, cache: KeyValues | None = None) -> Tensor:
            return self.second(self.first(x, causal=True, cache=cache), x)

    model, x = Two(), torch.randn(3, 5, 8)
    first, second = attention_maps(model, x)
    assert (first.shape, second.shape) == ((3, 2, 5, 5), (3, 1, 5, 5))
    torch.testing.assert_close(first, model.first.weights(x, causal=True))
    assert not first.requires_grad
    assert not any(module._forward_pre_hooks for module in model.modules())
    cache = KeyValues()
    attention_maps(model, x[:, :3], cache)
    assert len(cache) == 3  # read once, though each layer was asked twice
    assert torch.allclose(attention_maps(model, x[:, 3:], cache)[0], first[..., 3:, :])
    assert len(cache) == 5


def test_hooks_are_removed_after_an_error() -> None:
    model = MultiHeadAttention(8, 2)
    with pytest.raises(RuntimeError):
        attention_maps(model, torch.randn(2, 3, 9))
    assert not model._forward_pre_hooks
