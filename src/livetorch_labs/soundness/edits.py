"""Single edits of a syntax tree: what may stand in the place of a node.

The edits are those that people make by mistake, or forget: a bound that is off by one, a sign, an
operator, a comparison, an argument left out, a ``.detach()`` or ``.clone()`` left out, a statement,
a branch that is always or never taken, a loop that ends early.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import TypeVar

Node = TypeVar("Node", bound=ast.AST)

OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
DROPPED = (
    ast.Expr
    | ast.Assign
    | ast.AugAssign
    | ast.AnnAssign
    | ast.Raise
    | ast.Delete
    | ast.Assert
    | ast.Break
    | ast.Continue
)
"""Statements that ``pass`` may replace."""
CONVERSIONS = ("abs", "bool", "float", "int", "list", "reversed", "set", "sorted", "str", "tuple")
NEED_ALL = ("getattr", "hasattr", "isinstance", "issubclass", "super", "type")
"""Builtins that raise an error whenever an argument is left out: an edit that tells nothing."""


def changed(node: Node, **fields: object) -> Node:
    """A copy of a node with other fields."""
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def number(value: float) -> ast.expr:
    """A number as it is written: a minus is an operator of its own."""
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


def edits(node: ast.AST, modules: frozenset[str]) -> Iterator[ast.AST]:
    """What may stand in the place of a node.

    Args:
        node: of any kind.
        modules: names that were imported, which are not values to call a method of.
    """
    match node:
        case ast.Constant():
            yield from _constants(node)
        case ast.BinOp() | ast.AugAssign() if type(node.op) in OPERATORS:
            yield changed(node, op=OPERATORS[type(node.op)]())
        case ast.Compare():
            for i, operator in enumerate(node.ops):
                for other in COMPARISONS[type(operator)]:
                    yield changed(node, ops=[*node.ops[:i], other(), *node.ops[i + 1 :]])
        case ast.BoolOp():
            yield changed(node, op=ast.And() if isinstance(node.op, ast.Or) else ast.Or())
            for i in range(len(node.values)):
                rest = [*node.values[:i], *node.values[i + 1 :]]
                yield changed(node, values=rest) if len(rest) > 1 else rest[0]
        case ast.UnaryOp(op=ast.USub() | ast.Not() | ast.Invert()):
            yield node.operand
        case ast.Call():
            yield from _calls(node, modules)
        case ast.Slice():
            yield from _bounds(node)
        case ast.If() | ast.IfExp():
            yield changed(node, test=ast.Constant(value=True))
            yield changed(node, test=ast.Constant(value=False))
        case ast.While():
            yield changed(node, test=ast.Constant(value=False))
            yield changed(node, body=[*node.body, ast.Break()])
        case ast.For() | ast.comprehension():
            yield from _loops(node)
        case ast.With():
            yield ast.If(ast.Constant(value=True), node.body, [])
        case ast.Try():
            yield ast.If(ast.Constant(value=True), [*node.body, *node.finalbody], [])
        case ast.Return(value=ast.expr()):
            yield ast.Return(ast.Constant(None))
    if isinstance(node, DROPPED):
        yield ast.Pass()
    if isinstance(node, ast.AugAssign):
        yield ast.Assign([node.target], node.value, lineno=node.lineno)


def _constants(node: ast.Constant) -> Iterator[ast.AST]:
    match node.value:
        case bool():
            yield ast.Constant(not node.value)
        case int():
            yield number(node.value + 1)
            yield number(node.value - 1)
        case float():
            yield number(2 * node.value or 1.0)
            yield number(0.0)
        case str():
            yield ast.Constant("" if node.value else "other")


def _calls(node: ast.Call, modules: frozenset[str]) -> Iterator[ast.AST]:
    """A keyword left out, the last argument left out, or what it is called of by itself."""
    for i, keyword in enumerate(node.keywords):
        if keyword.arg is not None:
            yield changed(node, keywords=[*node.keywords[:i], *node.keywords[i + 1 :]])
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    method = _is_method(node.func, modules)
    if name in ("max", "min") and len(node.args) > 1 and not node.keywords:
        yield from node.args
        yield changed(node, func=ast.Name("min" if name == "max" else "max", ast.Load()))
    elif name in CONVERSIONS and len(node.args) == 1:
        yield node.args[0]
    elif len(node.args) > (not method) and name not in NEED_ALL:
        yield changed(node, args=node.args[:-1])
    if method and isinstance(node.func, ast.Attribute):
        yield node.func.value


def _is_method(function: ast.expr, modules: frozenset[str]) -> bool:
    """Whether it is an attribute of a value, not a module's function."""
    if not isinstance(function, ast.Attribute) or ast.unparse(function.value) == "super()":
        return False
    root = function.value
    while isinstance(root, ast.Attribute):
        root = root.value
    return not (isinstance(root, ast.Name) and root.id in modules)


def _bounds(node: ast.Slice) -> Iterator[ast.AST]:
    """A bound left out; off by one where it is no number (numbers are edited by themselves)."""
    for name in ("lower", "upper", "step"):
        bound = getattr(node, name)
        if bound is None:
            continue
        yield changed(node, **{name: None})
        plain = bound.operand if isinstance(bound, ast.UnaryOp) else bound
        if name != "step" and not isinstance(plain, ast.Constant):
            for operator in (ast.Add(), ast.Sub()):
                yield changed(node, **{name: ast.BinOp(bound, operator, ast.Constant(1))})


def _loops(node: ast.For | ast.comprehension) -> Iterator[ast.AST]:
    """Only the first turn, all but the first, all but the last; a condition left out."""
    items = ast.Call(ast.Name("list", ast.Load()), [node.iter], [])
    one = ast.Constant(1)
    for part in (ast.Slice(None, one), ast.Slice(one), ast.Slice(None, number(-1))):
        yield changed(node, iter=ast.Subscript(items, part, ast.Load()))
    if isinstance(node, ast.comprehension):
        for i in range(len(node.ifs)):
            yield changed(node, ifs=[*node.ifs[:i], *node.ifs[i + 1 :]])
