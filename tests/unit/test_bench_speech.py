"""The benchmark of spoken digits is there, and says what it needs; nothing is timed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import bench.__main__ as command
from bench import speech


class Page:
    """Stands for a page: it keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def evaluate(self, script: str, given: Any = None) -> float:
        self.asked.append(given)
        return 0.4 if script is speech.WAIT else 0.0


@pytest.fixture
def fake_page(monkeypatch: pytest.MonkeyPatch) -> Page:
    page = Page()

    @contextmanager
    def fresh(_browser: object) -> Iterator[Page]:
        yield page

    monkeypatch.setattr(speech, "fresh_page", fresh)
    monkeypatch.setattr(speech, "start", lambda _page, _address: None)
    monkeypatch.setattr(speech, "answer_over_native", lambda _page, _address, runs: [3.0] * runs)
    return page


def test_it_is_found() -> None:
    assert "speech" in command.benchmarks()


def test_the_goal_is_half_a_second_after_the_word(fake_page: Page) -> None:
    after, native = speech.measure(None, "", 9)  # type: ignore[arg-type]
    assert after.ratio == pytest.approx(0.8)
    assert after.goal == 1
    assert after.met
    assert after.runs == speech.WORDS
    assert (native.ratio, native.goal) == (3.0, None)
    samples, rate = fake_page.asked[0]
    assert rate == 48_000
    assert len(samples) > 0.4 * rate
    assert max(map(abs, samples)) <= 0.7


def test_without_a_book_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "HTML", tmp_path)
    rows: Callable[[int], Iterator[object]] = speech.rows
    with pytest.raises(FileNotFoundError, match="run make book first"):
        next(iter(rows(1)))
