"""The report: what students see and do not see, and what the grade books take."""

from __future__ import annotations

import argparse
import csv
import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from livetorch_labs.report import command as report
from livetorch_labs.report.feedback import feedback_page, write_feedback
from livetorch_labs.report.statuses import MEANINGS
from livetorch_labs.report.summary import exercise_summaries, report_lines
from livetorch_labs.report.tables import (
    canvas_rows,
    exercise_rows,
    moodle_rows,
)
from livetorch_labs.report.text import HIDDEN_CHECK, number, plain, sections
from livetorch_labs.results import (
    STATUSES,
    ExerciseResult,
    Run,
    SubmissionResult,
    TestResult,
    write_result,
    write_run,
)

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"
SECRET = "SECRET-OF-THE-HIDDEN-TEST"
PASSED = TestResult("a-1-tests", 2, 2, False, "", "")
FAILED = TestResult(
    "a-1-tests", 0, 2, False, "expected 3 rows, got 1. Read 'Numbers and slices' again.", ""
)
HIDDEN = TestResult("a-2-tests", 0.5, 1.5, True, "", f"{SECRET}. Read 'Views' again.")


def submission(
    student: str = "ada",
    first: TestResult = PASSED,
    second: TestResult = HIDDEN,
    status: str = "ok",
    notes: tuple[str, ...] = (),
) -> SubmissionResult:
    exercises = tuple(
        ExerciseResult(identifier, title, test.points, test.max_points, (test,))
        for identifier, title, test in (
            ("a-1", "Exercise 1: crop", first),
            ("a-2", "Exercise 2: windows", second),
        )
    )
    points = first.points + second.points
    return SubmissionResult(student, "01-a", status, points, 3.5, exercises, notes, "hash", 1.0)


def without_exercises(student: str, status: str) -> SubmissionResult:
    return SubmissionResult(student, "01-a", status, 0, 3.5, (), (), "hash", 0.0)


