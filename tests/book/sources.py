"""The package's own definitions, to compare what chapters show with."""

from __future__ import annotations

import ast
from collections import defaultdict

from book.notebooks import ROOT

Definition = ast.FunctionDef | ast.ClassDef


def package_definitions(*, methods: bool = False) -> dict[str, list[str]]:
    """The sources of the package's functions and classes by name; widgets are left out."""
    definitions: dict[str, list[str]] = defaultdict(list)
    package = ROOT / "src" / "livetorch"
    for path in sorted(package.rglob("*.py")):
        if path.is_relative_to(package / "live"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree) if methods else tree.body:
            if isinstance(node, Definition):
                definitions[node.name].append(ast.unparse(node))
    return definitions


class WithoutTypes(ast.NodeTransformer):
    """Leaves out what a lesson leaves out for shortness: types, and the words of docstrings."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(node.arg)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(without_docstring(node))

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self.generic_visit(without_docstring(node))


def without_docstring(node: Definition) -> Definition:
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and node.body[1:]:
        node.body = node.body[1:]
    return node


def package_lines() -> str:
    """All lines of the package without what stands before them, to find a part of a function in."""
    files = sorted((ROOT / "src" / "livetorch").rglob("*.py"))
    return "\n".join(stripped(path.read_text(encoding="utf-8")) for path in files)


def stripped(code: str) -> str:
    return "\n".join(line.strip() for line in code.splitlines() if line.strip())


def same_code(one: str, other: str) -> bool:
    """Whether two sources parse to the same program; comments, layout and types do not."""
    return ast.dump(WithoutTypes().visit(ast.parse(one))) == ast.dump(
        WithoutTypes().visit(ast.parse(other))
    )
