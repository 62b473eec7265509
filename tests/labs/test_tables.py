"""What leaves the program as a table or as text: no formula, and every letter."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from livetorch_labs.report import tables as report_tables
from livetorch_labs.report.spreadsheets import BYTE_ORDER_MARK, safe_cell, write_csv
from livetorch_labs.results import ExerciseResult, Run, SubmissionResult, write_result, write_run
from livetorch_labs.results import TestResult as Test
from livetorch_labs.streams import prepare

FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", " =1+1", "\t=1+1", "\r=1+1", "\n=1+1", "\n\n =1+1",
            "\uff1d1+1", "\uff0b1", "\uff0d1+1", "\uff20SUM(A1)", " \uff1d1+1", "\ufe661",
            "\ufe621", "\x00=1+1", "\u200b=1+1", "\ufeff=1+1", "\u00a0=1+1", "\u3000=1+1",
            "\u2212(1+1)", "=cmd|'/c calc'!A1", '=HYPERLINK("http://x")']  # fmt: skip
TABLES = {
    "grades": lambda results: report_tables.grades_rows(results),
    "exercises": lambda results: report_tables.exercise_rows(results),
    "canvas": lambda results: report_tables.canvas_rows(results, "=1+1"),
    "moodle": lambda results: report_tables.moodle_rows(results),
}


def result(student: str, message: str = "no") -> SubmissionResult:
    test = Test("a-1-tests", 0, 2, False, message, "")
    part = ExerciseResult("a-1", "Exercise 1", 0, 2, (test,))
    return SubmissionResult(student, "01-a", "ok", 0, 2, (part,), (), "hash", 1.0)


@pytest.mark.parametrize("start", FORMULAS)
def test_no_cell_is_a_formula(start: str) -> None:
    assert safe_cell(start).startswith("'")


def test_numbers_and_words_stay_as_they_are() -> None:
    cells = ["-2.5", 3, "ada", "a=b", "", "'quoted'", "Łukasz", "a-b@c.org"]
    assert [safe_cell(cell) for cell in cells] == [str(cell) for cell in cells]


def test_every_table_writes_through_it() -> None:
    """Names of rows that are made anywhere in the program."""
    assert {name for name in dir(report_tables) if name.endswith("_rows")} == {
        "grades_rows",
        "exercise_rows",
        "canvas_rows",
        "moodle_rows",
    }
    package = Path(report_tables.__file__).parents[1]
    using = {p.name for p in package.rglob("*.py") if "import csv" in p.read_text("utf-8")}
    assert using == {"spreadsheets.py"}


@pytest.mark.parametrize("table", TABLES)
def test_formulas_are_disarmed_in_every_table(table: str, tmp_path: Path) -> None:
    results = [result(formula, formula) for formula in FORMULAS]
    write_csv(tmp_path / "t.csv", TABLES[table](results), start=BYTE_ORDER_MARK)
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) >= len(FORMULAS) + 1
    assert not [cell for row in rows for cell in row if safe_cell(cell) != cell]
    assert sum(cell.startswith("'") for row in rows for cell in row) >= len(FORMULAS)


@pytest.fixture
def graded(tmp_path: Path) -> Path:
    for student in ("Łukasz", "李雷", "no-utf-8 \\udcff"):
        write_result(tmp_path / "graded", result(student, "für 漢字 → ok"))
    write_run(tmp_path / "graded", Run("01-a", "Ääh", "2026-01-01T00:00:00+00:00", sandbox=True))
    return tmp_path / "graded"


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8", "cp437"])
def test_a_report_into_a_file_is_utf_8(graded: Path, tmp_path: Path, encoding: str) -> None:
    with (tmp_path / "report.txt").open("wb") as file:
        done = subprocess.run(
            [sys.executable, "-m", "livetorch_labs", "report", str(graded)],
            stdout=file,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        )
    assert (done.returncode, done.stderr) == (0, "")
    text = (tmp_path / "report.txt").read_text(encoding="utf-8")
    assert "Łukasz" in text
    assert "für 漢字 → ok" in text


class Terminal(io.BytesIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_keeps_its_encoding() -> None:
    terminal = Terminal()
    stream = io.TextIOWrapper(terminal, encoding="cp1252", errors="strict")
    prepare(stream)
    print("é Łukasz \udcff", file=stream, flush=True)
    assert terminal.getvalue().rstrip() == b"\xe9 \\u0141ukasz \\udcff"


def test_which_tables_say_that_they_are_utf_8(graded: Path, tmp_path: Path) -> None:
    """Those that people open in Excel; the ones for grade books do not."""
    files = {name: tmp_path / f"{name}.csv" for name in ("csv", "canvas", "moodle")}
    words = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    subprocess.run(
        [sys.executable, "-m", "livetorch_labs", "report", str(graded), *words],
        check=True,
        capture_output=True,
    )
    marked = {
        name
        for name, path in files.items()
        if path.read_bytes().startswith(BYTE_ORDER_MARK.encode())
    }
    assert marked == {"csv"}
    for path in files.values():
        assert "Łukasz" in path.read_text(encoding="utf-8-sig")
