"""The wheel: what is in it, what it brings, and that a lesson runs where nothing else is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from bench.wheel import ROOT, build_wheel, needed
from tests.unit.installed import environment, pip

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and bin/ are not there")
ONNX = {"onnx", "onnxscript", "onnxruntime"}

# Runs the code cells of a notebook as a kernel does, in a process of its own.
RUN = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
with open(sys.argv[1], encoding="utf-8") as file:
    notebook = json.load(file)
for number, cell in enumerate(notebook["cells"]):
    if cell["cell_type"] == "code":
        result = shell.run_cell("".join(cell["source"]), store_history=False)
        if not result.success:
            sys.exit(f"cell {number} of {sys.argv[1]} failed")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment in which someone said ``pip install livetorch``."""
    return environment(tmp_path_factory.mktemp("light") / "env", wheel)


def test_a_wheel_has_all_files(wheel: Path) -> None:
    ours = [path for path in (ROOT / "src").rglob("*") if path.is_file()]
    files = {
        path.relative_to(ROOT / "src").as_posix()
        for path in ours
        if not {"__pycache__", "livetorch.egg-info"} & set(path.parts)
    }
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    assert "livetorch/datasets/data/fashion-mnist/train-images-idx3-ubyte.gz" in packed
    assert files - packed == set(), "add them to [tool.setuptools.package-data]"


def test_a_wheel_has_no_program_that_makes_data(wheel: Path) -> None:
    makers = {path.name for path in (ROOT / "data").glob("*.py")} - {"__init__.py"}
    assert len(makers) >= 5
    with zipfile.ZipFile(wheel) as archive:
        packed = archive.namelist()
    assert not {Path(name).name for name in packed} & makers
    assert not [name for name in packed if name.startswith(("data/", "tests/", "book/", "bench/"))]


def test_a_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < 23e6, "its data and weights are 22.4 MB"


def test_onnx_and_the_labs_are_extras(wheel: Path) -> None:
    light = needed(wheel)
    assert not light.keys() & {*ONNX, "protobuf", "ml-dtypes", "nbgrader", "jupyter-client"}
    assert needed(wheel, "export").keys() >= ONNX
    assert "nbgrader" in needed(wheel, "labs")


def test_everything_that_was_asked_for_is_there(python: Path) -> None:
    assert "No broken requirements found" in pip(python, "check")


def test_no_dependency_is_there_for_nothing() -> None:
    """Each is imported somewhere in the package: by a module, or by a function that needs it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    modules = {
        "scikit-learn": "sklearn",
        "pyyaml": "yaml",
        "markdown-it-py": "markdown_it",
        "pillow": "PIL",
    }
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "src" / "livetorch").rglob("*.py")
    )
    for requirement in project["dependencies"]:
        name = requirement.partition(">=")[0].lower()
        module = modules.get(name, name.replace("-", "_"))
        assert f"import {module}" in text or f"from {module}" in text, name


@pytest.mark.parametrize("lesson", ["chapters/08-saving/3-inside-the-file-and-out-of-torch"])
def test_a_lesson_runs_outside_the_checkout(lesson: str, python: Path, tmp_path: Path) -> None:
    """It exports to ONNX too, which is not installed there: it says so and goes on."""
    notebook = tmp_path / f"{Path(lesson).name}.ipynb"
    shutil.copy(ROOT / f"{lesson}.ipynb", notebook)
    kept = ("PATH", "HOME", "LANG", "TMPDIR")
    variables = {name: os.environ[name] for name in kept if name in os.environ}
    variables |= {
        "MPLBACKEND": "agg",
        "LIVETORCH_PROGRESS": "0",
        "OMP_NUM_THREADS": "1",
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }
    done = subprocess.run(
        [python, "-I", "-c", RUN, notebook.name],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "pip install 'livetorch[export]'" in done.stdout


def test_the_package_is_the_installed_one(python: Path, tmp_path: Path) -> None:
    program = "import livetorch, livetorch.live; print(livetorch.__file__)"
    done = subprocess.run(
        [python, "-I", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert Path(done.stdout.strip()).is_relative_to(python.parents[1])
