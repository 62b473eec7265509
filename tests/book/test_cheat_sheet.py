"""The cheat sheet: its code runs from top to bottom, and gives what it says behind each arrow."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from book.notebooks import ROOT

PAGE = ROOT / "pages" / "cheat-sheet.md"
COLUMNS = 61
"""How many characters a line of code has in a column of the printed page."""


def blocks() -> list[tuple[int, str]]:
    """The line that each block of code begins at, and its source."""
    text = PAGE.read_text(encoding="utf-8")
    matches = re.finditer(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [(text[: match.start(1)].count("\n"), match[1]) for match in matches]


def arrows(source: str) -> dict[int, str]:
    """What is stated behind the arrow of each line that has one, by number from 1."""
    lines = enumerate(source.splitlines(), 1)
    return {n: line.rsplit("→", 1)[1].strip() for n, line in lines if "→" in line}


class Recorder(ast.NodeTransformer):
    """Hands the value of the last expression of a line with an arrow to ``stated(line, value)``."""

    def __init__(self, lines: set[int]) -> None:
        self.lines = lines

    def visit_Expr(self, node: ast.Expr) -> ast.Expr:
        if node.lineno in self.lines and node.end_lineno is not None:
            name = ast.Name("stated", ast.Load())
            call = ast.Call(name, [ast.Constant(node.lineno), node.value], [])
            return ast.copy_location(ast.Expr(ast.copy_location(call, node)), node)
        return node


def run(source: str, names: dict[str, Any]) -> Iterator[tuple[int, str, Any]]:
    """Run a block; gives line, what is stated and the value for each line with an arrow."""
    statements = arrows(source)
    values: dict[int, Any] = {}
    # Of several expressions on a line the last one to run is what the arrow speaks of.
    names["stated"] = values.__setitem__
    tree = ast.fix_missing_locations(Recorder(set(statements)).visit(ast.parse(source)))
    exec(compile(tree, str(PAGE), "exec"), names)
    for line, text in statements.items():
        assert line in values, f"the arrow in line {line} is behind no expression: {text}"
        yield line, text, values[line]


def holds(text: str, value: Any) -> bool:
    """Whether a value is what is stated: a shape, a list of entries, a number, a dtype."""
    stated = eval(text, {"torch": torch})
    if isinstance(value, Tensor) and isinstance(stated, tuple):
        return tuple(value.shape) == stated
    if isinstance(value, Tensor):
        value = value.tolist()
    if isinstance(stated, float):
        return isinstance(value, float) and value == pytest.approx(stated, rel=1e-4)
    return bool(value == stated)


def test_every_block_runs_and_every_arrow_is_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    monkeypatch.chdir(tmp_path)  # it saves files
    state = torch.get_rng_state()
    names: dict[str, Any] = {"__name__": "cheat_sheet"}
    checked = 0
    for start, source in blocks():
        for line, text, value in run(source, names):
            assert holds(text, value), f"line {start + line}: {text} is stated, it is {value!r}"
            checked += 1
    torch.set_rng_state(state)
    assert checked == PAGE.read_text(encoding="utf-8").count("→")
    assert checked >= 50
    # A ResourceWarning tells of what an earlier test left; it comes when Python happens to tidy up.
    own = [warning for warning in recwarn if not issubclass(warning.category, ResourceWarning)]
    assert not [str(warning.message) for warning in own]


def test_a_wrong_statement_would_be_found() -> None:
    source = "x = [1, 2]\nx; x[0]  # the last one → 2"
    ((line, text, value),) = run(source, {})
    assert (line, text, value) == (2, "2", 1)
    assert not holds(text, value)
    assert not holds("(2, 3)", torch.zeros(3, 2))
    assert not holds("[1.0]", torch.zeros(1))
    assert holds("(2, 3)", torch.zeros(2, 3))
    with pytest.raises(AssertionError, match="behind no expression"):
        list(run("x = 1  # → 1", {}))


def test_all_code_is_checked_and_fits_a_printed_column() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.count("```") == 2 * len(blocks()), "a block of another language"
    long = [line for _, source in blocks() for line in source.splitlines() if len(line) > COLUMNS]
    assert not long
