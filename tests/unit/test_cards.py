"""Model cards and shares with their standard errors."""

from __future__ import annotations

import pytest
import torch

from livetorch.cards import ModelCard, Share

CARD = {
    "name": "A network",
    "task": "an emoji: which of 12 kinds",
    "learned_from": "pictures of seven artists",
    "split": "an artist it never saw",
    "measured": {"new artist": Share(0.75, 300), "page": "2.9 MB"},
    "limits": ["a dark <background>: .73"],
    "license": "MIT",
}


def test_a_share_is_the_mean_of_what_is_right() -> None:
    share = Share.of(torch.tensor([True, True, False, True]))
    assert (share.value, share.count) == (0.75, 4)
    assert share.standard_error == pytest.approx((0.75 * 0.25 / 4) ** 0.5)
    assert str(share) == "0.75 ± 0.22 (n = 4)"


def test_the_standard_error_is_what_draws_vary_by() -> None:
    draws = torch.rand(4000, 200, generator=torch.Generator().manual_seed(0)) < 0.8
    assert draws.double().mean(1).std().item() == pytest.approx(
        Share(0.8, 200).standard_error, rel=0.1
    )


def test_what_is_no_share() -> None:
    with pytest.raises(ValueError, match="right is empty"):
        Share.of(torch.tensor([], dtype=torch.bool))
    with pytest.raises(ValueError, match=r"got \(2,\), torch.float32"):
        Share.of(torch.tensor([0.2, 0.9]))
    with pytest.raises(ValueError, match=r"got \(2, 1\)"):
        Share.of(torch.ones(2, 1, dtype=torch.bool))


def test_a_card_shows_what_was_measured() -> None:
    card = ModelCard(**CARD)  # type: ignore[arg-type]
    html = card._repr_html_()
    assert html.startswith("<table><caption>A network</caption>")
    row = '<tr><th scope="row">Measured: new artist</th><td>0.75 ± 0.03 (n = 300)</td></tr>'
    assert row in html
    assert "<td>a dark &lt;background&gt;: .73</td>" in html
    assert "Measured: page: 2.9 MB" in repr(card)


@pytest.mark.parametrize(("field", "empty"), [("measured", {}), ("limits", [])])
def test_a_card_without_numbers_or_limits_is_none(field: str, empty: object) -> None:
    with pytest.raises(ValueError, match="what was measured, and at least one limit"):
        ModelCard(**{**CARD, field: empty})  # type: ignore[arg-type]
