"""Which mutants of the solutions the tests do not notice, and whether each is listed with a reason.

What was tried once is kept in ``_build/mutants`` and tried again only when something changed that
it depends on: solution, tests, imports, the package, this program, Python or torch.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .. import LabError
from ..assignment.imports import imports_of
from ..assignment.lesson import Exercise, Lesson
from ..assignment.packages import package_folder
from ..assignment.regions import without_markers
from ..results import write_text
from .answers import Answers, load_answers
from .mutants import mutants_of
from .trial import Case, Trials, parts_of

LISTED_AT_MOST = 0.04
"""The share of all mutants that may be listed as changing nothing."""
REFERENCE = "the solution"
PROGRAM = ("edits", "mutants", "survivors", "trial", "trial_process")


@dataclass(frozen=True)
class Tally:
    """What the tests of an exercise did to its mutants."""

    exercise: str
    mutants: tuple[str, ...]  # their names
    survivors: tuple[str, ...]
    listed: tuple[str, ...]
    """The survivors that the catalogue lists."""
    problems: tuple[str, ...]

    @property
    def row(self) -> str:
        """A line of the table."""
        total, listed = len(self.mutants), len(self.listed)
        return f"{self.exercise:28} {total:7} {total - len(self.survivors):7} {listed:7}"


HEADER = f"{'exercise':28} {'mutants':>7} {'killed':>7} {'listed':>7}"


def tallies(lessons: list[Lesson], jobs: int = 2) -> Iterator[Tally]:
    """The mutants of each exercise, those tried again that are not known from before."""
    waiting: list[tuple[Exercise, Answers, Callable[[], _Tried]]] = []
    with Trials(jobs) as trials:
        for lesson in lessons:
            answers = load_answers(lesson)
            kept = lesson.folder.parent / "_build" / "mutants"
            sources = [cell.source for cell in lesson.notebook.cells if cell.cell_type == "code"]
            setup = imports_of(sources)
            for exercise in lesson.exercises:
                tried = _start(trials, exercise, setup, kept / f"{exercise.id}.json")
                waiting.append((exercise, answers, tried))
        for exercise, answers, tried in waiting:
            yield _judged(exercise.id, tried(), answers)


@dataclass(frozen=True)
class _Tried:
    mutants: list[str]
    survivors: list[str]
    trouble: str = ""  # why nothing was tried


def _start(trials: Trials, exercise: Exercise, setup: str, path: Path) -> Callable[[], _Tried]:
    key = _key(exercise, setup)
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept.pop("key") == key:
            known = _Tried(**kept)
            return lambda: known
    mutants = mutants_of(exercise.source, setup)
    tests = parts_of(exercise)
    reference = Case(REFERENCE, without_markers(exercise.source), tests)
    outcomes_of = trials.start(setup, [Case(m.name, m.code, tests) for m in mutants], reference)

    def finish() -> _Tried:
        outcomes = outcomes_of()
        failed = [outcome for outcome in outcomes[REFERENCE] if not outcome.ok]
        if failed:
            return _Tried([], [], f"{REFERENCE} fails {failed[0].test}: {failed[0].message[:300]}")
        survivors = [m.name for m in mutants if all(outcome.ok for outcome in outcomes[m.name])]
        tried = _Tried([mutant.name for mutant in mutants], survivors)
        write_text(path, json.dumps({"key": key, **vars(tried)}, indent=1) + "\n")
        return tried

    return finish


def _judged(exercise: str, tried: _Tried, answers: Answers) -> Tally:
    """Compare the survivors with the catalogue."""
    entries = [entry for entry in answers.equivalent if entry.exercise == exercise]
    edits = [entry.edit for entry in entries]
    problems = [tried.trouble] if tried.trouble else []
    problems += [f"survives: {quoted(name)}" for name in tried.survivors if name not in edits]
    if not tried.trouble:
        for edit in edits:
            if edit not in tried.mutants:
                problems.append(f"is listed, but the solution has no such edit: {quoted(edit)}")
            elif edit not in tried.survivors:
                problems.append(f"is listed, but the tests notice it: {quoted(edit)}")
    problems += [f"is listed twice: {quoted(e)}" for e in sorted(set(edits)) if edits.count(e) > 1]
    listed = tuple(name for name in tried.survivors if name in edits)
    return Tally(exercise, tuple(tried.mutants), tuple(tried.survivors), listed, tuple(problems))


def quoted(text: str) -> str:
    """A text as the catalogue, which is YAML, can take it."""
    return "'" + text.replace("'", "''") + "'"


def _key(exercise: Exercise, setup: str) -> str:
    """A digest of all that an outcome depends on."""
    tests = [[test.grade_id, test.source] for test in exercise.tests]
    content = [exercise.source, setup, tests, _surroundings()]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@cache
def _surroundings() -> list[str]:
    """Python, torch, and digests of the sources of the package and of this program."""
    versions = [platform.python_version()]
    for name in ("torch", "numpy"):
        try:
            versions.append(version(name))
        except PackageNotFoundError:
            versions.append("")
    here = Path(__file__).parents[1]
    paths = [here / "soundness" / f"{name}.py" for name in PROGRAM]
    paths.append(here / "assignment" / "regions.py")
    with contextlib.suppress(LabError):  # chapters that do not import it need it not
        paths += sorted(package_folder().rglob("*.py"))
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return [*versions, digest.hexdigest()]


def too_many_listed(all_tallies: list[Tally]) -> list[str]:
    """Of a whole book: a sentence where too large a share of mutants is listed."""
    total = sum(len(tally.mutants) for tally in all_tallies)
    listed = sum(len(tally.listed) for tally in all_tallies)
    if listed <= LISTED_AT_MOST * total:
        return []
    return [
        f"{listed} of {total} mutants are listed, more than {LISTED_AT_MOST:.0%}: make the tests "
        "notice some of them, or write the solutions so that fewer edits change nothing"
    ]


def summary(all_tallies: list[Tally]) -> str:
    """The last line of the table."""
    total = sum(len(tally.mutants) for tally in all_tallies)
    listed = sum(len(tally.listed) for tally in all_tallies)
    killed = total - sum(len(tally.survivors) for tally in all_tallies)
    percent = 100 * listed / max(total, 1)
    return f"{'all':28} {total:7} {killed:7} {listed:7}  ({percent:.1f} % listed)"
