"""What an answer may do without a word: what everybody may, and what the released notebook does."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass

from ..syntax import parse
from .magics import without_magics


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


# Standard modules and packages that an answer may import without a word.
IMPORTS = words(
    "__future__ abc bisect cmath collections contextlib copy csv dataclasses datetime decimal "
    "enum fractions functools heapq io itertools json logging math numbers operator pathlib "
    "pprint random re statistics string textwrap time timeit typing warnings livetorch "
    "matplotlib mpl_toolkits networkx numpy pandas scipy sklearn torch tqdm"
)
# Parts of such modules that do no harm. Signals are a part of torch too.
SAFE_PARTS: dict[str, frozenset[str]] = {
    "": frozenset({"signal"}),
    "os": words("path getcwd listdir makedirs sep linesep cpu_count"),
    "sys": frozenset(
        {"getsizeof", "version", "version_info", "maxsize", "float_info", "platform", "executable"}
    ),
}
# What a notebook may have a variable of that name for. A name that is read asks as before.
OWN_NAMES = frozenset(dir(builtins)) | {"exit", "quit", "get_ipython"}
# What Python has two underscores on both sides for and everybody uses.
INNER = words(
    "__all__ __call__ __class__ __contains__ __doc__ __enter__ __exit__ __file__ __getitem__ "
    "__hash__ __init__ __iter__ __len__ __main__ __name__ __new__ __next__ __post_init__ "
    "__qualname__ __repr__ __setitem__ __slots__ __str__ __version__"
)
ASKING = words("print help dir type id repr str")
"""Functions that a module may be handed to: they only tell of it."""
COMMON = words("copy random time io re csv json string statistics operator logging")
"""Modules whose names people give to variables too."""
SETTABLE = words("grad data requires_grad weight bias")
"""Attributes that everybody sets; torch.autograd.grad, which checks call, is another thing."""


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
    own_words: set[str] = set()
    called: set[str] = set()
    for source in released:
        for node in _nodes(source):
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
                aliases |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                modules.add(node.module or "")
                own_words |= {alias.name for alias in node.names}
            elif isinstance(node, ast.Attribute):
                own_words |= {f".{node.attr}", f"{root_of(node)}.{node.attr}"}
            elif isinstance(node, ast.Name):
                own_words.add(node.id)
            elif isinstance(node, ast.FunctionDef):
                own_words.add(node.name)
    for source in tests:
        calls = [node.func for node in _nodes(source) if isinstance(node, ast.Call)]
        called |= {func.attr for func in calls if isinstance(func, ast.Attribute)}
    return Allowed(frozenset(modules), frozenset(aliases), frozenset(own_words), frozenset(called))


def parsed(source: str) -> ast.Module | None:
    try:
        return parse(source)
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
