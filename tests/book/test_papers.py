"""What README, CONTRIBUTING and the others say of the project, compared with the project."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from PIL import Image

from book.notebooks import ROOT
from book.runs import PROCESSOR

PAPERS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
OWN = re.compile(r"\bLIVETORCH_[A-Z]+\b")
READING_CODE = ("src", "book", "bench", "data", "conftest.py")
READERS = ("get", "pop", "setdefault")


def tracked(*patterns: str) -> list[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


def section(paper: str, title: str) -> str:
    text = (ROOT / paper).read_text()
    return re.split(r"^## ", text.split(f"\n## {title}\n")[1], flags=re.MULTILINE)[0]


# The map


def folders_of_the_map() -> list[str]:
    """The paths in README's map; what stands deeper is in the last one that stands less deep."""
    paths, above = [], {0: ""}
    for line in section("README.md", "What is where").split("```")[1].splitlines():
        if line.strip():
            indent, name = len(line) - len(line.lstrip()), line.split()[0]
            path = above[indent] + name
            above[indent + 2] = path
            paths.append(path.rstrip("/"))
    return paths


def test_the_map_names_folders_that_exist_once_each() -> None:
    folders = folders_of_the_map()
    assert len(folders) == len(set(folders))
    assert [name for name in folders if not (ROOT / name).is_dir()] == []


def test_the_map_leaves_no_room_out() -> None:
    inside = {"src/livetorch", "src/livetorch/live", "src/livetorch_labs"}
    rooms = set()
    for path in tracked():
        relative = path.relative_to(ROOT)
        for folder in relative.parents:
            parent = folder.parent.as_posix()
            if parent in inside or (parent == "." and folder.name not in ("", "src", ".ci")):
                rooms.add(folder.as_posix())
    assert rooms - set(folders_of_the_map()) == set()
    assert inside <= rooms | inside


def test_the_picture_of_the_book_is_small_and_described() -> None:
    alternative, path = re.findall(r"!\[(.+)\]\((.+)\)", (ROOT / "README.md").read_text())[0]
    assert len(alternative) > 40
    assert (ROOT / path).stat().st_size < 150_000
    with Image.open(ROOT / path) as picture:
        assert picture.width >= 1000


# The version


def test_the_version_is_the_same_wherever_it_stands() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    headings = re.findall(r"^## \[(.+)\] - (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    newest, date = headings[0]
    assert project == citation["version"] == newest
    released = citation.get("date-released")
    assert date == (released.isoformat() if released else "Unreleased")
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", past) for _, past in headings[1:])
    numbers = [tuple(map(int, version.split("."))) for version, _ in headings]
    assert numbers == sorted(numbers, reverse=True)


def test_the_changelog_has_the_sections_of_its_form() -> None:
    kinds = re.findall(r"^### (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


# Commands and files that are named


@pytest.mark.parametrize("paper", PAPERS)
def test_files_that_a_paper_names_exist(paper: str) -> None:
    text = (ROOT / paper).read_text()
    named = re.findall(r"(?<![\w/.-])(?:src|book|tests|pages|bench|data|\.github)/[\w./-]*\w", text)
    assert [name for name in named if not (ROOT / name).exists()] == []
    packages = re.findall(r"livetorch(?:_labs)?/[\w./]+\w", text)
    assert [name for name in packages if not (ROOT / "src" / name).exists()] == []


@pytest.mark.parametrize("paper", PAPERS)
def test_commands_that_a_paper_names_exist(paper: str) -> None:
    text = (ROOT / paper).read_text()
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)`|^make ([a-z-]+)", text)) <= {(t, "") for t in targets}
    for module in re.findall(r"python -m ((?:book|bench)[\w.]*)", text):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module


# The variables


def table_of_variables() -> set[str]:
    rows = [line for line in section("CONTRIBUTING.md", "Variables").splitlines() if "|" in line]
    return {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row.split("|")[1])}


LOOPS = {"name": set(PROCESSOR)}
"""What a variable of a loop stands for where that is looked up: ``book/runs.py``."""


def constants(path: Path, trees: dict[Path, ast.Module]) -> dict[str, set[str]]:
    """The strings that names stand for at the top of a module, imported ones too."""
    known: dict[str, set[str]] = {}
    for node in trees[path].body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            known |= {name: {str(node.value.value)} for name in names}
        elif isinstance(node, ast.ImportFrom):
            file = f"/{(node.module or '').replace('.', '/')}.py"
            for other in trees:
                if str(other).endswith(file) and other != path:
                    theirs = constants(other, trees)
                    known |= {
                        alias.asname or alias.name: theirs[alias.name]
                        for alias in node.names
                        if alias.name in theirs
                    }
    return known


def is_environment(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "environ"


def keys(tree: ast.Module) -> Iterator[ast.expr]:
    """What is looked up in the environment."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and is_environment(node.value):
            if isinstance(node.ctx, ast.Load):
                yield node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            asked = is_environment(node.func.value) and node.func.attr in READERS
            if asked or node.func.attr == "getenv":
                yield node.args[0]
        elif isinstance(node, ast.Compare) and any(map(is_environment, node.comparators)):
            yield node.left


def variables_read() -> set[str]:
    """The variables that the project's code looks up."""
    paths = tracked(*(f"{name}/*.py" if (ROOT / name).is_dir() else name for name in READING_CODE))
    trees = {path: ast.parse(path.read_text()) for path in paths}
    names: set[str] = set()
    for path, tree in trees.items():
        for key in keys(tree):
            if isinstance(key, ast.Constant):
                names.add(str(key.value))
            else:
                assert isinstance(key, ast.Name), f"{path}: {ast.unparse(key)}"
                names |= (LOOPS | constants(path, trees))[key.id]
    return names


def test_the_table_names_every_variable_that_is_read_and_no_other() -> None:
    own = {
        name
        for path in tracked("*.py", "Makefile", "*.yml", ".ci/*", "*.mjs", "*.js", "*.md")
        if path.name != "CONTRIBUTING.md"
        for name in OWN.findall(path.read_text())
    }
    assert table_of_variables() == own | variables_read()


def test_a_variable_is_noticed_however_it_is_read() -> None:
    code = (
        "import os\nA = os.environ['A']\nos.environ.get('B', '')\nif 'C' in os.environ: pass\n"
        "os.getenv('D')\nos.environ['E'] = 'set alone'\nos.environ.pop('F', None)\n"
    )
    names = [key.value for key in keys(ast.parse(code)) if isinstance(key, ast.Constant)]
    assert sorted(map(str, names)) == ["A", "B", "C", "D", "F"]
