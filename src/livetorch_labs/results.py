"""What grading a submission gives, and how it is stored.

A folder of results holds ``submissions/STUDENT.json`` (one file a student), ``run.json`` (which
lesson, when, in a sandbox or not) and ``grades.csv``. ``grade`` writes them, ``report`` reads
them.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from . import LabError

OK = "ok"
TIMEOUT = "timeout"
KERNEL_LOST = "kernel-lost"
TAMPERED = "tampered"
UNREADABLE = "unreadable"
METADATA_LOST = "metadata-lost"
MISSING = "missing"
NEEDS_REVIEW = "needs-review"
LONGEST_NAME = 180
STATUSES = (
    OK,
    TIMEOUT,
    KERNEL_LOST,
    TAMPERED,
    UNREADABLE,
    METADATA_LOST,
    MISSING,
    NEEDS_REVIEW,
)


@dataclass(frozen=True)
class TestResult:
    """What one test cell said."""

    __test__ = False  # pytest collects classes called Test...

    grade_id: str
    points: float
    max_points: float
    hidden_failed: bool  # the visible tests passed, a hidden one did not
    message: str  # plain words for the student, "" if full points; never hidden test source
    hidden_message: str  # what hidden tests said, shown only with --show-hidden


@dataclass(frozen=True)
class ExerciseResult:
    """One exercise: a solution and the test cells that follow it."""

    id: str
    title: str
    points: float
    max_points: float
    tests: tuple[TestResult, ...]


@dataclass(frozen=True)
class SubmissionResult:
    """One student's submission of a lesson, or of a chapter's lessons together."""

    student: str
    assignment: str  # the lesson, or the chapter
    status: str  # one of STATUSES
    points: float
    max_points: float
    exercises: tuple[ExerciseResult, ...]
    notes: tuple[str, ...]  # what the instructor should know, in plain words
    source_hash: str  # of the submitted file, the lesson and the settings that matter
    seconds: float

    @property
    def lost_messages(self) -> list[str]:
        """What the tests said that gave fewer points than they have, hidden ones too."""
        tests = [test for exercise in self.exercises for test in exercise.tests]
        return [t.message or t.hidden_message for t in tests if t.points < t.max_points]


@dataclass(frozen=True)
class Run:
    """What a folder of results says of itself."""

    assignment: str  # the lesson, or the chapter
    title: str
    when: str  # ISO 8601, UTC
    sandbox: bool
    lessons: tuple[str, ...] = ()  # of a lesson: the folders that hold the results of each


def result_path(folder: Path, student: str) -> Path:
    """Where a student's result is stored. The name is quoted: it may hold any character."""
    kept = "".join(
        c if c.isalnum() else quote(c, safe=" @+=,()", errors="replace") for c in student
    )
    kept = kept.replace(".", "%2E", 1) if kept.startswith(".") else kept
    if len(kept.encode()) > LONGEST_NAME or not kept.strip():
        # A file's name may have 255 bytes.
        digest = hashlib.sha256(student.encode("utf-8", "surrogateescape")).hexdigest()
        kept = f"{kept.encode()[:100].decode('utf-8', 'ignore')}~{digest[:16]}"
    return folder / "submissions" / f"{kept}.json"


def write_text(path: Path, text: str) -> None:
    """Write a file in whole or not at all, so that a stopped run leaves no half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name[:200]}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)  # the disk is full
        raise


def write_result(folder: Path, result: SubmissionResult) -> None:
    path = result_path(folder, result.student)
    write_text(path, json.dumps(asdict(result), indent=1, ensure_ascii=False) + "\n")


def read_result(path: Path) -> SubmissionResult:
    """A stored result.

    Raises:
        LabError: the file is not one.
    """
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LabError(
            f"{path} is not a result of livetorch-labs grade ({error}): delete it and grade again"
        ) from error


def from_json(data: dict[str, Any]) -> SubmissionResult:
    """A result from its JSON form.

    Raises:
        KeyError, TypeError: it is not one.
    """
    exercises = tuple(
        ExerciseResult(
            **{
                **exercise,
                "tests": tuple(TestResult(**test) for test in exercise["tests"]),
            }
        )
        for exercise in data["exercises"]
    )
    return SubmissionResult(**{**data, "exercises": exercises, "notes": tuple(data["notes"])})


def load_results(folder: Path) -> list[SubmissionResult]:
    """The results in a folder that ``grade`` wrote, ordered by student.

    Raises:
        LabError: there are none, or one of them can not be read.
    """
    paths = sorted(path for path in (folder / "submissions").glob("*.json") if path.name[0] != ".")
    if not paths:
        raise LabError(f"{folder} holds no results: run livetorch-labs grade ... -o {folder} first")
    return sorted((read_result(path) for path in paths), key=lambda result: result.student)


def load_run(folder: Path) -> Run:
    """Which lesson a folder of results is about.

    Raises:
        LabError: the folder has no readable run.json.
    """
    try:
        data = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        return Run(**{**data, "lessons": tuple(data.get("lessons", ()))})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise LabError(
            f"{folder} has no readable run.json: run livetorch-labs grade ... -o {folder} first"
        ) from error


def write_run(folder: Path, run: Run) -> None:
    write_text(folder / "run.json", json.dumps(asdict(run), indent=1, ensure_ascii=False) + "\n")
