"""The small lab, and a place of its own for all temporary files of a test."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from livetorch_labs import LabError
from livetorch_labs.assignment.find import find
from livetorch_labs.assignment.lesson import Lesson
from livetorch_labs.assignment.release import release_notebook
from livetorch_labs.sandbox.bubblewrap import require_bubblewrap
from tests.labs.small_lab import CHAPTER, Paper, write_chapters


@pytest.fixture(scope="session")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Lesson:
    return find(write_chapters(tmp_path_factory.mktemp("book")), CHAPTER)


@pytest.fixture(scope="session")
def released(lesson: Lesson) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(nbformat.writes(release_notebook(lesson)))
    return data


@pytest.fixture
def paper(released: dict[str, Any]) -> Paper:
    return Paper(released)


@pytest.fixture(scope="session")
def bubblewrap() -> Path:
    try:
        return require_bubblewrap()
    except LabError as error:
        pytest.skip(str(error))


@pytest.fixture
def scratch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder for temporary files."""
    folder = Path(tempfile.mkdtemp(prefix="t"))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
