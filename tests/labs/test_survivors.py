"""Edits that tests do not notice are found, and must be listed; what did not change is kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from livetorch_labs.assignment.find import find
from livetorch_labs.assignment.lesson import Lesson
from livetorch_labs.assignment.packages import package_folder
from livetorch_labs.cli import main
from livetorch_labs.soundness import survivors
from livetorch_labs.soundness.answers import Answers, Equivalent
from livetorch_labs.soundness.check import check
from livetorch_labs.soundness.survivors import Tally, tallies, too_many_listed
from livetorch_labs.soundness.trial import Trials
from tests.labs.changes import cell_of, changed
from tests.labs.small_lab import CHAPTER, write_chapters

SURVIVOR = "line 3: list(numbers) -> numbers"
STALE = "line 3: sorted(numbers)[-1] -> sorted(numbers)[-2]"


@pytest.fixture
def fresh(tmp_path: Path) -> Lesson:
    """A copy of the lesson, of which nothing was tried before."""
    return find(write_chapters(tmp_path), CHAPTER)


@pytest.fixture
def planted(fresh: Lesson) -> Lesson:
    """A solution with a part that changes nothing."""
    source = cell_of(fresh.notebook, "sums-3").source
    return changed(fresh, "sums-3", source.replace("sorted(numbers)", "sorted(list(numbers))"))


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def in_catalogue(*edits: str, exercise: str = "sums-3") -> None:
        answers = Answers(equivalent=tuple(Equivalent(exercise, e, "a reason") for e in edits))
        for module in ("survivors", "check"):
            monkeypatch.setattr(
                f"livetorch_labs.soundness.{module}.load_answers", lambda _: answers
            )

    return in_catalogue


def problems(lesson: Lesson) -> list[str]:
    return [problem for tally in tallies([lesson]) for problem in tally.problems]


def test_the_tests_of_the_small_lab_notice_every_edit(fresh: Lesson) -> None:
    done = list(tallies([fresh]))
    assert [tally.exercise for tally in done] == ["sums-1", "sums-2", "sums-3"]
    assert all(len(tally.mutants) >= 4 for tally in done)
    assert [(tally.survivors, tally.problems) for tally in done] == [((), ())] * 3
    count = str(len(done[0].mutants))
    assert done[0].row.split() == ["sums-1", count, count, "0"]


def test_an_edit_that_survives_is_listed_or_a_problem(
    planted: Lesson, listed: Callable[..., None]
) -> None:
    assert problems(planted) == [f"survives: '{SURVIVOR}'"]
    listed(SURVIVOR)
    tally = list(tallies([planted]))[-1]
    assert (tally.survivors, tally.listed, tally.problems) == ((SURVIVOR,), (SURVIVOR,), ())


def test_a_list_that_is_not_true_any_more(planted: Lesson, listed: Callable[..., None]) -> None:
    dead = "line 3: return sorted(list(numbers))[-1] -> return None"
    listed(SURVIVOR, SURVIVOR, STALE, dead)
    assert problems(planted) == [
        f"is listed, but the solution has no such edit: '{STALE}'",
        f"is listed, but the tests notice it: '{dead}'",
        f"is listed twice: '{SURVIVOR}'",
    ]


def test_an_entry_of_no_exercise(planted: Lesson, listed: Callable[..., None]) -> None:
    listed(SURVIVOR, exercise="sums-9")
    assert problems(planted) == [f"survives: '{SURVIVOR}'"]
    sentences, _ = check(planted, accepting=True)
    assert f"the answer 'sums-9, {SURVIVOR}' is to no exercise" in sentences


def test_a_weaker_test_lets_edits_survive(fresh: Lesson) -> None:
    source = cell_of(fresh.notebook, "sums-2-tests-b").source
    weak = source.replace("total([1, 2, 3]) == 6", "total([6]) == 6")
    weak = weak.replace("total(range(101)) == 5050", "True")
    assert problems(fresh) == []
    assert "survives: 'line 5: result += number -> result = number'" in problems(
        changed(fresh, "sums-2-tests-b", weak)
    )


def test_a_solution_that_fails_is_said_and_its_edits_are_not_tried(fresh: Lesson) -> None:
    source = cell_of(fresh.notebook, "sums-3").source
    wrong = changed(fresh, "sums-3", source.replace("[-1]", "[0]"))
    (problem,) = problems(wrong)
    assert problem.startswith("the solution fails sums-3-tests: expected 3, got 1")
    assert list(tallies([wrong]))[-1].mutants == ()


def test_what_did_not_change_is_not_tried_again(
    planted: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    plain = Trials.start

    def start(self: Trials, setup: str, cases: object, reference: object) -> object:
        started.append(getattr(reference, "answer", ""))
        return plain(self, setup, cases, reference)  # type: ignore[arg-type]

    monkeypatch.setattr(Trials, "start", start)
    before = list(tallies([planted]))
    assert len(started) == 3
    assert list(tallies([planted])) == before
    assert len(started) == 3

    other_test = cell_of(planted.notebook, "sums-1-tests").source + "\nassert double(3) == 6"
    list(tallies([changed(planted, "sums-1-tests", other_test)]))
    assert len(started) == 4
    assert "def double" in started[-1]

    setup = cell_of(planted.notebook, "sums-1").source
    list(tallies([changed(planted, "sums-1", f"import json\n{setup}")]))
    assert len(started) == 7, "the imports are those of the whole lesson"

    monkeypatch.setattr(survivors, "_surroundings", lambda: ["another torch"])
    list(tallies([planted]))
    assert len(started) == 10


def test_the_surroundings_are_the_package_and_this_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = set()

    def digest() -> None:
        survivors._surroundings.cache_clear()
        digests.add(json.dumps(survivors._surroundings()))

    digest()
    copied = tmp_path / "livetorch"
    shutil.copytree(package_folder(), copied)
    monkeypatch.setattr(survivors, "package_folder", lambda: copied)
    digest()
    assert len(digests) == 1, "the same sources elsewhere"
    (copied / "__init__.py").write_text("changed = True")
    digest()
    program = tmp_path / "program"
    shutil.copytree(Path(survivors.__file__).parents[1], program)
    (program / "soundness" / "edits.py").write_text("changed = True")
    monkeypatch.setattr(survivors, "__file__", str(program / "soundness" / "survivors.py"))
    digest()
    monkeypatch.setattr(survivors, "version", lambda _: "0.0.1")
    digest()
    assert len(digests) == 4
    survivors._surroundings.cache_clear()


def test_the_share_of_listed_edits_in_a_book() -> None:
    edits = tuple(f"edit {i}" for i in range(25))
    tally = Tally("sums-1", edits, edits[:1], edits[:1], ())
    assert too_many_listed([tally]) == []
    more = Tally("sums-2", edits[:24], edits[:1], edits[:1], ())
    (problem,) = too_many_listed([tally, more])
    assert problem.startswith("2 of 49 mutants are listed, more than 4%")


def test_the_command(fresh: Lesson, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(fresh.path.parent)
    assert main(["--chapters", folder, "check", "--mutants"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0].split() == ["exercise", "mutants", "killed", "listed"]
    assert table[-1].split()[0] == "all"
    assert table[-1].endswith("(0.0 % listed)")
    catalogue = fresh.beside("answers")
    entry = f"equivalent:\n- exercise: sums-3\n  edit: '{STALE}'\n  because: it is none\n"
    catalogue.write_text(catalogue.read_text() + entry)
    assert main(["--chapters", folder, "check", "--mutants", "1"]) == 1
    assert "is listed, but the tests notice it: '" + STALE in capsys.readouterr().out
    assert main(["--chapters", folder, "check", "--mutants", "--accept"]) == 1
