"""Show the code of a piece of this package in a notebook, in portions that a reader can take in."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.display import Markdown

LONGEST = 40
"""lines of code that are shown at once"""


def show_source(piece: Callable[..., Any], *, docstring: bool = False) -> Markdown:
    """The code of a function or class as a notebook shows it.

    Args:
        piece: a function, a method or a class that is written in a file.
        docstring: show its docstring too.

    Raises:
        ValueError: it has more than 40 lines: show its methods one by one, or a part.
    """
    from IPython.display import Markdown

    code = textwrap.dedent(inspect.getsource(piece)).rstrip()
    if not docstring:
        code = without_docstring(code)
    lines = len(code.splitlines())
    if lines > LONGEST:
        raise ValueError(
            f"{piece.__qualname__} has {lines} lines, more than the {LONGEST} that are shown at "
            "once: show its parts"
        )
    return Markdown(f"```python\n{code}\n```")


def without_docstring(code: str) -> str:
    """The code of one definition without the docstring at its head; all else as it is."""
    (definition,) = ast.parse(code).body
    assert isinstance(definition, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    if ast.get_docstring(definition) is None:
        return code
    first, lines = definition.body[0], code.splitlines()
    rest = lines[first.end_lineno or first.lineno :]
    while rest and not rest[0].strip():
        del rest[0]
    return "\n".join([*lines[: first.lineno - 1], *rest])
