"""Test cells leave a notebook as it was: its names, its tensors, its modules, torch's settings."""

from __future__ import annotations

import pytest

from livetorch_labs.assignment.lesson import Lesson
from livetorch_labs.soundness.check import check
from livetorch_labs.soundness.tidy import bound_names, untidy
from livetorch_labs.soundness.trial import AFTERWARDS, Case, Outcome
from tests.labs.changes import cell_of, changed
from tests.labs.trying import try_all


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("x = y[0] = z.a = 1", {"x"}),
        ("x += 1; (a, *b), c = d", {"x", "a", "b", "c"}),
        ("x: int = 1; y: int", {"x"}),
        ("for x in y:\n    while z:\n        a = 1\nelse:\n    b = 2", {"x", "a", "b"}),
        ("with a as b, c: d = 1", {"b", "d"}),
        ("try: a = 1\nexcept E as b: pass\nfinally: c = 1", {"a", "b", "c"}),
        ("import a.b, c as d\nfrom e import f as g, h", {"a", "d", "g", "h"}),
        ("def f(a=(b := 1)):\n    c = 1\n    import d\n    def e(): pass", {"f", "b"}),
        ("class K:\n    a = 1\n    def m(self): pass", {"K"}),
        ("def f():\n    global a\n    a = b = 1", {"f", "a"}),
        ("[a for a in b if (c := a)]; {d: e for d, e in f}; (g for g in h)", {"c"}),
        ("f(lambda a: (b := a), c := 1)", {"c"}),
        ("del a, b[0]", {"a"}),
        ("match a:\n    case [b, *c]: d = 1\n    case {'e': f, **g}: pass", set("bcdfg")),
        ("assert f(a) == b, c", set()),
    ],
)
def test_the_names_that_a_cell_binds(source: str, names: set[str]) -> None:
    assert bound_names(source) == names


def test_a_test_cell_binds_names_of_its_own_only(lesson: Lesson) -> None:
    assert untidy(lesson) == []
    test = cell_of(lesson.notebook, "sums-1-tests").source

    def with_line(line: str) -> list[str]:
        return untidy(changed(lesson, "sums-1-tests", f"{line}\n{test}"))

    assert with_line("def _check():\n    rows = 1\n_check()\n_rows = [n for n in (1, 2)]") == []
    assert with_line("import math") == [], "the notebook imports it too"
    (problem,) = with_line("rows = 1")
    assert problem.startswith("sums-1-tests binds 'rows', a name that the notebook may use")
    assert len(with_line("for _ in range(3): _1 = 1")) == 2, "IPython's own"
    assert len(with_line("import json")) == 1
    assert len(with_line("start = 2; double = 3")) == 2
    assert any(
        "binds 'rows'" in p
        for p in check(changed(lesson, "sums-1-tests", f"rows = 1\n{test}"), accepting=True)[0]
    )


def test_a_name_that_an_earlier_cell_has_bound(lesson: Lesson) -> None:
    setup = cell_of(lesson.notebook, "sums-1").source
    test = cell_of(lesson.notebook, "sums-1-tests").source
    other = changed(lesson, "sums-1", f"_scale = 2\n{setup}")
    other = changed(other, "sums-1-tests", f"_scale = 3\n{test}")
    assert untidy(other) == ["sums-1-tests binds '_scale', which an earlier cell has bound"]


ANSWER = "numbers = torch.ones(3)\ndef answer(x): return x"
CHANGES = {
    "globals()['answer'] = 3": "answer",
    "globals().pop('numbers')": "numbers",
    "numbers.add_(1)": "numbers",
    "numbers[0] = 7": "numbers",
    "torch.exp = torch.log": "torch.exp",
    "torch.set_default_dtype(torch.float64)": "torch.get_default_dtype()",
    "torch.set_grad_enabled(False)": "torch.is_grad_enabled()",
    "torch.set_num_threads(3)": "torch.get_num_threads()",
    "torch.exp = torch.log\nassert False": "torch.exp",  # whether or not the test passes
    "import torch._dynamo as _compiler": "",  # it wraps torch.manual_seed
    "_copy = answer(numbers).clone()\n_copy += 1": "",
    "_exp = torch.exp\ntorch.exp = 3\ntorch.exp = _exp\nassert False": "",
}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, list[Outcome]]:
    cases = [Case(test, ANSWER, {"test-a": [(False, test)]}) for test in CHANGES]
    return try_all("import torch", cases)


@pytest.mark.parametrize("test", CHANGES)
def test_what_tests_change_is_seen(test: str, outcomes: dict[str, list[Outcome]]) -> None:
    """By whatever way they do it."""
    changes = [each.message for each in outcomes[test] if each.test == AFTERWARDS]
    assert CHANGES[test] in changes if CHANGES[test] else changes == []


def test_what_tests_change_is_a_problem(lesson: Lesson) -> None:
    test = cell_of(lesson.notebook, "sums-1-tests").source
    sly = changed(lesson, "sums-1-tests", f"globals().update(os=3, _more=4)\n{test}")
    problems, _ = check(sly, accepting=True)
    assert problems == ["sums-1-tests must leave os as it was"]
