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

from .kernel import Kernel, Reply
from .lab import Lab

SECONDS = 20.0
COMPARING = ["__eq__", "__ne__", "__lt__", "__gt__", "__le__", "__ge__", "__bool__", "__abs__",
             "__sub__", "__rsub__", "__float__", "__int__", "__format__", "__len__",
             "__getitem__"]  # fmt: skip
"""Methods of tensors that a test uses without naming them."""

# {name} and {asked} are filled in. Everything is looked up inside a function, so that the
# student's names are neither used nor changed. Where a thing is in memory is asked of a part of
# Python that has no name to replace it by, and so is the way to write it down: a builtin that
# was replaced can not hide itself.
SOURCE = """
def {name}(asked):
    address = ().__class__.__base__.__repr__
    table = (lambda: 0).__builtins__
    seen = {{"Python's builtins": [address(table)]}}
    for name in table:
        if name not in ("_", "input"):  # the kernel itself replaces input for every cell
            seen["builtins." + name] = [address(table[name])]
    import builtins, sys
    seen["builtins"] = [address(builtins), address(builtins.__dict__)]
    def note(name, thing):
        code = getattr(thing, "__code__", None)
        file = getattr(code, "co_filename", "")
        seen[name] = [address(thing), address(code), address(getattr(thing, "__wrapped__", None)),
                      "/site-packages/torch/" in file]
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
        seen["torch's comparisons"] = [sum(wrong)]
    shell = sys.modules["IPython"].get_ipython()
    kernel, manager, session = shell.kernel, shell.input_transformer_manager, shell.kernel.session
    own = ("matplotlib", "matplotlib_inline", "ipykernel", "IPython")
    seen["the kernel"] = [
        sorted(set(vars(shell)) & {{"run_cell", "run_cell_async", "run_code", "run_ast_nodes",
                                   "showtraceback", "transform_cell", "transform_ast"}}),
        sorted(set(vars(kernel)) & {{"do_execute", "execute_request"}}),
        sorted(set(vars(session)) & {{"send", "serialize", "sign"}}),
        [len(shell.ast_transformers), len(shell.input_transformers_post),
         len(manager.cleanup_transforms), len(manager.line_transforms),
         len(manager.token_transformers), len(shell.custom_exceptions)],
        [address(thing) for thing in (
            sys.modules["IPython"].get_ipython, shell, kernel, session, session.pack,
            shell.compile, type(shell), type(kernel).do_execute, type(kernel).execute_request,
            type(session).send, type(session).serialize, type(shell).run_cell_async,
            type(shell).run_ast_nodes, type(shell).run_code, type(shell.events).trigger,
            kernel.shell_handlers["execute_request"].__func__)],
        [str(thing)[:80] for things in shell.events.callbacks.values() for thing in things
         if str(getattr(thing, "__module__", "")).split(".")[0] not in own],
        [sys.gettrace() is None, sys.getprofile() is None],
    ]
    return f"{{seen!r}}"

try:
    {name}_said = {name}({asked})
except BaseException as {name}_error:
    {name}_said = f"broken {{{name}_error!r}}"
try:
    assert {name}_said == {name}, "{word}" + {name}_said
finally:
    del {name}, {name}_said
"""
LONGEST = 1_000_000


class Probe:
    """Compares a kernel with what it was at its start."""

    def __init__(self, lab: Lab) -> None:
        sources = ["\n".join(source for _, source in test.parts) for test in lab.tests]
        names, methods = used_names(sources)
        self.asked = {"names": names, "methods": methods}
        self.modules = sorted({name.rsplit(".", 1)[0] for name in names})
        self.said = ""
        self.before: dict[str, object] = {}

    def start(self, kernel: Kernel) -> None:
        """Note what is there before any cell of the student's ran."""
        # What is not a module, as in "from torch import nn" and then nn.Linear, is passed over.
        imports = [f"try:\n    import {m}\nexcept ImportError:\n    pass" for m in self.modules]
        roots = sorted({module.split(".")[0] for module in self.modules})
        # A file that a submission writes must not become a module.
        files = "__import__('sys').path[:] = [p for p in __import__('sys').path if p]"
        lines = [files, *imports, *([f"del {', '.join(roots)}"] if roots else [])]
        kernel.run("\n".join(lines), SECONDS)
        said, problem = self._ask(kernel)
        self.said, self.before = said, _read(said)
        if problem or not self.before:
            raise RuntimeError(f"the kernel is not as expected at its start: {problem or said}")

    def look(self, kernel: Kernel) -> str:
        """What is not as it was, in words; "" if nothing is."""
        said, problem = self._ask(kernel)
        if problem or said == self.said:
            return problem
        seen = _read(said)
        if not seen:
            return "keeps the kernel from looking at itself"
        # A module that was not loaded at the start, or a new builtin, has nothing to compare with.
        changed = [
            name for name, what in self.before.items()
            if seen.get(name) != what and not _wrapped_by_torch(what, seen.get(name))
        ]  # fmt: skip
        return f"changes {', '.join(changed[:5])}" if changed else ""

    def _ask(self, kernel: Kernel) -> tuple[str, str]:
        """What the kernel says of itself, and what is wrong if it says nothing."""
        word, name = secrets.token_hex(8), f"_{secrets.token_hex(8)}"
        source = SOURCE.format(name=name, word=word, asked=repr(self.asked))
        reply: Reply = kernel.run(source, SECONDS)
        if reply.timeout:
            return "", "keeps the kernel from answering"
        said = reply.error_text
        if reply.ok or reply.error_name != "AssertionError" or not said.startswith(word):
            return "", "keeps an assert that is false from failing"
        return said.removeprefix(word), ""


def _read(said: str) -> dict[str, object]:
    """What a probe said, or nothing if it is not in the form of a probe."""
    try:
        found = ast.literal_eval(said) if len(said) < LONGEST else {}
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return {}
    return found if isinstance(found, dict) else {}


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
        tree = ast.parse(source)
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
