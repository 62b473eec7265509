"""Dates as people write them, and the network that reads them."""

from __future__ import annotations

import re
from datetime import date

import pytest
import torch

from livetorch.datasets.dates import (
    DATE_LETTERS,
    DATE_SIGNS,
    date_forms,
    encode_dates,
    make_dates,
)
from livetorch.losses import sequence_cross_entropy
from livetorch.models.attention import attention_maps
from livetorch.models.dates import DateReader

# The data


def test_seven_ways_to_write_a_day() -> None:
    assert date_forms(date(1668, 10, 28)) == (
        "28 october 1668",
        "october 28, 1668",
        "28 oct 1668",
        "oct 28, 1668",
        "1668 october 28",
        "28.10.1668",
        "the 28th of october 1668",
    )


@pytest.mark.parametrize(
    ("day", "ordinal"),
    [
        *[(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th")],
        *[(21, "21st"), (22, "22nd"), (23, "23rd"), (30, "30th"), (31, "31st")],
    ],
)
def test_ordinals(day: int, ordinal: str) -> None:
    assert date_forms(date(1700, 1, day))[-1] == f"the {ordinal} of january 1700"


def test_days_are_different_and_written_in_a_form_of_theirs() -> None:
    written, iso = make_dates(2000, seed=3)
    assert len(written) == len(iso) == len(set(iso)) == 2000
    forms = [
        date_forms(date.fromisoformat(day)).index(text)
        for text, day in zip(written, iso, strict=True)
    ]
    assert set(forms) == set(range(7))
    assert {1600 <= int(day[:4]) <= 2099 for day in iso} == {True}


def test_the_seed_makes_the_dates() -> None:
    assert make_dates(20, seed=1) == make_dates(20, seed=1)
    assert make_dates(20, seed=1) != make_dates(20, seed=2)


@pytest.mark.parametrize("number", [0, -1, 182_623])
def test_refuses_what_there_is_not(number: int) -> None:
    with pytest.raises(ValueError, match="between 1 and 182622"):
        make_dates(number)


def test_every_form_can_be_encoded_and_comes_back() -> None:
    written, iso = make_dates(300)
    tokens, lengths = encode_dates(written, 30)
    assert tokens.shape == (300, 30)
    assert [DATE_LETTERS.decode(row) for row in tokens] == written
    assert lengths.tolist() == [len(text) for text in written]
    assert [DATE_SIGNS.decode(DATE_SIGNS.encode(day)) for day in iso] == iso


def test_refuses_a_sign_it_does_not_know_and_a_date_without_room() -> None:
    with pytest.raises(ValueError, match="'é' at position 1"):
        encode_dates(["février"])
    with pytest.raises(ValueError, match="24 signs has no room in 20 places"):
        encode_dates(["the 28th of october 1668"], 20)
    with pytest.raises(ValueError, match="sequence 0"):
        encode_dates([""])


# The model


def make_model(*, attend: bool = True, num_heads: int = 4) -> DateReader:
    torch.manual_seed(0)
    return DateReader(
        len(DATE_LETTERS), len(DATE_SIGNS), features=16, num_heads=num_heads, attend=attend
    )


def batch(number: int = 5, num_places: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    written, iso = make_dates(number)
    signs = torch.stack([DATE_SIGNS.encode(day) for day in iso])
    return encode_dates(written, num_places)[0], signs


@pytest.mark.parametrize("attend", [True, False])
@pytest.mark.parametrize("num_places", [26, 40])
def test_padding_changes_nothing(attend: bool, num_places: int) -> None:
    model = make_model(attend=attend)
    tokens, signs = batch()
    padded, _ = batch(num_places=num_places)
    assert model(tokens, signs).shape == (5, 10, 11)
    torch.testing.assert_close(model(padded, signs), model(tokens, signs))
    alone = [
        model(row[row > 0][None], row_signs[None])
        for row, row_signs in zip(tokens, signs, strict=True)
    ]
    torch.testing.assert_close(torch.cat(alone), model(tokens, signs))


def test_explained_is_what_forward_gives() -> None:
    model = make_model()
    tokens, signs = batch(num_places=30)
    logits, scores, weights = model.explain(tokens, signs, torch.ones(4))
    torch.testing.assert_close(logits, model(tokens, signs))
    assert scores.shape == weights.shape == (5, 4, 10, 30)
    assert scores.isfinite().all()
    padding = (tokens == 0)[:, None, None].expand_as(weights)
    assert (weights[padding] == 0).all()
    torch.testing.assert_close(weights, (scores - 1e9 * padding).softmax(3))
    torch.testing.assert_close(weights, attention_maps(model, tokens, signs)[0])


@pytest.mark.parametrize("off", range(4))
def test_a_head_that_is_off_adds_nothing(off: int) -> None:
    model = make_model()
    tokens, signs = batch()
    heads = torch.ones(4)
    heads[off] = 0
    logits, _, weights = model.explain(tokens, signs, heads)
    torch.testing.assert_close(weights, model.explain(tokens, signs, torch.ones(4))[2])
    assert not torch.allclose(logits, model(tokens, signs))
    assert model.look is not None
    with torch.no_grad():
        model.look.out.weight[:, 4 * off : 4 * off + 4] = 0  # the same, in the weights
    torch.testing.assert_close(model(tokens, signs), logits)


@pytest.mark.parametrize("attend", [True, False])
def test_a_sign_depends_on_those_before_it_alone(attend: bool) -> None:
    model = make_model(attend=attend)
    tokens, signs = batch()
    changed = signs.clone()
    changed[:, 4] = (changed[:, 4] + 1) % 11
    same = (model(tokens, signs) == model(tokens, changed)).all(dim=2)
    assert same[:, :5].all()
    assert not same[:, 5].any()


@pytest.mark.parametrize("attend", [True, False])
def test_writing_reads_its_own_signs(attend: bool) -> None:
    model = make_model(attend=attend)
    tokens, _ = batch()
    signs = model.write(tokens)
    torch.testing.assert_close(model(tokens, signs).argmax(2), signs)
    if attend:
        torch.testing.assert_close(model.write(tokens, heads=torch.ones(4)), signs)


def test_a_state_alone_has_no_heads() -> None:
    model = make_model(attend=False)
    tokens, signs = batch()
    with pytest.raises(ValueError, match="attend=False"):
        model.explain(tokens, signs, torch.ones(4))
    with pytest.raises(ValueError, match="attend=False"):
        model.write(tokens, heads=torch.ones(4))


def test_heads_must_divide_the_features() -> None:
    with pytest.raises(ValueError, match=re.escape("3 heads do not divide a width of 16")):
        make_model(num_heads=3)


def test_it_learns() -> None:
    model = make_model()
    tokens, signs = batch(64)
    optimizer = torch.optim.AdamW(model.parameters(), 0.01)
    losses = []
    for _ in range(30):
        loss = sequence_cross_entropy(model(tokens, signs), signs)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.75 * losses[0]
