"""``make test``: every check, two processors at work, and a list at the end of what ran.

    python -m book.check [STEP ...]

With names of steps these run alone, without what they need. The numbers as other processors compute
them have a command of their own: ``book/portable.py``.

The order is made here and not by a runner such as make, doit or nox: none of them knows that a step
keeps both processors busy, and goes on to the end to tell at once all that failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from book.notebooks import ROOT

PYTHON = sys.executable
PYTEST = [PYTHON, "-m", "pytest", "-q", "-rs"]  # what is skipped is said
RUN = [PYTHON, "-m", "book.offline", PYTHON, "-m", "book.execute"]
CODE = ("src", "book", "bench", "data", "tests", "conftest.py")
NOTEBOOKS = ("chapters", "pages")
CORES = 2
"""How many processors the steps may keep busy together."""


@dataclass(frozen=True)
class Step:
    """A command, and the step whose success it needs."""

    name: str
    command: list[str]
    needs: str = ""
    cores: int = 1
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What became of a step."""

    name: str
    outcome: str
    seconds: float = 0.0
    printed: str = ""


# The first whose need is met is the next, so the order is the plan: while one processor builds the
# pages, the other checks what needs none.
STEPS = [
    Step("lint", ["ruff", "check", *CODE, *NOTEBOOKS]),
    Step("format", ["ruff", "format", "--check", *CODE]),
    # What may import what: pyproject.toml, [tool.importlinter].
    Step("arrows", ["lint-imports", "--no-cache", "--no-logo"]),
    Step("run notebooks", RUN, cores=2),
    Step("build", [PYTHON, "-m", "book.build"], needs="run notebooks"),
    Step("unit tests", [*PYTEST, "tests/unit", "tests/live"]),
    Step("types", ["mypy"]),
    Step(
        "numbers (nbval, strict)",
        [*PYTEST, "--nbval", *NOTEBOOKS],
        needs="run notebooks",
        environment={"LIVETORCH_REPLAY": "1"},
    ),
    # Their tools come from npm, which the build asks.
    Step("JavaScript", [PYTHON, "-m", "book.javascript", "lint"], needs="build"),
    Step("JavaScript types", [PYTHON, "-m", "book.javascript", "types"], needs="build"),
    Step("labs", [*PYTEST, "tests/labs"], needs="build"),
    Step("book", [*PYTEST, "tests/book"], needs="build"),
    # A step of its own, since it is minutes of work that no other test waits for.
    Step("built again", [*PYTEST, "tests/builds"], needs="build"),
    Step("sound labs", [PYTHON, "-m", "livetorch_labs", "check"], needs="build", cores=2),
    # Only what changed since it was tried: src/livetorch_labs/soundness/survivors.py.
    Step("mutants", [PYTHON, "-m", "livetorch_labs", "check", "--mutants"], cores=2),
    # How tests are shared out: tests/browser/sharing.py.
    Step("browser", [*PYTEST, "tests/browser", "--numprocesses", "2"], needs="build", cores=2),
]


def run(step: Step) -> Result:
    start = time.perf_counter()
    # The programs of this Python's environment, also where it was not activated (a hook of git).
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    settings = {"OMP_NUM_THREADS": "1", "PATH": programs}
    environment = os.environ | settings | step.environment
    done = subprocess.run(
        step.command,
        cwd=ROOT,
        env=environment,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    outcome = "FAILED" if done.returncode else "passed"
    return Result(step.name, outcome, time.perf_counter() - start, done.stdout)


def run_all(steps: list[Step], quiet: bool = False) -> list[Result]:
    """Run steps as their needs and the processors allow; a failure stops only those that need it.

    What a step prints comes as a whole when it is done, of a quiet run only where it failed.
    """
    waiting, outcomes = list(steps), {"": "passed"}
    running: dict[Future[Result], Step] = {}
    results: list[Result] = []

    def finish(result: Result) -> None:
        outcomes[result.name] = result.outcome
        results.append(result)
        print(f"== {result.name}: {result.outcome}", flush=True)
        if result.printed and not (quiet and result.outcome == "passed"):
            print(result.printed, flush=True)

    with ThreadPoolExecutor(CORES) as pool:
        while waiting or running:
            for step in list(waiting):
                need = outcomes.get(step.needs)
                free = CORES - sum(busy.cores for busy in running.values())
                if need == "passed":
                    if step.cores > free:
                        break  # it is this step's turn, so none that needs less overtakes it
                    waiting.remove(step)
                    running[pool.submit(run, step)] = step
                elif need is not None:
                    waiting.remove(step)
                    finish(Result(step.name, f"not run: {step.needs} failed"))
            if not running and waiting:
                raise ValueError(f"{waiting[0].name} needs {waiting[0].needs!r}: no such step")
            for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                del running[future]
                finish(future.result())
    order = [step.name for step in steps]
    return sorted(results, key=lambda result: order.index(result.name))


def report(results: list[Result]) -> int:
    """Print what ran; how many failed."""
    print("\nWhat ran:")
    for result in results:
        print(f"  {result.name:50} {result.outcome:10} {result.seconds:6.0f} s")
    failed = sum(result.outcome != "passed" for result in results)
    print(f"checks: {len(results) - failed} passed, {failed} failed")
    return failed


def chosen(names: list[str]) -> list[Step]:
    """The steps of those names in the order of `STEPS`, all of them where none is named.

    Raises:
        ValueError: there is no such step.
    """
    unknown = set(names) - {step.name for step in STEPS}
    if unknown:
        raise ValueError(f"no step is called {', '.join(sorted(unknown))}")
    alone = [replace(step, needs="") for step in STEPS if step.name in names]
    return alone or STEPS


def main() -> int:
    try:
        steps = chosen(sys.argv[1:])
    except ValueError as error:
        names = ", ".join(repr(step.name) for step in STEPS)
        print(f"{error}; there are {names}", file=sys.stderr)
        return 2
    return int(report(run_all(steps)) > 0)


if __name__ == "__main__":
    sys.exit(main())
