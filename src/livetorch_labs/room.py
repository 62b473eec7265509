"""A room of its own for each test: its variables are no variables of the notebook's.

A test that runs among a student's names can be read by them: ``return expected`` answers it. And
a student who calls a variable ``sum`` breaks it. So a test runs in a module that nobody knows,
into which it takes from the notebook only the names that it needs.
"""

from __future__ import annotations

import ast
import builtins
import secrets

from .lab import Lab, LabTest

SOURCE = """
def {name}():
    import builtins, sys
    notebook = sys.modules["__main__"].__dict__
    room = sys.modules.setdefault("{space}", type(sys)("{space}")).__dict__
    for name in {needs}:
        room.pop(name, None)
        if name in notebook:
            room[name] = notebook[name]
    room["__builtins__"] = builtins.__dict__
    exec(compile({source}, "<test>", "exec"), room)

try:
    {name}()
finally:
    del {name}
"""


def new_space() -> str:
    """A name for the room of a test cell."""
    return f"_{secrets.token_hex(8)}"


def apart(source: str, space: str, needs: list[str]) -> str:
    """A cell that runs a part of a test in the room of that name."""
    return SOURCE.format(name=new_space(), space=space, needs=needs, source=repr(source))


def needed_names(test: LabTest, lab: Lab) -> list[str]:
    """What a test takes from the notebook: names that it uses and that it does not make itself."""
    used: set[str] = set()
    own: set[str] = set()
    for node in ast.walk(ast.parse("\n".join(source for _, source in test.parts))):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else own).add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            own |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            own.add(node.name)
    answers = {name for exercise in lab.exercises for name in exercise.names}
    return sorted(used & answers | {n for n in used - own if not hasattr(builtins, n)})
