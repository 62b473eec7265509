"""Blocks, encoder and decoder against torch's with the same weights: values and gradients."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from livetorch.models.attention import MultiHeadAttention, causal_mask, padding_mask
from livetorch.models.transformer import ACTIVATIONS, Block, Decoder, Encoder, FeedForward

B, T, S, D, HEADS, HIDDEN = 3, 6, 4, 16, 4, 24
TOLERANCES = {torch.float64: (1e-9, 1e-11), torch.float32: (1e-4, 1e-5)}
either_order = pytest.mark.parametrize("norm_first", [True, False], ids=["pre-norm", "post-norm"])
either_activation = pytest.mark.parametrize("activation", ["relu", "gelu"])
either_dtype = pytest.mark.parametrize("dtype", list(TOLERANCES), ids=str)
either_mode = pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
seeds = pytest.mark.parametrize("seed", range(2))


def random(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(shape, dtype=dtype, requires_grad=True)


def assert_same(ours: Tensor, theirs: Tensor, leaves: list[Tensor]) -> None:
    """The same values, and the same gradients of a sum in which each number counts differently."""
    rtol, atol = TOLERANCES[theirs.dtype]
    torch.testing.assert_close(ours, theirs, rtol=rtol, atol=atol)
    factors = torch.rand(theirs.shape, generator=torch.Generator().manual_seed(7)).to(theirs)
    sums = [(output.sin() * factors).sum() for output in (ours, theirs)]
    got, want = (torch.autograd.grad(total, leaves) for total in sums)
    torch.testing.assert_close(got, want, rtol=10 * rtol, atol=10 * atol)


def renamed(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights of torch's layers under the names of ours."""
    cross = any("multihead_attn" in name for name in state)
    names = {
        "self_attn.": "attention.",
        "multihead_attn.": "cross_attention.",
        "out_proj.": "out.",
        "linear1.": "feed_forward.up.",
        "linear2.": "feed_forward.down.",
        "norm1.": "attention_norm.",
        "norm2.": "cross_norm." if cross else "feed_forward_norm.",
        "norm3.": "feed_forward_norm.",
        "layers.": "blocks.",
    }
    new = {}
    for name, part in state.items():
        for theirs, ours in names.items():
            name = name.replace(theirs, ours)
        if "in_proj_" in name:
            for which, piece in zip(("query", "key", "value"), part.chunk(3), strict=True):
                new[name.replace("in_proj_", f"{which}.")] = piece
        else:
            new[name] = part
    return new


def loaded(ours: nn.Module, theirs: nn.Module) -> nn.Module:
    """Ours with the weights of torch's, all of which are random: zeros and ones hide mistakes."""
    for name, parameter in theirs.named_parameters():
        if parameter.ndim == 1:
            start = 1.0 if "norm" in name and name.endswith("weight") else 0.0
            nn.init.normal_(parameter, mean=start, std=0.2)
    ours.load_state_dict(renamed(theirs.state_dict()))
    return ours


def torch_settings(norm_first: bool, activation: str, dtype: torch.dtype) -> dict[str, Any]:
    return {
        "dim_feedforward": HIDDEN,
        "dropout": 0.0,  # torch's own default is 0.1
        "activation": activation,
        "batch_first": True,
        "norm_first": norm_first,
        "dtype": dtype,
    }


def assert_encodes(
    kind: type[Block],
    seed: int = 0,
    norm_first: bool = True,
    activation: str = "gelu",
    dtype: torch.dtype = torch.float64,
    training: bool = True,
) -> None:
    """As `torch.nn.TransformerEncoderLayer`, with each mask."""
    torch.manual_seed(seed)
    theirs = nn.TransformerEncoderLayer(D, HEADS, **torch_settings(norm_first, activation, dtype))
    ours = kind(D, HEADS, HIDDEN, norm_first=norm_first, activation=activation).to(dtype)
    loaded(ours, theirs)
    ours.train(training)
    theirs.train(training)
    inside = padding_mask(torch.randint(1, T + 1, (B,)), T)
    cases: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({}, {}),
        ({"causal": True}, {"src_mask": ~causal_mask(T)}),
        ({"mask": inside}, {"src_key_padding_mask": ~inside[:, 0, 0]}),
        (
            {"mask": inside, "causal": True},
            {"src_key_padding_mask": ~inside[:, 0, 0], "src_mask": ~causal_mask(T)},
        ),
    ]
    for mine, torchs in cases:
        x = random(B, T, D, dtype=dtype)
        assert_same(ours(x, **mine), theirs(x, **torchs), [x])
        with torch.no_grad():  # torch takes another path here in evaluation
            rtol, atol = TOLERANCES[dtype]
            torch.testing.assert_close(ours(x, **mine), theirs(x, **torchs), rtol=rtol, atol=atol)


