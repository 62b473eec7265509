"""The files that GitHub and git's hooks read: they parse, and what they name exists."""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import Any

import pytest
import yaml

from book.check import STEPS, chosen
from book.notebooks import ROOT

LISTED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.yml", "*.yaml", "*.cff"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
).stdout.splitlines()
HOOKS = ".pre-commit-config.yaml"


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_every_file_in_yaml_can_be_read() -> None:
    assert {HOOKS, "_config.yml", "CITATION.cff", ".github/dependabot.yml"} <= set(LISTED)
    for name in LISTED:
        if (ROOT / name).exists():
            assert load(name), name


def test_each_hook_runs_a_step_with_the_tools_of_the_environment() -> None:
    (repository,) = load(HOOKS)["repos"]
    assert repository["repo"] == "local", "another one would bring versions of its own"
    steps = []
    for hook in repository["hooks"]:
        program, flag, module, *names = shlex.split(hook["entry"])
        assert (program, flag, module) == (".venv/bin/python", "-m", "book.check")
        assert hook["language"] == "system"
        assert hook["pass_filenames"] is False
        steps += chosen(names)
    assert {"lint", "format", "types", "arrows"} <= {step.name for step in steps}


def test_steps_are_chosen_by_name_in_their_order() -> None:
    assert chosen([]) == STEPS
    assert [step.name for step in chosen(["types", "lint"])] == ["lint", "types"]
    assert [step.needs for step in chosen(["browser"])] == [""]
    with pytest.raises(ValueError, match="no step is called nothing"):
        chosen(["lint", "nothing"])


def test_dependabot_looks_where_versions_are_pinned() -> None:
    manifests = {
        "pip": "requirements.txt",
        "npm": "package-lock.json",
        "github-actions": ".github/workflows",
    }
    updates = load(".github/dependabot.yml")["updates"]
    assert {update["package-ecosystem"] for update in updates} == manifests.keys()
    for update in updates:
        folder = ROOT / update["directory"].strip("/")
        assert (folder / manifests[update["package-ecosystem"]]).exists()


def test_the_forms_for_issues_ask_for_something() -> None:
    forms = [name for name in LISTED if name.startswith(".github/ISSUE_TEMPLATE/")]
    assert ".github/ISSUE_TEMPLATE/config.yml" in forms
    forms.remove(".github/ISSUE_TEMPLATE/config.yml")
    assert len(forms) >= 2
    for name in forms:
        form = load(name)
        assert form["name"], name
        assert form["description"], name
        required = [field for field in form["body"] if field.get("validations", {}).get("required")]
        assert required, name
        kinds = {field["type"] for field in form["body"]}
        assert kinds <= {"markdown", "input", "textarea", "dropdown", "checkboxes"}, name
        identifiers = [field["id"] for field in form["body"] if field["type"] != "markdown"]
        assert len(identifiers) == len(set(identifiers)), name


def test_the_book_is_published_by_the_actions_that_pages_has_for_it() -> None:
    jobs = load(".github/workflows/book.yml")["jobs"]
    deploy = jobs["deploy"]
    used = [step["uses"].split("@")[0] for step in deploy["steps"] if "uses" in step]
    assert used.index("actions/upload-pages-artifact") < used.index("actions/deploy-pages")
    assert deploy["permissions"] == {"contents": "read", "pages": "write", "id-token": "write"}
    assert deploy["needs"] == "test"
    (artifact,) = [step for step in deploy["steps"] if "upload-pages" in step.get("uses", "")]
    assert artifact["with"]["path"] == "_build/html"


def test_links_are_looked_at_every_week() -> None:
    workflow = load(".github/workflows/book.yml")
    (weekly,) = workflow[True]["schedule"]  # YAML 1.1 reads the key "on" as true
    assert weekly["cron"].split()[2:4] == ["*", "*"]
    links = workflow["jobs"]["links"]
    commands = [step.get("run", "") for step in links["steps"]]
    assert "make links" in commands
    (folder,) = re.findall(r"linkcheck --path-output (\S+)", (ROOT / "Makefile").read_text())
    assert folder != ".", "Jupyter Book would empty the folder of the pages"
    assert f"{folder}/_build/html/output.txt" in commands[-1]
    assert links["if"] == "github.event_name != 'push' && github.event_name != 'pull_request'"
