"""The stored notebooks: their form, their exercises, and what may differ in their outputs."""

from __future__ import annotations

import ast
import contextlib
import io
import math
import re
import textwrap
from pathlib import Path

import pytest
import torch
import yaml
from nbformat import NotebookNode

from book.notebooks import (
    HIDDEN_TESTS,
    ROOT,
    SOLUTION,
    STUB,
    chapter_paths,
    code_cells,
    is_solution,
    is_test,
    notebook_paths,
    read,
    without_markers,
    without_region,
)
from book.offline import way_to_cut
from book.quiz import load_quiz, quiz_path
from book.refresh import CELL_METADATA, canonical
from book.runs import executed
from tests.book.sources import (
    Definition,
    package_definitions,
    package_lines,
    same_code,
    stripped,
)

NOTEBOOKS, CHAPTERS = notebook_paths(), chapter_paths()
IGNORED = {
    "5-what-a-number-can-hold": 1,
    "2-living-with-graphs": 1,
    "1-data-sets-and-loaders": 1,
    "6-how-much-faster": 1,
    "1-measure-first": 4,
    "2-a-step-of-a-gpt": 4,
    "4-compiling-a-function": 1,
    "6-less-memory": 3,
    "7-a-kernel-of-your-own": 2,
    "questions-people-ask": 1,
}
"""How many cells of a notebook are not compared: timings, and one that says whether there is a
compiler. None in the others."""

notebooks = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
chapters = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


@notebooks
def test_outputs_are_stored_in_the_canonical_form(path: Path) -> None:
    stored = read(path)
    assert stored == canonical(stored), f"{path.name}: run make refresh"
    for cell in stored.cells:
        assert set(cell.metadata) <= set(CELL_METADATA)
    for cell in code_cells(stored):
        # nbval compares nothing in a cell without a count, so each must have one.
        assert cell.execution_count is not None
        assert cell.source.strip(), "an empty code cell"
        errors = [output for output in cell.outputs if output.output_type == "error"]
        assert not errors, f"a stored error: {errors}"
        noise = [o.text for o in cell.outputs if o.get("name") == "stderr"]
        assert not noise, f"a cell writes to stderr: {noise}"


@notebooks
def test_the_stamp_belongs_to_the_pinned_torch(path: Path) -> None:
    stamp = read(path).metadata["livetorch"]
    pinned = re.search(r"^torch==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert pinned is not None
    assert stamp["torch"] == pinned[1]
    assert stamp["seed"] is not None
    assert stamp["seconds"] > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", stamp["date"])


def test_nothing_but_timings_and_a_missing_compiler_is_ignored() -> None:
    reasons, counts = ("timings", "a machine without a compiler"), {}
    for path in NOTEBOOKS:
        cells = code_cells(read(path))
        for cell in cells:
            ignored = any(tag.startswith("nbval") for tag in cell.metadata.get("tags", []))
            reason = cell.metadata.get("livetorch", {}).get("ignored_because", "")
            assert ignored == bool(reason), f"{path.name}: tag and reason go together"
            assert not ignored or reason.startswith(reasons), f"{path.name}: {reason}"
            assert "# NBVAL" not in cell.source, "state it in the metadata, with a reason"
            tolerance = cell.metadata.get("livetorch", {}).get("tolerance")
            assert tolerance is None or (0 < tolerance["relative"] < 0.2 and tolerance["because"])
        counts[path.stem] = sum("ignored_because" in c.metadata.get("livetorch", {}) for c in cells)
    assert {name: count for name, count in counts.items() if count} == IGNORED


@notebooks
def test_lines_fit_a_page_and_figures_have_texts(path: Path) -> None:
    for number, cell in enumerate(code_cells(read(path))):
        where = f"{path.name}, code cell {number}"
        long = [line for line in cell.source.splitlines() if len(line) > 88]
        assert not long, f"{where}: {long}"
        assert not re.search(r"^\s*[!%]", cell.source, re.MULTILINE), f"{where}: no magic"
        figures = [o for o in cell.outputs if any("image" in kind for kind in o.get("data", {}))]
        if figures:
            # matplotlib has no prime among the letters of a font: in an SVG it becomes a 0.
            assert not re.search(r"\\prime|\$[^$\"\n]*'[^$\"\n]*\$", cell.source), (
                f"{where}: a prime"
            )
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt.split()) >= 8, f"{where}: the alternative text is {alt!r}"
            assert not re.search(r"\.(png|svg)", alt), f"{where}: {alt!r}"
            assert all("image/svg+xml" in figure.data for figure in figures), f"{where}: not SVG"