@either_order
@either_activation
@either_dtype
@either_mode
@seeds
def test_a_block_equals_torchs_encoder_layer(
    norm_first: bool, activation: str, dtype: torch.dtype, training: bool, seed: int
) -> None:
    assert_encodes(Block, seed, norm_first, activation, dtype, training)


class OtherOrder(Block):
    """Post-norm where pre-norm was asked for, and the other way round."""

    def __init__(self, *sizes: int, norm_first: bool = True, **settings: Any) -> None:
        super().__init__(*sizes, norm_first=not norm_first, **settings)


class OtherEps(Block):
    def __init__(self, *sizes: int, **settings: Any) -> None:
        super().__init__(*sizes, norm_eps=1e-6, **settings)


class OtherGelu(Block):
    """The tanh form of GPT-2 for the exact one."""

    def __init__(self, *sizes: int, activation: str = "gelu", **settings: Any) -> None:
        super().__init__(*sizes, activation=f"{activation} tanh", **settings)


class NormalizedSum(Block):
    """The sum goes on from what was normalized: the residual connection is cut."""

    def _residual(self, x: Tensor, norm: Any, part: nn.Module, **looks: Any) -> Tensor:
        x = norm(x)
        return x + part(x, **looks)


class NoResidual(Block):
    def _residual(self, x: Tensor, norm: Any, part: nn.Module, **looks: Any) -> Tensor:
        return part(norm(x), **looks)


class MaskOnlyForTheSecondPart(Block):
    """A mask that does not arrive."""

    def forward(self, x: Tensor, *context: Any, **looks: Any) -> Tensor:
        return super().forward(x, *context, causal=looks.get("causal", False))


class NormsSwapped(Block):
    def forward(self, x: Tensor, *context: Any, **looks: Any) -> Tensor:
        first, second = self.attention_norm, self.feed_forward_norm
        self.attention_norm, self.feed_forward_norm = second, first
        try:
            return super().forward(x, *context, **looks)
        finally:
            self.attention_norm, self.feed_forward_norm = first, second


WRONG = [OtherOrder, OtherEps, OtherGelu, NormalizedSum, NoResidual, MaskOnlyForTheSecondPart]


@pytest.mark.parametrize("wrong", [*WRONG, NormsSwapped])
def test_a_wrong_block_is_found(wrong: type[Block]) -> None:
    with pytest.raises(AssertionError):
        assert_encodes(wrong)


def test_batch_first_forgotten_is_found() -> None:
    torch.manual_seed(0)
    settings = torch_settings(True, "relu", torch.float64)
    theirs = nn.TransformerEncoderLayer(D, HEADS, **settings | {"batch_first": False}).eval()
    ours = loaded(Block(D, HEADS, HIDDEN).double(), theirs)
    x = random(B, T, D)
    assert theirs(x).shape == ours(x).shape
    assert (theirs(x) - ours(x)).abs().max() > 0.1
    assert_same(ours(x), theirs(x.transpose(0, 1)).transpose(0, 1), [x])


