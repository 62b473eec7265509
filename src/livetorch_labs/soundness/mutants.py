"""Mutants: a reference solution with one edit, each under a name that can be listed.

A name holds the line of the cell, counted without the lines that mark regions, and the code before
and after the edit. It ends to be the name of anything once that code is written otherwise.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from ..assignment.regions import SOLUTION, marked_lines, without_markers
from ..syntax import parse
from .edits import edits

SHORT = 6
"""Code before an edit that has fewer characters is shown with what stands around it."""


@dataclass(frozen=True)
class Mutant:
    """An edited solution."""

    name: str  # line 3: n - 1 -> n + 1
    code: str


@dataclass(frozen=True)
class _Place:
    """Where a node hangs: in a field of the last of its ancestors, which may be a list."""

    ancestors: tuple[ast.AST, ...]
    field: str
    index: int | None
    node: ast.AST

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.ancestors[-1], self.field, node)
        else:
            getattr(self.ancestors[-1], self.field)[self.index] = node

    @property
    def line(self) -> int:
        lines = [getattr(node, "lineno", 0) for node in (*self.ancestors, self.node)]
        return next(line for line in reversed(lines) if line)


def imported_names(source: str) -> frozenset[str]:
    """The names that import statements bind."""
    nodes = [n for n in ast.walk(parse(source)) if isinstance(n, ast.Import | ast.ImportFrom)]
    names = [alias.asname or alias.name for node in nodes for alias in node.names]
    return frozenset(name.partition(".")[0] for name in names)


def mutants_of(source: str, setup: str = "") -> list[Mutant]:
    """All mutants of what stands between the solution marks of a cell, no two of them the same.

    Args:
        source: the cell, with the marks.
        setup: the imports of the notebook.
    """
    inside, plain = marked_lines(source, SOLUTION), without_markers(source)
    tree = parse(plain)
    modules = imported_names(setup) | imported_names(plain)
    seen, names, mutants = {ast.unparse(tree)}, set(), []
    for place in list(_places(tree, ())):
        if place.line not in inside:
            continue
        for other in edits(place.node, modules):
            before = _texts(place)
            place.put(other)
            code, after = ast.unparse(tree), _texts(place, other)
            place.put(place.node)
            if code in seen or not _compiles(code):
                continue
            seen.add(code)
            name = f"line {place.line}: {_shown(before, after)}"
            while name in names:  # two statements on one line
                name += " (again)"
            names.add(name)
            mutants.append(Mutant(name, code))
    return mutants


def _places(node: ast.AST, ancestors: tuple[ast.AST, ...]) -> Iterator[_Place]:
    """All nodes but those that no test can ask about: documentation, types, words of errors."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "msg", "exc", "cause"):
            continue
        children = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        for index, child in children:
            if not isinstance(child, ast.AST) or isinstance(child, ast.JoinedStr) or _is_doc(child):
                continue
            yield _Place((*ancestors, node), field, index, child)
            yield from _places(child, (*ancestors, node))


def _is_doc(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _text(node: ast.AST) -> str:
    """A node's source; of a compound statement its first line."""
    lines = [line for line in ast.unparse(node).strip().splitlines() if not line.startswith("@")]
    once = isinstance(node, ast.While) and isinstance(node.body[-1], ast.Break)
    return f"{lines[0]} ... break" if once else lines[0]


def _texts(place: _Place, node: ast.AST | None = None) -> list[str]:
    """The sources of a node and of what is around it, up to the statement."""
    texts = [_text(node or place.node)]
    inner: ast.AST = place.node
    for ancestor in reversed(place.ancestors):
        if isinstance(inner, ast.stmt | ast.ExceptHandler):
            break
        texts.append(_text(ancestor))
        inner = ancestor
    return texts


def _shown(before: list[str], after: list[str]) -> str:
    """The shortest code before the edit that is there once in its statement, and the code after."""
    for old, new in zip(before, after, strict=True):
        if old != new and len(old) >= SHORT and before[-1].count(old) == 1:
            return f"{old} -> {new}"
    return f"{before[-1]} -> {after[-1]}"


def _compiles(code: str) -> bool:
    with contextlib.suppress(SyntaxError):
        compile(code, "<mutant>", "exec")
        return True
    return False
