"""Cells that must fail, to see whether a kernel still tells the truth.

A submission can replace ``torch.allclose``, ``assert`` or the kernel itself. Before the first
student's cell a probe notes where the functions that tests use are in memory; after each cell of
the student's own, and around each test, it looks again. A probe reports through a failing
``assert`` with a word that is new each time: a kernel that answers "ok" to everything, or that
has lost its asserts, does not say it.
"""

from __future__ import annotations

import ast
import builtins
import json
import secrets
from dataclasses import dataclass

from .kernel import Kernel, Reply
from .lab import Lab

SECONDS = 20.0
COMPARING = ["__eq__", "__ne__", "__lt__", "__gt__", "__le__", "__ge__", "__bool__", "__abs__",
             "__sub__", "__rsub__", "__float__", "__int__", "__format__", "__len__",
             "__getitem__"]  # fmt: skip
"""Methods of tensors that a test uses without naming them."""

# {name} and {asked} are filled in. Everything is looked up inside a function, so that the
# student's names are neither used nor changed.
SOURCE = """
def {name}(asked):
    import builtins, json, sys
    seen = {{}}
    def note(name, thing):
        code = getattr(thing, "__code__", None)
        file = getattr(code, "co_filename", "")
        seen[name] = [id(thing), id(code) if code is not None else 0, type(thing).__name__,
                      id(getattr(thing, "__wrapped__", None)), "/site-packages/torch/" in file]
    for name in dir(builtins):
        if name not in ("_", "input"):  # the kernel itself replaces input for every cell
            note("builtins." + name, getattr(builtins, name))
    space = sys.modules["__main__"].__dict__
    shadowed = [name for name in asked["builtins"] if name in space]
    for name in asked["names"]:
        parts, module, rest = name.split("."), None, []
        for end in range(len(parts), 0, -1):
            module, rest = sys.modules.get(".".join(parts[:end])), parts[end:]
            if module is not None:
                break
        if module is None:
            continue
        note(".".join(parts[:len(parts) - len(rest)]), module)
        for part in rest:
            module = getattr(module, part, None)
        note(name, module)
    torch = sys.modules.get("torch")
    if torch is not None:
        for name in asked["methods"]:
            if hasattr(torch.Tensor, name):
                note("torch.Tensor." + name, getattr(torch.Tensor, name))
        zero, one = torch.zeros(1), torch.ones(1)
        wrong = [torch.allclose(zero, one), torch.equal(zero, one), bool((zero == one).any()),
                 not torch.allclose(one, one), bool(one < zero), bool(zero > one)]
        try:
            torch.testing.assert_close(zero, one)
            wrong.append(True)
        except AssertionError:
            pass
        seen["torch's comparisons"] = [sum(wrong), 0, ""]
    shell = sys.modules["IPython"].get_ipython()
    kernel = shell.kernel
    manager = shell.input_transformer_manager
    seen["the kernel"] = [
        sorted(set(vars(shell)) & {{"run_cell", "run_cell_async", "run_code", "run_ast_nodes",
                                   "showtraceback", "transform_cell", "transform_ast"}}),
        sorted(set(vars(kernel)) & {{"do_execute", "execute_request"}}),
        [len(shell.ast_transformers), len(shell.input_transformers_post),
         len(manager.cleanup_transforms), len(manager.line_transforms),
         len(manager.token_transformers), len(shell.custom_exceptions)],
        [id(type(kernel).do_execute), id(type(shell).run_cell_async), id(type(shell).run_ast_nodes),
         id(type(shell).run_code), id(shell.compile), id(type(shell))],
        [sys.gettrace() is None, sys.getprofile() is None],
    ]
    return json.dumps({{"seen": seen, "shadowed": shadowed}})

try:
    {name}_said = {name}({asked})
except BaseException as {name}_error:
    {name}_said = "broken " + type({name}_error).__name__ + " " + str({name}_error)
try:
    assert {name}_said == {name}, "{word}" + {name}_said
finally:
    del {name}, {name}_said
"""


