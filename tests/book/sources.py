"""The package's own definitions, to compare what chapters show with."""

from __future__ import annotations

import ast

from book.notebooks import ROOT


def package_definitions() -> dict[str, str]:
    """The source of each public function and class of the package, by name."""
    found = {}
    for path in sorted((ROOT / "src" / "livetorch").rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                found[node.name] = ast.unparse(node)
    return found


def same_code(one: str, other: str) -> bool:
    """Whether two sources parse to the same program; comments and layout do not count."""
    return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
