"""A chapter of several lessons: named, handed out in one archive, graded and reported as one."""

from __future__ import annotations

import csv
import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from livetorch_labs import LabError, cli
from livetorch_labs.assignment.find import all_lessons, find, find_all, whole_title
from livetorch_labs.assignment.release import release_notebook
from livetorch_labs.report.whole import together
from livetorch_labs.results import MISSING, OK, TAMPERED, TIMEOUT, SubmissionResult
from tests.labs.small_lab import ANSWERS, RIGHT, WRONG, Paper, grade_command, lesson_notebook

LESSONS = ("1-sums", "2-more-sums")


def write_lessons(folder: Path) -> Path:
    """A folder ``chapters`` with a chapter of two lessons."""
    chapters = folder / "chapters"
    inside = chapters / "01-numbers"
    inside.mkdir(parents=True)
    (inside / "index.md").write_text("(numbers)=\n# Numbers\n\nWhy.\n")
    for name, ids in zip(LESSONS, ("sums-", "more-"), strict=True):
        text = json.dumps(lesson_notebook()).replace("sums-", ids).replace("(ex-", f"({ids}ex-")
        (inside / f"{name}.ipynb").write_text(text)
        (inside / f"{name}.answers.yml").write_text((RIGHT + WRONG).replace("sums-", ids))
        (inside / f"{name}.quiz.yml").write_text("- {id: a}\n")
    return chapters


@pytest.fixture(scope="module")
def chapters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_lessons(tmp_path_factory.mktemp("lessons"))


@pytest.mark.parametrize(
    ("name", "lessons"),
    [
        ("01-numbers", LESSONS),
        ("numbers", LESSONS),
        ("1", LESSONS),
        ("chapters/01-numbers/", LESSONS),
        ("1/2", LESSONS[1:]),
        ("01-numbers/1-sums", LESSONS[:1]),
        ("chapters/01-numbers/1-sums.ipynb", LESSONS[:1]),
        ("numbers/more-sums", LESSONS[1:]),
        ("2-more-sums", LESSONS[1:]),
        ("more-sums", LESSONS[1:]),
    ],
)
def test_a_name_means_a_chapter_or_a_lesson(
    chapters: Path, name: str, lessons: tuple[str, ...]
) -> None:
    assert tuple(lesson.name for lesson in find_all(chapters, name)) == lessons


@pytest.mark.parametrize("name", ["2", "1/3", "01-numbers/1/1", "sum", ""])
def test_a_name_that_means_none(chapters: Path, name: str) -> None:
    with pytest.raises(LabError, match=r"there are: 01-numbers$"):
        find_all(chapters, name)


def test_one_lesson_is_asked_for_and_there_are_two(chapters: Path) -> None:
    with pytest.raises(LabError, match=r"more than one lesson.*1-sums, 2-more-sums"):
        find(chapters, "1")


def test_what_lessons_are_together(chapters: Path) -> None:
    lessons = all_lessons(chapters)
    assert whole_title(lessons) == ("01-numbers", "Numbers")
    assert whole_title(lessons[:1]) == ("1-sums", lessons[0].title)
    assert [lesson.address for lesson in lessons] == [f"01-numbers/{name}" for name in LESSONS]


def test_one_archive_for_a_chapter_and_one_for_a_lesson(chapters: Path, tmp_path: Path) -> None:
    start = ["--chapters", str(chapters), "release"]
    assert cli.main([*start, "numbers", "-o", str(tmp_path)]) == 0
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {"1-sums.ipynb", "2-more-sums.ipynb", "01-numbers.zip"}
    with zipfile.ZipFile(tmp_path / "01-numbers.zip") as archive:
        names = archive.namelist()
        readme = archive.read("01-numbers/README.txt").decode()
    for name in LESSONS:
        assert f"01-numbers/{name}.ipynb" in names
        assert f"01-numbers/{name}.quiz.yml" in names
    assert len(set(names)) == len(names), "the package stands in it once"
    assert "01-numbers/livetorch/__init__.py" in names
    assert not any("answers" in name for name in names)
    assert "hand in 1-sums.ipynb and 2-more-sums.ipynb. Do not rename them." in readme
    assert readme.startswith("Numbers\n")
    assert cli.main([*start, "1/2", "-o", str(tmp_path)]) == 0
    with zipfile.ZipFile(tmp_path / "2-more-sums.zip") as archive:
        assert "2-more-sums/2-more-sums.ipynb" in archive.namelist()
        assert "1-sums" not in " ".join(archive.namelist())
        assert "Do not rename it." in archive.read("2-more-sums/README.txt").decode()


def papers(chapters: Path) -> list[dict[str, Any]]:
    return [release_notebook(lesson) for lesson in all_lessons(chapters)]


def test_a_chapter_is_graded_and_reported_as_one(
    chapters: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = papers(chapters)
    sums, more = Paper(first).answer(), Paper(second)
    for name, right in ANSWERS.items():
        more.cell(name.replace("sums-", "more-"))["source"] = right
    handed_in, graded = tmp_path / "in", tmp_path / "graded"
    sums.write(handed_in / "ann" / "1-sums.ipynb")
    more.write(handed_in / "ann" / "2-more-sums.ipynb")
    sums.write(handed_in / "bob" / "1-sums.ipynb")
    command = grade_command(chapters, handed_in, graded)
    command[command.index("grade") + 1] = "01-numbers"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    full = sum(lesson.points for lesson in all_lessons(chapters))
    with (graded / "grades.csv").open(encoding="utf-8-sig") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {name: float(row["points"]) for name, row in rows.items()} == {
        "ann": full,
        "bob": full / 2,
    }
    assert {float(row["max_points"]) for row in rows.values()} == {full}
    assert rows["bob"]["status"] == OK
    assert rows["bob"]["more-1"] == "0"
    assert (graded / "2-more-sums" / "grades.csv").exists()
    report = ["report", str(graded), "--feedback", str(tmp_path / "pages")]
    assert cli.main([*report, "--canvas", str(tmp_path / "canvas.csv")]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("01-numbers, graded in")
    assert "2-more-sums: " in " ".join(printed.split()), "who looks at bob is told what he lacks"
    assert "Numbers" in (tmp_path / "pages" / "ann.html").read_text(encoding="utf-8")
    assert cli.main(["report", str(graded / "1-sums")]) == 0, "a lesson by itself"
    command[command.index("01-numbers")] = "01-numbers/2"
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "holds results of 01-numbers" in again.stderr


def result(student: str, lesson: str, status: str, points: float = 0) -> SubmissionResult:
    return SubmissionResult(student, lesson, status, points, 2, (), (), "hash", 1.0)


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ((OK, OK), OK),
        ((OK, MISSING), OK),
        ((MISSING, MISSING), MISSING),
        ((TIMEOUT, OK), TIMEOUT),
        ((TIMEOUT, TAMPERED), TAMPERED),
        ((OK, "unheard-of"), "unheard-of"),
    ],
)
def test_the_most_pressing_status_is_that_of_the_whole(
    statuses: tuple[str, str], status: str
) -> None:
    lessons = {name: [result("ann", name, s)] for name, s in zip("ab", statuses, strict=True)}
    (whole,) = together("c", lessons)
    assert whole.status == status


def test_who_is_not_among_a_lessons_results_could_have_had_its_points() -> None:
    whole = together("c", {"a": [result("ann", "a", OK, 2)], "b": [result("bob", "b", OK, 1)]})
    assert [(r.student, r.points, r.max_points) for r in whole] == [("ann", 2, 4), ("bob", 1, 4)]
    assert whole[0].notes == ("b: not handed in",)
