"""A whole class in one run: no submission can hurt another, the grader or the host."""

from __future__ import annotations

import csv
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from livetorch_labs.assignment.lesson import Lesson
from livetorch_labs.grading.grade import Options, grade
from livetorch_labs.report.spreadsheets import safe_cell
from livetorch_labs.results import SubmissionResult, load_results
from livetorch_labs.sandbox.watch import processes
from livetorch_labs.submission.collect import printable
from tests.labs.hostile import kinds
from tests.labs.hostile_code import MARK
from tests.labs.small_lab import CHAPTER, Paper


def contents(folder: Path) -> dict[str, str]:
    """A digest of every file below a folder; of links and pipes only that they are there."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            files[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            files[str(path)] = "none"
    return files


def command_lines() -> list[str]:
    lines = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                lines.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except (OSError, UnicodeDecodeError):
                continue
    return lines


def table(path: Path) -> dict[str, tuple[str, float, float, float]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["student"]: (
            row["status"],
            float(row["sums-1"]),
            float(row["sums-2"]),
            float(row["sums-3"]),
        )
        for row in rows
    }


@pytest.mark.usefixtures("bubblewrap")
def test_a_hostile_class(
    lesson: Lesson, released: dict[str, Any], tmp_path: Path, scratch: Path
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "solution.txt").write_text("42")
    place, out = tmp_path / "submissions", tmp_path / "results"
    place.mkdir()
    hosts = [secrets, lesson.path.parent, place, out, Path.home() / ".ssh"]
    cases = kinds([str(path) for path in hosts])
    assert len(cases) >= 40
    for name, kind in cases.items():
        kind.make(place / name, Paper(released))
    before = contents(tmp_path), contents(lesson.path.parent.parent)

    options = Options(jobs=2, seconds=6, memory=400 << 20)
    seen: list[SubmissionResult] = []
    results = grade(lesson, place, out, options, lambda result, *_: seen.append(result))

    rows = table(out / "grades.csv")
    expected = {safe_cell(printable(name)): kind.row for name, kind in cases.items()}
    notes = {safe_cell(result.student): result.notes for result in results}
    wrong = {name: row for name, row in expected.items() if rows.get(name) != row}
    assert wrong == {}, "\n".join(
        f"{name}: {rows.get(name)} {notes.get(name)} wants {row}" for name, row in wrong.items()
    )
    assert set(rows) == set(expected)
    assert len(seen) == len(cases)

    after = contents(tmp_path)
    kept = {name: digest for name, digest in after.items() if not name.startswith(str(out))}
    assert kept == before[0]
    assert contents(lesson.path.parent.parent) == before[1]
    assert processes(os.getpid()) == [os.getpid()]
    assert not any(MARK in line for line in command_lines())
    assert list(scratch.iterdir()) == []
    every = [t.message for r in results for e in r.exercises for t in e.tests]
    assert not any("secret" in message for message in every)

    # The same folder again: the same table, and nothing runs.
    first = (out / "grades.csv").read_bytes()
    seconds = {result.student: result.seconds for result in load_results(out)}
    again = grade(lesson, place, out, options)
    assert (out / "grades.csv").read_bytes() == first
    assert {result.student: result.seconds for result in again} == seconds

    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as book:
        scores = {s.student.id: s.score for s in book.assignment_submissions(CHAPTER)}
    assert scores == {result.student: result.points for result in again}
