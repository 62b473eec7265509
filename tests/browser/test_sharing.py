"""Tests that share an open page run in one process, and in the order of the file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from book.notebooks import ROOT
from tests.browser.sharing import scope_of

PAGES = "tests/browser/test_pages.py"
LESSON = "chapters/01-tensors/1-first-shapes"


def test_a_page_and_a_server_are_shared_and_nothing_else() -> None:
    shared = f"{PAGES}::test_no_name_is_given_twice[{LESSON}]"
    assert scope_of(shared) == LESSON
    for scheme in ("light", "dark"):
        test = f"{PAGES}::test_no_accessibility_violation[{scheme}-{LESSON}]"
        assert scope_of(test) == LESSON
    lab = "tests/browser/test_jupyterlab.py"
    assert scope_of(f"{lab}::test_a") == scope_of(f"{lab}::test_b") == lab
    for alone in (
        f"{PAGES}::test_code_can_be_copied",
        "tests/browser/test_live_race.py::test_keys[light-wide]",
    ):
        assert scope_of(alone) == alone


TESTS = """
import pytest

@pytest.fixture(scope="module")
def desk(request): return request.param

pages = pytest.mark.parametrize("desk", ["a", "b", "c", "d"], indirect=True)

@pages
def test_first(desk): pass

@pages
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_second(desk, scheme): pass
"""


def test_all_tests_of_a_page_get_to_one_process_in_their_order(tmp_path: Path) -> None:
    """As the installed pytest-xdist does it."""
    (tmp_path / "conftest.py").write_text(
        "from tests.browser.conftest import pytest_xdist_make_scheduler"
    )
    (tmp_path / "test_pages.py").write_text(TESTS)
    outside = {name: value for name, value in os.environ.items() if "XDIST" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "--color=no", "-p", "no:cacheprovider", "-n", "2"],
        cwd=tmp_path,
        env=outside | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    ran = re.findall(r"\[(gw\d)\].* PASSED \S+::(\w+)\[(?:\w+-)?(\w)\]", done.stdout)
    assert len(ran) == 12, done.stdout
    for page in "abcd":
        names = [name for _, name, where in ran if where == page]
        assert names == ["test_first", "test_second", "test_second"]
        assert len({process for process, _, where in ran if where == page}) == 1
    assert len({process for process, *_ in ran}) == 2
