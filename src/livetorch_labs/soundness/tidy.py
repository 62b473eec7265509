"""Whether test cells leave the notebook's names as they were.

A reader runs them among names of a lesson that goes on. So a test cell binds only names that begin
with an underscore, at its top: its values stand in a function, or are called ``_rows``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..assignment.imports import import_nodes
from ..assignment.lesson import Lesson, nbgrader_of
from ..syntax import parse

IPYTHON = re.compile(r"_+|_\d+|_i+|_i\d+|_[ido]h")
"""Names that begin with an underscore and are given by IPython: results and inputs."""


def bound_names(source: str) -> set[str]:
    """The names that a cell binds or deletes for the cells after it, imported ones too.

    Raises:
        SyntaxError: it is no Python, such as a cell with a magic.
    """
    return set(_bound(parse(source), top=True))


def _bound(node: ast.AST, top: bool) -> Iterator[str]:
    """The names that a node binds in the notebook, seen from the top or from inside a function."""
    inner: list[ast.AST] = []  # what runs in a scope of its own
    match node:
        case ast.Global():
            yield from node.names
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            inner = [*node.body]
            yield from [node.name] if top else []
        case ast.Lambda():
            inner = [node.body]
        case ast.comprehension():
            inner = [node.target]  # a walrus in a comprehension binds outside of it
        case ast.AnnAssign(value=None):
            inner = [node.target]
        case ast.Name(ctx=ast.Store() | ast.Del()):
            yield from [node.id] if top else []
        case ast.Import() | ast.ImportFrom():
            names = [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
            yield from names if top else []
        case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar():
            yield from [node.name] if top and node.name else []
        case ast.MatchMapping():
            yield from [node.rest] if top and node.rest else []
    for child in ast.iter_child_nodes(node):
        yield from _bound(child, top and child not in inner)


def _imported(source: str) -> set[str]:
    return {name for node in import_nodes(source) for name in _bound(node, top=True)}


def _taken(source: str) -> set[str]:
    try:
        return bound_names(source)
    except SyntaxError:  # a cell with a magic
        return set()


def untidy(lesson: Lesson) -> list[str]:
    """Which test cells bind names that are not theirs, as sentences."""
    taken: set[str] = set()  # bound by earlier cells
    imported: set[str] = set()
    cells = [cell for cell in lesson.notebook.cells if cell.cell_type == "code"]
    for cell in cells:
        if not nbgrader_of(cell).get("grade"):
            imported |= _imported(cell.source)
    problems = []
    for cell in cells:
        if not nbgrader_of(cell).get("grade"):
            taken |= _taken(cell.source)
            continue
        name = str(nbgrader_of(cell)["grade_id"])
        allowed = imported & _imported(cell.source)
        for bound in sorted(bound_names(cell.source) - allowed):
            if not bound.startswith("_") or IPYTHON.fullmatch(bound):
                problems.append(
                    f"{name} binds {bound!r}, a name that the notebook may use: put it into a "
                    f"function such as _check_rows, or call it _{bound.strip('_') or 'rows'}"
                )
            elif bound in taken:
                problems.append(f"{name} binds {bound!r}, which an earlier cell has bound")
    return problems
