"""A lab is sound, and any change that makes its tests weaker is seen."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from livetorch_labs import LabError
from livetorch_labs.assignment.find import all_lessons, chapters_folder, find
from livetorch_labs.assignment.leaks import book_leaks, page_text, release_leaks
from livetorch_labs.assignment.lesson import Lesson, with_private_tests
from livetorch_labs.assignment.regions import HIDDEN_TESTS, split
from livetorch_labs.assignment.release import release_notebook
from livetorch_labs.soundness.accepted import accept, not_accepted
from livetorch_labs.soundness.answers import Answers, RightAnswer, load_answers
from livetorch_labs.soundness.check import check
from tests.labs.changes import cell_of, changed
from tests.labs.small_lab import CHAPTER, write_chapters

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"
REAL = all_lessons(CHAPTERS)


def test_the_chapters_are_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the clone that the command is installed from."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LIVETORCH_CHAPTERS", raising=False)
    assert chapters_folder() == CHAPTERS


def without_hidden(lesson: Lesson, name: str) -> Lesson:
    parts = split(cell_of(lesson.notebook, name).source, HIDDEN_TESTS)
    return changed(lesson, name, "\n".join(p.source for p in parts if not p.inside))


def weakened(source: str) -> Iterator[str]:
    """A source with one assert after the other replaced by one that always holds."""
    lines = source.splitlines()
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)]
    for node in nodes:
        kept = list(lines)
        assert node.end_lineno is not None
        blank = " " * node.col_offset
        kept[node.lineno - 1 : node.end_lineno] = [f"{blank}assert True"]
        yield "\n".join(kept)


@pytest.fixture
def accepted(lesson: Lesson) -> Lesson:
    accept(lesson)
    return lesson


def test_the_small_lab_is_sound(accepted: Lesson) -> None:
    assert check(accepted)[0] == []


@pytest.mark.parametrize("name", ["sums-1-tests", "sums-3-tests"])
def test_a_deleted_hidden_test_lets_wrong_answers_pass(lesson: Lesson, name: str) -> None:
    problems, _ = check(without_hidden(lesson, name), accepting=True)
    assert any("has no hidden test" in problem for problem in problems)


def test_one_of_two_hidden_tests_deleted(lesson: Lesson) -> None:
    """What is left is not enough for the catalogue, without any help of the stored digests."""
    source = cell_of(lesson.notebook, "sums-2-tests-b").source
    weak = changed(lesson, "sums-2-tests-b", source.replace("total(range(101)) == 5050", "True"))
    problems, _ = check(weak, accepting=True)
    assert "the wrong answer 'sums-2, stops at a hundred' passes" in problems
    assert any("knows only the examples" in problem for problem in problems)


def test_a_weakened_assert_loses_its_feedback(lesson: Lesson) -> None:
    source = cell_of(lesson.notebook, "sums-1-tests").source
    weak = changed(lesson, "sums-1-tests", source.replace("double(2) != 4 + 2", "True"))
    problems, _ = check(weak, accepting=True)
    assert any("does not hear 'this adds 4'" in problem for problem in problems)


def test_an_unsolved_reference_and_a_solved_release(lesson: Lesson) -> None:
    source = cell_of(lesson.notebook, "sums-3").source
    wrong = changed(lesson, "sums-3", source.replace("[-1]", "[0]"))
    problems, _ = check(wrong, accepting=True)
    assert any(problem.startswith("the reference gets 5 of 7") for problem in problems)
    solved = changed(lesson, "sums-3", f"{source}\n\nlargest = max")
    problems, _ = check(solved, accepting=True)
    assert any(problem.startswith("the untouched release gets 2 points") for problem in problems)


def test_catalogue_that_is_too_short(lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livetorch_labs.soundness.check.load_answers", lambda _: Answers())
    problems, _ = check(lesson, accepting=True)
    assert "sums-1 has 0 wrong answers in the catalogue, and needs 3" in problems
    assert "sums-3 has 0 right answers in the catalogue, and needs 3" in problems


def test_right_answers_of_one_form(lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other names, types, words and imports make no other form."""
    answers = load_answers(lesson)
    same = 'import math\ndef double(n: int) -> int:\n    "Twice."\n    return 2 * n  # two'
    added = "def double(what):\n    return what + what"
    broken = "def double(x) return"
    codes = {"as the reference": same, "as another": added, "broken": broken}
    right = tuple(RightAnswer("sums-1", form, code) for form, code in codes.items())
    answers = replace(answers, right=answers.right + right)
    monkeypatch.setattr("livetorch_labs.soundness.check.load_answers", lambda _: answers)
    problems, _ = check(lesson, accepting=True)
    assert [problem for problem in problems if "fails" not in problem] == [
        "the right answer 'sums-1, as the reference' differs only in names from the solution",
        "the right answer 'sums-1, as another' differs only in names from 'sums-1, adds'",
        "the right answer 'sums-1, broken' is no Python: expected ':'",
    ]


