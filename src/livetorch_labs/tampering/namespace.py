"""A namespace of its own for each test: its variables are no variables of the notebook's.

A test that runs among a student's names can be read by them: ``return expected`` answers it. And
a student who calls a variable ``sum`` breaks it. So a test runs in a module that nobody knows,
into which it takes from the notebook only the student's answers and what else only the notebook
has. What the notebook imports it imports itself: a student may have called a variable ``F``.
"""

from __future__ import annotations

import ast
import builtins
import functools
import symtable
from dataclasses import dataclass

from ..assignment.imports import import_nodes
from ..assignment.lab import Lab, LabTest
from ..sandbox.programs import new_name, running


@dataclass(frozen=True)
class Namespace:
    """A module for one test, and what it finds there."""

    space: str
    needs: tuple[str, ...]  # names that are taken from the notebook
    imports: str

    def running(self, source: str) -> str:
        """A cell that runs a part of the test in the namespace."""
        asked = f"{source!r}, {self.space!r}, {list(self.needs)!r}, {self.imports!r}"
        return running("namespace", f"run_apart({asked})")


def namespace_of(test: LabTest, lab: Lab) -> Namespace:
    """A namespace that is new, for one run of a test."""
    statements = _imports(lab.released)
    answers = {name for exercise in lab.exercises for name in exercise.names}
    needs = needed_names(test, lab)
    imported = [name for name in needs if name in statements and name not in answers]
    return Namespace(
        new_name(),
        tuple(name for name in needs if name not in imported),
        "\n".join(statements[name] for name in imported),
    )


def needed_names(test: LabTest, lab: Lab) -> list[str]:
    """What a test does not make itself and does not find among Python's own names."""
    source = "\n".join(source for _, source in test.parts)
    answers = {name for exercise in lab.exercises for name in exercise.names}
    used, own = set(), set()
    tables = [symtable.symtable(source, test.grade_id, "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            if not (symbol.is_global() or table.get_type() == "module"):
                continue
            if symbol.is_referenced():
                used.add(symbol.get_name())
            if symbol.is_assigned() or symbol.is_imported():
                own.add(symbol.get_name())
    return sorted(used & answers | {n for n in used - own if not hasattr(builtins, n)})


@functools.cache
def _imports(released: frozenset[str]) -> dict[str, str]:
    """What the notebook imports as it is handed out: the statement for each name."""
    statements: dict[str, str] = {}
    for source in sorted(released):
        for node in import_nodes(source):
            for alias in node.names:
                one = ast.unparse(_single(node, alias))
                statements.setdefault(alias.asname or alias.name.split(".")[0], one)
    return statements


def _single(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.stmt:
    if isinstance(node, ast.Import):
        return ast.Import([alias])
    return ast.ImportFrom(node.module, [alias], node.level)
