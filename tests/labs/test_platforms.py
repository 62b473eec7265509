"""On Windows and macOS: each command says what it can do there, and does it.

The system is made up: a process that lacks what Windows lacks. What Windows itself does with files
and consoles is not tried.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from livetorch_labs import cli
from livetorch_labs.assignment.lesson import Lesson
from livetorch_labs.results import Run, write_result, write_run
from tests.labs.small_lab import CHAPTER, Paper
from tests.labs.test_tables import result

# The libraries of others are imported first: on Windows they take other ways.
AS_ON = """
import contextlib, io, json, os, shutil, signal, sys, types
import concurrent.futures.thread, jinja2, nbformat, nbgrader.preprocessors, nbgrader.api, tqdm, yaml
import asyncio, distributed, multiprocessing, subprocess, tempfile, zmq
import jupyter_client.blocking.client, IPython.core.inputtransformer2
system, commands = sys.argv[1], json.loads(sys.argv[2])
posix = {"resource", "fcntl", "pwd", "grp", "termios", "syslog", "tty", "pty"}
if system == "win32":
    for name in posix:
        sys.modules[name] = None
    for name in ("fork", "getuid", "geteuid", "killpg", "mkfifo", "O_NOFOLLOW", "O_NONBLOCK",
                 "getppid", "setsid", "WNOHANG"):
        delattr(os, name)
    for name in ("SIGKILL", "SIGXCPU", "SIGALRM", "alarm", "SIGHUP"):
        delattr(signal, name)
    shutil._use_fd_functions = False
    shutil._winapi = types.SimpleNamespace(NeedCurrentDirectoryForExePath=lambda _: False)
sys.platform = system
from livetorch_labs import cli
answers = []
for words in commands:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(words)
    answers.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(answers))
"""
Answer = tuple[int, str, str]


def run_on(system: str, lesson: Lesson, *commands: list[str | Path]) -> list[Answer]:
    """The exit status, output and errors of commands, all in one process."""
    start = ["--chapters", str(lesson.path.parent)]
    asked = json.dumps([[*start, *map(str, words)] for words in commands])
    done = subprocess.run(
        [sys.executable, "-c", AS_ON, system, asked],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return [tuple(answer) for answer in json.loads(done.stdout)]


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_each_command_does_what_it_can_or_says_so(
    system: str, lesson: Lesson, tmp_path: Path
) -> None:
    write_result(tmp_path / "graded", result("Łukasz"))
    write_run(tmp_path / "graded", Run(CHAPTER, "Sums", "2026-01-01T00:00:00+00:00", sandbox=True))
    to_grade: list[str | Path] = ["1", tmp_path, "-o", tmp_path / "no"]
    on_windows: list[list[str | Path]] = [["grade", "--unsafe", *to_grade], ["check"]]
    listed, released, reported, refused, *more = run_on(
        system,
        lesson,
        ["list"],
        ["release", "1", "-o", tmp_path / "out"],
        [
            "report",
            tmp_path / "graded",
            "--csv",
            tmp_path / "all.csv",
            "--feedback",
            tmp_path / "pages",
        ],
        ["grade", *to_grade],
        ["grade", "--scheduler", "nonsense://x", *to_grade],
        *(on_windows if system == "win32" else []),
    )
    assert [answer[::2] for answer in (listed, released, reported)] == [(0, "")] * 3
    assert CHAPTER in listed[1]
    notebook = json.loads((tmp_path / "out" / f"{CHAPTER}.ipynb").read_text("utf-8"))
    assert "BEGIN" not in json.dumps(notebook)
    assert "Łukasz" in reported[1]
    assert (tmp_path / "all.csv").exists()
    sentences = {
        "win32": [
            "in WSL 2",
            "no Dask scheduler answers",
            "--unsafe needs Linux or macOS",
            "check forks processes",
        ],
        "darwin": ["add --unsafe", "no Dask scheduler answers"],
    }
    for (code, out, err), sentence in zip([refused, *more], sentences[system], strict=True):
        assert (code, out) == (1, "")
        assert err.startswith("livetorch-labs: ")
        assert sentence in err
        assert len(err.splitlines()) == 1
    assert not (tmp_path / "no").exists()


def test_on_macos_it_grades_without_a_sandbox(
    lesson: Lesson, released: dict[str, Any], tmp_path: Path
) -> None:
    """The grader's own process; its workers and kernels are Linux's here."""
    Paper(released).answer().write(tmp_path / "in" / "ann.ipynb")
    words: list[str | Path] = ["grade", "1", tmp_path / "in", "-o", tmp_path / "out", "--unsafe"]
    [(code, out, err)] = run_on("darwin", lesson, words)
    assert code == 0, err
    assert "1 submissions: 1 ok" in out


def test_help_says_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    assert "list, release and report run anywhere" in " ".join(capsys.readouterr().out.split())
