"""Rotary positions against complex numbers, and that scores depend on distances alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from livetorch.models.rotary import rotary_tables, rotate

Rotate = Callable[[Tensor, Tensor, Tensor], Tensor]
seeds = pytest.mark.parametrize("seed", range(5))


def tables(places: int, features: int, base: float = 10_000.0) -> tuple[Tensor, Tensor]:
    """In float64, from the formula of the paper."""
    pairs = torch.arange(features // 2, dtype=torch.float64)
    angles = torch.arange(places)[:, None] * base ** (-2 * pairs / features)
    return angles.cos(), angles.sin()


def neighbors(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """The layout of the paper: features 0 and 1 are a pair, 2 and 3, ... as complex numbers."""
    numbers = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(numbers * torch.complex(cosines, sines)).flatten(-2)


@pytest.mark.parametrize("base", [10_000.0, 500_000.0])
@pytest.mark.parametrize("features", [2, 8, 64])
def test_the_tables_are_those_of_the_paper(features: int, base: float) -> None:
    got, want = rotary_tables(200, features, base), tables(200, features, base)
    assert [table.shape for table in got] == [(200, features // 2)] * 2
    for mine, theirs in zip(got, want, strict=True):
        torch.testing.assert_close(mine.double(), theirs, atol=1e-4, rtol=0)


@seeds
def test_halves_are_the_papers_pairs_in_another_order(seed: int) -> None:
    torch.manual_seed(seed)
    x, turns = torch.randn(2, 3, 9, 8, dtype=torch.float64), tables(9, 8)
    order = torch.arange(8).view(4, 2).T.flatten()  # 0, 2, 4, 6, 1, 3, 5, 7
    torch.testing.assert_close(rotate(x[..., order], *turns), neighbors(x, *turns)[..., order])


def scores(rotate: Rotate, queries: Tensor, keys: Tensor, start: int, length: int) -> Tensor:
    places = slice(start, start + length)
    cosines, sines = (table[places] for table in tables(100, queries.shape[-1]))
    turned = rotate(queries, cosines, sines), rotate(keys, cosines, sines)
    return turned[0] @ turned[1].transpose(-1, -2)


def assert_only_distances_matter(rotate: Rotate, seed: int) -> None:
    """Wherever the text begins, and only where its places have an order at all."""
    torch.manual_seed(seed)
    queries, keys = torch.randn(2, 2, 3, 9, 8, dtype=torch.float64)
    at_start = scores(rotate, queries, keys, 0, 9)
    for shift in (1, 20, 90):
        torch.testing.assert_close(scores(rotate, queries, keys, shift, 9), at_start)
    assert (at_start - queries @ keys.transpose(-1, -2)).abs().max() > 0.1


@seeds
def test_scores_depend_on_distances_alone(seed: int) -> None:
    assert_only_distances_matter(rotate, seed)
    assert_only_distances_matter(neighbors, seed)


def reflected(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """One sign wrong."""
    first, second = x.chunk(2, -1)
    return torch.cat([first * cosines - second * sines, first * sines - second * cosines], -1)


def scaled(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:  # noqa: ARG001
    """The second product forgotten."""
    return x * torch.cat([cosines, cosines], -1)


def added(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """As learned and sinusoidal positions are."""
    return x + torch.cat([cosines, sines], -1)


def turned_along_the_batch(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Every place of a text turned as its first is."""
    return rotate(x, cosines[:1].expand_as(cosines), sines[:1].expand_as(sines))


def mixed(queries: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Neighbors for some features and halves for others."""
    half = queries.shape[-1] // 2
    parts = queries[..., :half], queries[..., half:]
    return torch.cat(
        [
            neighbors(parts[0], cosines[:, : half // 2], sines[:, : half // 2]),
            parts[1] * cosines[:, :1],
        ],
        -1,
    )


@pytest.mark.parametrize("wrong", [reflected, scaled, added, turned_along_the_batch, mixed])
def test_a_wrong_rotation_is_found(wrong: Rotate) -> None:
    with pytest.raises(AssertionError):
        assert_only_distances_matter(wrong, 0)


@seeds
def test_queries_and_keys_must_be_paired_alike(seed: int) -> None:
    torch.manual_seed(seed)
    queries, keys = torch.randn(2, 5, 8, dtype=torch.float64)
    turns = tables(5, 8)
    right = rotate(queries, *turns) @ rotate(keys, *turns).T
    assert (rotate(queries, *turns) @ neighbors(keys, *turns).T - right).abs().max() > 0.1


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_lengths_and_the_first_place_stay(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 9, 8, dtype=dtype)
    cosines, sines = (table.to(dtype) for table in rotary_tables(9, 8))
    turned = rotate(x, cosines, sines)
    assert turned.dtype == dtype
    assert torch.equal(turned[:, 0], x[:, 0])
    tolerance = 0.05 if dtype == torch.bfloat16 else 1e-5
    lengths = turned.norm(dim=-1), x.norm(dim=-1)
    torch.testing.assert_close(*lengths, atol=tolerance, rtol=tolerance)


def test_gradients_turn_back() -> None:
    x = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: rotate(x, *tables(3, 4)), x)
    cosines, sines = tables(3, 4)
    rotate(x, cosines, sines).backward(rotate(x.detach(), cosines, sines))
    torch.testing.assert_close(x.grad, x.detach())


@pytest.mark.parametrize("features", [0, 1, 7])
def test_features_that_cannot_be_paired_are_refused(features: int) -> None:
    with pytest.raises(ValueError, match=f"{features} features of a head cannot be paired"):
        rotary_tables(4, features)


@pytest.mark.parametrize("shape", [(9, 8), (1, 4), (10, 4), (9, 2)], ids=str)
def test_tables_of_other_places_are_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"x has \(9, 4\): take the rows of its places"):
        rotate(torch.randn(2, 9, 8), torch.ones(shape), torch.zeros(shape))
