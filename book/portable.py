"""``make test-portable``: the notebooks, as other processors and devices compute them.

python -m book.portable          each notebook once: as an old processor, with shaken last bits;
                                 and those that train once more, on another device
python -m book.portable avx2     each notebook once: as a processor with AVX2, not shaken

Of the first, a notebook that fails is run once more without the shaking, which tells whether the
old processor prints otherwise, or a number hangs on its last bits (``book/shaken.py``).
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable

from book.check import NOTEBOOKS, PYTEST, RUN, Result, Step, report, run_all
from book.kernels import SHAKEN
from book.notebooks import code_cells, notebook_paths, read

# Five libraries compute, and each chooses by the processor: torch itself, MKL for products of
# matrices, oneDNN for convolutions, NumPy, and OpenBLAS for NumPy, SciPy and scikit-learn.
THREADS = {"OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_NUM_THREADS": "1"}
"""A thread that waits for its twin sleeps: there are more of them than processors, and on a busy
machine one that turns in a loop keeps its twin from working. OpenBLAS would start a thread when
NumPy is imported, and no process with threads is forked."""
VARIANTS = {
    "old": {
        "ATEN_CPU_CAPABILITY": "default",
        "MKL_CBWR": "COMPATIBLE",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4",
        "OPENBLAS_CORETYPE": "Nehalem",
        **THREADS,
        SHAKEN: "1",
    },
    "avx2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",  # Intel's processors alone heed it
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "NPY_DISABLE_CPU_FEATURES": "X86_V4",
        "OPENBLAS_CORETYPE": "Haswell",
        **THREADS,
    },
}


def portable_steps(variant: str, paths: Iterable[str] = (), shaken: bool = True) -> list[Step]:
    """Run notebooks, all where none is named, and compare what they print with what is stored.

    The runs are kept in a folder of the variant's own; what did not change is not run again.
    """
    named, folder = list(paths), variant if shaken else f"{variant}-not-shaken"
    environment = {**VARIANTS[variant], "LIVETORCH_RUNS": folder}
    if not shaken:
        environment.pop(SHAKEN, None)
    return [
        # One more than processors: the two threads of a notebook often wait for one another.
        Step(
            f"notebooks, {folder}", [*RUN, "--jobs", "3", *named], cores=2, environment=environment
        ),
        # It needs no success of the first: a notebook that ended in an error is a failure in it.
        Step(
            f"numbers, {folder}",
            [*PYTEST, "-rfE", "--nbval", *(named or NOTEBOOKS)],
            cores=2,
            environment={**environment, "LIVETORCH_REPLAY": "1"},
        ),
    ]


def failing(results: Iterable[Result]) -> list[str]:
    """The notebooks with a cell that failed, by pytest's list of them."""
    listed = re.compile(r"^(?:FAILED|ERROR) (\S+\.ipynb)::", re.MULTILINE)
    return sorted({path for result in results for path in listed.findall(result.printed)})


def told_apart(shaken: Iterable[str], not_shaken: Iterable[str]) -> list[str]:
    """A sentence for each notebook that failed: what a run without the shaking says of it."""
    otherwise = set(not_shaken)
    return [
        f"{path}: "
        + (
            "the emulated processor prints otherwise, without any shaking."
            if path in otherwise
            else "a number hangs on its last bits: print it more coarsely or in float64."
        )
        for path in shaken
    ]


def cells_with(key: str) -> list[tuple[str, str]]:
    """The notebook and the reason, for each cell whose metadata has this key of ours."""
    return [
        (path.stem, cell.metadata["livetorch"][key])
        for path in notebook_paths()
        for cell in code_cells(read(path))
        if key in cell.metadata.get("livetorch", {})
    ]


def summary(results: list[Result], shaken: bool) -> list[str]:
    """How many cells ran, as pytest counted them, and which of them were compared less strictly."""
    ran = sum(
        int(n)
        for result in results
        if result.name.startswith("numbers")
        for n in re.findall(r"(\d+) (?:passed|failed)", result.printed)
    )
    ignored, tolerant = len(cells_with("ignored_because")), len(cells_with("tolerance"))
    lines = [
        f"cells that ran: {ran}; compared with what is stored: {ran - ignored}, of which",
        f"  {tolerant:3} with a tolerance",
    ]
    if shaken:
        reasons = Counter(cells_with("not_shaken_because"))
        lines.append(f"  {reasons.total():3} not shaken, or not wholly")
        lines += [f"        {stem}: {n} ({why})" for (stem, why), n in reasons.items()]
    return lines


def main() -> int:
    variant = sys.argv[1] if sys.argv[1:] else "old"
    if variant not in VARIANTS or sys.argv[2:]:
        print((__doc__ or "").strip(), file=sys.stderr)
        return 2
    steps = portable_steps(variant)
    others = [Step("on another device", [sys.executable, "-m", "book.elsewhere"], cores=2)]
    results = run_all([*steps, *(others if variant == "old" else [])], quiet=True)
    shaken, bad = SHAKEN in VARIANTS[variant], failing(results)
    plain = portable_steps(variant, bad, shaken=False) if shaken and bad else []
    again = run_all(plain, quiet=True)
    failed = report([*results, *again])
    print("\n".join(summary(results, shaken)))
    if again:
        print("\n".join(told_apart(bad, failing(again))))
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
