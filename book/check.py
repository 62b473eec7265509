"""``make test``: every check, in order, and a list at the end of what ran.

python -m book.check             all of it
python -m book.check portable    the numbers, as on other processors and thread counts
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from book.notebooks import ROOT, notebook_paths

PYTHON = sys.executable
CODE = ("src", "book", "bench", "tests", "conftest.py")


@dataclass(frozen=True)
class Step:
    """A command, and the step whose success it needs."""

    name: str
    command: list[str]
    needs: str = ""
    environment: dict[str, str] = field(default_factory=dict)


TWO_AT_A_TIME = ("--numprocesses", "2", "--dist", "loadfile")
"""For tests that wait more than they compute; the tests of a file share what they have started."""


def pytest_step(name: str, *arguments: str, needs: str = "", **environment: str) -> Step:
    return Step(name, [PYTHON, "-m", "pytest", "-q", *arguments], needs, environment)


STEPS = [
    Step("lint", ["ruff", "check", *CODE, "chapters"]),
    Step("format", ["ruff", "format", "--check", *CODE]),
    Step("types", ["mypy"]),
    pytest_step("unit tests", "tests/unit", "tests/live", *TWO_AT_A_TIME),
    Step("run notebooks", [PYTHON, "-m", "book.offline", PYTHON, "-m", "book.execute"]),
    pytest_step("numbers (nbval, strict)", "--nbval", "chapters", needs="run notebooks",
                LIVETORCH_REPLAY="1"),
    Step("build", [PYTHON, "-m", "book.build"], needs="run notebooks"),
    pytest_step("book", "tests/book", needs="build"),
    pytest_step("browser", "tests/browser", *TWO_AT_A_TIME, needs="build"),
    pytest_step("labs", "tests/labs", needs="build"),
    Step("sound labs", [PYTHON, "-m", "livetorch_labs", "check"], needs="build"),
]  # fmt: skip

VARIANTS = {
    "no vector instructions": {"ATEN_CPU_CAPABILITY": "default"},
    "AVX2": {"ATEN_CPU_CAPABILITY": "avx2"},
    "two threads": {"OMP_NUM_THREADS": "2"},
}
# Each notebook by a kernel of its own, as for one who types this command without make.
PORTABLE = [
    pytest_step(f"{path.stem}, {name}", "--nbval", str(path.relative_to(ROOT)), **variables)
    for path in notebook_paths()
    for name, variables in VARIANTS.items()
]


def run(step: Step, quiet: bool = False) -> bool:
    environment = os.environ | {"OMP_NUM_THREADS": "1"} | step.environment
    done = subprocess.run(step.command, cwd=ROOT, env=environment, check=False, text=True,
                          capture_output=quiet)  # fmt: skip
    if quiet and done.returncode:
        print(done.stdout, done.stderr)
    return done.returncode == 0


def in_order(steps: list[Step]) -> list[tuple[Step, str, float]]:
    """Run steps one after the other; a failure stops only those that need it."""
    results: list[tuple[Step, str, float]] = []
    passed: set[str] = set()
    for step in steps:
        start = time.perf_counter()
        print(f"\n== {step.name}", flush=True)
        if step.needs and step.needs not in passed:
            results.append((step, f"not run: {step.needs} failed", 0.0))
            continue
        ok = run(step)
        passed |= {step.name} if ok else set()
        results.append((step, "passed" if ok else "FAILED", time.perf_counter() - start))
    return results


def two_at_a_time(steps: list[Step]) -> list[tuple[Step, str, float]]:
    """Run steps that do not depend on each other; only what fails is printed."""

    def one(step: Step) -> tuple[Step, str, float]:
        start = time.perf_counter()
        ok = run(step, quiet=True)
        print(f"  {step.name:50} {'passed' if ok else 'FAILED'}", flush=True)
        return step, "passed" if ok else "FAILED", time.perf_counter() - start

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, steps))


def main() -> int:
    portable = sys.argv[1:] == ["portable"]
    if sys.argv[1:] and not portable:
        print((__doc__ or "").strip(), file=sys.stderr)
        return 2
    results = two_at_a_time(PORTABLE) if portable else in_order(STEPS)
    print("\nWhat ran:")
    for step, outcome, seconds in results:
        print(f"  {step.name:50} {outcome:10} {seconds:6.0f} s")
    failed = sum(outcome != "passed" for _, outcome, _ in results)
    print(f"checks: {len(results) - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
