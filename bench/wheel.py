"""What ``pip install livetorch`` brings: the wheel, and what its metadata asks for.

Numbers of this table are elsewhere ratios of two runs; these are counts and megabytes. What torch
brings for itself differs between systems and is left out.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bench.measure import Row, row

ROOT = Path(__file__).resolve().parent.parent


def rows(runs: int) -> Iterator[Row]:  # noqa: ARG001
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(Path(folder))
        yield row("wheel, MB", [wheel.stat().st_size / 1e6], goal=11.0)
        own = needed(wheel)
        for name in needed(distribution("torch")).keys() | {"torch"}:
            own.pop(name, None)
        yield row("distributions it brings beside torch's", [len(own)], goal=50)
        yield row("room they take, MB", [megabytes(own)], goal=600)


def build_wheel(folder: Path) -> Path:
    """The wheel of this checkout, built in a folder from a copy of what it is made of."""
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", source / "src", ignore=ignored)
    program = "from setuptools.build_meta import build_wheel; build_wheel('wheels')"
    subprocess.run(
        [sys.executable, "-c", program], cwd=source, check=True, capture_output=True, timeout=300
    )
    (wheel,) = (source / "wheels").glob("*.whl")
    return wheel


def needed(start: Path | Distribution, *extras: str) -> dict[str, Distribution]:
    """All distributions that a wheel or a distribution needs, by name, itself left out.

    They are looked up among the installed ones. ``extras`` are those of the start.
    """
    stack = requirements_of(start if isinstance(start, Distribution) else metadata(start), extras)
    reached: dict[str, Distribution] = {}
    asked = set()
    while stack:
        request = stack.pop()
        if request not in asked:
            asked.add(request)
            name, its_extras = request
            reached[name] = distribution(name)
            stack += requirements_of(reached[name], its_extras)
    return reached


def metadata(wheel: Path) -> Distribution:
    """A wheel as a distribution, without installing it."""
    (folder,) = (f for f in zipfile.Path(wheel).iterdir() if f.name.endswith(".dist-info"))
    return PathDistribution(folder)


def requirements_of(
    parent: Distribution, extras: tuple[str, ...]
) -> list[tuple[str, tuple[str, ...]]]:
    """What a distribution asks for on this system: names, each with its own extras."""
    requests: list[tuple[str, tuple[str, ...]]] = []
    for requirement in map(Requirement, parent.requires or []):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            name = canonicalize_name(requirement.name)
            requests.append((name, tuple(sorted(requirement.extras))))
    return requests


def megabytes(distributions: dict[str, Distribution]) -> float:
    """How much room the files of these distributions take."""
    files = [Path(str(d.locate_file(f))) for d in distributions.values() for f in d.files or []]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6
