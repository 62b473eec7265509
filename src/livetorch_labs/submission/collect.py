"""Submissions as they come: folders, files, or the archive of a learning platform.

    STUDENT/CHAPTER.ipynb                                      folders, also one level deeper
    STUDENT.ipynb                                              files
    doejane_[LATE_]12345_67890_CHAPTER.ipynb                   Canvas, "Download Submissions"
    Jane Doe_1234567_assignsubmission_file[_/]CHAPTER.ipynb    Moodle, "Download all submissions"

A student of the last two is called doejane_12345 and Jane Doe_1234567, as the platform's own
tables need it. Links are not followed and nothing outside the folder is read.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .. import LabError
from ..results import MISSING, UNREADABLE
from .archives import is_notebook, unpack

CANVAS = re.compile(r"(?P<name>[^_]+)(_LATE)?_(?P<id>\d+)_(?P<turn>\d+)_(?P<file>.+)")
MOODLE = re.compile(r"(?P<name>[^_]+)_(?P<id>\d+)_assignsubmission_\w+?(_(?P<file>.*))?")
NOISE = {"__MACOSX", ".ipynb_checkpoints"}
DEEPEST = 3
MOST_INSIDE = 1000  # files of one student's folder that are looked at


@dataclass(frozen=True)
class Submission:
    """One student's file, or why there is none."""

    student: str
    path: Path | None
    status: str = ""  # where there is no file to grade
    notes: tuple[str, ...] = ()


@dataclass
class _Files:
    """What was found for one student."""

    notebooks: list[tuple[str, Path]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def collect(
    place: Path, lesson: str, scratch: Path, together_with: Sequence[str] = ()
) -> list[Submission]:
    """The submissions in a folder or an archive, ordered by student.

    Args:
        place: the folder, or the archive (.zip).
        lesson: the lesson's name, which a notebook should have.
        scratch: where an archive is unpacked.
        together_with: the names of all lessons whose notebooks lie there.

    Raises:
        LabError: there is no such place, it can not be unpacked, or no submission is in it.
    """
    if place.is_file() and zipfile.is_zipfile(place):
        unpack(place, scratch)
        place = scratch
    elif not place.is_dir():
        raise LabError(f"{place} is no folder and no .zip with submissions")
    place = _without_wrapper(place, {lesson, *together_with})
    students: dict[str, _Files] = {}
    for entry in _entries(place):
        if entry.name.startswith(".") or entry.name in NOISE:
            continue
        _take(entry, students)
    chosen = [_choose(name, students[name], lesson) for name in sorted(students)]
    if not chosen:
        raise LabError(f"no submission in {place}: STUDENT/{lesson}.ipynb or STUDENT.ipynb")
    return chosen


def _take(entry: os.DirEntry[str], students: dict[str, _Files]) -> None:
    """Add what a file or folder at the top holds to its student."""
    path = Path(entry.path)
    platform = CANVAS.fullmatch(entry.name) or MOODLE.fullmatch(entry.name)
    if platform:
        student = printable(f"{platform['name']}_{platform['id']}")
        name = platform["file"] or entry.name
    else:
        is_folder = entry.is_dir(follow_symlinks=False)
        student = entry.name if is_folder else path.name
        if not is_folder:
            student = re.sub(r"\.ipynb.*", "", student, flags=re.IGNORECASE | re.DOTALL)
        student = printable(student)
        name = entry.name
    if entry.is_dir(follow_symlinks=False):
        files = students.setdefault(student, _Files())
        _walk(path, files, 1)
    elif platform or entry.is_symlink() or is_notebook(path.name):
        files = students.setdefault(student, _Files())
        if entry.is_symlink() or is_notebook(path.name):
            files.notebooks.append((name, path))
        else:
            files.others.append(name)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    return sorted(os.scandir(folder), key=lambda entry: entry.name)


def printable(name: str) -> str:
    """A name of a file that can be written into a table, also where it is no UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _walk(folder: Path, files: _Files, depth: int) -> None:
    """Collect the notebooks of a student's folder, nearest first."""
    folders = []
    try:
        entries = _entries(folder)
    except OSError as error:
        files.others.append(f"a folder that can not be opened ({error.strerror})")
        return
    for entry in entries[:MOST_INSIDE]:
        if entry.name in NOISE:
            continue
        if entry.is_dir(follow_symlinks=False):
            folders.append(Path(entry.path))
        elif is_notebook(entry.name):
            files.notebooks.append((entry.name, Path(entry.path)))
        else:
            files.others.append(entry.name)
    for inner in folders if depth < DEEPEST else []:
        _walk(inner, files, depth + 1)


def _choose(student: str, files: _Files, lesson: str) -> Submission:
    """The one notebook that counts."""
    expected = f"{lesson}.ipynb"
    notebooks = files.notebooks
    if not notebooks:
        there = ", ".join(printable(name) for name in files.others[:5])
        note = f"no notebook, but {there}" if there else "the folder is empty"
        return Submission(student, None, MISSING, (note,))
    named = [path for name, path in notebooks if name == expected]
    # A browser and Canvas number a second copy: "01-tensors (1).ipynb", "01-tensors-1.ipynb".
    again = re.compile(rf"{re.escape(lesson)}[ -]*\(?(\d+)\)?\.ipynb")
    turns = sorted((int(m[1]), str(p), p) for n, p in notebooks if (m := again.fullmatch(n)))
    whole_file = len(notebooks) == 1 and notebooks[0][1].name == f"{student}.ipynb"
    notes: tuple[str, ...] = ()
    if turns:
        chosen = turns[-1][2]
        notes = (f"the file is called {chosen.name!r}, the last of {len(notebooks)}",)
    elif named:
        chosen = named[0]
        if len(named) > 1:
            notes = (f"{len(named)} files are called {expected}; the one nearest the top counts",)
    elif len(notebooks) == 1:
        name, chosen = notebooks[0]
        notes = () if whole_file else (f"the file is called {name!r}, not {expected}",)
    else:
        names = ", ".join(repr(name) for name, _ in notebooks[:5])
        return Submission(student, None, MISSING, (f"no {expected}, but {names}",))
    if chosen.is_symlink():
        return Submission(student, None, UNREADABLE, ("it is a link to another place",))
    return Submission(student, chosen, notes=notes)


def _without_wrapper(place: Path, names: set[str]) -> Path:
    """The one folder in an archive that holds all the others, if there is such a one."""
    entries = [e for e in os.scandir(place) if not e.name.startswith(".") and e.name not in NOISE]
    if len(entries) != 1 or not entries[0].is_dir(follow_symlinks=False):
        return place
    inner = [e for e in os.scandir(entries[0].path) if not e.name.startswith(".")]
    folders = [e for e in inner if e.is_dir(follow_symlinks=False)]
    is_student = any(e.name.removesuffix(".ipynb") in names for e in inner)
    platform = MOODLE.fullmatch(entries[0].name)
    many = len(folders) > 1 or sum(e.name.endswith(".ipynb") for e in inner) > 1
    return Path(entries[0].path) if many and not is_student and not platform else place
