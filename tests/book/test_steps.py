"""``make test`` itself: what runs beside what, what a failure stops, and what is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from book.check import (
    CODE,
    CORES,
    NOTEBOOKS,
    RUN,
    STEPS,
    Step,
    run,
    run_all,
)
from book.kernels import SHAKEN
from book.notebooks import BUILD, ROOT, notebook_paths
from book.portable import VARIANTS, portable_steps
from book.runs import PROCESSOR


def step(name: str, code: str = "", needs: str = "", cores: int = 1) -> Step:
    return Step(name, [sys.executable, "-S", "-c", code], needs, cores)


def test_a_failure_stops_those_that_need_it_and_no_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    results = run_all(
        [
            step("first", "print('told'); raise SystemExit(3)"),
            step("second", needs="first"),
            step("third", needs="second"),
            step("other", "print('fine')"),
        ]
    )
    assert [result.outcome for result in results] == [
        "FAILED",
        "not run: first failed",
        "not run: second failed",
        "passed",
    ]
    printed = capsys.readouterr().out
    assert "told" in printed
    assert "fine" in printed


def test_a_step_finds_the_environments_programs_where_it_was_not_activated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", os.defpath)
    result = run(Step("version", ["lint-imports", "--version"]))
    assert (result.outcome, result.printed.split()[0]) == ("passed", "import-linter")


def test_a_quiet_run_prints_what_failed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    run_all([step("a", "print('good')"), step("b", "print('bad'); raise SystemExit(1)")], True)
    printed = capsys.readouterr().out
    assert "bad" in printed
    assert "good" not in printed


MEET = """
import pathlib, time
def see(name):
    for _ in range(600):
        if pathlib.Path(name).exists():
            return
        time.sleep(0.1)
    raise TimeoutError(name)
pathlib.Path("{here}").touch()
see("{there}")
"""
ALONE = """
import pathlib, time
here = pathlib.Path("{here}")
here.touch()
time.sleep(0.2)
assert [p.name for p in here.parent.glob("*.running")] == [here.name]
here.unlink()
"""


def test_two_steps_run_beside_each_other(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    pair = [step("a", MEET.format(here=a, there=b)), step("b", MEET.format(here=b, there=a))]
    assert [result.outcome for result in run_all(pair)] == ["passed", "passed"]


def test_a_step_that_keeps_all_processors_busy_is_alone(tmp_path: Path) -> None:
    sizes = {"a": 1, "b": CORES, "c": CORES, "d": 1}
    alone = {name: ALONE.format(here=tmp_path / f"{name}.running") for name in sizes}
    results = run_all([step(name, alone[name], cores=cores) for name, cores in sizes.items()])
    assert [result.outcome for result in results] == ["passed"] * 4


def test_a_small_step_overtakes_no_large_one(tmp_path: Path) -> None:
    there = f"pathlib.Path({str(tmp_path / 'large')!r})"
    steps = [
        step("first", "import time; time.sleep(0.3)"),
        step("large", f"import pathlib; {there}.touch()", cores=CORES),
        step("small", f"import pathlib; assert {there}.exists()"),
    ]
    assert [result.outcome for result in run_all(steps)] == ["passed"] * 3


def test_a_step_that_waits_for_nobody_is_an_error() -> None:
    with pytest.raises(ValueError, match="'nowhere': no such step"):
        run_all([step("a", needs="nowhere")])


def test_every_folder_with_tests_or_code_is_in_a_step() -> None:
    arguments = [argument for each in STEPS for argument in each.command]
    for folder in (ROOT / "tests").iterdir():
        if any(folder.glob("test_*.py")):
            assert f"tests/{folder.name}" in arguments
    folders = {path.relative_to(ROOT).parts[0] for path in notebook_paths()}
    assert folders == set(NOTEBOOKS)
    for name in ("lint", "numbers (nbval, strict)"):
        command = next(each.command for each in STEPS if each.name == name)
        assert folders <= set(command)
    code = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and any(path.rglob("*.py")) and not path.name.startswith((".", "_"))
    }
    assert code - set(CODE) <= folders
    names = [each.name for each in STEPS]
    assert len(set(names)) == len(names)
    assert all(each.needs in ["", *names[:place]] for place, each in enumerate(STEPS))


FOOTPRINT = """
import hashlib, torch, numpy as np
numbers = (torch.arange(8192) * 37 % 101).float() / 101  # the same on every processor
images, kernels = numbers.view(4, 8, 16, 16), numbers[:1152].view(16, 8, 3, 3)
# Many rows: on an AMD Zen 4, MKL computes a product of four the same way under every setting.
square = numbers[:4096].view(64, 64)
array = (np.arange(4096) * 37 % 101 / 101).reshape(64, 64)
results = {"torch": images.softmax(1), "MKL": square @ square,
           "oneDNN": torch.conv2d(images, kernels), "NumPy": np.exp(array),
           "OpenBLAS": array @ array}
