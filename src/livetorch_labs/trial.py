"""Try many answers against tests, fast: for the instructor's own code only, never a student's.

One process imports what the chapter imports; each answer is tried in a fork of it. Started as

    python -m livetorch_labs.trial < cases.json
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import pickle
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

SECONDS = 120


@dataclass(frozen=True)
class Case:
    """An answer and the tests it is put to, each in parts: (hidden, source)."""

    name: str
    answer: str
    tests: dict[str, list[tuple[bool, str]]]
    forget: tuple[str, ...] = ()
    """Names that, before hidden parts, are replaced by what only knows the examples it has seen."""


@dataclass(frozen=True)
class Outcome:
    """What a test said to an answer."""

    test: str
    ok: bool
    hidden: bool = False  # the part that failed
    line: int = 0  # of that part
    message: str = ""


def try_all(setup: str, cases: list[Case], jobs: int = 2) -> dict[str, list[Outcome]]:
    """The outcomes of all cases, by the case's name.

    Args:
        setup: the imports of the chapter, run once.
        cases: the answers and their tests.
        jobs: processes at a time.
    """

    def some(part: list[Case]) -> dict[str, list[Outcome]]:
        data = [[c.name, c.answer, list(c.tests.items()), c.forget] for c in part]
        done = subprocess.run(
            [sys.executable, "-P", "-m", "livetorch_labs.trial"],
            input=json.dumps({"setup": setup, "cases": data}),
            text=True,
            capture_output=True,
            check=False,
            env=os.environ | {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"},
        )
        if done.returncode != 0:
            raise RuntimeError(f"the trial process ended: {done.stderr[-2000:]}")
        found = json.loads(done.stdout.splitlines()[-1])
        return {name: [Outcome(*item) for item in items] for name, items in found.items()}

    parts = [cases[start::jobs] for start in range(jobs)]
    with ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(some, [part for part in parts if part]))
    return {name: outcomes for result in results for name, outcomes in result.items()}


class _Memory:
    """A function that gives the last answer it has learned, whatever it is asked."""

    def __init__(self, real: Callable[..., Any]) -> None:
        self.real, self.learning, self.last = real, True, None

    def __call__(self, *arguments: object, **named: object) -> object:
        if self.learning:
            self.last = self.real(*arguments, **named)
        return self.last


def _one_test(
    space: dict[str, Any], test: str, parts: list[tuple[bool, str]], memories: list[_Memory]
) -> list[Any]:
    for hidden, source in parts:
        for memory in memories:
            memory.learning = not hidden
        try:
            exec(compile(source, "<test>", "exec"), space)
        except BaseException as error:
            frames = traceback.extract_tb(error.__traceback__)
            lines = [frame.lineno or 0 for frame in frames if frame.filename == "<test>"]
            name = type(error).__name__
            message = str(error) if name == "AssertionError" else f"{name}: {error}"
            return [test, False, hidden, lines[0] if lines else 0, message[:4000]]
    return [test, True, False, 0, ""]


def _one_case(space: dict[str, Any], case: list[Any]) -> list[list[Any]]:
    _, answer, tests, forget = case
    signal.alarm(SECONDS)
    with contextlib.suppress(BaseException):  # the tests say what is missing
        exec(compile(answer, "<answer>", "exec"), space)
    memories = []
    for name in forget:
        if callable(space.get(name)):
            memories.append(_Memory(space[name]))
            space[name] = memories[-1]
    return [_one_test(space, test, parts, memories) for test, parts in tests]


def _forked(space: dict[str, Any], case: list[Any]) -> list[list[Any]]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        with os.fdopen(writer, "wb") as pipe:
            pickle.dump(_one_case(space, case), pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        content = pipe.read()
    os.waitpid(child, 0)
    if content:
        found: list[list[Any]] = pickle.loads(content)
        return found
    return [[test, False, False, 0, "the process ended"] for test, _ in case[2]]


def imports_of(sources: list[str]) -> str:
    """The import statements at the top of cells, each once."""
    found: dict[str, None] = {}
    for source in sources:
        with contextlib.suppress(SyntaxError):  # a cell with a magic
            for node in ast.parse(source).body:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    found[ast.unparse(node)] = None
    return "\n".join(found)


def main() -> None:
    job = json.load(sys.stdin)
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(job["setup"], "<setup>", "exec"), space)
    print(json.dumps({case[0]: _forked(space, case) for case in job["cases"]}))


if __name__ == "__main__":
    main()
