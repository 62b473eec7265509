"""Innocent names: what a student calls a variable changes nothing that the grader looks up."""

from __future__ import annotations

import ast
import builtins
import json
import keyword
import textwrap
from pathlib import Path
from typing import Any

import nbformat
import pytest

from livetorch_labs.assignment.find import all_lessons, find
from livetorch_labs.assignment.lab import Lab, LabExercise, LabTest, lab_of
from livetorch_labs.assignment.lesson import Lesson, nbgrader_of
from livetorch_labs.assignment.regions import without_markers
from livetorch_labs.assignment.release import release_notebook
from livetorch_labs.grading.grade import Options, grade
from livetorch_labs.results import SubmissionResult
from livetorch_labs.sandbox.programs import asking, running
from livetorch_labs.tampering.namespace import namespace_of, needed_names
from tests.labs.small_lab import CHAPTER, Paper

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"
KERNEL_NAMES = ["get_ipython", "display", "exit", "quit", "In", "Out", "_", "__", "_ih", "_oh"]
NAMES = [name for name in dir(builtins) if not keyword.iskeyword(name) and name != "__debug__"]
INNOCENT = ["0", "[1]", "'text'", "1.5", "lambda *a: 7"]
STARS = [f"from {m} import *" for m in ("torch", "numpy", "math", "torch.nn.functional")]
# Answers that use no builtin: a student who calls a variable sum can not call sum.
PLAIN = {
    "sums_1": "def double(x):\n    return 2 * x",
    "sums_2": "def total(numbers):\n    result = 0\n    for n in numbers:\n        result += n\n"
    "    return result",
    "sums_3": "def largest(numbers):\n    best = numbers[0]\n    for n in numbers:\n"
    "        best = n if n > best else best\n    return best",
}


def assigned(names: list[str]) -> str:
    """A cell that gives each name something innocent."""
    values = (INNOCENT[number % len(INNOCENT)] for number in range(len(names)))
    return "\n".join(f"{name} = {value}" for name, value in zip(names, values, strict=False))


def defined(names: list[str]) -> str:
    plain = [name for name in names if not name.startswith("_")]
    return "\n".join(f"def {name}(*a, **k): return None" for name in plain)


def grade_papers(
    lesson: Lesson, papers: dict[str, Paper], folder: Path
) -> dict[str, SubmissionResult]:
    for name, paper in papers.items():
        paper.write(folder / "in" / name / f"{lesson.name}.ipynb")
    results = grade(lesson, folder / "in", folder / "out", Options(jobs=2))
    return {result.student: result for result in results}


@pytest.mark.usefixtures("bubblewrap")
def test_names_of_a_students_own_are_no_tampering(
    lesson: Lesson, released: dict[str, Any], tmp_path: Path
) -> None:
    names = [*NAMES, *KERNEL_NAMES]
    own = [
        "math",
        "os",
        "start",
        "error",
        "sys",
        "builtins",
        "name",
        "source",
        "variables",
        "notebook",
    ]
    assert {"sum", "list", "type", "exec", "vars", "BaseException", "__import__"} <= set(names)

    def paper() -> Paper:
        return Paper(released)

    before, after = f"{assigned(names)}\n", f"\n{assigned(names)}"
    papers = {
        "before": paper().answer(**PLAIN).add(assigned(names), "sums-1"),
        "in-the-answers": paper().answer(**{n: before + a + after for n, a in PLAIN.items()}),
        "after": paper().answer(**PLAIN).add(assigned(names), "sums-2-tests-a"),
        "functions": paper().answer(**PLAIN).add(defined(names), "sums-1"),
        "names-of-the-lesson": paper().answer(**PLAIN).add(assigned(own), "sums-1-tests"),
        "stars": paper()
        .answer(**{n: "\n".join([*STARS, a]) for n, a in PLAIN.items()})
        .add("\n".join(STARS), "sums-1"),
    }
    results = grade_papers(lesson, papers, tmp_path)
    got = {name: (result.status, result.points, result.notes) for name, result in results.items()}
    assert got == dict.fromkeys(papers, ("ok", 7, ()))