for name, result in results.items():
    print("computed", name, hashlib.sha256(np.asarray(result).tobytes()).hexdigest())
print("capability", torch.backends.cpu.get_cpu_capability())
"""
"""Prints a hash of what each of the libraries computes, and torch's choice of instructions."""


def footprint(variables: dict[str, str]) -> tuple[dict[str, str], str]:
    """The hash of what each library computes, and all that was printed, the libraries' log too."""
    clean = {name: value for name, value in os.environ.items() if name not in PROCESSOR}
    log = {"OMP_NUM_THREADS": "1", "MKL_VERBOSE": "1", "ONEDNN_VERBOSE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", FOOTPRINT],
        env=clean | log | variables,
        check=True,
        capture_output=True,
        text=True,
    )
    words = [line.split() for line in done.stdout.splitlines()]
    return {line[1]: line[2] for line in words if line[0] == "computed"}, done.stdout


@pytest.mark.skipif(
    not torch.backends.mkl.is_available() or torch.backends.cpu.get_cpu_capability() == "DEFAULT",
    reason="this processor is as old as the oldest variant, or is no relative of it",
)
def test_a_variant_changes_what_each_library_computes() -> None:
    (own, _), (old, log) = footprint({}), footprint(VARIANTS["old"])
    # That each was told, whoever made the processor ...
    assert "capability DEFAULT" in log
    assert "CNR:COMPATIBLE" in log
    assert "isa:Intel SSE4.1" in log
    # ... and that it matters.
    assert own.keys() == {"torch", "MKL", "oneDNN", "NumPy", "OpenBLAS"}
    assert not {name for name in own if own[name] == old[name]}


def test_the_numbers_are_compared_on_other_processors_with_two_threads() -> None:
    variables = {name for variant in VARIANTS.values() for name in variant}
    assert variables == {*PROCESSOR, "OMP_NUM_THREADS", "OMP_WAIT_POLICY"}
    assert all(variant["OMP_NUM_THREADS"] == "2" for variant in VARIANTS.values())
    assert VARIANTS["old"]["ATEN_CPU_CAPABILITY"] == "default"
    assert [name for name, variant in VARIANTS.items() if SHAKEN in variant] == ["old"]
    for name, variant in VARIANTS.items():
        notebooks, numbers = portable_steps(name)
        assert notebooks.command == [*RUN, "--jobs", "3"]  # all of them
        assert numbers.command[-2:] == ["chapters", "pages"]
        assert numbers.environment == {**notebooks.environment, "LIVETORCH_REPLAY": "1"}
        assert notebooks.environment == {**variant, "LIVETORCH_RUNS": name}


def test_runs_as_another_processor_lie_beside_those_of_the_pages() -> None:
    code = "from book import live, notebooks; print(notebooks.CACHE, live.MODELS)"
    for runs, folder in ((None, BUILD), ("old", BUILD / "old")):
        environment = {name: v for name, v in os.environ.items() if name != "LIVETORCH_RUNS"}
        environment |= {"LIVETORCH_RUNS": runs} if runs else {}
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT, env=environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        assert done.stdout.split() == [str(folder / "executed"), str(folder / "models")]