@notebooks
def test_headings_have_labels_and_sections_are_there(path: Path) -> None:
    headings = []
    for cell in read(path).cells:
        if cell.cell_type != "markdown":
            continue
        lines, fenced = cell.source.splitlines(), False
        for above, line in zip(["", *lines], lines, strict=False):
            fenced ^= line.startswith("```")
            if re.match(r"#{1,4} ", line) and not fenced:
                assert re.fullmatch(r"\([\w-]+\)=", above), f"no label above {line!r}"
                headings.append(line.lstrip("# "))
    if path not in CHAPTERS:
        return
    for title in ("Check yourself", "Summary", "Further reading"):
        assert title in headings


@chapters
def test_exercises_have_checks_points_and_wrong_answers(path: Path) -> None:
    cells = code_cells(read(path))
    solutions = [c.metadata.nbgrader.grade_id for c in cells if is_solution(c.metadata)]
    tests = [c.metadata.nbgrader for c in cells if is_test(c.metadata)]
    assert 1 <= len(solutions) <= (5 if path.parent == ROOT / "chapters" else 3)
    ids = [*solutions, *(t.grade_id for t in tests)]
    assert len(set(ids)) == len(ids)
    answers = yaml.safe_load(path.with_suffix(".answers.yml").read_text())
    for solution in solutions:
        own = [t for t in tests if t.grade_id.startswith(f"{solution}-tests")]
        assert own, f"{solution} has no checks"
        assert all(t.points > 0 and t.locked for t in own)
        wrong = sum(answer["exercise"] == solution for answer in answers["wrong"])
        assert wrong >= 3, f"{solution}: wrong answers"
    hidden = [c for c in cells if is_test(c.metadata) and f"### BEGIN {HIDDEN_TESTS}" in c.source]
    assert len(hidden) >= len(solutions)


def widgets_of(path: Path) -> list[str]:
    shown = "".join(
        "".join(output.get("data", {}).get("text/html", ""))
        for cell in code_cells(read(path))
        for output in cell.outputs
    )
    return re.findall(r'<div class="live" data-live="(\w+)"', shown)


@chapters
def test_a_lesson_has_its_quiz(path: Path) -> None:
    assert widgets_of(path).count("quiz") == 1


def test_most_chapters_have_a_figure_to_move() -> None:
    moved: dict[str, int] = {}
    for path in CHAPTERS:
        chapter = path.relative_to(ROOT / "chapters").parts[0]
        moved[chapter] = moved.get(chapter, 0) + len(widgets_of(path)) - 1
    still = [chapter for chapter, widgets in moved.items() if not widgets]
    assert len(still) <= 1, still


@chapters
def test_quiz_questions_are_in_the_form_and_predictions_come_true(path: Path) -> None:
    quiz = load_quiz(quiz_path(path))
    assert 3 <= len(quiz) <= 6
    assert len({item.kind for item in quiz}) >= 2
    for item in quiz:
        if item.kind != "predict":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(item.code, item.id, "exec"), {"__name__": "quiz"})
        right = [choice.text for choice in item.choices if choice.right]
        assert right == [printed.getvalue().strip()], item.id
        assert len({choice.text for choice in item.choices}) == len(item.choices), item.id


