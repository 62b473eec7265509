"""Where the project lives, and where a browser is: settings, and what is said when they are off."""

from __future__ import annotations

import pytest

from book import launch
from livetorch_labs import LabError
from livetorch_labs.project import Repository
from tests.browser import chromium


def test_the_setting_names_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETORCH_REPOSITORY", "https://github.com/someone/book")
    assert launch.repository() == Repository("someone", "book")
    monkeypatch.setenv("LIVETORCH_REPOSITORY", "someone/book")
    with pytest.raises(LabError, match=r"it wants https://github\.com/OWNER/NAME"):
        launch.repository()


def test_a_browser_that_is_named_but_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETORCH_CHROMIUM", "/nowhere/chromium")
    with pytest.raises(FileNotFoundError, match="/nowhere/chromium"):
        chromium.installed()


def test_where_no_browser_can_be_had_a_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for way in ("installed", "from_debian", "downloaded"):
        monkeypatch.setattr(chromium, way, lambda: None)
    with pytest.raises(RuntimeError, match="apt-get install chromium"):
        chromium.find.__wrapped__()
