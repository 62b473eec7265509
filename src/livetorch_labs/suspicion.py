"""Code that an answer does not need and that can deceive a test in the same process.

Reading the source finds what is written openly. It proves nothing either way: what it finds asks
for a look, and a determined cheat can be written so that it finds nothing.
"""

from __future__ import annotations

import ast
import re
from typing import TypeGuard

MODULES = {
    "gc": "looks through all objects in memory",
    "ctypes": "reaches into memory",
    "subprocess": "starts programs",
    "multiprocessing": "starts processes",
    "socket": "opens connections",
    "builtins": "reaches for Python's built-in functions",
    "signal": "changes how Python reacts to signals",
    "sqlite3": "opens databases",
    "atexit": "runs code when Python ends",
    "urllib": "opens connections",
    "requests": "opens connections",
    "pickle": "loads objects that can run code",
}
NAMES = {
    "_getframe": "looks at the frames of its callers",
    "currentframe": "looks at the frames of its callers",
    "getouterframes": "looks at the frames of its callers",
    "f_back": "looks at the frames of its callers",
    "settrace": "traces what Python runs",
    "setprofile": "traces what Python runs",
    "_exit": "ends Python without a word",
    "fork": "starts processes",
    "kill": "sends signals to processes",
    "system": "starts programs",
    "popen": "starts programs",
    "symlink": "makes links",
    "get_ipython": "reaches for the kernel",
    "__builtins__": "reaches for Python's built-in functions",
    "__import__": "imports in an unusual way",
    "__subclasses__": "looks through all classes",
    "exec": "runs code from text",
    "eval": "runs code from text",
    "exit": "ends Python",
    "quit": "ends Python",
}
METHODS = {
    "__eq__": "defines when two things are equal",
    "__ne__": "defines when two things are equal",
    "__instancecheck__": "defines what a type is",
    "__torch_function__": "defines what torch's functions do",
    "__bool__": "defines what is true",
}
METHODS_OF_NN = {"eval"}
"""``model.eval()`` is a method of every module, not the built-in."""


def suspicious(source: str) -> list[str]:
    """What a cell does that asks for a look, as ends of the sentence "cell 7 ..."."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # A magic, or broken code: look for the words.
        words = set(re.findall(r"\w+", source))
        found = [why for name, why in NAMES.items() if name in words and name != "eval"]
        if re.search(r"^\s*!|^\s*%%(bash|sh|script|writefile)|%system|get_ipython", source, re.M):
            found.append("starts programs")
        return sorted(set(found))
    found = []
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
            found += [MODULES.get(alias.name.split(".")[0], "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append(MODULES.get((node.module or "").split(".")[0], ""))
            found += [NAMES.get(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.Attribute) and node.attr not in METHODS_OF_NN:
            found.append(NAMES.get(node.attr, ""))
        elif isinstance(node, ast.Name):
            found.append(NAMES.get(node.id, ""))
        elif isinstance(node, ast.FunctionDef):
            found.append(METHODS.get(node.name, ""))
    found += _replaced(tree, modules | {"torch", "nn", "np", "numpy"})
    return sorted({why for why in found if why})


def _replaced(tree: ast.AST, modules: set[str]) -> list[str]:
    """Assignments to attributes of modules: ``torch.allclose = ...``."""
    found = []
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        elif _is_setattr(node) and node.args:
            targets = [ast.Attribute(node.args[0], "?")]
        for target in targets:
            names = ast.unparse(target).split(".")
            # torch.backends holds settings, which are there to be set.
            if len(names) > 1 and names[0] in modules and names[1] != "backends":
                found.append(f"replaces a part of {names[0]}")
    return found


def _is_setattr(node: ast.AST) -> TypeGuard[ast.Call]:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr"
    )
