"""What lies in a folder, in a form that can be compared and that shows where two differ."""

from __future__ import annotations

import hashlib
from pathlib import Path

READABLE = (".html", ".js", ".css", ".ipynb", ".mjs")


def tree(folder: Path) -> dict[str, str]:
    """The files below a folder by path: texts as they are, a hash of whatever else."""
    files = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        readable = path.suffix in READABLE
        files[path.relative_to(folder).as_posix()] = (
            data.decode("utf-8") if readable else hashlib.sha256(data).hexdigest()
        )
    return files


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """What differs between two folders: a line for each file, with the first place."""
    lines = [f"{name}: in one of them alone" for name in sorted(one.keys() ^ other.keys())]
    for name in sorted(one.keys() & other.keys()):
        a, b = one[name], other[name]
        if a != b:
            at = next(
                (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y),
                min(len(a), len(b)),
            )
            around = slice(max(0, at - 40), at + 60)
            lines.append(f"{name}, letter {at}: {a[around]!r} / {b[around]!r}")
    return lines
