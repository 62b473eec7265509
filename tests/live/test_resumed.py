"""The resumed run: what the chapter must give, and when two runs count as the same."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

import pytest

from livetorch.live import ResumedRun
from livetorch.live.widgets.resumed import PARTS

BEFORE, AFTER = [2.0, 1.0], [0.5, 0.123456]
SIZES = {"model": 100, "optimizer": 200, "schedule": 0, "generators": 50}


def outcomes() -> dict[tuple[str, ...], dict[str, Any]]:
    subsets = [parts for count in range(4) for parts in combinations(PARTS, count)]
    made = {parts: {"losses": [0.6, 0.7], "rates": [0.1, 0.2], "gap": 0.5} for parts in subsets}
    return made | {PARTS: {"losses": list(AFTER), "rates": [0.1, 0.2], "gap": 0.0}}


def made(given: dict[tuple[str, ...], dict[str, Any]]) -> ResumedRun:
    return ResumedRun(BEFORE, AFTER, [0.1, 0.3, 0.2, 0.1], given, SIZES)


def test_the_same_means_bit_for_bit() -> None:
    given = outcomes()
    assert made(given).options["outcomes"]["optimizer+schedule+generators"]["same"]
    given[PARTS]["losses"] = [0.5, 0.123456 + 1e-12]
    shown = made(given).options["outcomes"]["optimizer+schedule+generators"]
    assert shown["losses"] == [0.5, 0.123]
    assert not shown["same"]
    given = outcomes()
    given[PARTS]["gap"] = 1e-9
    assert not made(given).options["outcomes"]["optimizer+schedule+generators"]["same"]


def test_what_does_not_fit_is_refused() -> None:
    given = outcomes()
    del given["schedule",]
    with pytest.raises(ValueError, match="schedule"):
        made(given)
    given = outcomes()
    given["optimizer",]["losses"] = [0.5]
    with pytest.raises(ValueError, match="each step"):
        made(given)
    with pytest.raises(ValueError, match="each step"):
        ResumedRun(BEFORE, AFTER, [0.1], outcomes(), SIZES)


def test_the_picture_without_scripts_shows_both_runs() -> None:
    text = made(outcomes()).as_html()
    assert "uninterrupted" in text
    assert "resumed from the weights alone" in text
    assert json.dumps(SIZES) in text
