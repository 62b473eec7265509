"""What a lesson asks: exercises, tests, points, minutes."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import LabError
from .reading_time import reading_minutes
from .regions import HIDDEN_TESTS, Part, inside, marks, split

if TYPE_CHECKING:
    from nbformat import NotebookNode

MINUTES_A_POINT = 5


@dataclass(frozen=True)
class TestCell:
    """A cell whose success gives points."""

    __test__ = False  # pytest collects classes called Test...

    grade_id: str
    points: float
    cell_id: str
    source: str  # with hidden tests and their markers

    @property
    def parts(self) -> list[Part]:
        """The cell in the order it runs; ``inside`` says which parts are hidden."""
        return split(self.source, HIDDEN_TESTS)

    @property
    def hidden(self) -> str:
        return inside(self.source, HIDDEN_TESTS)


@dataclass(frozen=True)
class Exercise:
    """A solution cell and the test cells after it."""

    id: str
    title: str
    cell_id: str
    source: str  # with the solution and its markers
    tests: tuple[TestCell, ...]

    @property
    def points(self) -> float:
        return sum(test.points for test in self.tests)


@dataclass(frozen=True)
class Lesson:
    """A notebook with exercises, as the instructor has it."""

    name: str
    path: Path
    title: str
    notebook: NotebookNode
    exercises: tuple[Exercise, ...]
    folder: Path
    """of all chapters; the notebook lies in it, or in its lesson's folder there"""

    @property
    def page(self) -> str:
        """Its page in the book, such as chapters/01-tensors/1-first-shapes."""
        return self.path.relative_to(self.folder.parent).with_suffix("").as_posix()

    @property
    def address(self) -> str:
        """How a command names it: 01-tensors/1-first-shapes."""
        return self.page.removeprefix(f"{self.folder.name}/")

    def beside(self, kind: str) -> Path:
        """The file of a kind (quiz, answers) that belongs to the notebook."""
        return self.path.with_suffix(f".{kind}.yml")

    @property
    def points(self) -> float:
        return sum(exercise.points for exercise in self.exercises)

    @property
    def minutes(self) -> int:
        """To read it, as its page says, and to do its exercises, five minutes a point."""
        exercises = MINUTES_A_POINT * self.points
        return round((reading_minutes(self.notebook) + exercises) / 5) * 5


def nbgrader_of(cell: NotebookNode) -> dict[str, object]:
    metadata = cell.metadata.get("nbgrader", {})
    return metadata if isinstance(metadata, dict) else {}


def from_notebook(path: Path, notebook: NotebookNode, folder: Path | None = None) -> Lesson:
    """A lesson's exercises, read from the cells' nbgrader metadata.

    Raises:
        LabError: a test comes before any solution, an id is used twice, points are not above 0.
    """
    title, heading = path.stem, ""
    groups: list[tuple[NotebookNode, str, list[TestCell]]] = []
    seen: set[str] = set()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            headings = re.findall(r"^(#+) +(.+)$", cell.source, re.MULTILINE)
            tops = [text for marks, text in headings if marks == "#"]
            title = tops[0] if tops and title == path.stem else title
            heading = headings[-1][1].strip() if headings else heading
        meta = nbgrader_of(cell)
        if cell.cell_type != "code" or not (meta.get("solution") or meta.get("grade")):
            continue
        name = str(meta.get("grade_id", ""))
        if not name or name in seen:
            raise LabError(f"{path.name}: the grade_id {name!r} is missing or used twice")
        seen.add(name)
        if meta.get("solution"):
            groups.append((cell, heading, []))
        elif not groups:
            raise LabError(f"{path.name}: the test {name} comes before any solution cell")
        else:
            points = float(str(meta.get("points", 0)))
            if points <= 0:
                raise LabError(f"{path.name}: the test {name} needs points above 0")
            groups[-1][2].append(TestCell(name, points, cell.get("id", ""), cell.source))
    exercises = tuple(
        Exercise(str(nbgrader_of(c)["grade_id"]), head, c.get("id", ""), c.source, tuple(tests))
        for c, head, tests in groups
    )
    return Lesson(path.stem, path, title.strip(), notebook, exercises, folder or path.parent)


def read(path: Path, folder: Path | None = None) -> Lesson:
    """The lesson in a file.

    Raises:
        LabError: it is not a notebook, or its exercises are not marked as they must be.
    """
    import nbformat  # takes a second, and each worker imports this module

    try:
        notebook = nbformat.read(path, as_version=4)
    except (OSError, ValueError, AttributeError, nbformat.ValidationError) as error:
        raise LabError(f"{path} can not be read as a notebook: {error}") from error
    return from_notebook(path, notebook, folder)


def with_private_tests(lesson: Lesson, folder: Path) -> Lesson:
    """A lesson whose hidden tests are those of a folder: ``CHAPTER/GRADE_ID.py``.

    A file replaces the hidden tests of the test cell of that name. A folder without a folder
    for this lesson is an error: private tests that are silently not used protect nothing.

    Raises:
        LabError: there are none for this lesson, or a file names no test cell of it.
    """
    files = sorted((folder / lesson.name).glob("*.py"))
    if not files:
        raise LabError(
            f"{folder} has no private tests for {lesson.name}: write them as "
            f"{folder / lesson.name / (lesson.exercises[0].tests[0].grade_id + '.py')}"
        )
    notebook = copy.deepcopy(lesson.notebook)
    cells = {str(nbgrader_of(c).get("grade_id")): c for c in notebook.cells}
    tests = {test.grade_id: test for exercise in lesson.exercises for test in exercise.tests}
    for file in files:
        if file.stem not in tests:
            raise LabError(f"{file} names no test cell; there are: {', '.join(tests)}")
        visible = [part.source for part in tests[file.stem].parts if not part.inside]
        try:
            body = file.read_text(encoding="utf-8").strip("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise LabError(f"{file} can not be read: {error}") from error
        begin, end = marks(HIDDEN_TESTS)
        cells[file.stem].source = "\n".join([*visible, begin, body, end])
    return from_notebook(lesson.path, notebook, lesson.folder)
