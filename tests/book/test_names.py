"""Names are nouns of the thing, and ruff sets the code: house rules that a program can hold."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator

from book.notebooks import ROOT

FOLDERS = (
    "src/livetorch_labs",
    "book",
    "tests/book",
    "tests/builds",
    "tests/labs",
    "data",
    "conftest.py",
)
NO_NOUNS = {"found", "said", "wanted", "told", "what"}
UNSET = 10
"""How many statements may ask ruff to leave them as they were set by hand."""


def sources() -> dict[str, str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *FOLDERS]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [name for name in listed.splitlines() if name.endswith(".py")]
    return {name: (ROOT / name).read_text() for name in files if (ROOT / name).exists()}


def bound(code: str) -> Iterator[str]:
    """The names that code gives to variables, attributes and arguments."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.arg):
            yield node.arg


def test_variables_are_named_by_nouns() -> None:
    named = {(file, name) for file, code in sources().items() for name in bound(code)}
    assert [(file, name) for file, name in sorted(named) if name in NO_NOUNS] == []


def test_each_kind_of_name_is_seen() -> None:
    code = "found = 1\nself.said = 2\ndef f(told): pass\n[wanted for wanted in x]\nwhat: int = 3"
    assert set(bound(code)) == NO_NOUNS


def test_ruff_sets_nearly_all_statements() -> None:
    skipped = [
        file for file, code in sources().items() for _ in range(code.count("# fmt: " + "skip"))
    ]
    assert len(skipped) <= UNSET, skipped
