"""What students get: the chapter without solutions and hidden tests, and what it needs to run."""

from __future__ import annotations

import copy
import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from .. import LabError
from ..markdown.plain import plain_notebook
from ..markdown.references import read_book
from ..results import write_text
from .chapters import Chapter, from_notebook
from .leaks import release_leaks
from .packages import PACKAGE, package_folder, requirements
from .repository import repository_of

if TYPE_CHECKING:
    from nbformat import NotebookNode

README = """\
{title}

1. Unpack this archive into a folder of its own.
2. In that folder: python -m pip install -r requirements.txt
3. python -m jupyterlab {name}.ipynb
4. Write your answers into the cells that say YOUR CODE HERE. Keep the test cells as they are.
   The tests you see are not all there are.
5. Restart the kernel, run all cells, save, and hand in {name}.ipynb. Do not rename it.

The folder livetorch beside the notebook is the package that the chapter imports.
"""


def release_notebook(chapter: Chapter) -> NotebookNode:
    """The student's version: stubs for solutions, no hidden test, no outputs, tests locked.

    nbgrader's own steps make it, so that its other tools understand it too.
    """
    from nbgrader import preprocessors
    from nbgrader.preprocessors import NbGraderPreprocessor

    notebook = copy.deepcopy(chapter.notebook)
    resources = {"nbgrader": {"notebook": chapter.name, "assignment": chapter.name, "student": "."}}
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
    notebook.metadata["livetorch_lab"] = {"chapter": chapter.name}
    return notebook


def handout(chapter: Chapter) -> NotebookNode:
    """The student's version in plain Markdown, which every notebook viewer shows as it is meant.

    Raises:
        LabError: its text refers to something that the clone does not have.
    """
    notebook = release_notebook(chapter)
    project = repository_of(chapter.folder)
    book = read_book(chapter.folder.parent, project.site if project else "", chapter.folder.name)
    plain_notebook(notebook, chapter.page, book)
    return notebook


def released(chapter: Chapter) -> Chapter:
    """The chapter as a student sees it, to compare a submission with."""
    return from_notebook(chapter.path, release_notebook(chapter), chapter.folder)


def release(chapter: Chapter, folder: Path) -> tuple[Path, Path]:
    """Write the notebook, and an archive with it and what it needs.

    The archive is the same, byte for byte, whenever the chapter and what it refers to are.

    Raises:
        LabError: something of a solution or a hidden test would be in it, or its text refers to
            something that is not there.
    """
    import nbformat

    notebook = handout(chapter)
    leaks = release_leaks(chapter, notebook)
    if leaks:
        raise LabError("nothing was written, since it would give away:\n" + "\n".join(leaks))
    text = nbformat.writes(notebook).rstrip("\n") + "\n"
    package = package_folder()
    files = {f"{chapter.name}.ipynb": text.encode()}
    files["README.txt"] = README.format(title=chapter.title, name=chapter.name).encode()
    files["requirements.txt"] = requirements().encode()
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            files[f"{PACKAGE}/{path.relative_to(package).as_posix()}"] = path.read_bytes()
    quiz = chapter.beside("quiz")
    if quiz.is_file():  # on the book's pages too, answers and all: it holds no secret
        files[quiz.name] = quiz.read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(f"{chapter.name}/{name}")
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / f"{chapter.name}.ipynb", text)
    (folder / f"{chapter.name}.zip").write_bytes(packed.getvalue())
    return folder / f"{chapter.name}.ipynb", folder / f"{chapter.name}.zip"
