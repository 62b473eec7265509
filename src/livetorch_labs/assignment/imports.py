"""The import statements of a notebook's cells."""

from __future__ import annotations

import ast
import contextlib


def imports_of(sources: list[str]) -> str:
    """The import statements at the top of cells, each once."""
    found: dict[str, None] = {}
    for source in sources:
        with contextlib.suppress(SyntaxError):  # a cell with a magic
            for node in ast.parse(source).body:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    found[ast.unparse(node)] = None
    return "\n".join(found)
