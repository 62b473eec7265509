"""``constraints.txt`` is what ``make constraints`` gives, whatever was released since.

The command itself runs, with an index made of what is installed: a file for each distribution that
holds its name, its version and what it needs, and nothing else. So it asks no registry.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from book.constraints import LEFT_OUT, PINS, REQUIREMENTS, ConstraintsError, resolve


def pins(text: str) -> dict[str, str]:
    """Version by name."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return dict(line.split("==") for line in lines)


def put(folder: Path, name: str, version: str, fields: str = "") -> None:
    """A package of that name and version without any code."""
    stem = f"{name.replace('-', '_')}-{version}"
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
        head = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n"
        wheel.writestr(f"{stem}.dist-info/METADATA", head + fields)
        wheel.writestr(
            f"{stem}.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(f"{stem}.dist-info/RECORD", "")


def needs(metadata: dict[str, str | list[str]]) -> Iterator[str]:
    """What a distribution says that it needs, but libraries for graphics cards."""
    if python := metadata.get("requires_python"):
        yield f"Requires-Python: {python}\n"
    for extra in metadata.get("provides_extra", []):
        yield f"Provides-Extra: {extra}\n"
    for requirement in metadata.get("requires_dist", []):
        if not LEFT_OUT.match(canonicalize_name(Requirement(requirement).name)):
            yield f"Requires-Dist: {requirement}\n"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is installed here, and beside it what only other systems and Pythons install."""
    folder = tmp_path_factory.mktemp("index")
    installed: set[str] = set()
    for distribution in distributions():
        name = canonicalize_name(distribution.name)
        if name not in installed and name != "livetorch":
            fields = "".join(needs(distribution.metadata.json))
            put(folder, name, distribution.version.split("+")[0], fields)
            installed.add(name)
    for pinned, version in pins(PINS.read_text()).items():
        if pinned not in installed:
            put(folder, pinned, version)
    return folder


def resolve_here(requirements: str, text: str, index: Path, folder: Path) -> str:
    file = folder / "constraints.txt"
    file.write_text(text)
    places = ["--offline", "--no-cache", "--no-index", "--find-links", str(index)]
    return resolve(requirements, file, *places)


def test_the_pins_are_what_the_command_gives(index: Path, tmp_path: Path) -> None:
    text = PINS.read_text()
    assert resolve_here(REQUIREMENTS.read_text(), text, index, tmp_path) == text


def test_a_new_release_moves_no_pin(index: Path, tmp_path: Path) -> None:
    text = PINS.read_text()
    put(index, "markupsafe", "99.0")
    try:
        assert resolve_here(REQUIREMENTS.read_text(), text, index, tmp_path) == text
        without = re.sub(r"markupsafe==.*\n", "", text)
        assert "markupsafe==99.0" in resolve_here(
            REQUIREMENTS.read_text(), without, index, tmp_path
        )
    finally:
        (index / "markupsafe-99.0-py3-none-any.whl").unlink()


def test_a_pin_too_many_or_too_few_is_noticed(index: Path, tmp_path: Path) -> None:
    text = PINS.read_text()
    for other in (
        text + "left-pad==1.0.0\n",
        re.sub(r"markupsafe==.*\n", "", text),
        re.sub(r"markupsafe==.*", "markupsafe==0.1", text),
    ):
        assert other != text
        assert resolve_here(REQUIREMENTS.read_text(), other, index, tmp_path) == text


def test_versions_that_do_not_fit_are_an_error(index: Path, tmp_path: Path) -> None:
    with pytest.raises(ConstraintsError, match="click"):
        resolve_here(REQUIREMENTS.read_text() + "click>=9\n", PINS.read_text(), index, tmp_path)
