"""What a result depends on besides the submission and the lab: the programs that make it."""

from __future__ import annotations

import functools
import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..assignment.packages import PACKAGE, package_folder

LIBRARIES = ("torch", "numpy", "ipykernel", "ipython")


def digest_of(folder: Path) -> str:
    """Changes with every file of a package that Python reads."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


@functools.cache
def programs() -> dict[str, str]:
    """The versions of Python and of libraries, and digests of the two packages of this book.

    Two machines with the same programs grade alike.
    """
    versions = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            versions[name] = version(name).split("+")[0]  # the same numbers with and without CUDA
        except PackageNotFoundError:
            versions[name] = "not installed"
    grader = Path(__file__).parents[1]
    return versions | {PACKAGE: digest_of(package_folder()), grader.name: digest_of(grader)}


def differences(here: dict[str, str], there: dict[str, str]) -> list[str]:
    """What is not the same, in words."""
    return [
        f"{name} {there.get(name, 'is missing')} instead of {value}"
        for name, value in here.items()
        if there.get(name) != value
    ]
