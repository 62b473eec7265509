"""The models of text: padding, beliefs, pieces, and what they refuse."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from livetorch import fit, sequence_cross_entropy
from livetorch.models.sequences import LAYERS, CharacterModel, SequenceClassifier, generate

every_layer = pytest.mark.parametrize("layer", sorted(LAYERS))


def batch_of(lengths: list[int], steps: int, size: int = 11) -> tuple[Tensor, Tensor]:
    """Random sequences of these lengths, padded with 0; the same ones for every ``steps``."""
    generator = torch.Generator().manual_seed(0)
    tokens = torch.zeros(len(lengths), steps, dtype=torch.int64)
    for row, length in enumerate(lengths):
        tokens[row, :length] = torch.randint(1, size, (length,), generator=generator)
    return tokens, torch.tensor(lengths)


def classifier(layer: str = "gru") -> SequenceClassifier:
    torch.manual_seed(1)
    return SequenceClassifier(11, 3, embedding_features=4, hidden_features=6, layer=layer).double()


def writer(layer: str = "gru") -> CharacterModel:
    torch.manual_seed(2)
    return CharacterModel(11, embedding_features=4, hidden_features=6, layer=layer).double()


def gradients(model: nn.Module, logits: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(logits.sin().sum(), list(model.parameters())))


def parts_of(state: Any) -> tuple[Tensor, ...]:
    return state if isinstance(state, tuple) else (state,)


@every_layer
def test_the_classifier_reads_each_sequence_to_its_end(layer: str) -> None:
    model = classifier(layer)
    tokens, lengths = batch_of([4, 1, 7, 3], 7)
    got = model(tokens, lengths)
    # The last state of torch's own layer, from sequences that torch packed.
    packed = pack_padded_sequence(
        model.embedding(tokens), lengths, batch_first=True, enforce_sorted=False
    )
    want = model.head(parts_of(model.layer(packed)[1])[0][0])
    torch.testing.assert_close(got, want)
    assert got.shape == (4, 3)
    for a, b in zip(gradients(model, got), gradients(model, want), strict=True):
        torch.testing.assert_close(a, b)


@every_layer
def test_padding_changes_nothing(layer: str) -> None:
    model = classifier(layer)
    logits, other = (model(*batch_of([4, 1, 7], steps)) for steps in (7, 12))
    torch.testing.assert_close(logits, other)
    for a, b in zip(gradients(model, logits), gradients(model, other), strict=True):
        torch.testing.assert_close(a, b)
    # Nor does another token there.
    tokens, lengths = batch_of([4, 1, 7], 12)
    tokens[tokens == 0] = 5
    torch.testing.assert_close(model(tokens, lengths), logits)


def test_the_vector_of_padding_is_zero_and_stays_so() -> None:
    model = classifier()
    tokens, lengths = batch_of([4, 2], 6)
    assert not model.embedding.weight[0].any()
    # Even where padding is read as if it were real.
    model(tokens, lengths + 2).sum().backward()
    gradient = model.embedding.weight.grad
    assert gradient is not None
    assert not gradient[0].any()
    assert gradient[tokens[0, 0]].any()


@every_layer
def test_the_order_of_a_batch_changes_nothing(layer: str) -> None:
    model = classifier(layer)
    tokens, lengths = batch_of([4, 1, 7, 3], 8)
    order = torch.tensor([2, 0, 3, 1])
    torch.testing.assert_close(model(tokens[order], lengths[order]), model(tokens, lengths)[order])
    torch.testing.assert_close(model(tokens[1:2], lengths[1:2]), model(tokens, lengths)[1:2])


@every_layer
def test_beliefs_are_what_forward_says_of_every_beginning(layer: str) -> None:
    model = classifier(layer)
    tokens, lengths = batch_of([4, 1, 7], 7)
    beliefs = model.beliefs(tokens)
    assert beliefs.shape == (3, 7, 3)
    torch.testing.assert_close(beliefs[torch.arange(3), lengths - 1], model(tokens, lengths))
    for seen in range(1, 8):
        torch.testing.assert_close(
            beliefs[:, seen - 1], model(tokens[:, :seen], torch.full((3,), seen))
        )


@every_layer
def test_a_text_in_pieces_is_the_text_as_a_whole(layer: str) -> None:
    model = writer(layer)
    tokens, _ = batch_of([9, 9], 9)
    whole = model(tokens)
    assert whole.shape == (2, 9, 11)
    pieces, state = [], None
    for piece in tokens.split((1, 3, 5), dim=1):
        logits, state = model.step(piece, state)
        pieces.append(logits)
        assert len(parts_of(state)) == (2 if layer == "lstm" else 1)
        assert all(part.shape == (1, 2, 6) for part in parts_of(state))
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole)
    torch.testing.assert_close(model(tokens[:, 4:], model.step(tokens[:, :4])[1]), whole[:, 4:])
    for a, b in zip(
        gradients(model, torch.cat(pieces, dim=1)), gradients(model, whole), strict=True
    ):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("make", [classifier, writer])
@every_layer
def test_layers_are_torchs_with_the_widths_asked_for(make: Any, layer: str) -> None:
    model = make(layer)
    assert type(model.layer) is LAYERS[layer]
    assert type(model.layer).__name__.lower() == layer
    assert (model.layer.input_size, model.layer.hidden_size) == (4, 6)


def test_defaults() -> None:
    named, written = SequenceClassifier(30, 5), CharacterModel(64)
    assert (named.embedding.embedding_dim, named.layer.hidden_size) == (32, 96)
    assert written.layer.hidden_size == 192
    assert type(named.layer) is type(written.layer) is nn.GRU
    # Every character of a text counts: none is padding.
    assert written.embedding.padding_idx is None


def test_a_character_model_learns_a_line_by_heart() -> None:
    torch.manual_seed(3)
    line = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6, 3, 1, 4, 1, 5, 9]])
    model = CharacterModel(10, hidden_features=32)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.03)
    loader = [(line[:, :-1], line[:, 1:])]
    history = fit(model, loader, None, sequence_cross_entropy, optimizer, epochs=60)
    assert history["train_loss"][0] == pytest.approx(math.log(10), abs=0.3)
    assert history["train_loss"][-1] < 0.1
    assert torch.equal(generate(model, line[0, :2], 12, temperature=0), line[0])


@pytest.mark.parametrize("read", [classifier().beliefs, writer(), writer().step])
def test_tokens_that_do_not_fit_are_named(read: Any) -> None:
    for shape in [(5,), (2, 0), (0, 5), (1, 2, 3)]:
        with pytest.raises(ValueError, match="at least one sequence and one step") as caught:
            read(torch.ones(shape, dtype=torch.int64))
        assert str(shape) in str(caught.value)
    with pytest.raises(ValueError, match=r"must be int64.*torch\.float32"):
        read(torch.ones(2, 3))
    for token, span in ((11, "1 to 11"), (-1, "-1 to 1")):
        with pytest.raises(ValueError, match=f"between 0 and 10.*these go from {span}"):
            read(torch.tensor([[1, token]]))


def test_lengths_that_do_not_fit_are_named() -> None:
    model, (tokens, _) = classifier(), batch_of([4, 2], 4)
    for low, high in ((0, 4), (2, 5), (-1, 3)):
        with pytest.raises(ValueError, match=f"between 1 and 4.*from {low} to {high}"):
            model(tokens, torch.tensor([low, high]))
    for lengths in (torch.tensor([4]), torch.tensor([[4, 2]]), torch.tensor(4)):
        with pytest.raises(ValueError, match="one number for each of 2 sequences"):
            model(tokens, lengths)


@every_layer
def test_states_that_do_not_fit_are_named(layer: str) -> None:
    model, tokens = writer(layer), torch.ones(2, 3, dtype=torch.int64)
    right = torch.zeros(1, 2, 6).double()
    count = 2 if layer == "lstm" else 1
    kinds: list[Any] = [(right,), [right], (right, right, right), ("a", "b"), "a"]
    for state in [*kinds, right if count == 2 else (right, right)]:
        with pytest.raises(ValueError, match=f"the state of {layer.upper()} is"):
            model.step(tokens, state)
    for shape in [(2, 6), (1, 1, 6), (1, 2, 5), (2, 2, 6)]:
        wrong = torch.zeros(shape).double()
        for state in [(right, wrong), (wrong, right)] if count == 2 else [wrong]:
            with pytest.raises(ValueError, match=r"for 2 sequences.*\(1, 2, 6\), got") as caught:
                model(tokens, state)
            assert str(shape) in str(caught.value)


def test_settings_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="one of rnn, gru, lstm, got 'transformer'"):
        CharacterModel(5, layer="transformer")
    for sizes in ((0, 3, 4, 5), (5, 0, 4, 5), (5, 3, 0, 5), (5, 3, 4, 0)):
        with pytest.raises(ValueError, match="at least 1, got"):
            SequenceClassifier(*sizes)
