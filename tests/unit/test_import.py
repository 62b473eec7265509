"""What an import costs, and the shape of the package: who imports whom, and how long files are."""

from __future__ import annotations

import ast
import graphlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import livetorch

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
FILES = sorted(SOURCE.rglob("*.py"))
HEAVY = {"matplotlib", "sklearn", "tqdm", "IPython"}


def name_of(path: Path) -> str:
    """src/livetorch/datasets/__init__.py -> livetorch.datasets"""
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
PACKAGES = {name_of(path) for path in FILES if path.stem == "__init__"}
LIVETORCH = [name for name in MODULES if name.split(".")[0] == "livetorch"]


def source_of(node: ast.ImportFrom, module: str) -> str:
    """What a ``from`` import takes names from; ``from .`` counts from the module it stands in."""
    if node.level == 0:
        return node.module or ""
    parts = module.split(".")
    parts = parts[: len(parts) - node.level + (module in PACKAGES)]
    return ".".join([*parts, *([node.module] if node.module else [])])


def imported_by(module: str) -> set[str]:
    """All modules that a module of ours imports, wherever in the file.

    ``from a import b`` counts as ``a.b`` where that is a module of ours, and else as ``a``.
    """
    return imports_in(MODULES[module], module)


def imports_in(tree: ast.AST, module: str) -> set[str]:
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = source_of(node, module)
            names = {f"{source}.{alias.name}" for alias in node.names}
            modules |= {name if name in MODULES else source for name in names}
    return modules


def top_level_imports(module: str) -> set[str]:
    """The packages that are imported when the module is, type checking left out."""
    nodes = [
        node for node in MODULES[module].body if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    return {name.split(".")[0] for node in nodes for name in imports_in(node, module)}


def ours(module: str) -> set[str]:
    """The modules of this project that a module imports."""
    return imported_by(module) & MODULES.keys()


def modules_loaded_by(statement: str) -> set[str]:
    """What a fresh interpreter loads for a statement over what torch loads by itself.

    torch is imported first, since torch.hub itself imports tqdm where there is one.
    """
    program = (
        "import json, sys, numpy, torch\n"
        "before = set(sys.modules)\n"
        f"{statement}\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    return set(json.loads(done.stdout))


def test_there_are_files_to_look_at() -> None:
    assert {"livetorch", "livetorch.training", "livetorch.models.linear"} <= MODULES.keys()


@pytest.mark.parametrize(
    "statement",
    [
        "import livetorch",
        "import livetorch.datasets, livetorch.graphs, livetorch.plotting, livetorch.style",
        "import livetorch.classification",
    ],
)
def test_import_loads_nothing_heavy(statement: str) -> None:
    loaded = modules_loaded_by(statement)
    assert "livetorch.training" in loaded
    assert not {name.split(".")[0] for name in loaded} & HEAVY
    assert not any(name.startswith("tqdm.auto") for name in loaded)


@pytest.mark.parametrize("name", LIVETORCH)
def test_heavy_packages_are_imported_where_they_are_used(name: str) -> None:
    assert not top_level_imports(name) & HEAVY


@pytest.mark.parametrize("name", [name for name in LIVETORCH if ".models" in name])
def test_models_import_torch_alone(name: str) -> None:
    allowed = {"torch", "torch.nn", "torch.nn.functional", "livetorch.modes"}
    assert not ours("livetorch.modes"), "besides each other, all that models have of this package"
    models = {other for other in LIVETORCH if ".models." in other}
    ours_and_others = imported_by(name) - allowed - models
    assert {module.split(".")[0] for module in ours_and_others} <= sys.stdlib_module_names


def test_training_imports_what_a_loop_needs_alone() -> None:
    allowed = {"devices", "metrics", "modes", "processes"}
    assert ours("livetorch.training") == {f"livetorch.{name}" for name in allowed}
    assert not ours("livetorch.devices")
    own = {f"livetorch.{name}" for name in ("metrics", "processes", "runtime", "wrappers")}
    assert ours("livetorch.distributed") <= own


@pytest.mark.parametrize(
    "name",
    [name for name in LIVETORCH if name.split(".")[1:2] in (["plotting"], ["graphs"], ["live"])],
)
def test_pictures_know_nothing_of_training(name: str) -> None:
    forbidden = {"livetorch", "livetorch.training", "livetorch.checkpoints", "torch.optim"}
    assert not imported_by(name) & forbidden


def test_labs_know_nothing_of_the_package() -> None:
    for name in MODULES.keys() - set(LIVETORCH):
        assert not ours(name) & set(LIVETORCH), name


def test_no_module_imports_in_a_circle() -> None:
    # `import livetorch` runs __init__, which imports nearly all: no module may ask for it.
    for name in LIVETORCH:
        assert "livetorch" not in imported_by(name), f"{name} imports the package it is part of"
    graph = {name: ours(name) for name in MODULES}
    assert list(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_stay_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


def test_no_star_import() -> None:
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                assert all(alias.name != "*" for alias in node.names), name


@pytest.mark.parametrize("name", LIVETORCH)
def test_modules_say_what_they_are(name: str) -> None:
    assert ast.get_docstring(MODULES[name])


def test_public_names() -> None:
    assert sorted(livetorch.__all__) == livetorch.__all__
    for name in livetorch.__all__:
        assert getattr(livetorch, name).__doc__, f"{name} has no docstring"
