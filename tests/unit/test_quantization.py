"""Weights in fewer bits: what rounding costs, what is packed comes back, and what is refused."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from livetorch.models.gpt import GPT, GPTSettings
from livetorch.quantization import (
    dequantize,
    pack_nibbles,
    quantize_groups,
    quantize_rows,
    quantized_state,
    restored_state,
    unpack_nibbles,
)


def drawn(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


@pytest.mark.parametrize("bits", range(2, 9))
@pytest.mark.parametrize("group", [1, 3, 8, 24])
@pytest.mark.parametrize("scale_dtype", [torch.float32, torch.float16])
def test_a_weight_lies_at_most_half_a_step_off(
    bits: int, group: int, scale_dtype: torch.dtype
) -> None:
    weights = drawn(10, 24, seed=bits) * 10.0 ** torch.arange(-6, 4)[:, None]
    numbers, scales = quantize_groups(weights, bits, group, scale_dtype)
    assert (numbers.dtype, scales.dtype) == (torch.int8, scale_dtype)
    assert (numbers.shape, scales.shape) == (weights.shape, (10, 24 // group))
    largest = 2 ** (bits - 1) - 1
    assert numbers.abs().max() <= largest
    steps = scales.float().repeat_interleave(group, dim=1)
    errors = (dequantize(numbers, scales) - weights).abs()
    assert (errors <= steps / 2 * (1 + 1e-4)).all()
    if scale_dtype == torch.float32:
        assert (numbers.unflatten(1, (-1, group)).abs().amax(dim=2) == largest).all()


def test_numbers_worked_out_by_hand() -> None:
    weights = torch.tensor([[0.7, -0.2, 0.04, 0.0], [14.0, -3.1, 1.0, -1.2]])
    numbers, scales = quantize_rows(weights, bits=4)
    assert numbers.tolist() == [[7, -2, 0, 0], [7, -2, 0, -1]]  # .5 of a step goes to the even
    torch.testing.assert_close(scales, torch.tensor([[0.1], [2.0]]))
    numbers, scales = quantize_groups(weights, bits=4, group=2)
    assert numbers.tolist() == [[7, -2, 7, 0], [7, -2, 6, -7]]
    torch.testing.assert_close(
        dequantize(numbers, scales),
        torch.tensor([[0.7, -0.2, 0.04, 0.0], [14.0, -4.0, 6 * 1.2 / 7, -1.2]]),
    )


def test_rows_are_what_torch_quantizes_by_channel() -> None:
    weights = drawn(12, 40)
    numbers, scales = quantize_rows(weights)
    torchs = torch.fake_quantize_per_channel_affine(
        weights, scales[:, 0], torch.zeros(12, dtype=torch.int32), 0, -127, 127
    )
    torch.testing.assert_close(dequantize(numbers, scales), torchs)


@pytest.mark.parametrize("seed", range(3))
def test_the_error_of_many_weights_is_a_step_over_the_root_of_12(seed: int) -> None:
    weights = drawn(64, 256, seed=seed)
    numbers, scales = quantize_rows(weights)
    errors = (dequantize(numbers, scales) - weights) / scales
    assert errors.square().mean().sqrt().item() == pytest.approx(1 / math.sqrt(12), rel=0.02)


def test_each_group_has_a_scale_of_its_own() -> None:
    # One large weight spoils the step of its own group; with a scale for the row it spoils all.
    weights = torch.full((1, 64), 0.1)
    weights[0, 0] = 10
    by_row = dequantize(*quantize_rows(weights, bits=4))
    by_group = dequantize(*quantize_groups(weights, bits=4, group=32))
    assert by_row[0, 1:].abs().max() == 0
    torch.testing.assert_close(by_group[0, 32:], weights[0, 32:])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_other_floats(dtype: torch.dtype) -> None:
    weights = drawn(4, 8).to(dtype)
    numbers, scales = quantize_rows(weights)
    assert scales.dtype == torch.float32
    expected, _ = quantize_rows(weights.float())
    torch.testing.assert_close(numbers, expected, atol=1, rtol=0)
    restored = dequantize(numbers, scales, dtype)
    assert restored.dtype == dtype
    torch.testing.assert_close(restored, weights, atol=0.02, rtol=0.02)


def test_a_group_of_zeros_stays_zero() -> None:
    weights = drawn(3, 8)
    weights[1] = 0
    for dtype in (torch.float32, torch.float16):
        restored = dequantize(*quantize_groups(weights, 4, 4, dtype))
        assert restored.isfinite().all()
        assert (restored[1] == 0).all()


def test_a_parameter_leaves_its_graph() -> None:
    numbers, scales = quantize_rows(nn.Linear(4, 2).weight)
    assert not numbers.requires_grad
    assert not scales.requires_grad


@pytest.mark.parametrize(
    ("weights", "arguments", "error", "message"),
    [
        (drawn(2, 8), (1, 8), ValueError, "bits must be from 2 to 8, .* got 1"),
        (drawn(2, 8), (9, 8), ValueError, "bits must be from 2 to 8, .* got 9"),
        (drawn(2, 8), (4, 3), ValueError, "groups of 3 do not divide rows of 8 weights"),
        (drawn(2, 8), (4, 16), ValueError, "groups of 16 do not divide rows of 8"),
        (drawn(2, 8), (4, 0), ValueError, "groups of 0 do not divide"),
        (drawn(8), (4, 4), ValueError, r"matrix \(outputs, inputs\), got \(8,\)"),
        (drawn(2, 3, 8), (4, 4), ValueError, r"got \(2, 3, 8\)"),
        (drawn(2, 0), (4, 1), ValueError, r"got \(2, 0\)"),
        (torch.ones(2, 8, dtype=torch.int8), (4, 4), TypeError, "floating-point.*torch.int8"),
        (drawn(2, 8).log(), (4, 4), ValueError, r"\d of 16 weights are NaN or infinite"),
        (torch.tensor([[1.0, math.inf]]), (4, 2), ValueError, "1 of 2 weights are NaN or infinite"),
        (torch.tensor([[1e9]]), (8, 1, torch.float16), ValueError, "beyond the range of .*float16"),
    ],
)
def test_weights_that_cannot_be_quantized(
    weights: Tensor, arguments: tuple[int, int], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        quantize_groups(weights, *arguments)


@pytest.mark.parametrize("shape", [(), (5,)])
def test_rows_of_what_is_no_matrix(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="must be a matrix"):
        quantize_rows(torch.ones(shape))


def test_scales_that_are_not_those_of_the_numbers() -> None:
    numbers, scales = quantize_groups(drawn(4, 8), group=4)
    for wrong in (scales[:3], scales[:, 0], scales[:, :0], scales.repeat(1, 2)[:, :3]):
        with pytest.raises(ValueError, match=r"fit no groups of numbers \(4, 8\)"):
            dequantize(numbers, wrong)
    with pytest.raises(TypeError, match=r"int8, got torch\.uint8"):
        dequantize(pack_nibbles(numbers), scales)


@pytest.mark.parametrize("shape", [(1,), (2,), (7,), (3, 5), (4, 8), (2, 3, 3), (0,), ()])
def test_packed_numbers_come_back(shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(sum(shape))
    numbers = torch.randint(-8, 8, shape, generator=generator, dtype=torch.int8)
    packed = pack_nibbles(numbers)
    assert packed.dtype == torch.uint8
    assert packed.shape == ((numbers.numel() + 1) // 2,)
    assert torch.equal(unpack_nibbles(packed, shape), numbers)


def test_all_pairs_in_a_byte() -> None:
    pairs = torch.cartesian_prod(*[torch.arange(-8, 8, dtype=torch.int8)] * 2)
    packed = pack_nibbles(pairs)
    assert len(set(packed.tolist())) == 256
    assert torch.equal(unpack_nibbles(packed, pairs.shape), pairs)
    assert pack_nibbles(torch.tensor([1, -1], dtype=torch.int8)).tolist() == [0xF1]
    assert pack_nibbles(torch.tensor([-8], dtype=torch.int8)).tolist() == [0x08]


def test_what_cannot_be_packed_or_unpacked() -> None:
    with pytest.raises(ValueError, match="from -8 to 7, these go from -9 to 8"):
        pack_nibbles(torch.tensor([-9, 0, 8], dtype=torch.int8))
    with pytest.raises(TypeError, match=r"int8, got torch\.int64"):
        pack_nibbles(torch.tensor([1]))
    packed = pack_nibbles(torch.ones(7, dtype=torch.int8))
    for shape in [(6,), (9,), (3, 2), (3, 3)]:
        with pytest.raises(ValueError, match="are packed in"):
            unpack_nibbles(packed, shape)
    with pytest.raises(ValueError, match=r"got \(2, 2\)"):
        unpack_nibbles(packed.view(2, 2), (8,))
    with pytest.raises(TypeError, match=r"uint8, got torch\.int8"):
        unpack_nibbles(packed.view(torch.int8), (7,))


def small_gpt() -> GPT:
    torch.manual_seed(0)
    return GPT(GPTSettings(50, context_length=16, num_layers=2, num_heads=2, width=16))


def test_a_state_dict_and_back() -> None:
    model = small_gpt()
    state = model.state_dict()
    smaller = quantized_state(state)
    restored = restored_state(smaller)
    assert list(restored) == list(state)
    for name, tensor in state.items():
        assert restored[name].dtype == torch.float32
        if tensor.ndim == 2:
            scales = smaller[name + ".scales"]
            assert (smaller[name].dtype, scales.dtype) == (torch.int8, torch.float16)
            assert ((restored[name] - tensor).abs() <= scales.float() / 2 * (1 + 1e-4)).all()
        else:
            assert torch.equal(restored[name], tensor)
    other = small_gpt()
    other.load_state_dict(restored)
    tokens = torch.arange(16)[None]
    torch.testing.assert_close(other(tokens), model(tokens), atol=0.05, rtol=0.05)
    kept = sum(tensor.nbytes for tensor in smaller.values())
    whole = sum(tensor.nbytes for tensor in state.values())
    assert kept < 0.31 * whole


def test_a_state_of_another_layout_stays() -> None:
    state = {
        "count": torch.tensor(3),
        "kernel": drawn(2, 1, 3, 3),
        "small": torch.ones(2, 2, dtype=torch.int8),
    }
    assert quantized_state(state) == state
    assert restored_state(state) == state


def test_twice_is_once() -> None:
    # What was restored rounds to itself, so that a file is the same when it is made again.
    once = quantized_state(small_gpt().state_dict())
    again = quantized_state(restored_state(once))
    for name, tensor in once.items():
        torch.testing.assert_close(again[name].float(), tensor.float(), atol=1, rtol=2e-3)


def test_states_that_cannot_be_converted() -> None:
    state = {"a.weight": drawn(2, 2)}
    smaller = quantized_state(state)
    with pytest.raises(ValueError, match=r"'a\.weight\.scales' is an entry .* quantized already"):
        quantized_state(smaller)
    with pytest.raises(ValueError, match=r"'b': 4 of 4 weights are NaN"):
        quantized_state({"b": torch.full((2, 2), math.nan)})
    with pytest.raises(ValueError, match=r"scales without numbers: 'a\.weight' is missing"):
        restored_state({"a.weight.scales": smaller["a.weight.scales"]})
    with pytest.raises(ValueError, match=r"'a\.weight': numbers must be int8"):
        restored_state(smaller | state)
    with pytest.raises(ValueError, match=r"'a\.weight': scales .* fit no groups"):
        restored_state(smaller | {"a.weight.scales": torch.ones(3, 1)})
