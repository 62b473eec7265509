"""Code that an answer does not need and that can deceive a test in the same process.

What is not known to be harmless asks for a look: modules that no exercise needs, Python's inner
parts, parts of a library that get replaced. What the released notebook does itself is allowed.
Reading proves nothing either way: a determined cheat can be written so that nothing is found.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .allowed import (
    ASKING,
    COMMON,
    IMPORTS,
    INNER,
    OWN_NAMES,
    SAFE_PARTS,
    SETTABLE,
    Allowed,
    parsed,
    root_of,
)
from .lexicon import BASES, BUILTINS, DANGEROUS, EQUAL, METHODS, NAMES, READ_SAFELY
from .magics import without_magics

LONGEST = 200_000
DUNDER = re.compile(r"__\w+__")


def suspicious(source: str, allowed: Allowed) -> list[str]:
    """What a cell does that asks for a look, as ends of the sentence "cell 7 ..."."""
    reasons: list[str] = []
    if len(source) > LONGEST:
        return ["is too long to be looked through"]
    plain, magics = without_magics(source)
    reasons += magics
    tree = parsed(plain)
    if tree is None:  # it does not run either, but for a kernel that was tampered with
        words = set(re.findall(r"\w+", source))
        reasons += [
            why for name, why in NAMES.items() if name in words and name not in allowed.words
        ]
    else:
        look = _Look(allowed)
        look.through(tree)
        reasons += look.reasons
    return sorted({why for why in reasons if why})


@dataclass
class _Look:
    """One cell, looked through."""

    allowed: Allowed
    reasons: list[str] = field(default_factory=list)

    def through(self, tree: ast.Module) -> None:
        nodes = list(ast.walk(tree))
        own = {
            alias.asname or alias.name.split(".")[0]
            for node in nodes
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        parts = {
            a.asname or a.name for n in nodes if isinstance(n, ast.ImportFrom) for a in n.names
        }
        self.modules = own | self.allowed.aliases
        self.imported = self.modules | parts
        # What stands where it may: the base of an attribute, what is only shown, a docstring.
        self.placed = {id(n.value) for n in nodes if isinstance(n, ast.Attribute)}
        calls = [node for node in nodes if isinstance(node, ast.Call)]
        self.placed |= {id(a) for call in calls if _name(call.func) in ASKING for a in call.args}
        self.alone = {id(n.value) for n in nodes if isinstance(n, ast.Expr)}
        self.placed |= self.alone
        self.stored = {n.id for n in nodes if isinstance(n, ast.Name) and _is_set(n)}
        self.stored |= {n.arg for n in nodes if isinstance(n, ast.arg)}
        self.called = {id(call.func) for call in calls}
        for node in nodes:
            self.reasons += self._look_at(node)

    def _look_at(self, node: ast.AST) -> Iterator[str]:
        match node:
            case ast.Import():
                yield from self._look_at_imports(node)
            case ast.ImportFrom():
                yield from self._look_at_imports_from(node)
            case ast.Name():
                yield from self._look_at_name(node)
            case ast.Attribute():
                yield from self._look_at_attribute(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from self._look_at_function(node)
            case ast.ClassDef():
                yield from self._look_at_type(node)
            case ast.Call():
                yield from self._look_at_call(node)
            case ast.Constant():
                yield from self._look_at_text(node)

    def _module(self, name: str) -> str:
        first, *rest = name.split(".")
        if name in self.allowed.modules:
            return ""
        inner = any(part.startswith("_") or part in DANGEROUS for part in rest)
        if first not in IMPORTS or inner:
            return DANGEROUS.get(first, f"imports {name[:60]}, which no exercise needs")
        return ""

    def _word(self, name: str) -> str:
        """A name or an attribute, wherever it comes from."""
        if {name, f".{name}"} & self.allowed.words:
            return ""
        if DUNDER.fullmatch(name) and name not in INNER:
            return f"uses Python's inner {name[:40]}"
        return NAMES.get(name, "")

    def _look_at_imports(self, node: ast.Import) -> Iterator[str]:
        for alias in node.names:
            first, *rest = alias.name.split(".")
            if first not in SAFE_PARTS or rest:
                yield self._module(alias.name)

    def _look_at_imports_from(self, node: ast.ImportFrom) -> Iterator[str]:
        module = node.module or ""
        for alias in node.names:
            if alias.name not in SAFE_PARTS.get(module, ()):
                yield self._module(module)
                if f"{module}.{alias.name}" not in self.allowed.modules:
                    yield self._word(alias.name) or DANGEROUS.get(alias.name, "")
            if alias.name.startswith("_") and module != "__future__":
                yield f"imports the inner {alias.name[:40]}"

    def _look_at_name(self, node: ast.Name) -> Iterator[str]:
        name = node.id
        if name in OWN_NAMES and isinstance(node.ctx, ast.Store):
            return  # a variable called exit or vars: the checks do not see it
        yield self._word(name)
        if name in BUILTINS and name not in self.allowed.words:
            yield BUILTINS[name]
        if name == "getattr" and id(node) not in self.called:
            yield "reaches for parts by names made up at run time"
        if isinstance(node.ctx, ast.Load) and id(node) not in self.placed:
            if name in DANGEROUS:
                yield DANGEROUS[name]
            elif name in self.modules and not (name in COMMON and name in self.stored):
                yield f"hands the module {name[:40]} around"
        if not isinstance(node.ctx, ast.Load) and name in METHODS:
            yield METHODS[name]

    def _look_at_attribute(self, node: ast.Attribute) -> Iterator[str]:
        base = node.value.id if isinstance(node.value, ast.Name) else ""
        root = root_of(node)
        if base in DANGEROUS and base not in SAFE_PARTS.get("", ()):
            known = node.attr in SAFE_PARTS.get(base, ()) or f"{base}.{node.attr}" in (
                self.allowed.words
            )
            yield "" if known else DANGEROUS[base]
        elif root in self.imported and node.attr in DANGEROUS:
            yield DANGEROUS[node.attr]
        elif root in self.modules and re.match(r"_(?!_)", node.attr):
            yield f"uses the inner {root[:40]} part {node.attr[:40]}"
        yield self._word(node.attr)
        if not isinstance(node.ctx, ast.Load):
            yield from self._replaced(node, root)

    def _replaced(self, node: ast.Attribute, root: str) -> Iterator[str]:
        # torch.backends holds settings, which are there to be set.
        if root in self.imported and not _is_below(node, "backends"):
            yield f"replaces a part of {root[:40]}"
        if node.attr in METHODS:
            yield METHODS[node.attr]
        elif DUNDER.fullmatch(node.attr):
            yield f"replaces Python's inner {node.attr[:40]}"
        if node.attr in self.allowed.called - SETTABLE and root != "self":
            yield f"replaces {node.attr[:40]}, which checks call"

    def _look_at_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
        name = node.name
        if DUNDER.fullmatch(name) and name not in INNER and name not in self.allowed.words:
            yield METHODS.get(name, f"defines Python's inner {name[:40]}")

    def _look_at_type(self, node: ast.ClassDef) -> Iterator[str]:
        for base in node.bases:
            name = base.attr if isinstance(base, ast.Attribute) else _name(base)
            if name in BASES or not isinstance(base, ast.Name | ast.Attribute | ast.Subscript):
                yield "makes a type of its own that a check may take for another"

    def _look_at_call(self, node: ast.Call) -> Iterator[str]:
        name = _name(node.func)
        if name == "getattr" and len(node.args) > 1 and not isinstance(node.args[1], ast.Constant):
            yield "reaches for parts by names made up at run time"
        if name == "type" and len(node.args) + len(node.keywords) > 1:
            yield "makes a type of its own that a check may take for another"
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("timeit", "Timer"):
            plain = (ast.Lambda, ast.Name, ast.Attribute)
            if not all(isinstance(arg, plain) for arg in node.args[:2]):
                yield "runs code from text"
        for keyword in node.keywords:
            safe = READ_SAFELY.get(keyword.arg or "")
            value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            if safe is not None and value is not safe:
                yield "loads objects that can run code"

    def _look_at_text(self, node: ast.Constant) -> Iterator[str]:
        """Names that are only spelled out are looked for too."""
        text = node.value
        if not isinstance(text, str) or id(node) in self.alone:
            return
        if re.search(r"/(proc|run)\b", text):
            yield "looks at the running processes"
        name = text if DUNDER.fullmatch(text) else ""
        inner = name or "".join(re.findall(r"\{[^}]*\.(__\w+__)", text)[:1])
        if inner and inner not in INNER:
            yield METHODS.get(inner, f"uses Python's inner {inner[:40]}")
        for word in set(re.findall(r"\w+", text)) & {"_getframe", "ctypes", "settrace", *EQUAL}:
            yield NAMES.get(word, METHODS.get(word, DANGEROUS.get(word, "")))


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _is_set(node: ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)


def _is_below(node: ast.Attribute, name: str) -> bool:
    part: ast.expr = node.value
    while isinstance(part, ast.Attribute):
        if part.attr == name:
            return True
        part = part.value
    return False
