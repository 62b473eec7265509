"""Cells that must fail, to see whether a kernel still tells the truth.

A submission can replace ``torch.allclose``, ``assert`` or the kernel itself. Before the first
student's cell a probe notes where the functions that tests use are in memory; after each cell of
the student's own, and around each test, it looks again. A probe reports through a failing
``assert`` with a word that is new each time: a kernel that answers "ok" to everything, or that
has lost its asserts, does not say it.
"""

from __future__ import annotations

import ast
import secrets

from ..assignment.lab import Lab
from ..sandbox.kernel import Kernel, Reply
from ..sandbox.lost_processes import Cause, KernelLostError
from ..sandbox.programs import asking, running
from ..syntax import parse
from .namespace import namespace_of

SECONDS = 20.0
LOADING = 60.0
"""Of the imports at the start, which are no student's: they may come from a slow disk."""
COMPARING = [
    "__eq__",
    "__ne__",
    "__lt__",
    "__gt__",
    "__le__",
    "__ge__",
    "__bool__",
    "__abs__",
    "__sub__",
    "__rsub__",
    "__float__",
    "__int__",
    "__format__",
    "__len__",
    "__getitem__",
]
"""Methods of tensors that a test uses without naming them."""

LONGEST = 1_000_000


class Probe:
    """Compares a kernel with what it was at its start."""

    def __init__(self, lab: Lab) -> None:
        sources = [
            "\n".join([namespace_of(test, lab).imports, *(source for _, source in test.parts)])
            for test in lab.tests
        ]
        names, methods = used_names(sources)
        self.asked = {"names": names, "methods": methods}
        self.modules = sorted({name.rsplit(".", 1)[0] for name in names})
        self.reply_before = ""
        self.before: dict[str, object] = {}

    def start(self, kernel: Kernel) -> None:
        """Note what is there before any cell of the student's ran."""
        kernel.run(running("probe", f"load({self.modules!r})"), LOADING)
        answer, problem = self._ask(kernel)
        self.reply_before, self.before = answer, _read(answer)
        if problem or not self.before:
            raise KernelLostError(Cause.START, f"it is not as expected: {problem or answer[:2000]}")

    def look(self, kernel: Kernel) -> str:
        """What is not as it was, in words; "" if nothing is."""
        answer, problem = self._ask(kernel)
        if problem or answer == self.reply_before:
            return problem
        seen = _read(answer)
        if not seen:
            return "keeps the kernel from looking at itself"
        # A module that was not loaded at the start, or a new builtin, has nothing to compare with.
        changed = [
            name
            for name, before in self.before.items()
            if seen.get(name) != before and not _wrapped_by_torch(before, seen.get(name))
        ]
        return f"changes {', '.join(changed[:5])}" if changed else ""

    def _ask(self, kernel: Kernel) -> tuple[str, str]:
        """What the kernel says of itself, and what is wrong if it says nothing."""
        word = secrets.token_hex(8)
        call = f"look({self.asked['names']!r}, {self.asked['methods']!r})"
        reply: Reply = kernel.run(asking("probe", call, word), SECONDS)
        if reply.timeout:
            return "", "keeps the kernel from answering"
        answer = reply.error_text
        if reply.ok or reply.error_name != "AssertionError" or not answer.startswith(word):
            return "", "keeps an assert that is false from failing"
        return answer.removeprefix(word), ""


def _read(answer: str) -> dict[str, object]:
    """What a probe answered, or nothing if it is not in the form of a probe."""
    try:
        values = ast.literal_eval(answer) if len(answer) < LONGEST else {}
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return {}
    return values if isinstance(values, dict) else {}


def _wrapped_by_torch(before: object, now: object) -> bool:
    """Whether torch put a function of its own around one: importing its compiler does that."""
    return (
        isinstance(before, list)
        and isinstance(now, list)
        and len(now) == 4
        and now[2] == before[0]
        and now[3] is True
    )


def used_names(sources: list[str]) -> tuple[list[str], list[str]]:
    """What tests use: names in modules that they import, and names of methods."""
    names: set[str] = set()
    methods = set(COMPARING)
    for source in sources:
        tree = parse(source)
        places: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.split(".")[0]
                    places[alias.asname or first] = alias.name if alias.asname else first
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    places[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        names |= set(places.values())
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                methods.add(node.attr)
                chain = _chain(node)
                if chain and chain[0] in places:
                    names.add(".".join([places[chain[0]], *chain[1:]]))
    return sorted(names), sorted(methods)


def _chain(node: ast.expr) -> list[str]:
    """``torch.linalg.norm`` as a list of its names; [] for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return [node.id, *parts] if isinstance(node, ast.Name) else []
