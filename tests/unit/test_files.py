"""Files that are written in whole or not at all, and that nothing else in the project does it."""

from __future__ import annotations

import ast
import errno
from pathlib import Path

import pytest

from livetorch.files import write_whole

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "book", "bench", "data")
MOVES = {
    "src/livetorch/files.py": 1,
    # The chapter on checkpoints shows this one, and its file is too large to be held in memory.
    "src/livetorch/checkpoints.py": 1,
    # The labs know nothing of the package.
    "src/livetorch_labs/results.py": 1,
}


@pytest.mark.parametrize("content", ["one\r\n\u2014\n", b"\x00\xff"])
def test_a_file_is_stored_as_it_is_given(content: str | bytes, tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file"
    write_whole(path, "before")
    write_whole(path, content)
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
def test_what_stops_half_way_leaves_the_old_file(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_whole(path, "before")

    def half(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[:2])
        raise error

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(type(error)):
        write_whole(path, "after")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def moves_a_file(node: ast.AST) -> bool:
    """Whether it is a call of ``rename``, or of a path's ``replace``: those of text take two."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    if node.func.attr == "replace":
        of_os = isinstance(node.func.value, ast.Name) and node.func.value.id == "os"
        return of_os or (len(node.args) == 1 and not node.keywords)
    return node.func.attr in ("rename", "renames")


def test_one_function_moves_files_into_place() -> None:
    counts: dict[str, int] = {}
    for path in (path for name in FOLDERS for path in (ROOT / name).rglob("*.py")):
        moves = sum(map(moves_a_file, ast.walk(ast.parse(path.read_text(encoding="utf-8")))))
        if moves:
            counts[path.relative_to(ROOT).as_posix()] = moves
    assert counts == MOVES