@chapters
def test_numbers_of_a_quiz_are_what_they_are_said_to_be(path: Path) -> None:
    """The answer, and each number that a mistake is said to give, computed by what is said."""
    names = {"torch": torch, "math": math}
    for item in load_quiz(quiz_path(path)):
        if item.answer is None or path.parent == ROOT / "chapters":
            continue
        numbers = [item.answer, *(number for number, _ in item.hints)]
        expressions = [item.computed, *item.hints_computed]
        for number, expression in zip(numbers, expressions, strict=True):
            assert expression, f"{item.id}: say how {number:g} is computed"
            digits = len(f"{number:.12g}".partition(".")[2])
            value = float(eval(expression, dict(names)))
            assert abs(value - number) <= 0.5001 * 10**-digits, (item.id, expression, value)


SHORTER = {
    "3-the-transformer-block": ("Block",),
    "1-from-sgd-to-adam": ("ByHand",),
    "3-decay-muon-and-averaging": ("muon", "orthogonalize"),
    "2-a-pretrained-network": ("SameConv",),
    "1-where-the-memory-goes": ("storages", "MemoryMeter"),
}
"""What a chapter writes shorter than the package, and proves equal to torch itself or to it."""
OTHER_THINGS = {
    "6-when-the-loss-does-not-fall": ("held_out",),
    "1-what-a-hidden-layer-does": ("collapse",),
    "2-a-pretrained-network": ("Block", "answers"),
    "6-how-much-faster": ("step_time",),
}
"""What a chapter means by a name that the package has for another thing."""


@notebooks
def test_code_shown_from_the_package_is_the_packages(path: Path) -> None:
    package, inside = package_definitions(), package_definitions(methods=True)
    for cell in code_cells(read(path)):
        if "nbgrader" in cell.metadata:
            continue  # what a student writes, and what checks it
        for node in ast.parse(cell.source).body:
            if isinstance(node, Definition) and node.name in package:
                if node.name in {*SHORTER.get(path.stem, ()), *OTHER_THINGS.get(path.stem, ())}:
                    continue
                assert any(same_code(ast.unparse(node), own) for own in package[node.name]), (
                    f"{path.name} types {node.name} again, and not as the package has it"
                )
        for output in cell.outputs:
            text = "".join(output.get("data", {}).get("text/markdown", ""))
            for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
                nodes = ast.parse(textwrap.dedent(block)).body
                if not all(isinstance(node, Definition) for node in nodes):
                    assert stripped(block) in package_lines(), block  # a part of a function
                    continue
                for node in nodes:
                    assert isinstance(node, Definition)
                    shown = ast.unparse(node)
                    assert any(same_code(shown, own) for own in inside[node.name]), node.name


def test_the_linear_regression_chapter_shows_the_training_functions() -> None:
    lesson = ROOT / "chapters" / "04-linear-regression" / "3-batches.ipynb"
    shown = "".join(
        "".join(output.get("data", {}).get("text/markdown", ""))
        for cell in code_cells(read(lesson))
        for output in cell.outputs
    )
    for name in ("train_epoch", "evaluate", "fit"):
        assert f"def {name}(" in shown


def test_the_engine_of_the_autograd_chapter_is_under_60_lines() -> None:
    path = ROOT / "chapters" / "02-autograd" / "2-an-engine-of-your-own.ipynb"
    cells = code_cells(read(path))
    engine = [cell.source for cell in cells if "engine" in cell.metadata.get("tags", [])]
    assert engine
    assert sum(len(source.splitlines()) for source in engine) < 60


@pytest.mark.skipif(way_to_cut() is None, reason="this system gives no network of its own")
@notebooks
def test_the_run_that_was_checked_had_no_network(path: Path) -> None:
    assert executed(path)[1]["network"] == "cut"


def test_regions_are_cut_and_an_open_one_is_refused() -> None:
    cell = NotebookNode(
        source="def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"
    )
    assert without_region(cell.source, SOLUTION, STUB) == (
        "def f():\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    )
    assert without_markers(cell.source) == "def f():\n    return 1"
    with pytest.raises(RuntimeError, match="not closed"):
        without_region("### BEGIN HIDDEN TESTS\nassert True", HIDDEN_TESTS)
    with pytest.raises(RuntimeError, match="do not pair"):
        without_region("assert True\n### END HIDDEN TESTS", HIDDEN_TESTS)