@either_order
@either_activation
@either_dtype
@seeds
def test_a_block_with_a_context_equals_torchs_decoder_layer(
    norm_first: bool, activation: str, dtype: torch.dtype, seed: int
) -> None:
    torch.manual_seed(seed)
    theirs = nn.TransformerDecoderLayer(D, HEADS, **torch_settings(norm_first, activation, dtype))
    ours = Block(
        D, HEADS, HIDDEN, norm_first=norm_first, activation=activation, cross_attention=True
    ).to(dtype)
    loaded(ours, theirs)
    inside = padding_mask(torch.randint(1, S + 1, (B,)), S)
    x, context = random(B, T, D, dtype=dtype), random(B, S, D, dtype=dtype)
    assert_same(ours(x, context), theirs(x, context), [x, context])
    theirs_out = theirs(
        x, context, tgt_mask=~causal_mask(T), memory_key_padding_mask=~inside[:, 0, 0]
    )
    assert_same(ours(x, context, inside, causal=True), theirs_out, [x, context])
    allowed = torch.rand(T, S) < 0.5
    allowed[:, 0] = True
    theirs_out = theirs(x, context, memory_mask=~allowed)
    assert_same(ours(x, context, allowed), theirs_out, [x, context])
    with pytest.raises(AssertionError):
        assert_same(ours(x, context, allowed, causal=True), theirs_out, [x, context])


@either_order
@either_mode
@seeds
def test_an_encoder_equals_torchs(norm_first: bool, training: bool, seed: int) -> None:
    torch.manual_seed(seed)
    settings = torch_settings(norm_first, "gelu", torch.float64)
    layer = nn.TransformerEncoderLayer(D, HEADS, **settings)
    last = nn.LayerNorm(D, dtype=torch.float64) if norm_first else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a fast path that pre-norm has not
        theirs = nn.TransformerEncoder(layer, 3, norm=last).train(training)
    for parameter in theirs.parameters():  # all layers are copies of one
        nn.init.normal_(parameter, std=0.2)
    ours = Encoder(3, D, HEADS, HIDDEN, activation="gelu", norm_first=norm_first).double()
    loaded(ours, theirs).train(training)
    x, lengths = random(B, T, D), torch.randint(1, T + 1, (B,))
    assert_same(ours(x), theirs(x), [x])
    inside = padding_mask(lengths, T)
    assert_same(ours(x, inside), theirs(x, src_key_padding_mask=~inside[:, 0, 0]), [x])
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nested tensors are a prototype
        output = theirs(x, src_key_padding_mask=~inside[:, 0, 0])
    real = inside[:, 0, 0, : output.shape[1]]
    torch.testing.assert_close(ours(x, inside)[:, : output.shape[1]][real], output[real])
    if not norm_first and not training:  # torch's fast path writes zeros over the rest
        assert not output[~real].any()


@either_order
@seeds
def test_a_decoder_equals_torchs(norm_first: bool, seed: int) -> None:
    torch.manual_seed(seed)
    settings = torch_settings(norm_first, "relu", torch.float64)
    last = nn.LayerNorm(D, dtype=torch.float64) if norm_first else None
    theirs = nn.TransformerDecoder(nn.TransformerDecoderLayer(D, HEADS, **settings), 2, last)
    for parameter in theirs.parameters():
        nn.init.normal_(parameter, std=0.2)
    ours = Decoder(2, D, HEADS, HIDDEN, norm_first=norm_first).double()
    loaded(ours, theirs)
    x, context = random(B, T, D), random(B, S, D)
    inside = padding_mask(torch.randint(1, S + 1, (B,)), S)
    output = theirs(x, context, tgt_mask=~causal_mask(T), memory_key_padding_mask=~inside[:, 0, 0])
    assert_same(ours(x, context, inside), output, [x, context])


def test_each_layer_starts_by_itself_and_the_last_norm_is_of_the_kind_of_the_blocks() -> None:
    torch.manual_seed(0)
    encoder = Encoder(2, D, HEADS, HIDDEN, norm="rms", norm_eps=1e-6, bias=False)
    first, second = (block.state_dict() for block in encoder.blocks)
    assert not torch.equal(first["feed_forward.up.weight"], second["feed_forward.up.weight"])
    assert isinstance(encoder.norm, nn.RMSNorm)
    assert encoder.norm.eps == 1e-6
    assert not any(name.endswith("bias") for name, _ in encoder.named_parameters())
    plain = Encoder(1, D, HEADS, HIDDEN, bias=False)
    assert not any(name.endswith("bias") for name, _ in plain.named_parameters())
    assert isinstance(Encoder(1, D, HEADS, HIDDEN, norm_first=False).norm, nn.Identity)