@dataclass(frozen=True)
class _Found:
    """What a probe said."""

    seen: dict[str, list[object]]
    shadowed: list[str]


class Probe:
    """Compares a kernel with what it was at its start."""

    def __init__(self, lab: Lab) -> None:
        sources = ["\n".join(source for _, source in test.parts) for test in lab.tests]
        names, methods, plain = used_names(sources)
        self.asked = {"names": names, "methods": methods, "builtins": plain}
        self.modules = sorted({name.rsplit(".", 1)[0] for name in names})
        self.before: dict[str, list[object]] = {}

    def start(self, kernel: Kernel) -> None:
        """Note what is there before any cell of the student's ran."""
        # What is not a module, as in "from torch import nn" and then nn.Linear, is passed over.
        imports = [f"try:\n    import {m}\nexcept ImportError:\n    pass" for m in self.modules]
        kernel.run("\n".join([*imports, f"del {', '.join(roots)}" if (roots := sorted(
            {m.split('.')[0] for m in self.modules})) else ""]), SECONDS)  # fmt: skip
        found = self._ask(kernel)
        if isinstance(found, str):
            raise RuntimeError(f"the kernel is not as expected at its start: {found}")
        self.before = found.seen

    def look(self, kernel: Kernel) -> str:
        """What is not as it was, in words; "" if nothing is."""
        found = self._ask(kernel)
        if isinstance(found, str):
            return found
        if found.shadowed:
            return f"gives a new meaning to Python's {', '.join(found.shadowed[:5])}"
        seen = found.seen
        # A module that was not loaded at the start, or a new builtin, has nothing to compare with.
        changed = [
            name for name, what in self.before.items()
            if seen.get(name) != what and not _wrapped_by_torch(what, seen.get(name))
        ]  # fmt: skip
        return f"changes {', '.join(changed[:5])}" if changed else ""

    def _ask(self, kernel: Kernel) -> _Found | str:
        word, name = secrets.token_hex(8), f"_{secrets.token_hex(8)}"
        source = SOURCE.format(name=name, word=word, asked=json.dumps(self.asked))
        reply: Reply = kernel.run(source, SECONDS)
        if reply.timeout:
            return "keeps the kernel from answering"
        said = reply.error_text
        if reply.ok or reply.error_name != "AssertionError" or not said.startswith(word):
            return "keeps an assert that is false from failing"
        try:
            found = json.loads(said.removeprefix(word))
            return _Found(dict(found["seen"]), [str(name) for name in found["shadowed"]])
        except (ValueError, KeyError, TypeError):
            return f"keeps the kernel from looking at itself ({said.removeprefix(word)[:80]})"


def _wrapped_by_torch(before: object, now: object) -> bool:
    """Whether torch put a function of its own around one: importing its compiler does that."""
    return (
        isinstance(before, list)
        and isinstance(now, list)
        and len(now) == 5
        and now[3] == before[0]
        and now[4] is True
    )


def used_names(sources: list[str]) -> tuple[list[str], list[str], list[str]]:
    """What tests use: names in modules they import, names of methods, built-in names."""
    names: set[str] = set()
    methods = set(COMPARING)
    plain: set[str] = set()
    for source in sources:
        tree = ast.parse(source)
        places: dict[str, str] = {}
        own: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.split(".")[0]
                    places[alias.asname or first] = alias.name if alias.asname else first
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    places[alias.asname or alias.name] = f"{node.module}.{alias.name}"
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                own.add(node.id)
        names |= set(places.values())
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                methods.add(node.attr)
                chain = _chain(node)
                if chain and chain[0] in places:
                    names.add(".".join([places[chain[0]], *chain[1:]]))
            elif isinstance(node, ast.Name) and hasattr(builtins, node.id) and node.id not in own:
                plain.add(node.id)
    return sorted(names), sorted(methods), sorted(plain)


def _chain(node: ast.expr) -> list[str]:
    """``torch.linalg.norm`` as a list of its names; [] for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return [node.id, *parts] if isinstance(node, ast.Name) else []
