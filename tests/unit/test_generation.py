"""How a token is drawn under each rule, texts with and without a cache, and the beam."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers.generation import logits_process

from livetorch.generation import (
    Beam,
    beam_search,
    drawn,
    generate,
    min_p,
    next_token_probabilities,
    tempered,
    top_k,
    top_p,
)
from livetorch.models.gpt import GPT, GPTSettings

SMALL: dict[str, Any] = {"context_length": 24, "num_layers": 2, "num_heads": 2, "width": 16}


def model(seed: int = 0, **others: Any) -> GPT:
    """A random GPT that is surer of what comes next than a new one is."""
    torch.manual_seed(seed)
    made = GPT(GPTSettings(13, **SMALL | others)).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            if parameter.ndim == 2:
                parameter.normal_(std=0.4)
    return made


def scores(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(shape, generator=generator, dtype=dtype)


every_shape = pytest.mark.parametrize("shape", [(9,), (1,), (4, 9), (2, 3, 5)])


@every_shape
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_rules_keep_what_transformers_keeps(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    logits = scores(*shape, dtype=dtype)
    rows = logits.reshape(-1, shape[-1])  # transformers takes (B, V)
    cases: list[tuple[Any, float, Any]] = [
        (tempered, 0.7, logits_process.TemperatureLogitsWarper(0.7)),
        (tempered, 3.0, logits_process.TemperatureLogitsWarper(3.0)),
        (top_k, 1, logits_process.TopKLogitsWarper(1)),
        (top_k, 3, logits_process.TopKLogitsWarper(3)),
        (top_k, 100, logits_process.TopKLogitsWarper(100)),
        (top_p, 0.3, logits_process.TopPLogitsWarper(0.3)),
        (top_p, 0.9, logits_process.TopPLogitsWarper(0.9)),
        (min_p, 0.1, logits_process.MinPLogitsWarper(0.1)),
        (min_p, 1.0, logits_process.MinPLogitsWarper(1.0)),
    ]
    for rule, value, theirs in cases:
        made = rule(logits, value)
        assert made.shape == shape
        assert made.dtype == dtype
        expected = theirs(None, rows).reshape(shape)
        torch.testing.assert_close(made.softmax(-1), expected.softmax(-1))
        assert torch.equal(made.isneginf(), expected.isneginf())


def test_rules_follow_each_other_as_in_transformers() -> None:
    logits = scores(20, 30)
    theirs: Any = logits
    warpers: list[Any] = [
        logits_process.TemperatureLogitsWarper(1.5),
        logits_process.TopKLogitsWarper(12),
        logits_process.TopPLogitsWarper(0.8),
        logits_process.MinPLogitsWarper(0.1),
    ]
    for warper in warpers:
        theirs = warper(None, theirs)
    ours = next_token_probabilities(logits, 1.5, top_k=12, top_p=0.8, min_p=0.1)
    torch.testing.assert_close(ours, theirs.softmax(-1))
    # The order counts: a temperature that comes last leaves another set.
    late = tempered(min_p(top_p(top_k(logits, 12), 0.8), 0.1), 1.5).softmax(-1)
    assert not torch.equal(late > 0, ours > 0)


@every_shape
def test_at_temperature_zero_the_first_of_the_largest_has_it_all(shape: tuple[int, ...]) -> None:
    logits = scores(*shape).round()  # some are equal
    made = next_token_probabilities(logits, 0.0)
    assert torch.equal(made.argmax(-1), logits.argmax(-1))
    assert set(made.unique().tolist()) <= {0.0, 1.0}
    assert torch.equal(made, next_token_probabilities(logits, 0.0, top_k=2, top_p=0.5, min_p=0.5))
    assert torch.equal(made, next_token_probabilities(logits, top_k=1))


def test_rules_by_hand() -> None:
    logits = torch.tensor([0.1, 0.4, 0.2, 0.25, 0.05]).log()
    torch.testing.assert_close(
        top_k(logits, 2).softmax(-1), torch.tensor([0, 0.4, 0, 0.25, 0]) / 0.65
    )
    # .4 + .25 is below .7, so the next one is needed; .4 alone is not below .4.
    assert top_p(logits, 0.7).isfinite().tolist() == [False, True, True, True, False]
    assert top_p(logits, 0.39).isfinite().sum() == 1
    assert top_p(logits, 1.0).isfinite().all()
    assert top_p(scores(50_000), 1.0).isfinite().all()
    assert min_p(logits, 0.3).isfinite().tolist() == [False, True, True, True, False]
    assert min_p(logits, 0.0).isfinite().all()
    # Of equal ones, the first stay.
    assert top_k(torch.zeros(4), 3).isfinite().tolist() == [True, True, True, False]
    assert top_p(torch.zeros(4), 0.5).isfinite().tolist() == [True, True, False, False]


def test_a_rule_leaves_its_argument_and_what_was_dropped_before() -> None:
    logits = torch.tensor([1.0, -math.inf, 2.0, 0.0])
    before = logits.clone()
    cases: list[tuple[Callable[..., Tensor], float]] = [
        (tempered, 0.5),
        (tempered, 0),
        (top_k, 3),
        (top_p, 0.999),
        (min_p, 0.01),
    ]
    for rule, value in cases:
        assert rule(logits, value)[1] == -math.inf
    assert torch.equal(logits, before)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"top_k": 0}, "at least 1, got 0"),
        ({"top_k": -2}, "at least 1, got -2"),
        ({"top_k": 1.5}, "whole number of tokens, at least 1, got 1.5"),
        ({"top_p": 0.0}, "above 0 and at most 1, got 0"),
        ({"top_p": 1.01}, "above 0 and at most 1, got 1.01"),
        ({"top_p": math.nan}, "above 0 and at most 1, got nan"),
        ({"min_p": -0.1}, "between 0 and 1, got -0.1"),
        ({"min_p": 1.1}, "between 0 and 1, got 1.1"),
        ({"temperature": -1.0}, "0 or a finite number above it, got -1.0. At 0 the likeliest"),
        ({"temperature": math.inf}, "0 or a finite number above it"),
        ({"temperature": math.nan}, "0 or a finite number above it"),
    ],
)
def test_rules_that_mean_nothing_are_refused(rules: dict[str, Any], words: str) -> None:
    for others in ({}, {"temperature": 0.0}):
        with pytest.raises(ValueError, match=words):
            next_token_probabilities(torch.zeros(3), **others | rules)
    with pytest.raises(ValueError, match=words):
        generate(model(), torch.tensor([1]), 3, **rules)


def test_draws_are_as_frequent_as_the_probabilities_say() -> None:
    logits, count = scores(6), 4000
    generator = torch.Generator().manual_seed(0)
    often = torch.cat([drawn(top_k(logits, 4), generator) for _ in range(count)]).bincount(
        minlength=6
    )
    expected = next_token_probabilities(logits, top_k=4)
    spread = (expected * (1 - expected) / count).sqrt()
    assert ((often / count - expected).abs() <= 4 * spread).all()


every_form = pytest.mark.parametrize(
    "form",
    [
        {},
        {"num_key_heads": 1},
        {"positions": "learned", "norm": "layer", "normalize": False, "bias": True, "tied": True},
        {"activation": "swiglu", "normalize": False, "dropout": 0.3},
    ],
)


@every_form
@pytest.mark.parametrize("seed", [0, 1])
def test_the_cache_changes_nothing(form: dict[str, Any], seed: int) -> None:
    gpt = model(seed, **form)
    prompt = torch.randint(13, (1 + 4 * seed,), generator=torch.Generator().manual_seed(seed))
    for rules in (
        {"temperature": 0},
        {"top_k": 7},
        {"temperature": 1.3, "top_p": 0.9, "min_p": 0.05},
    ):
        texts = [
            # 60 tokens are more than twice the context: the older half is left out in between.
            generate(gpt, prompt, 60, generator=torch.Generator().manual_seed(3), cache=on, **rules)
            for on in (True, False)
        ]
        assert torch.equal(*texts)
        assert texts[0].shape == (len(prompt) + 60,)
        assert torch.equal(texts[0][: len(prompt)], prompt)


@every_form
def test_logits_with_a_cache_are_those_without(form: dict[str, Any]) -> None:
    gpt = model(**form)
    tokens = torch.randint(13, (3, 24), generator=torch.Generator().manual_seed(0))
    expected = gpt(tokens)
    for pieces in ([24], [1] * 24, [5, 1, 1, 10, 7]):
        kept = gpt.empty_cache()
        made = torch.cat([gpt(piece, kept) for piece in tokens.split(pieces, dim=1)], dim=1)
        torch.testing.assert_close(made, expected)
        assert [len(layer) for layer in kept] == [24, 24]


def read(gpt: GPT, monkeypatch: pytest.MonkeyPatch, **how: Any) -> list[int]:
    """How many tokens the model reads at each step of twelve."""
    counts: list[int] = []
    forward = GPT.forward

    def counting(self: GPT, tokens: Tensor, cache: Any = None) -> Tensor:
        counts.append(tokens.numel())
        return forward(self, tokens, cache)

    monkeypatch.setattr(GPT, "forward", counting)
    generate(gpt, torch.tensor([1, 2, 3]), 12, temperature=0, **how)
    return counts


def test_what_is_read_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    gpt = model()
    assert read(gpt, monkeypatch) == [3] + [1] * 11
    assert read(gpt, monkeypatch, cache=False) == list(range(3, 15))
    full = model(context_length=8)
    assert read(full, monkeypatch) == [3, 1, 1, 1, 1, 1, 4, 1, 1, 1, 1, 4]
    assert read(full, monkeypatch, cache=False) == [3, 4, 5, 6, 7, 8, 4, 5, 6, 7, 8, 4]


def test_wrong_caches_are_noticed_by_these_tests() -> None:
    """What the logits of a window are compared with must differ where a cache is kept wrongly."""
    gpt = model(positions="rotary")
    tokens = torch.randint(13, (1, 24), generator=torch.Generator().manual_seed(0))
    expected = gpt(tokens)[:, -1]
    # Every new token at place 0: what was read before is forgotten in the count of places.
    cosines, sines = gpt.cosines.clone(), gpt.sines.clone()
    kept = gpt.empty_cache()
    gpt.cosines[:], gpt.sines[:] = cosines[0], sines[0]
    restarted = [gpt(piece, kept) for piece in tokens.split(1, dim=1)][-1][:, -1]
    gpt.cosines[:], gpt.sines[:] = cosines, sines
    assert (restarted - expected).abs().max() > 0.1
    # A rolling cache: older tokens live on in what deeper layers made of them.
    kept = gpt.empty_cache()
    for piece in tokens.split(1, dim=1):
        rolled = gpt(piece, kept)[:, -1]
        for layer in kept:
            assert layer.keys is not None
            assert layer.values is not None
            layer.keys, layer.values = layer.keys[:, :, -8:], layer.values[:, :, -8:]
    assert (rolled - gpt(tokens[:, -8:])[:, -1]).abs().max() > 0.1


def test_a_seed_fixes_what_is_drawn() -> None:
    gpt, prompt = model(), torch.tensor([3, 1])
    texts = [
        generate(gpt, prompt, 30, generator=torch.Generator().manual_seed(s)) for s in (0, 0, 1)
    ]
    assert torch.equal(texts[0], texts[1])
    assert not torch.equal(texts[0], texts[2])
    assert torch.equal(generate(gpt, prompt, 0), prompt)
    greedy = generate(gpt, prompt, 20, temperature=0)
    assert torch.equal(gpt(greedy[None, :-1])[0, 1:].argmax(-1), greedy[2:])


def test_it_ends_after_the_token_that_stops_it() -> None:
    gpt, prompt = model(), torch.tensor([3])
    whole = generate(gpt, prompt, 20, temperature=0).tolist()
    stop = whole[5]
    made = generate(gpt, prompt, 20, temperature=0, stop=stop).tolist()
    assert made == whole[: whole.index(stop, 1) + 1]
    # A prompt may hold it.
    assert len(generate(gpt, torch.tensor([stop, 3]), 1, temperature=0, stop=stop)) == 3


def test_modes_and_gradients_are_as_they_were() -> None:
    gpt = model(dropout=0.5).train()
    gpt.blocks[0].eval()
    before = [module.training for module in gpt.modules()]
    texts = [generate(gpt, torch.tensor([1]), 15, temperature=0) for _ in range(2)]
    assert torch.equal(*texts), "dropout is off meanwhile"
    assert [module.training for module in gpt.modules()] == before
    with pytest.raises(ValueError, match="between 0 and 12"):
        generate(gpt, torch.tensor([13]), 1)
    assert [module.training for module in gpt.modules()] == before
    assert torch.is_grad_enabled()


def test_prompts_and_lengths_that_mean_nothing_are_refused() -> None:
    for prompt in (torch.ones(0, dtype=torch.int64), torch.ones(1, 3, dtype=torch.int64)):
        with pytest.raises(ValueError, match="at least one token"):
            generate(model(), prompt, 3)
    with pytest.raises(ValueError, match="prompt of 25 tokens is longer than the context of 24"):
        generate(model(), torch.ones(25, dtype=torch.int64), 1)
    assert generate(model(), torch.ones(24, dtype=torch.int64), 2).shape == (26,)
    with pytest.raises(ValueError, match="length must be at least 0, got -1"):
        generate(model(), torch.tensor([1]), -1)


def test_a_cache_of_another_batch_or_model_is_refused() -> None:
    gpt, tokens = model(), torch.tensor([[1, 2]])
    kept = gpt.empty_cache()
    gpt(tokens, kept)
    with pytest.raises(ValueError, match=r"another batch or model\. Start with an empty one"):
        gpt(tokens.repeat(2, 1), kept)
    with pytest.raises(ValueError, match="another batch or model"):
        model(num_heads=4)(tokens, kept)
    with pytest.raises(ValueError, match="a model with 2 layers, this one has 3"):
        model(num_layers=3)(tokens, kept)
    assert [len(layer) for layer in kept] == [2, 2], "a refused one is as it was"


def brute_force(
    step: Callable[[Tensor], Tensor], start: Tensor, size: int, length: int, stop: int | None
) -> list[Beam]:
    """Every sequence with its log-probability, the best first."""
    costs: dict[tuple[int, ...], float] = {}
    for sequence in itertools.product(range(size), repeat=length):
        if stop in sequence:
            sequence = sequence[: sequence.index(stop) + 1]
        tokens = torch.cat([start, torch.tensor(sequence)])
        logs = [
            step(tokens[None, :end])[0].double().log_softmax(-1)[tokens[end]].item()
            for end in range(len(start), len(tokens))
        ]
        costs[tuple(tokens.tolist())] = sum(logs)
    best = sorted(costs.items(), key=lambda item: -item[1])
    return [Beam(torch.tensor(tokens), value) for tokens, value in best]


@pytest.mark.parametrize("stop", [None, 2])
@pytest.mark.parametrize("length", [1, 2, 4])
def test_a_wide_beam_finds_what_brute_force_finds(length: int, stop: int | None) -> None:
    torch.manual_seed(length)
    gpt = GPT(GPTSettings(4, **SMALL)).eval()
    with torch.no_grad():
        gpt.head.weight.normal_(std=1)

    def step(tokens: Tensor) -> Tensor:
        return gpt(tokens)[:, -1]

    start = torch.tensor([1, 3])
    everything = brute_force(step, start, 4, length, stop)
    beams = beam_search(step, start, 4**length, length, stop)
    assert [beam.tokens.tolist() for beam in beams] == [b.tokens.tolist() for b in everything]
    for ours, theirs in zip(beams, everything, strict=True):
        assert ours.log_probability == pytest.approx(theirs.log_probability, abs=1e-5)
    # All that can come before the last step is a beam wide enough for the best.
    enough = beam_search(step, start, 4 ** (length - 1), length, stop)
    assert torch.equal(enough[0].tokens, everything[0].tokens)
    assert sum(math.exp(beam.log_probability) for beam in beams) == pytest.approx(1, abs=1e-5)


def test_a_beam_of_one_is_greedy_and_a_wider_one_finds_better() -> None:
    # After 0 comes 1 or 2; 1 is likelier, but what follows it is spread over three.
    table = torch.full((4, 4), -20.0)
    table[0, 1], table[0, 2] = math.log(0.55), math.log(0.45)
    table[1, 1:] = math.log(1 / 3)
    table[2, 3] = 0.0
    table[3, 3] = 0.0

    def step(tokens: Tensor) -> Tensor:
        return table[tokens[:, -1]]

    greedy, *others = beam_search(step, torch.tensor([0]), 1, 2)
    assert not others
    assert greedy.tokens.tolist()[:2] == [0, 1]
    best = beam_search(step, torch.tensor([0]), 2, 2)
    assert best[0].tokens.tolist() == [0, 2, 3]
    assert best[0].log_probability == pytest.approx(math.log(0.45), abs=1e-6)
    assert math.exp(greedy.log_probability) == pytest.approx(0.55 / 3, abs=1e-6)


def test_beams_that_ended_are_kept_and_not_asked_again() -> None:
    asked: list[list[list[int]]] = []

    def step(tokens: Tensor) -> Tensor:
        asked.append(tokens.tolist())
        return torch.tensor([0.6, 0.4]).log().expand(len(tokens), 2)

    beams = beam_search(step, torch.tensor([0]), 2, 9, stop=0)
    assert beams[0].tokens.tolist() == [0, 0]
    assert all(0 not in row[1:] for rows in asked for row in rows)
    assert beam_search(step, torch.tensor([0]), 1, 9, stop=0)[0].tokens.tolist() == [0, 0]
    assert beam_search(step, torch.tensor([0]), 3, 0) == [Beam(torch.tensor([0]), 0.0)]


def test_a_search_that_means_nothing_is_refused() -> None:
    def step(tokens: Tensor) -> Tensor:
        return torch.zeros(len(tokens), 2)

    with pytest.raises(ValueError, match="at least 1 sequence, got a width of 0"):
        beam_search(step, torch.tensor([0]), 0, 3)
    with pytest.raises(ValueError, match="at least one token"):
        beam_search(step, torch.ones(0, dtype=torch.int64), 2, 3)
    with pytest.raises(ValueError, match="length must be at least 0"):
        beam_search(step, torch.tensor([0]), 2, -3)
