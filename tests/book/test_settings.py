"""Where the project lives, and where a browser is: settings, and what is said when they are off."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from book import launch
from livetorch_labs import LabError
from livetorch_labs.assignment.repository import Repository
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
    """And nothing tries to install it, root or not: each program that it starts would be told."""
    started: list[object] = []

    def start(event: str, arguments: tuple[object, ...]) -> None:
        if event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn") and watching:
            started.append(arguments[0])

    watching = True
    sys.addaudithook(start)
    for way in ("installed", "playwrights"):
        monkeypatch.setattr(chromium, way, lambda: None)
    with pytest.raises(RuntimeError, match="apt-get install chromium"):
        chromium.find.__wrapped__()
    watching = False
    assert started == []


def test_playwrights_browser_is_taken_only_where_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    assert chromium.playwrights() is None
    assert list(tmp_path.iterdir()) == []
