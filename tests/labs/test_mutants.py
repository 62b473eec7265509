"""Which edits of a solution there are, and what each is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from livetorch_labs.assignment.find import all_lessons
from livetorch_labs.assignment.imports import imports_of
from livetorch_labs.soundness.mutants import mutants_of

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"


def edits_of(*lines: str, setup: str = "") -> list[str]:
    """The names of the edits of a function's body, without its line."""
    cell = ["def answer(x):", *[f"    {line}" for line in marked(*lines)]]
    return [mutant.name.partition(": ")[2] for mutant in mutants_of("\n".join(cell), setup)]


def marked(*lines: str) -> list[str]:
    return ["### BEGIN SOLUTION", *lines, "### END SOLUTION"]


@pytest.mark.parametrize(
    ("line", "edits"),
    [
        ("y = n - 1", ["y = n - 1 -> pass", "y = n - 1 -> y = n + 1", "y = n - 1 -> y = n - 2",
                       "y = n - 1 -> y = n - 0"]),
        ("y = 0.5", ["y = 0.5 -> pass", "y = 0.5 -> y = 1.0", "y = 0.5 -> y = 0.0"]),
        ("y = True", ["y = True -> pass", "y = True -> y = False"]),
        ("mode = 'sum'", ["mode = 'sum' -> pass", "mode = 'sum' -> mode = ''"]),
        ("total += x", ["total += x -> total -= x", "total += x -> pass",
                        "total += x -> total = x"]),
        ("return a < b", ["return a < b -> return None", "return a < b -> return a <= b",
                          "return a < b -> return a >= b"]),
        ("return not aa or bb", ["return not aa or bb -> return None",
                                 "not aa or bb -> not aa and bb", "not aa or bb -> bb",
                                 "not aa or bb -> not aa", "not aa -> aa"]),
        ("return -value", ["return -value -> return None", "-value -> value"]),
        ("if done: raise ValueError('words')", ["if done: -> if True:", "if done: -> if False:",
                                                "raise ValueError('words') -> pass"]),
        ("while on: x.step()", ["while on: -> while False:", "while on: -> while on: ... break",
                                "x.step() -> pass", "x.step() -> x"]),
        ("for part in parts: call()", ["for part in parts: -> for part in list(parts)[:1]:",
                                       "for part in parts: -> for part in list(parts)[1:]:",
                                       "for part in parts: -> for part in list(parts)[:-1]:",
                                       "call() -> pass"]),
        ("with quiet(): call()", ["with quiet(): -> if True:", "call() -> pass"]),
        ("del values[key]", ["del values[key] -> pass"]),
        ("y = x.detach().clone()", ["y = x.detach().clone() -> pass",
                                    "x.detach().clone() -> x.detach()", "x.detach() -> x"]),
        ("y = x.flatten(start, dtype=kind)", ["y = x.flatten(start, dtype=kind) -> pass",
                                              "x.flatten(start, dtype=kind) -> x.flatten(start)",
                                              "x.flatten(start, dtype=kind) -> "
                                              "x.flatten(dtype=kind)",
                                              "x.flatten(start, dtype=kind) -> x"]),
        ("y = max(x, low)", ["y = max(x, low) -> pass", "max(x, low) -> x", "max(x, low) -> low",
                             "max(x, low) -> min(x, low)"]),
        ("y = float(x)", ["y = float(x) -> pass", "float(x) -> x"]),
        ("y = x[low:high]", ["y = x[low:high] -> pass", "low:high -> :high",
                             "low:high -> low + 1:high", "low:high -> low - 1:high",
                             "low:high -> low:", "low:high -> low:high + 1",
                             "low:high -> low:high - 1"]),
        ("y = [f for f in x if f]", ["y = [f for f in x if f] -> pass",
                                     "for f in x if f -> for f in list(x)[:1] if f",
                                     "for f in x if f -> for f in list(x)[1:] if f",
                                     "for f in x if f -> for f in list(x)[:-1] if f",
                                     "for f in x if f -> for f in x"]),
    ],
)  # fmt: skip
def test_the_edits_of_a_line(line: str, edits: list[str]) -> None:
    assert edits_of(line) == edits


def test_a_function_of_a_module_is_no_method() -> None:
    assert "torch.exp(x) -> torch" in edits_of("return torch.exp(x)")
    setup = "import torch"
    assert edits_of("return torch.exp(x)", setup=setup) == ["return torch.exp(x) -> return None"]


def test_what_no_test_can_ask_about_is_left_alone() -> None:
    """Documentation, types, the words of errors, and all that stands outside of the marks."""
    lines = ['def inner(x: "int" = one) -> "float":', '    """Words."""', "    return f'{x} 3'"]
    assert edits_of(*lines) == ["return f'{x} 3' -> return None"]
    assert edits_of("assert x, 'words'") == ["assert x, 'words' -> pass"]
    cell = "\n".join(["start = 1", *marked("y = one"), "def f(x=2):", *marked("    return one")])
    assert [mutant.name for mutant in mutants_of(cell)] == [
        "line 2: y = one -> pass",
        "line 4: return one -> return None",
    ]


def test_no_edit_is_there_twice_and_none_is_the_solution() -> None:
    """``not not`` without the first is ``not``, and without the second; a name is used once."""
    assert edits_of("return not not x") == [
        "return not not x -> return None",
        "not not x -> not x",
    ]
    assert edits_of("a = 1; a = 1") == [
        "a = 1 -> pass", "a = 1 -> a = 2", "a = 1 -> a = 0",
        "a = 1 -> pass (again)", "a = 1 -> a = 2 (again)", "a = 1 -> a = 0 (again)",
    ]  # fmt: skip


def test_each_edit_of_the_book_has_a_name_of_its_own() -> None:
    for lesson in all_lessons(CHAPTERS):
        setup = imports_of([c.source for c in lesson.notebook.cells if c.cell_type == "code"])
        for exercise in lesson.exercises:
            mutants = mutants_of(exercise.source, setup)
            assert len(mutants) > 3, exercise.id
            assert len({mutant.name for mutant in mutants}) == len(mutants)
            assert len({mutant.code for mutant in mutants}) == len(mutants)