@pytest.mark.usefixtures("bubblewrap")
def test_names_in_a_real_chapter(tmp_path: Path) -> None:
    """Everything that lesson 1 names is called something else before, in and after answers."""
    lesson = find(CHAPTERS, "tensors/5")
    released = json.loads(nbformat.writes(release_notebook(lesson)))
    lab = lab_of(lesson)
    answers = {name for exercise in lab.exercises for name in exercise.names}
    solutions = {e.id: without_markers(e.source) for e in lesson.exercises}
    used = {
        n.id for s in solutions.values() for n in ast.walk(ast.parse(s)) if isinstance(n, ast.Name)
    }
    names = sorted(chapter_names(lab) - answers) + [name for name in NAMES if name not in used]
    assert {"torch", "np", "plt", "sum"} <= set(names)

    def paper(sources: dict[str, str]) -> Paper:
        filled = Paper(released)
        for name, source in sources.items():
            filled.cell(name)["source"] = source
        # Of the other cells none is needed, and they take long.
        filled.data["cells"] = [c for c in filled.cells if nbgrader_of(nbformat.from_dict(c))]
        return filled

    renamed = paper({name: closed(source, lab, name) for name, source in solutions.items()})
    for cell in list(renamed.cells):
        renamed.add(assigned(names), cell["metadata"]["nbgrader"]["grade_id"])
    # torch's int is a dtype; the answer to one exercise calls Python's.
    top = "\n".join([*STARS, "import torch", "int = (1).__class__"])
    stars = paper({n: f"{top}\n{s}" for n, s in solutions.items()})
    behind = paper({n: f"import torch\n{s}\nsum = 0\nlist = [1]" for n, s in solutions.items()})
    papers = {"renamed": renamed, "stars": stars, "behind": behind}
    results = grade_papers(lesson, papers, tmp_path)
    got = {name: (result.status, result.points, result.notes) for name, result in results.items()}
    assert got == dict.fromkeys(papers, ("ok", lesson.points, ()))


def chapter_names(lab: Lab) -> set[str]:
    """What the released notebook imports, assigns or defines at its top level."""
    names: set[str] = set()
    for source in lab.released:
        for node in ast.walk(
            ast.parse(
                "\n".join(line for line in source.splitlines() if not line.startswith(("%", "!")))
            )
        ):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
    return names


def closed(source: str, lab: Lab, exercise: str) -> str:
    """An answer that carries its imports with it, so that later names do not reach it."""
    names = next(e.names for e in lab.exercises if e.id == exercise)
    inner = textwrap.indent(f"import torch\n{source}\nreturn {', '.join(names)}", "    ")
    return f"def answer():\n{inner}\n\n{', '.join(names)} = answer()"


@pytest.mark.parametrize("lesson", all_lessons(CHAPTERS), ids=lambda lesson: lesson.name)
def test_tests_take_only_answers_from_the_notebook(lesson: Lesson) -> None:
    lab = lab_of(lesson)
    for exercise in lab.exercises:
        for test in exercise.tests:
            others = set(needed_names(test, lab)) - set(exercise.names)
            assert others == set(), f"{test.grade_id} imports or makes what it uses"


def small_lab(source: str, *released: str) -> tuple[LabTest, Lab]:
    test = LabTest("a-tests", "", 1.0, source, ((False, source),))
    exercise = LabExercise("a", "", "A", ("answer",), (test,))
    return test, Lab("01-a", (exercise,), frozenset(released))


def test_what_a_test_needs() -> None:
    source = """
from math import tau
def local(argument, *rest, **named):
    global made
    made = argument
    return [item for item in rest], lambda key: key, helper
class Own:
    member = tau
    def method(self): return self.member, F.relu, answer
try:
    local(made)
except ValueError as error:
    print(error, sum([1]))
"""
    test, lab = small_lab(source, "import torch.nn.functional as F", "helper = 3")
    assert needed_names(test, lab) == ["F", "answer", "helper"]
    namespace = namespace_of(test, lab)
    assert namespace.needs == ("answer", "helper")
    assert namespace.imports == "import torch.nn.functional as F"


@pytest.mark.usefixtures("bubblewrap")
def test_a_test_that_does_not_import_gets_what_the_notebook_was_handed_out_with(
    lesson: Lesson, tmp_path: Path
) -> None:
    """The small lesson imports math; here a test uses it without an import of its own."""
    notebook = json.loads(nbformat.writes(lesson.notebook))
    instructor = Paper(notebook)
    instructor.cell("sums-2-tests-a")["source"] = "assert total([math.floor(1.5)]) == 1"
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / f"{CHAPTER}.ipynb").write_text(json.dumps(instructor.data))
    other = find(tmp_path / "chapters", CHAPTER)
    given = json.loads(nbformat.writes(release_notebook(other)))
    results = grade_papers(
        other, {"ann": Paper(given).answer().add("math = 5", "sums-2-tests-a")}, tmp_path
    )
    assert (results["ann"].status, results["ann"].points) == ("ok", 7)


@pytest.mark.parametrize(
    "cell",
    [
        running("namespace", "run_apart('x = 1', 'space', [], '')"),
        asking("probe", "look([], [])", "word"),
    ],
)
def test_a_program_looks_nothing_up_on_its_way(cell: str) -> None:
    """Outside of its function a cell of the grader's reads no name but its own."""
    tree = ast.parse(cell)
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    rest = ast.Module([node for node in tree.body if node is not function], [])
    read = {node.id for node in ast.walk(rest) if isinstance(node, ast.Name)}
    assert read == {function.name}
    annotated = [n for n in ast.walk(function) if isinstance(n, ast.arg | ast.FunctionDef)]
    assert all(getattr(n, "annotation", None) is getattr(n, "returns", None) for n in annotated)
