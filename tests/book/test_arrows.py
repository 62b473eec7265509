"""What may import what, and how it is counted."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import networkx as nx
import pytest

from book.arrows import diagram, shape
from book.check import CODE, STEPS
from book.notebooks import ROOT

COMMAND = next(step.command for step in STEPS if step.name == "arrows")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project's Python files and settings, in a folder where something can be planted."""
    for name in CODE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=only_python)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def only_python(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith(".py") and not Path(folder, name).is_dir()]


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """The step as it runs, in another folder."""
    return subprocess.run(
        COMMAND,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_step_passes_where_nothing_is_planted(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "imports", "arrow"),
    [
        (
            "src/livetorch/models",
            "import livetorch.metrics",
            "livetorch.models.planted -> livetorch.metrics",
        ),
        (
            "src/livetorch/datasets",
            "import livetorch.plotting",
            "livetorch.datasets.planted -> livetorch.plotting",
        ),
        (
            "src/livetorch/live/parts",
            "import livetorch.training",
            "livetorch.live.parts.planted -> livetorch.training",
        ),
        (
            "src/livetorch/live/frame",
            "import livetorch.live.quiz.quiz",
            "livetorch.live.frame.planted -> livetorch.live.quiz",
        ),
        (
            "src/livetorch/live/widgets",
            "import livetorch.live.widgets.race",
            "livetorch.live.widgets.planted -> livetorch.live.widgets.race",
        ),
        ("src/livetorch", "import livetorch_labs.cli", "livetorch.planted -> livetorch_labs.cli"),
        ("src/livetorch", "import book.check", "livetorch.planted -> book.check"),
        ("src/livetorch_labs", "from livetorch import style", "livetorch.style"),
        ("src/livetorch_labs", "from book.check import STEPS", "book.check"),
        ("src/livetorch_labs", "import tests.builds.trees", "tests.builds.trees"),
        (
            "src/livetorch_labs/sandbox",
            "from livetorch_labs.grading import plan",
            "livetorch_labs.sandbox.planted -> livetorch_labs.grading.plan",
        ),
        (
            "src/livetorch_labs/report",
            "from livetorch_labs.submission import collect",
            "livetorch_labs.report.planted -> livetorch_labs.submission.collect",
        ),
        ("book", "import bench.measure", "book.planted -> bench.measure"),
        ("book", "import tests.builds.trees", "book.planted -> tests.builds.trees"),
    ],
)
def test_an_arrow_against_the_contract_fails(
    copy: Path, module: str, imports: str, arrow: str
) -> None:
    (copy / module / "planted.py").write_text(f"{imports}\n")
    done = lint(copy)
    assert done.returncode == 1, done.stderr
    assert arrow in done.stdout


def test_a_room_of_the_labs_that_no_layer_names_fails(copy: Path) -> None:
    (copy / "src" / "livetorch_labs" / "planted").mkdir()
    (copy / "src" / "livetorch_labs" / "planted" / "__init__.py").touch()
    done = lint(copy)
    assert done.returncode == 1, done.stderr
    assert "planted" in done.stdout


def test_a_circle_in_the_book_fails(copy: Path) -> None:
    for one, other in (("planted_one", "planted_two"), ("planted_two", "planted_one")):
        (copy / "book" / f"{one}.py").write_text(f"import book.{other}\n")
    done = lint(copy)
    assert done.returncode == 1, done.stderr
    assert "planted_one" in done.stdout


def test_floors_are_counted_along_the_longest_way() -> None:
    arrows = nx.DiGraph([("top", "middle"), ("middle", "bottom"), ("top", "bottom"), ("a", "b")])
    assert (shape(arrows).modules, shape(arrows).arrows, shape(arrows).floors) == (5, 4, 3)
    assert shape(arrows).circles == []
    arrows.add_edge("bottom", "middle")  # the two share a floor now
    assert shape(arrows).floors == 2
    assert shape(arrows).circles == [["bottom", "middle"]]


def test_a_room_counts_as_one_module() -> None:
    flat, rooms = diagram("livetorch"), diagram("livetorch", rooms=True)
    assert "livetorch.datasets.images" in flat
    assert "livetorch.datasets.images" not in rooms
    assert "livetorch.datasets" in rooms
    assert flat.has_edge("livetorch.training", "livetorch.metrics")
