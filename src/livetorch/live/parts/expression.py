"""A small expression, read without eval: the same rules and the same words as expression.mjs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from livetorch.live.frame.widget import WidgetError

FUNCTIONS = ("sin", "exp", "log", "tanh", "relu")
KNOWN = "sin, exp, log, tanh and relu"
BOXES, VARIABLES, LETTERS, LENGTH = 12, 4, 5, 80
SUMS, PRODUCTS = {"+": "add", "-": "sub"}, {"*": "mul", "/": "div"}
_TOKEN = re.compile(
    r"\s+|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*)|(?P<sign>\*\*|[-+*/()])"
)


@dataclass(eq=False)
class Box:
    """A variable or an operation; a part is a box, or a number with no variable in it."""

    op: str
    parts: list[Box | float] = field(default_factory=list)
    name: str = ""


def tokens(text: str) -> list[tuple[str, str]]:
    """The words and signs of an expression, each with its kind."""
    tokens, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            if text[at] == "^":
                raise WidgetError("Write a power as **, not ^.")
            raise WidgetError(f"I cannot read {text[at]} here.")
        if match.lastgroup:
            tokens.append((match.lastgroup, match[0]))
        at = match.end()
    return tokens


class Reader:
    """Reads an expression from left to right, as Python orders operations."""

    def __init__(self, text: str, calculate: Callable[[str, list[float]], float]) -> None:
        if len(text) > LENGTH:
            raise WidgetError(f"That is too long: at most {LENGTH} characters.")
        self.tokens, self.at = tokens(text), 0
        self.calculate = calculate
        self.leaves: dict[str, Box] = {}
        self.made: list[Box] = []
        self.named_wrong = ""
        if not self.tokens:
            raise WidgetError("Write an expression, such as (w * x - y) ** 2")

    def take(self, *signs: str) -> str:
        """The next sign, if it is one of these; otherwise nothing is read."""
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")
        if kind != "sign" or text not in signs:
            return ""
        self.at += 1
        return text

    def beside(self) -> WidgetError:
        before, after = self.tokens[self.at - 1][1], self.tokens[self.at][1]
        if after == ")":
            return WidgetError("There is a ) without its (.")
        return WidgetError(f"Write an operation between {before} and {after}, such as *.")

    def close(self) -> None:
        if not self.take(")"):
            ended = self.at >= len(self.tokens)
            raise WidgetError("A bracket is not closed.") if ended else self.beside()

    def operation(self, op: str, *parts: Box | float) -> Box | float:
        numbers = [part for part in parts if isinstance(part, float)]
        if len(numbers) == len(parts):
            return self.calculate(op, numbers)
        self.made.append(Box(op, list(parts)))
        return self.made[-1]

    def sum(self) -> Box | float:
        tree = self.product()
        while sign := self.take(*SUMS):
            tree = self.operation(SUMS[sign], tree, self.product())
        return tree

    def product(self) -> Box | float:
        tree = self.factor()
        while sign := self.take(*PRODUCTS):
            tree = self.operation(PRODUCTS[sign], tree, self.factor())
        return tree

    def factor(self) -> Box | float:
        if self.take("+"):
            return self.factor()
        if self.take("-"):
            return self.operation("neg", self.factor())
        base = self.atom()
        return self.operation("pow", base, self.factor()) if self.take("**") else base

    def atom(self) -> Box | float:
        if self.take("("):
            tree = self.sum()
            self.close()
            return tree
        if self.at >= len(self.tokens):
            raise WidgetError("Something is missing at the end.")
        kind, text = self.tokens[self.at]
        if kind == "sign":
            raise WidgetError(f"I did not expect {text} there.")
        self.at += 1
        if kind == "number":
            return float(text)
        called = self.tokens[self.at : self.at + 1] == [("sign", "(")]
        if text not in FUNCTIONS:
            if called:
                raise WidgetError(f"I do not know the function {text}: there are {KNOWN}.")
            if len(text) > LETTERS:
                self.named_wrong = self.named_wrong or text
            return self.leaves.setdefault(text, Box("leaf", name=text))
        if not self.take("("):
            raise WidgetError(f"Write {text} with brackets, such as {text}(x).")
        tree = self.sum()
        self.close()
        return self.operation(text, tree)


def boxes_of(text: str, calculate: Callable[[str, list[float]], float]) -> list[Box]:
    """The boxes in the order in which they are computed: variables first.

    Args:
        text: what the reader wrote.
        calculate: the value of an operation on numbers alone.

    Raises:
        WidgetError: the text is no expression, or has no room in the drawing.
    """
    reader = Reader(text, calculate)
    reader.sum()
    if reader.at < len(reader.tokens):
        raise reader.beside()
    leaves = list(reader.leaves.values())
    if reader.named_wrong:
        raise WidgetError(
            f"Names have at most {LETTERS} letters here: {reader.named_wrong} is too long."
        )
    if not leaves:
        raise WidgetError("There is no variable: a number alone has no gradient.")
    if len(leaves) > VARIABLES:
        raise WidgetError(f"At most {VARIABLES} variables have room here.")
    boxes = [*leaves, *reader.made]
    if len(boxes) > BOXES:
        raise WidgetError(f"That makes {len(boxes)} boxes; {BOXES} have room here.")
    taken = {leaf.name[0] for leaf in leaves if re.fullmatch(r".[0-9]+", leaf.name)}
    letter = next(one for one in "vutsr" if one not in taken)
    for number, box in enumerate(reader.made, 1):
        box.name = f"{letter}{number}"
    return boxes
