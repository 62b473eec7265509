"""The process that ``trial.Trials`` starts: it tries the instructor's own answers, in forks.

It imports what the chapters import, once. It reads a job a line, as JSON, and writes a line for
each.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import json
import os
import pickle
import resource
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from .trial import AFTERWARDS

SECONDS = 120
SETTINGS = (
    "get_default_dtype",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "get_num_threads",
    "are_deterministic_algorithms_enabled",
)
"""What torch tells of itself, which tests leave as it was."""
TIMES, MORE_SECONDS = 10, 2
"""An edited solution may compute ten times as long as the solution itself, and two seconds more."""
MORE_BYTES = 2 << 30
"""How much memory an edited solution may take beyond that of the process it is forked from."""


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


def _one_case(space: dict[str, Any], case: dict[str, Any], to_the_end: bool) -> list[list[Any]]:
    with contextlib.suppress(BaseException):  # the tests say what is missing
        exec(compile(case["answer"], "<answer>", "exec"), space)
    memories = []
    for name in case["forget"]:
        if callable(space.get(name)):
            memories.append(_Memory(space[name]))
            space[name] = memories[-1]
    outcomes: list[list[Any]] = []
    modules = [v for v in space.values() if isinstance(v, ModuleType)] if to_the_end else []
    before = _state(space, modules)
    for test, parts in case["tests"].items():
        outcomes.append(_one_test(space, test, parts, memories))
        if not (outcomes[-1][1] or to_the_end):
            break
    if to_the_end:
        changes = _changes(before, _state(space, modules))
        outcomes += [[AFTERWARDS, False, False, 0, name] for name in changes]
    return outcomes


State = dict[str, tuple[object, object]]


def _state(space: dict[str, Any], modules: list[ModuleType]) -> State:
    """What names of a notebook are bound to, functions of its modules, and torch's settings.

    With each object is the count of the writes into it, which tensors have.
    """
    names = {name: value for name, value in space.items() if name != "__builtins__"}
    for module in modules:
        functions = {key: value for key, value in vars(module).items() if callable(value)}
        names |= {f"{module.__name__}.{key}": value for key, value in functions.items()}
    state: State = {name: (value, _writes(value)) for name, value in names.items()}
    if "torch" in sys.modules:
        settings = {name: getattr(sys.modules["torch"], name)() for name in SETTINGS}
        state |= {f"torch.{name}()": (None, str(value)) for name, value in settings.items()}
    return state


def _writes(value: object) -> object:
    try:
        return getattr(value, "_version", None)
    except Exception:  # a tensor made in inference mode counts none
        return None


def _changes(before: State, after: State) -> list[str]:
    """The names of what is gone, another object, or was written into."""
    gone = (object(), None)
    return [
        name
        for name, (value, writes) in before.items()
        if after.get(name, gone)[0] is not value or after[name][1] != writes
    ]


def _limit(seconds: float) -> None:
    """Have the kernel of the system end this process after some seconds of computing."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    with contextlib.suppress(OSError, ValueError):  # not on Linux
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + MORE_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _forked(work: Callable[[], object], apart: bool = False) -> tuple[Any, float]:
    """What a function returns in a fork of this process, None if that dies, and its CPU seconds.

    Args:
        work: the function; what it returns is pickled.
        apart: it may start processes, which end with it.
    """
    with tempfile.TemporaryFile() as file:
        child = os.fork()
        if child == 0:
            try:
                if apart:
                    os.setsid()
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                nothing = os.open(os.devnull, os.O_RDWR)
                for stream in range(3):
                    os.dup2(nothing, stream)
                file.write(pickle.dumps(work()))
                file.flush()
            finally:
                os._exit(0)
        _, _, used = os.wait4(child, 0)
        with contextlib.suppress(ProcessLookupError):
            if apart:
                os.killpg(child, signal.SIGKILL)
        file.seek(0)
        content = file.read()
    return (pickle.loads(content) if content else None), used.ru_utime + used.ru_stime


def _job(job: dict[str, Any]) -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": "__main__"}
    try:
        exec(compile(job["setup"], "<setup>", "exec"), space)
    except Exception:
        return {"error": traceback.format_exc()}
    reference = job["reference"]
    results: dict[str, list[list[Any]]] = {}

    def put(case: dict[str, Any], limit: float = 0.0) -> float:
        """Try a case; the CPU seconds that it took."""

        def work() -> list[list[Any]]:
            signal.alarm(SECONDS)
            if limit:
                _limit(limit)
            return _one_case(space, case, to_the_end=not limit)

        outcomes, seconds = _forked(work, apart=True)
        died = [[test, False, False, 0, "the process ended"] for test in case["tests"]]
        results[case["name"]] = outcomes or died
        return seconds

    limit = MORE_SECONDS + TIMES * put(reference) if reference else 0.0
    if not reference or all(ok for _, ok, *_ in results[reference["name"]]):
        for case in job["cases"]:
            put(case, limit)
    return {"results": results}


def _import(setup: str) -> None:
    """Import in this process what a setup imports, so that its forks need not."""
    for node in ast.parse(setup).body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in [node.module or ""] if isinstance(node, ast.ImportFrom) else names:
            with contextlib.suppress(Exception):  # the setup itself tells
                importlib.import_module(name)
    if "torch" in sys.modules:
        # Optimizers do it when they are first made: slow in each fork, and it wraps manual_seed.
        importlib.import_module("torch._dynamo")


def main() -> None:
    for line in sys.stdin:
        job = json.loads(line)
        _import(job["setup"])
        reply, _ = _forked(partial(_job, job))
        print(json.dumps(reply or {"error": "the process ended"}), flush=True)


if __name__ == "__main__":
    main()
