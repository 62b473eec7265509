"""The import statements of a notebook's cells."""

from __future__ import annotations

import ast

from ..syntax import parse


def import_nodes(source: str) -> list[ast.Import | ast.ImportFrom]:
    """The import statements at the top of a cell; none of a cell that is no Python."""
    try:
        body = parse(source).body
    except SyntaxError:  # a cell with a magic
        return []
    return [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]


def imports_of(sources: list[str]) -> str:
    """The import statements at the top of cells, each once."""
    nodes = [node for source in sources for node in import_nodes(source)]
    return "\n".join(dict.fromkeys(ast.unparse(node) for node in nodes))
