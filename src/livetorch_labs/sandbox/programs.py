"""The programs of ``inside`` as texts that a kernel can run, among a student's names.

A cell runs in the notebook's namespace, where a student may have called a variable ``sum`` or
``type``. So the functions of a program are made into one function, and that is run with globals
of its own. On the way there nothing is looked up by a name: only attributes of things that Python
makes itself, which a student can not assign to.
"""

from __future__ import annotations

import ast
import functools
import secrets
import textwrap
from importlib.resources import files

from ..syntax import parse

# {name} is new each time. (lambda: 0).__class__ makes functions; its __builtins__ are those that
# the notebook has, so that a probe sees it where they were exchanged.
DEFINITION = """\
def {name}():
{functions}
{body}
{name} = (lambda: 0).__class__({name}.__code__,
    {{"__name__": "{name}", "__builtins__": (lambda: 0).__builtins__}})
"""
ASKING = """\
    try:
        return {call}
    except BaseException as error:
        return f"broken {{error!r}}"
"""


@functools.cache
def text_of(program: str) -> str:
    """The source of a program of ``inside``."""
    return files(__package__).joinpath("inside", f"{program}.py").read_text(encoding="utf-8")


class _Bare(ast.NodeTransformer):
    """Drops what only people and type checkers read: evaluated, it would look names up."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        for argument in node.args.args:
            argument.annotation = None
        if ast.get_docstring(node) is not None:
            del node.body[0]
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.Assign | None:
        if node.value is None:
            return None
        return ast.copy_location(ast.Assign([node.target], node.value), node)


@functools.cache
def _functions(program: str) -> str:
    """The functions of a program, without annotations. Its other statements are left out."""
    tree = parse(text_of(program))
    tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return ast.unparse(ast.fix_missing_locations(_Bare().visit(tree)))


def _definition(name: str, program: str, body: str) -> str:
    functions = textwrap.indent(_functions(program), "    ")
    return DEFINITION.format(name=name, functions=functions, body=body)


def running(program: str, call: str) -> str:
    """A cell that runs a call of a function of a program; its errors are those of the cell."""
    name = new_name()
    ending = f"try:\n    {name}()\nfinally:\n    del {name}\n"
    return _definition(name, program, f"    {call}") + ending


def asking(program: str, call: str, word: str) -> str:
    """A cell that fails, by an assert, with a word and what a call of a program gives."""
    name = new_name()
    definition = _definition(name, program, ASKING.format(call=call))
    lines = [
        "try:",
        f"    {name} = {name}()",
        f'    assert {name} is None, "{word}" + {name}',
        "finally:",
        f"    del {name}",
    ]
    return definition + "\n".join(lines) + "\n"


def new_name() -> str:
    """A name that no notebook has."""
    return f"_{secrets.token_hex(8)}"
