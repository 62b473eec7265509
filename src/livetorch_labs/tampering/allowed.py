"""What a released notebook does itself, and so an answer may do too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from .magics import without_magics


@dataclass(frozen=True)
class Allowed:
    """What the released notebook uses, which an answer may use too, and what its tests call."""

    modules: frozenset[str] = frozenset()
    aliases: frozenset[str] = frozenset()  # names of modules in the notebook: torch, np, plt
    words: frozenset[str] = frozenset()  # names, .attributes and module.attribute
    called: frozenset[str] = frozenset()  # methods and functions that tests call


def allowed_by(released: list[str], tests: list[str]) -> Allowed:
    """What cells and tests that were not written by a student use."""
    modules: set[str] = set()
    aliases: set[str] = set()
    words: set[str] = set()
    called: set[str] = set()
    for source in released:
        for node in _nodes(source):
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
                aliases |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                modules.add(node.module or "")
                words |= {alias.name for alias in node.names}
            elif isinstance(node, ast.Attribute):
                words |= {f".{node.attr}", f"{root_of(node)}.{node.attr}"}
            elif isinstance(node, ast.Name):
                words.add(node.id)
            elif isinstance(node, ast.FunctionDef):
                words.add(node.name)
    for source in tests:
        calls = [node.func for node in _nodes(source) if isinstance(node, ast.Call)]
        called |= {func.attr for func in calls if isinstance(func, ast.Attribute)}
    return Allowed(frozenset(modules), frozenset(aliases), frozenset(words), frozenset(called))


def parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _nodes(source: str) -> Iterator[ast.AST]:
    tree = parsed(without_magics(source)[0])
    return ast.walk(tree) if tree is not None else iter(())


def root_of(node: ast.expr) -> str:
    """``torch`` of ``torch.linalg.norm``; "" where it begins with something else."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