def run(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    report.add_arguments(parser)
    return report.run(parser.parse_args([str(argument) for argument in arguments]))


@pytest.fixture
def graded(tmp_path: Path) -> Path:
    folder = tmp_path / "graded"
    for result in (
        submission("ada", PASSED, HIDDEN),
        submission("bob", FAILED, HIDDEN),
        submission("eve", FAILED, HIDDEN, "needs-review", ("cell 3 imports ctypes",)),
        without_exercises("kim", "missing"),
        without_exercises("lee", "unreadable"),
    ):
        write_result(folder, result)
    write_run(folder, Run("01-a", "A lesson", "2026-01-02T03:04:05Z", True))
    return folder


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


class Elements(HTMLParser):
    """The elements of a page, each with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


# The page of a student


def test_everything_from_a_submission_is_escaped() -> None:
    test = TestResult(ATTACK, 0, 2, True, f"got {ATTACK}. Read '{ATTACK}' again.", ATTACK)
    exercise = ExerciseResult(ATTACK, ATTACK, 0, 2, (test,))
    for status in (*STATUSES, ATTACK):
        hostile = SubmissionResult(ATTACK, ATTACK, status, 0, 2, (exercise,), (ATTACK,), "", 0)
        for show_hidden in (False, True):
            page = feedback_page(hostile, ATTACK, show_hidden)
            elements = Elements(page).seen
            assert not [tag for tag, _ in elements if tag in ("script", "img")]
            assert not [name for _, given in elements for name in given if name.startswith("on")]
            assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_page_asks_no_host_and_may_run_nothing() -> None:
    page = feedback_page(submission())
    assert "default-src 'none'" in page
    assert not re.search(r"https?:|//|@import|url\(", page)
    allowed = {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "header",
        "footer",
        "div",
        "section",
        "h1",
        "h2",
        "p",
        "ul",
        "li",
        "span",
        "strong",
    }
    assert {tag for tag, _ in Elements(page).seen} <= allowed


def test_the_page_can_be_read_by_everyone() -> None:
    elements = Elements(feedback_page(submission())).seen
    given = [attributes for _, attributes in elements]
    assert ("html", {"lang": "en"}) in elements
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in given
    assert [tag for tag, _ in elements if tag in ("main", "h1", "h2")] == ["main", "h1", "h2", "h2"]
    headings = {attributes["id"] for tag, attributes in elements if tag == "h2"}
    assert {a["aria-labelledby"] for tag, a in elements if tag == "section"} == headings
    page = feedback_page(submission())
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_points_message_and_section_are_on_the_page() -> None:
    page = feedback_page(submission(first=FAILED))
    assert "<h1>0.5 of 3.5 points</h1>" in page
    assert "0 of 2 points" in page
    assert "expected 3 rows, got 1.</p>" in page, "the sentence 'Read ... again' has its own line"
    assert "<strong>Read again:</strong> Numbers and slices" in page
    assert "All checks passed." in feedback_page(submission())


def test_checks_that_say_the_same_are_told_once() -> None:
    given = (("a", 2, "no answer"), ("b", 1, "other"), ("c", 1, "no answer"))
    tests = tuple(TestResult(name, 0, most, False, words, "") for name, most, words in given)
    for kept, words in ((tests, "2 checks gave 0 of 3 points."), ((tests[0], tests[2]), "")):
        exercise = ExerciseResult("a", "Exercise", 0, 4, kept)
        page = feedback_page(SubmissionResult("ada", "a", "ok", 0, 4, (exercise,), (), "", 0))
        assert page.count("no answer") == 1
        assert words in page
        assert ('class="check"' in page) is bool(words)


def test_hidden_tests_are_told_of_and_not_told() -> None:
    result = submission()
    page = feedback_page(result)
    assert HIDDEN_CHECK in page
    assert SECRET not in page
    assert "Views" not in page
    shown = feedback_page(result, show_hidden=True)
    assert SECRET in shown
    assert "<strong>Read again:</strong> Views" in shown


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_says_what_it_means_and_what_to_do(status: str) -> None:
    words = MEANINGS[status]
    page = html.unescape(feedback_page(submission(status=status)))
    for text in (words.label, words.meaning, words.advice):
        assert text in page
    assert words.meaning.endswith(".")
    assert status == "ok" or (words.advice and words.teacher)


def test_an_unknown_status_still_gives_a_page() -> None:
    assert "The grader says: martian." in feedback_page(submission(status="martian"))


def test_notes_are_on_the_page_and_in_the_report() -> None:
    result = submission(status="needs-review", notes=("the test a-1 was edited",))
    assert "<li>the test a-1 was edited</li>" in feedback_page(result)
    assert "      ada: the test a-1 was edited" in list(report_lines([result]))


@pytest.mark.parametrize("status", ["missing", "unreadable"])
def test_where_nothing_ran_no_check_is_blamed(status: str) -> None:
    never = TestResult("a-1-tests", 0, 2, False, "", "")
    result = submission("ada", never, never, status, ("the file is empty",))
    page = feedback_page(result)
    assert page.count("No check could run.") == 2
    assert "did not run to" not in page
    _, *rows = exercise_rows([result])
    assert [(row[2], row[4]) for row in rows] == [("a-1", "0"), ("a-2", "0")]
    assert all("the file is empty" in str(row[6]) for row in rows)
    assert not [line for line in report_lines([result]) if "most frequent" in line]


def test_file_names_stay_in_the_folder_and_apart(tmp_path: Path) -> None:
    names = ["../../etc/passwd", "/abs", "..", "", "Ada", "ada", "a/b", "a_b", ".hidden", "王小明"]
    folder = tmp_path / "pages"
    written = write_feedback([submission(name) for name in names], folder)
    assert len({path.name.casefold() for path in written}) == len(names)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pages"]
    assert sorted(folder.iterdir()) == sorted(written)
    assert all(path.parent == folder and path.name[0] != "." for path in written)
    assert write_feedback([submission(name) for name in names], folder) == written


# Text


def test_text_can_not_steer_a_terminal_and_ends() -> None:
    assert plain("a\x1b[31mred\x07\x00 \u202eb\r\nc") == "a[31mred b\nc"
    assert len(plain("x" * 100_000)) <= 1200
    assert number(1 / 3) == "0.33"
    assert (number(2.0), number(2.5), number(0.0), number(123456.0)) == ("2", "2.5", "0", "123456")


def test_sections_are_found() -> None:
    assert sections("No. Read 'The gradient' and 'PyTorch's own' again. More.") == (
        "The gradient",
        "PyTorch's own",
    )
    assert sections("Read the task again.") == ()


# Tables


def test_the_table_has_a_row_an_exercise(graded: Path, tmp_path: Path) -> None:
    assert run(graded, "--csv", tmp_path / "deep" / "all.csv") == 0
    header, *rows = read_csv(tmp_path / "deep" / "all.csv")
    assert header == ["student", "status", "exercise", "title", "points", "max_points", "feedback"]
    assert [row[:3] for row in rows] == [
        ["ada", "ok", "a-1"],
        ["ada", "ok", "a-2"],
        ["bob", "ok", "a-1"],
        ["bob", "ok", "a-2"],
        ["eve", "needs-review", "a-1"],
        ["eve", "needs-review", "a-2"],
        ["kim", "missing", ""],
        ["lee", "unreadable", ""],
    ]
    assert rows[0][4:] == ["2", "2", "All checks passed."]
    assert rows[2][6] == "expected 3 rows, got 1. Read 'Numbers and slices' again."
    assert MEANINGS["missing"].meaning in rows[6][6]


def test_hidden_tests_are_in_no_table_unless_asked_for() -> None:
    results = [submission()]
    for rows in (exercise_rows(results), canvas_rows(results, "a"), moodle_rows(results)):
        assert SECRET not in str(rows)
    assert SECRET in str(exercise_rows(results, show_hidden=True))
    assert SECRET in str(moodle_rows(results, show_hidden=True))
    assert not [line for line in report_lines(results) if SECRET in line]
    assert [line for line in report_lines(results, show_hidden=True) if SECRET in line]


def test_the_canvas_file_has_the_columns_that_canvas_reads(graded: Path, tmp_path: Path) -> None:
    file = tmp_path / "canvas.csv"
    assert run(graded, "--canvas", file, "--assignment", "Lab 1 (4711)") == 0
    rows = read_csv(file)
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab 1 (4711)"]
    assert "Points Possible" in rows[1][0]
    assert rows[1][1:] == ["", "", "", "", "3.5"]
    assert rows[2] == ["ada", "", "", "ada", "", "2.5"]
    assert len({len(row) for row in rows}) == 1
    assert run(graded, "--canvas", file) == 0
    assert read_csv(file)[0][-1] == "01-a"


@pytest.mark.parametrize(
    ("students", "title"),
    [
        (("ada", "bob@x.org"), "Username"),
        (("ada@x.org", "bob@x.org"), "Email address"),
        (("0123", "456"), "ID number"),
    ],
)
def test_the_moodle_file_names_its_identifier(students: tuple[str, ...], title: str) -> None:
    rows = moodle_rows([submission(student) for student in students])
    assert rows[0] == [title, "Grade", "Maximum Grade", "Feedback comments"]
    assert [row[0] for row in rows[1:]] == list(students)
    assert [row[1:3] for row in rows[1:]] == [["2.5", "3.5"]] * 2


def test_names_from_canvas_hold_its_id() -> None:
    students = ["doejane_12345", "ada", "ada_byron", "1234"]
    rows = canvas_rows([submission(student) for student in students], "a")[2:]
    assert [row[:4] for row in rows] == [
        ["doejane", "12345", "", "doejane_12345"],
        ["ada", "", "", "ada"],
        ["ada_byron", "", "", "ada_byron"],
        ["1234", "", "", "1234"],
    ]


def test_names_from_moodle_become_a_grading_worksheet() -> None:
    header, *rows = moodle_rows([submission(name) for name in ("Jane Doe_123", "Plato_4")])
    assert header == [
        "Identifier",
        "Full name",
        "Grade",
        "Maximum Grade",
        "Last modified (grade)",
        "Feedback comments",
    ]
    assert [row[:5] for row in rows] == [
        ["Participant 123", "Jane Doe", "2.5", "3.5", ""],
        ["Participant 4", "Plato", "2.5", "3.5", ""],
    ]
    for others in (("Jane Doe_123", "ada"), ("ada_2024", "bob_2024")):
        assert moodle_rows([submission(name) for name in others])[0][0] == "Username"


def test_moodle_shows_feedback_as_html_so_it_is_escaped() -> None:
    test = TestResult("a-1-tests", 0, 2, False, f"got <class 'float'> {ATTACK}", "")
    text = str(moodle_rows([submission(first=test)])[1][-1])
    assert "&lt;class" in text
    assert "<" not in text


# The report itself


def test_the_report_counts_and_says_where_the_class_struggled(
    graded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(graded) == 0
    printed = capsys.readouterr().out
    assert "5 students: ok 2, needs-review 1, missing 1, unreadable 1" in printed
    # 2.5, 0.5, 0.5 and 0 for the unreadable one; nobody knows what the missing one can do.
    assert "mean 0.88 and median 0.5 of 3.5 points, over 4 students who handed in" in printed
    assert "Exercise 1: crop: 25% of the points, full marks for 1 student\n" in printed
    assert "most frequent (2): expected 3 rows, got 1." in printed
    assert "cell 3 imports ctypes" in printed
    assert printed.index("needs-review (1): ") < printed.index("unreadable (1): ")
    assert "      eve: cell 3 imports ctypes\n" in printed
    assert "sandbox" not in printed
    assert re.search(r"^bob +ok +0\.5 +3\.5 +0 +0\.5$", printed, re.MULTILINE)


def test_messages_that_differ_in_values_only_count_as_one() -> None:
    tests = [
        TestResult("t", 0, 2, False, f"expected {shape}, got {got}", "")
        for shape, got in (("(3, 6)", "[1, 2]"), ("(3, 6)", "[7]"), ("other", "-1.5"))
    ]
    results = [submission(str(i), first=test) for i, test in enumerate(tests)]
    first = exercise_summaries(results)[0]
    assert (first.message, first.message_count) == ("expected (3, 6), got [1, 2]", 2)
    assert (first.share, first.full_marks) == (0.0, 0)


def test_the_same_results_give_the_same_report(
    graded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(graded)
    once = capsys.readouterr().out
    run(graded)
    assert capsys.readouterr().out == once


def test_a_run_without_a_sandbox_says_so(graded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(graded, Run("01-a", "A lesson", "2026-01-02T03:04:05Z", False))
    assert run(graded) == 0
    assert "without a sandbox" in capsys.readouterr().out


def test_a_class_where_nobody_handed_in() -> None:
    lines = list(report_lines([without_exercises("kim", "missing")]))
    assert "1 student: missing 1" in lines
    assert not [line for line in lines if "mean" in line]


def test_feedback_writes_a_page_a_student(graded: Path, tmp_path: Path) -> None:
    assert run(graded, "--feedback", tmp_path / "pages") == 0
    pages = {path.stem: path.read_text(encoding="utf-8") for path in (tmp_path / "pages").iterdir()}
    assert sorted(pages) == ["ada", "bob", "eve", "kim", "lee"]
    assert "A lesson · ada" in pages["ada"]
    assert not any(SECRET in page for page in pages.values())
    assert not any("bob" in page for name, page in pages.items() if name != "bob")
    assert run(graded, "--feedback", tmp_path / "pages", "--show-hidden") == 0
    assert SECRET in (tmp_path / "pages" / "ada.html").read_text(encoding="utf-8")


# What goes wrong


def failing(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert run(*arguments) == 1
    errors = capsys.readouterr().err
    assert errors.startswith("livetorch-labs report: ")
    assert "Traceback" not in errors
    return errors


def test_a_folder_without_results_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "holds no results" in failing(capsys, tmp_path)
    assert "there is no folder" in failing(capsys, tmp_path / "nowhere")


@pytest.mark.parametrize("text", ['{"student": "bob", ', "[]", '{"student": "bob"}', "\x00"])
def test_a_damaged_result_is_named(
    graded: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (graded / "submissions" / "bob.json").write_text(text)
    errors = failing(capsys, graded)
    assert "bob.json" in errors
    assert "delete it and grade again" in errors


def test_results_of_two_chapters_are_not_mixed(
    graded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = graded / "submissions" / "bob.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"assignment": "02-b"}))
    assert "more than one lesson (01-a, 02-b)" in failing(capsys, graded)


def test_a_file_that_can_not_be_written_is_named(
    graded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    for option in ("--csv", "--feedback"):
        errors = failing(capsys, graded, option, tmp_path / "file" / "inside")
        assert "can not write" in errors
        assert "file" in errors
