"""The scores in nbgrader's gradebook, for those who go on with nbgrader's own tools."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from .. import LabError
from ..assignment.lab import Lab
from ..results import SubmissionResult

GRADEBOOK = "gradebook.db"


def default_url(folder: Path) -> str:
    """SQLite, in the folder of the results."""
    return f"sqlite:///{(folder / GRADEBOOK).resolve()}"


@contextlib.contextmanager
def _alembic_found() -> Iterator[None]:
    """nbgrader starts the program alembic, which lies beside Python and may not be on the PATH."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


def record(url: str, lab: Lab, results: Iterable[SubmissionResult]) -> None:
    """Write the scores of all tests into a gradebook, which is made if there is none.

    Args:
        url: of a database, as nbgrader and SQLAlchemy take it.
        lab: the lesson.
        results: of its submissions.

    Raises:
        LabError: the database can not be opened or written.
    """
    from nbgrader.api import Gradebook, MissingEntry
    from sqlalchemy.exc import SAWarning, SQLAlchemyError

    name = lab.lesson
    try:
        with _alembic_found(), warnings.catch_warnings(), Gradebook(url) as book:
            warnings.simplefilter("ignore", SAWarning)  # of nbgrader's own making
            book.update_or_create_assignment(name)
            book.update_or_create_notebook(name, name)
            for test in lab.tests:
                book.update_or_create_grade_cell(
                    test.grade_id, name, name, max_score=test.points, cell_type="code"
                )
            for result in results:
                book.update_or_create_student(result.student)
                try:
                    submission = book.find_submission(name, result.student)
                    there = {g.name for book_ in submission.notebooks for g in book_.grades}
                    if there != {test.grade_id for test in lab.tests}:
                        # Of a time when the lesson had other tests.
                        book.remove_submission(name, result.student)
                except MissingEntry:
                    pass
                submission = book.update_or_create_submission(name, result.student)
                scores = {t.grade_id: t.points for e in result.exercises for t in e.tests}
                for notebook in submission.notebooks:
                    for grade in notebook.grades:
                        grade.auto_score = scores.get(grade.name, 0.0)
                        grade.needs_manual_grade = False
                book.db.commit()
    except (SQLAlchemyError, OSError, ValueError) as error:
        why = str(error).splitlines()[0]
        raise LabError(f"the gradebook {url} can not be written: {why}") from error
