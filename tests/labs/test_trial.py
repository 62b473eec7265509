"""Answers that crash, compute for ever, take all memory or start processes are tried safely."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from livetorch_labs.soundness.trial import Case, Outcome, Trials
from tests.labs.trying import try_all

TESTS = {
    "test-a": [(False, "assert answer() == 1"), (True, "assert answer() == 1, 'hidden'")],
    "test-b": [(False, "assert answer() == 1, 'second'")],
}
RIGHT = "def answer(): return 1"
REFERENCE = Case("the solution", RIGHT, TESTS)


def edited(answer: str) -> list[Outcome]:
    """What comes of an answer that is an edit of the right one."""
    with Trials(1) as trials:
        outcomes = trials.start("import os", [Case("edit", answer, TESTS)], REFERENCE)()
    assert all(outcome.ok for outcome in outcomes["the solution"])
    return outcomes["edit"]


def test_all_tests_of_an_answer_and_the_first_failed_one_of_an_edit() -> None:
    wrong = "def answer(): return 2"
    outcomes = try_all("", [Case("right", RIGHT, TESTS), Case("wrong", wrong, TESTS)])
    assert [outcome.ok for outcome in outcomes["right"]] == [True, True]
    assert [outcome.ok for outcome in outcomes["wrong"]] == [False, False]
    assert outcomes["wrong"][1].message == "second"
    assert [(outcome.test, outcome.ok) for outcome in edited(wrong)] == [("test-a", False)]
    assert [outcome.ok for outcome in edited(RIGHT + " ")] == [True, True]


@pytest.mark.parametrize(
    "death", ["os._exit(0)", "os.kill(os.getpid(), 11)", "os.kill(os.getpid(), 9)"]
)
def test_a_crash(death: str) -> None:
    (first, *_) = outcomes = edited(f"def answer(): {death}")
    assert (first.ok, first.message) == (False, "the process ended")
    assert len(outcomes) == 2


def test_a_loop_without_end_is_cut_by_its_computing() -> None:
    """Long before the alarm, after which this answer would pass."""
    late = (
        "import signal\n"
        "def late(*_): raise KeyError\n"
        "signal.signal(signal.SIGALRM, late)\n"
        "signal.alarm(120)\n"
        f"{RIGHT}\n"
        "while True: pass"
    )
    assert edited(late)[0].message == "the process ended"


def test_memory_without_end() -> None:
    """Zeros take no memory before they are used, so a machine that sets no limit has them."""
    assert edited(f"zeros = bytearray(3 << 30)\n{RIGHT}")[0].message.startswith("NameError")
    assert edited(f"zeros = bytearray(1 << 20)\n{RIGHT}")[0].ok


def test_what_an_answer_starts_ends_with_it(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    answer = (
        "import fcntl, time\n"
        f"file = open({str(file)!r}, 'w')\n"
        "fcntl.flock(file, fcntl.LOCK_EX)\n"
        "if os.fork() == 0:\n"
        "    time.sleep(60)\n"
        "    file.write('alive')\n"
        "    file.flush()\n"
        "    os._exit(0)\n"
        f"{RIGHT}"
    )
    assert edited(answer)[0].ok
    with file.open() as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)  # waits for its end
        assert opened.read() == ""


def test_a_solution_that_fails_stops_its_edits() -> None:
    with Trials(1) as trials:
        wrong = Case("the solution", "def answer(): return 2", TESTS)
        outcomes = trials.start("", [Case("edit", RIGHT, TESTS)], wrong)()
    assert list(outcomes) == ["the solution"]


def test_imports_that_fail_are_said() -> None:
    with pytest.raises(RuntimeError, match="No module named 'nowhere_at_all'"):
        try_all("import nowhere_at_all", [REFERENCE])
