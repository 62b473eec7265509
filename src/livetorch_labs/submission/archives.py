"""Unpack the archive of a learning platform: it holds what strangers have uploaded."""

from __future__ import annotations

import contextlib
import lzma
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from .. import LabError
from .notebook import LARGEST

DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
)
"""What reading an archive can end with."""
MOST_FILES = 50_000
MOST_UNPACKED = 20 << 30
LONGEST_PART = 200  # bytes of a name in an archive that are kept
DEEPEST = 6
ENCRYPTED = 1


def is_notebook(name: str) -> bool:
    """A notebook by its name, or one that a program has called 01-tensors.ipynb.txt."""
    return ".ipynb" in name.lower()


def unpack(archive: Path, folder: Path) -> None:
    """Unpack notebooks; of all other files only the names, of links only that they are links.

    Raises:
        LabError: the archive is damaged or has too many files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(archive) as packed:
            members = packed.infolist()
            if any(member.flag_bits & ENCRYPTED for member in members):
                raise LabError(f"{archive} is encrypted: unpack it, and name the folder")
            if len(members) > MOST_FILES:
                raise LabError(f"{archive} holds {len(members)} files; {MOST_FILES} are allowed")
            sizes = [min(m.file_size, LARGEST + 1) for m in members if is_notebook(m.filename)]
            if sum(sizes) > MOST_UNPACKED:
                gigabytes = f"{sum(sizes) >> 30} GB of notebooks; {MOST_UNPACKED >> 30} are allowed"
                raise LabError(f"{archive} holds {gigabytes}")
            for member in members:
                _unpack_one(packed, member, folder)
    except DAMAGED as error:
        raise LabError(f"{archive} can not be unpacked: {error}") from error


def _unpack_one(packed: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    name = member.filename.replace("\\", "/").encode("utf-8", "replace").decode()
    # What lies deeper is not looked at; its student must still be in the table.
    parts = [_shortened(part) for part in PurePosixPath(name).parts[:DEEPEST]]
    if not parts or parts[0] == "/" or ".." in parts:
        return
    target = folder.joinpath(*parts)
    if target.is_symlink() or not target.resolve().is_relative_to(folder.resolve()):
        return
    if member.is_dir():
        with contextlib.suppress(FileExistsError, NotADirectoryError):
            target.mkdir(parents=True, exist_ok=True)
        return
    if target.is_dir():
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError:  # a file stands there: the archive has the name twice
        return
    if stat.S_ISLNK(member.external_attr >> 16):
        target.symlink_to("a-link-that-was-not-unpacked")
    elif not is_notebook(target.name):
        target.touch()
    else:
        with target.open("wb") as file:
            try:
                with packed.open(member) as source:
                    # One byte more than is allowed says that it is too large; a bomb is not
                    # unpacked.
                    shutil.copyfileobj(_Limited(source, LARGEST + 1), file)
            except DAMAGED as error:
                if isinstance(error, OSError):  # of this machine: the disk is full
                    raise
                # It costs this student's row only.
                file.write(b"damaged in the archive")


def _shortened(part: str) -> str:
    """A name that any disk can hold: students' file names are as long as they like."""
    content = part.encode()
    if len(content) <= LONGEST_PART:
        return part
    head, tail = content[: LONGEST_PART - 20], content[-20:]
    return head.decode("utf-8", "ignore") + tail.decode("utf-8", "ignore")


class _Limited:
    """The first bytes of a file."""

    def __init__(self, file: object, most: int) -> None:
        self.file, self.left = file, most

    def read(self, size: int = -1) -> bytes:
        most = self.left if size < 0 else min(size, self.left)
        content: bytes = self.file.read(most)  # type: ignore[attr-defined]
        self.left -= len(content)
        return content
