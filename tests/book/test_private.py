"""What the project uses of other packages that they did not promise to keep: one list of it.

A name with an underscore, and what is replaced of another package's functions and constants.
Methods that a subclass overrides are not seen.
"""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from book.notebooks import ROOT

FOLDERS = ("src", "book", "bench", "data", "conftest.py")
OWN_PACKAGES = ("livetorch", "livetorch_labs", "book", "bench", "data", "tests")
OPEN = {"_exit", "path", "argv"}
"""What Python documents: os._exit, and sys.path and sys.argv, which programs set."""


def sources() -> dict[str, ast.Module]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *FOLDERS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    files = [name for name in listed if name.endswith(".py") and (ROOT / name).exists()]
    return {name: ast.parse((ROOT / name).read_text()) for name in files}


def private(name: str) -> bool:
    return bool(re.fullmatch(r"_[A-Za-z].*[^_]", name))


def defined(tree: ast.Module) -> Iterator[str]:
    """The names that a module gives to something of its own."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and isinstance(node.value, ast.Name)
            and node.value.id in ("self", "cls")
        ):
            yield node.attr


def foreign(module: str | None) -> bool:
    return (module or "").split(".")[0] not in OWN_PACKAGES


def strangers(tree: ast.Module) -> set[str]:
    """The names under which a module knows other packages and what is theirs."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            whole = (alias for alias in node.names if foreign(alias.name))
            names |= {(alias.asname or alias.name).split(".")[0] for alias in whole}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and foreign(node.module):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def replaced(tree: ast.Module) -> Iterator[str]:
    """The attributes of other packages' modules and classes that are assigned to."""
    theirs = strangers(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            root: ast.expr = node
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name) and root.id in theirs:
                yield node.attr


def words(tree: ast.Module) -> Iterator[str]:
    """What is imported, looked up or named in a call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Import):
            yield from (word for alias in node.names for word in alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            yield from [*(node.module or "").split("."), *(alias.name for alias in node.names)]
        elif isinstance(node, ast.Call):
            texts = [str(a.value) for a in node.args if isinstance(a, ast.Constant)]
            for text in texts:
                if re.fullmatch(r"\w+(\.\w+)*", text):
                    yield from text.split(".")


def uses(trees: dict[str, ast.Module]) -> set[tuple[str, str]]:
    """The file and the name of each use of what is not promised."""
    own = {name for tree in trees.values() for name in defined(tree)}
    return {
        (file, name)
        for file, tree in trees.items()
        for name in [*(w for w in words(tree) if private(w) and w not in own), *replaced(tree)]
        if name not in OPEN
    }


def table() -> list[tuple[str, str, str]]:
    """The list in CONTRIBUTING: interface, file, and the tests that notice when it moves."""
    text = (ROOT / "CONTRIBUTING.md").read_text().split("\n## Private interfaces of others\n")[1]
    rows = [line.split("|") for line in text.split("\n## ")[0].splitlines() if "|" in line]
    cells = [[re.findall(r"`([^`]+)`", cell) for cell in row] for row in rows]
    return [
        (interface, file, test)
        for _, interfaces, files, _, tests, _ in cells
        for interface in interfaces
        for file in files
        for test in tests
    ]


def listed(interface: str) -> list[str]:
    parts = interface.split(".")
    return [part for part in parts if private(part)] or parts[-1:]


def test_every_private_interface_is_in_the_list_and_used() -> None:
    rows = {(file, name) for interface, file, _ in table() for name in listed(interface)}
    assert rows == uses(sources())


def there(interface: str) -> bool:
    """Whether a package still has it, or gives it to the instances of the class that is named."""
    try:
        pkgutil.resolve_name(interface)
    except AttributeError:
        owner, _, name = interface.rpartition(".")
        return f"self.{name} = " in inspect.getsource(pkgutil.resolve_name(owner))
    return True


def test_every_interface_of_the_list_is_where_it_was() -> None:
    assert [interface for interface, _, _ in table() if not there(interface)] == []
    assert not there("torch.nn.Module._moved")


def test_the_tests_that_notice_exist() -> None:
    for interface, _, test in table():
        file, _, function = test.partition("::")
        assert f"def {function}(" in Path(ROOT / file).read_text(), (interface, test)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("from torch._inductor import config", "_inductor"),
        ("import torch._dynamo.config", "_dynamo"),
        ("import torch\ntorch.nn.Module._call_impl", "_call_impl"),
        ("x._grad_fn", "_grad_fn"),
        ("getattr(x, '_base')", "_base"),
        ("import torch\ntorch.nn.Module.forward = print", "forward"),
        ("from torch import nn\nnn.Linear.forward = print", "forward"),
    ],
)
def test_a_use_is_seen(code: str, name: str) -> None:
    assert uses({"a.py": ast.parse(code)}) == {("a.py", name)}


@pytest.mark.parametrize(
    "code",
    [
        "class A:\n def _own(self): return self._own()",
        "class A:\n def __init__(self): self._own = 1\nA()._own",
        "import sys, os\nsys.path = []\nos._exit(0)",
        "from book import check\ncheck.CORES = 3",
        "x.__class__\nx._repr_html_",
    ],
)
def test_what_is_ones_own_or_documented_is_not_seen(code: str) -> None:
    assert uses({"a.py": ast.parse(code)}) == set()
