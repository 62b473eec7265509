"""Cells in IPython's own language, as Python."""

from __future__ import annotations

import ast
import re

from ..syntax import parse

HARMLESS = {"matplotlib", "pip", "conda"}
AROUND_CODE = {"time", "timeit", "capture"}
"""Magics whose text is code like any other."""
SETTINGS = "InlineBackend."
"""What ``%config`` may set: how figures look. It computes what it sets, so that is code too."""
OPTIONS = re.compile(r"^(\s*-\w+(\s*\d+)?\b)+")


def without_magics(source: str) -> tuple[str, list[str]]:
    """A cell as Python, and what it asks of IPython that deserves a look.

    The code that a magic such as ``%%time`` runs stands in the Python that is returned.
    """
    try:
        parse(source)
        return source, []
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    if not re.search(r"^\s*[%!?,;/]|[!%?]|\?\s*$", source, re.MULTILINE):
        return source, []
    from IPython.core.inputtransformer2 import TransformerManager  # takes 0.2 s, rarely needed

    try:
        plain = str(TransformerManager().transform_cell(source))
        tree = parse(plain)
    except Exception:  # broken in any way that a stranger can think of
        return source, []
    reasons: list[str] = []
    code: list[str] = []
    for node in tree.body:
        asked = _asked(node)
        if asked is None:
            code.append(ast.get_source_segment(plain, node) or "")
            continue
        kind, words = asked
        name = words[0] if words else ""
        if kind in ("system", "getoutput"):
            reasons.append("uses the shell")
        elif name in AROUND_CODE or (name == "config" and words[-1].startswith(SETTINGS)):
            for text in words[1:]:
                inner, more = without_magics(OPTIONS.sub("", text).strip())
                code.append(inner)
                reasons += more
        elif name not in HARMLESS:
            reasons.append(f"uses the magic {name[:40]}")
    return "\n".join(code), reasons


def _asked(node: ast.stmt) -> tuple[str, list[str]] | None:
    """The call ``get_ipython().KIND(WORDS)`` that stands for a magic, or None."""
    value = node.value if isinstance(node, ast.Expr | ast.Assign) else None
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)):
        return None
    base = value.func.value
    if not (isinstance(base, ast.Call) and isinstance(base.func, ast.Name)):
        return None
    if base.func.id != "get_ipython":
        return None
    kind, words = value.func.attr, [a.value for a in value.args if isinstance(a, ast.Constant)]
    texts = [word for word in words if isinstance(word, str)]
    known = kind in ("run_line_magic", "run_cell_magic", "system", "getoutput")
    return (kind, texts) if known and len(texts) == len(value.args) > 0 else None
