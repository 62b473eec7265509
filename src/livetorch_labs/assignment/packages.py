"""The package that chapters import: where it lies here, and what a student installs to run it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path

from .. import LabError

PACKAGE = "livetorch"
KERNEL = ("jupyterlab", "ipykernel")


def requirements() -> str:
    """What the package imports, in the versions that are installed here, and JupyterLab."""
    try:
        needs = [name for name in requires(PACKAGE) or [] if "extra ==" not in name]
    except PackageNotFoundError:
        needs = []
    names = [need.split(">")[0].split("=")[0].split("<")[0].strip() for need in needs]
    lines = []
    for name in [*names, *KERNEL]:
        try:
            # Without "+cpu" and the like: students' machines differ.
            lines.append(f"{name}=={version(name).split('+')[0]}")
        except PackageNotFoundError:
            lines.append(name)
    return "\n".join(lines) + "\n"


def linked_package(folder: Path) -> Path:
    """A folder in this one that holds a link to the package, and nothing else."""
    book = folder / "book"
    book.mkdir()
    (book / PACKAGE).symlink_to(package_folder())
    return book


def package_folder() -> Path:
    """Where the package lies that chapters import.

    Raises:
        LabError: it is not installed.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise LabError("the package livetorch is not installed here: pip install -e '.[labs]'")
    return Path(spec.origin).parent
