"""Texts that a character model writes: greedy or drawn, at a temperature, with a seed."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from livetorch.models.sequences import LAYERS, CharacterModel, generate

every_layer = pytest.mark.parametrize("layer", sorted(LAYERS))


def writer(layer: str = "gru") -> CharacterModel:
    torch.manual_seed(2)
    return CharacterModel(11, embedding_features=4, hidden_features=6, layer=layer).double()


@every_layer
def test_at_temperature_zero_the_likeliest_token_is_taken(layer: str) -> None:
    model, prompt = writer(layer), torch.tensor([3, 1, 4])
    made = generate(model, prompt, 8, temperature=0.0)
    assert made.shape == (11,)
    assert torch.equal(made[:3], prompt)
    # Each token is the largest logit after everything before it, read at once.
    assert torch.equal(model(made[None, :-1])[0, 2:].argmax(dim=-1), made[3:])


def test_a_seed_fixes_what_is_drawn() -> None:
    model, prompt = writer(), torch.tensor([3])
    draws = [generate(model, prompt, 30, 1.0, torch.Generator().manual_seed(s)) for s in (0, 0, 1)]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    assert torch.equal(generate(model, prompt, 0), prompt)
    # Without a generator torch's own is drawn from.
    torch.manual_seed(5)
    first = generate(model, prompt, 30)
    torch.manual_seed(5)
    assert torch.equal(generate(model, prompt, 30), first)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_temperature_divides_the_logits(temperature: float) -> None:
    model = CharacterModel(4, hidden_features=2)
    logits = torch.tensor([0.0, 1.0, 2.0, 1.5])
    with torch.no_grad():
        model.head.weight.zero_()
        model.head.bias.copy_(logits)
    drawn = generate(model, torch.tensor([0]), 2000, temperature, torch.Generator().manual_seed(0))
    shares = drawn[1:].bincount(minlength=4) / 2000
    # The standard error of a share is about 0.01.
    torch.testing.assert_close(shares, (logits / temperature).softmax(0), rtol=0, atol=0.04)


def test_a_tiny_temperature_overflows_nothing() -> None:
    model = CharacterModel(4, hidden_features=2)
    with torch.no_grad():
        model.head.bias.copy_(torch.tensor([10.0, -40.0, 20.0, 15.0]))
    drawn = generate(model, torch.tensor([0]), 5, temperature=2e-38)
    assert drawn.tolist() == [0, 2, 2, 2, 2, 2]


def test_generate_leaves_modes_and_gradients_as_they_were() -> None:
    class Dropping(CharacterModel):
        def __init__(self) -> None:
            super().__init__(11, hidden_features=6)
            self.embedding = nn.Sequential(self.embedding, nn.Dropout(0.9))  # type: ignore[assignment]

    torch.manual_seed(4)
    model = Dropping().train()
    model.layer.eval()
    before = [module.training for module in model.modules()]
    recorded: list[bool] = []
    model.head.register_forward_hook(lambda *call: recorded.append(call[2].requires_grad))
    made = [generate(model, torch.tensor([1]), 20, temperature=0) for _ in range(2)]
    assert [module.training for module in model.modules()] == before
    assert torch.equal(*made), "dropout is off meanwhile"
    with pytest.raises(ValueError, match="int64"):
        generate(model, torch.tensor([1.0]), 3)
    assert [module.training for module in model.modules()] == before
    assert torch.is_grad_enabled()
    assert len(recorded) == 40
    assert not any(recorded), "no gradient is recorded meanwhile"


@pytest.mark.parametrize("temperature", [-0.1, math.nan, math.inf])
def test_a_temperature_that_means_nothing_is_refused(temperature: float) -> None:
    with pytest.raises(ValueError, match="temperature must be 0 or a finite number"):
        generate(writer(), torch.tensor([1]), 3, temperature)


def test_prompts_and_lengths_that_mean_nothing_are_refused() -> None:
    for prompt in (torch.ones(0, dtype=torch.int64), torch.ones(1, 3, dtype=torch.int64)):
        with pytest.raises(ValueError, match="the prompt must be") as caught:
            generate(writer(), prompt, 3)
        assert f"got {tuple(prompt.shape)}" in str(caught.value)
    with pytest.raises(ValueError, match="length must be at least 0, got -1"):
        generate(writer(), torch.tensor([1]), -1)
    with pytest.raises(ValueError, match="between 0 and 10"):
        generate(writer(), torch.tensor([11]), 1)
