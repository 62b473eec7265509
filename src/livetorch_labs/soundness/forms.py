"""Whether two answers are written in different forms, or differ in names and layout only."""

from __future__ import annotations

import ast

from ..syntax import parse


class _Renamed(ast.NodeTransformer):
    """The names that code binds become numbers, in the order of the code; words and types go."""

    def __init__(self, bound: set[str]) -> None:
        self.bound, self.numbers = bound, dict[str, str]()

    def _name(self, name: str) -> str:
        return (
            self.numbers.setdefault(name, f"_{len(self.numbers)}") if name in self.bound else name
        )

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self._name(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._name(node.arg))

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_Import(self, _: ast.Import) -> None: ...
    def visit_ImportFrom(self, _: ast.ImportFrom) -> None: ...

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name, node.returns = self._name(node.name), None
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.name = self._name(node.name)
        return self.generic_visit(node)


def form_of(code: str) -> str:
    """What stays of an answer without its names, words, types and imports.

    Raises:
        SyntaxError: it is no Python.
    """
    tree = parse(code)
    bound: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                bound.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
    return ast.dump(_Renamed(bound).visit(tree))