def test_a_place_reads_what_stands_before_it() -> None:
    torch.manual_seed(0)
    decoder = Decoder(2, D, HEADS, HIDDEN).double()
    x, context = random(1, T, D), random(1, S, D)
    (gradient,) = torch.autograd.grad(decoder(x, context)[0, 2].sin().sum(), x)
    assert gradient[0].any(-1).tolist() == [True] * 3 + [False] * 3


def test_what_is_padded_changes_no_real_place() -> None:
    torch.manual_seed(0)
    encoder, x = Encoder(2, D, HEADS, HIDDEN).double(), random(2, T, D)
    mask = padding_mask(torch.tensor([T, 4]), T)
    alone = encoder(x[1:, :4])
    torch.testing.assert_close(encoder(x, mask)[1:, :4], alone)
    assert (encoder(x)[1:, :4] - alone).abs().max() > 0.01


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_the_small_network_by_hand(activation: str, bias: bool) -> None:
    torch.manual_seed(0)
    network, x = FeedForward(5, 7, activation, bias).double(), random(2, 3, 5)
    hidden = network.up(x)
    if activation == "swiglu":
        assert network.gate is not None
        gate = network.gate(x)
        hidden = hidden * gate * gate.sigmoid()
    elif activation == "relu^2":
        hidden = hidden.clamp(min=0) ** 2
    else:
        form = {"gelu": "none", "gelu tanh": "tanh"}.get(activation)
        hidden = (
            functional.relu(hidden) if form is None else functional.gelu(hidden, approximate=form)
        )
    torch.testing.assert_close(network(x), network.down(hidden))
    assert sum(part.numel() for part in network.parameters()) == (
        (3 if activation == "swiglu" else 2) * 35
        + bias * (7 + 5 + (7 if activation == "swiglu" else 0))
    )


def test_silu_on_the_other_half_is_found() -> None:
    torch.manual_seed(0)
    network, x = FeedForward(5, 7, "swiglu").double(), random(2, 3, 5)
    assert network.gate is not None
    wrong = network.down(network.gate(x) * functional.silu(network.up(x)))
    assert (wrong - network(x)).abs().max() > 1e-3


def test_dropout_acts_in_training_alone() -> None:
    torch.manual_seed(0)
    block, x = Block(D, HEADS, HIDDEN, dropout=0.3), torch.randn(2, T, D)
    plain = Block(D, HEADS, HIDDEN)
    plain.load_state_dict(block.state_dict())
    assert not torch.allclose(block(x), block(x))
    torch.testing.assert_close(block.eval()(x), plain(x))


def test_settings_reach_both_looks() -> None:
    block = Block(D, HEADS, HIDDEN, cross_attention=True, num_key_heads=2, normalize=True)
    looks = [part for part in block.modules() if isinstance(part, MultiHeadAttention)]
    assert [(look.grouped, look.normalize) for look in looks] == [(True, True)] * 2


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"norm": "batch"}, "norm must be one of layer, rms, got 'batch'"),
        ({"activation": "tanh"}, "activation must be one of relu, .*swiglu, got 'tanh'"),
        ({"num_key_heads": 3}, "3 heads of keys do not divide 4"),
    ],
)
def test_a_block_of_unknown_parts_is_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Block(D, HEADS, HIDDEN, **settings)
    with pytest.raises(ValueError, match=words):
        Encoder(1, D, HEADS, HIDDEN, **settings)


def test_a_context_is_given_where_one_is_looked_at() -> None:
    x, context = torch.randn(2, T, D), torch.randn(2, S, D)
    with pytest.raises(ValueError, match="looks at a context, and got none"):
        Block(D, HEADS, HIDDEN, cross_attention=True)(x)
    with pytest.raises(ValueError, match="has no cross attention, and got a context"):
        Block(D, HEADS, HIDDEN)(x, context)
    with pytest.raises(ValueError, match=r"the mask must fit.*\(2, 4, 6, 4\), got \(6, 6\)"):
        Decoder(1, D, HEADS, HIDDEN)(x, context, causal_mask(T))