def test_a_right_answer_that_is_refused(lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, with what the test said to it; the others are tried as well."""
    wrong = RightAnswer("sums-3", "asks for a list", "def largest(n): return n.sort() or n[7]")
    answers = load_answers(lesson)
    answers = replace(answers, right=(*answers.right, wrong))
    monkeypatch.setattr("livetorch_labs.soundness.check.load_answers", lambda _: answers)
    problems, summary = check(lesson, accepting=True)
    assert [problem for problem in problems if "right answer" in problem] == [
        "the right answer 'sums-3, asks for a list' fails sums-3-tests: "
        "IndexError: list index out of range"
    ]
    assert "10 right and 9 wrong answers" in summary


def test_a_catalogue_that_is_none(tmp_path: Path) -> None:
    lesson = find(write_chapters(tmp_path), CHAPTER)
    lesson.beside("answers").write_text("- exercise: sums-1\n")
    with pytest.raises(LabError, match="not a catalogue of answers"):
        load_answers(lesson)
    lesson.beside("answers").write_text("rihgt: []\n")
    with pytest.raises(LabError, match="unknown: rihgt"):
        load_answers(lesson)


@pytest.mark.parametrize("lesson", REAL, ids=[lesson.name for lesson in REAL])
def test_every_weaker_test_of_the_book_is_seen(lesson: Lesson) -> None:
    """Each hidden test deleted, and each assert weakened, one at a time."""
    assert not_accepted(lesson) == []
    tried = 0
    for exercise in lesson.exercises:
        for test in exercise.tests:
            if test.hidden.strip():
                assert not_accepted(without_hidden(lesson, test.grade_id))
            for source in weakened(test.source):
                assert not_accepted(changed(lesson, test.grade_id, source))
                tried += 1
    assert tried >= 2 * len(lesson.exercises)


@pytest.mark.parametrize("lesson", REAL, ids=[lesson.name for lesson in REAL])
def test_the_book_gives_nothing_away(lesson: Lesson) -> None:
    notebook = release_notebook(lesson)
    assert release_leaks(lesson, notebook) == []
    text = "".join(cell.source for cell in notebook.cells)
    assert "BEGIN" not in text
    assert book_leaks(lesson, CHAPTERS.parent / "_build" / "html") == []


def test_words_of_messages_and_comments_may_change(accepted: Lesson) -> None:
    source = cell_of(accepted.notebook, "sums-1-tests").source
    assert (
        not_accepted(changed(accepted, "sums-1-tests", source.replace("this adds", "it adds")))
        == []
    )
    assert not_accepted(changed(accepted, "sums-1-tests", "# A reason\n" + source)) == []
    assert not_accepted(changed(accepted, "sums-1-tests", source.replace("== 4,", "== 5,")))


def test_leaks_are_found(lesson: Lesson, tmp_path: Path) -> None:
    hidden = "assert largest([-5, -2, -9]) == -2"
    notebook = release_notebook(lesson)
    notebook.cells[0].source += f'\n```\n{hidden}, "wrong for secret negatives"\n```'
    assert any("sums-3-tests" in leak for leak in release_leaks(lesson, notebook))
    pages = tmp_path / "html"
    pages.mkdir()
    page = f"<pre><span>assert</span> {hidden.removeprefix('assert ')}, "
    page += "&quot;wrong for secret negatives&quot;</pre>"
    (pages / "01-sums.html").write_text(page)
    assert hidden in page_text(page)
    assert len(book_leaks(lesson, pages)) == 1


def test_private_tests_lie_over_hidden_ones(lesson: Lesson, tmp_path: Path) -> None:
    folder = tmp_path / "01-sums"
    folder.mkdir()
    (folder / "sums-1-tests.py").write_text('assert double(1000) == 2000, "a private one"\n')
    private = with_private_tests(lesson, tmp_path)
    test = private.exercises[0].tests[0]
    assert test.hidden == 'assert double(1000) == 2000, "a private one"'
    assert "double(2) == 4" in test.source
    (folder / "sums-9.py").write_text("pass")
    with pytest.raises(LabError, match="names no test cell"):
        with_private_tests(lesson, tmp_path)
    with pytest.raises(LabError, match="has no private tests"):
        with_private_tests(lesson, tmp_path / "elsewhere")
