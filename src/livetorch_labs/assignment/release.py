"""What students get: the lesson without solutions and hidden tests, and what it needs to run."""

from __future__ import annotations

import copy
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .. import LabError
from ..markdown.plain import plain_notebook
from ..markdown.references import read_book
from ..results import write_text
from .leaks import release_leaks
from .lesson import Lesson, from_notebook
from .packages import PACKAGE, package_folder, requirements
from .repository import repository_of

if TYPE_CHECKING:
    from nbformat import NotebookNode

README = """\
{title}

1. Unpack this archive into a folder of its own.
2. In that folder: python -m pip install -r requirements.txt
3. python -m jupyterlab {first}
4. Write your answers into the cells that say YOUR CODE HERE. Keep the test cells as they are.
   The tests you see are not all there are.
5. Restart the kernel, run all cells, save, and hand in {files}. Do not rename {it}.

The folder livetorch lies there too: it is the package that the lessons import.
"""


def release_notebook(lesson: Lesson) -> NotebookNode:
    """The student's version: stubs for solutions, no hidden test, no outputs, tests locked.

    nbgrader's own steps make it, so that its other tools understand it too.
    """
    from nbgrader import preprocessors
    from nbgrader.preprocessors import NbGraderPreprocessor

    notebook = copy.deepcopy(lesson.notebook)
    resources = {"nbgrader": {"notebook": lesson.name, "assignment": lesson.name, "student": "."}}
    steps: list[type[NbGraderPreprocessor]] = [
        preprocessors.LockCells,
        preprocessors.ClearSolutions,
        preprocessors.ClearOutput,
        preprocessors.CheckCellMetadata,
        preprocessors.ClearHiddenTests,
        preprocessors.ComputeChecksums,
    ]
    for step in steps:
        notebook, resources = step().preprocess(notebook, resources)
    notebook.metadata.pop("livetorch", None)
    notebook.metadata["livetorch_lab"] = {"lesson": lesson.name}
    return notebook


def handout(lesson: Lesson) -> NotebookNode:
    """The student's version in plain Markdown, which every notebook viewer shows as it is meant.

    Raises:
        LabError: its text refers to something that the clone does not have.
    """
    notebook = release_notebook(lesson)
    project = repository_of(lesson.folder)
    book = read_book(lesson.folder.parent, project.site if project else "", lesson.folder.name)
    plain_notebook(notebook, lesson.page, book)
    return notebook


def released(lesson: Lesson) -> Lesson:
    """The lesson as a student sees it, to compare a submission with."""
    return from_notebook(lesson.path, release_notebook(lesson), lesson.folder)


def release(lessons: Sequence[Lesson], whole: tuple[str, str], folder: Path) -> list[Path]:
    """Write each lesson's notebook, and one archive with them and what they need.

    The archive is the same, byte for byte, whenever the lessons and what they refer to are.

    Args:
        lessons: one, or those of a lesson.
        whole: the name of the archive, and its title.

    Returns:
        The files, the archive last.

    Raises:
        LabError: something of a solution or a hidden test would be in it, or its text refers to
            something that is not there.
    """
    texts = {f"{lesson.name}.ipynb": _notebook_text(lesson) for lesson in lessons}
    name, title = whole
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in _contents(lessons, title, texts).items():
            entry = zipfile.ZipInfo(f"{name}/{path}")
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        write_text(folder / file, text)
    (folder / f"{name}.zip").write_bytes(packed.getvalue())
    return [folder / file for file in [*texts, f"{name}.zip"]]


def _notebook_text(lesson: Lesson) -> str:
    """The file of the student's version; an error where it would give something away."""
    import nbformat

    notebook = handout(lesson)
    leaks = release_leaks(lesson, notebook)
    if leaks:
        raise LabError("nothing was written, since it would give away:\n" + "\n".join(leaks))
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def _contents(lessons: Sequence[Lesson], title: str, texts: dict[str, str]) -> dict[str, bytes]:
    """The files of the archive."""
    files = {name: text.encode() for name, text in texts.items()}
    names, several = list(texts), len(texts) > 1
    readme = README.format(
        title=title,
        first=names[0],
        files=", ".join(names[:-1]) + f" and {names[-1]}" if several else names[0],
        it="them" if several else "it",
    )
    files |= {"README.txt": readme.encode(), "requirements.txt": requirements().encode()}
    package = package_folder()
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            files[f"{PACKAGE}/{path.relative_to(package).as_posix()}"] = path.read_bytes()
    for quiz in (lesson.beside("quiz") for lesson in lessons):
        if quiz.is_file():  # on the book's pages too, answers and all: it holds no secret
            files[quiz.name] = quiz.read_bytes()
    return files
