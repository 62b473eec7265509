"""The project that this checkout belongs to, where it is known."""

from __future__ import annotations

from book.notebooks import ROOT
from livetorch_labs.assignment.repository import Repository, repository_of


def repository() -> Repository | None:
    """The project of the book's checkout.

    Raises:
        LabError: the setting LIVETORCH_REPOSITORY is not the address of a GitHub project.
    """
    return repository_of(ROOT)
