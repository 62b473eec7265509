"""``make test-portable``: the notebooks, as other processors and devices compute them.

python -m book.portable          each notebook once: as an old processor, with shaken last bits;
                                 and those that train once more, on another device
python -m book.portable avx2     each notebook once: as a processor with AVX2, not shaken

Of the first, a notebook that fails is run once more without the shaking, which tells whether the
old processor prints otherwise, or a number hangs on its last bits (``book/shaken.py``).
"""

from __future__ import annotations

import math
import re
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from book.check import PYTEST, Result, Step, report, run_all
from book.kernels import SHAKEN
from book.notebooks import ROOT, code_cells, notebook_paths, read

# Five libraries compute, and each chooses by the processor: torch itself, MKL for products of
# matrices, oneDNN for convolutions, NumPy, and OpenBLAS for NumPy, SciPy and scikit-learn.
VARIANTS = {
    "old": {
        "ATEN_CPU_CAPABILITY": "default",
        "MKL_CBWR": "COMPATIBLE",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4",
        "OPENBLAS_CORETYPE": "Nehalem",
        "OMP_NUM_THREADS": "2",
        SHAKEN: "1",
    },
    "avx2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",  # Intel's processors alone heed it
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "NPY_DISABLE_CPU_FEATURES": "X86_V4",
        "OPENBLAS_CORETYPE": "Haswell",
        "OMP_NUM_THREADS": "2",
    },
}


def portable_steps(variant: str) -> list[Step]:
    """Each notebook by a kernel of its own, as for one who runs it without this book's commands."""
    # The longest first, so that no processor idles at the end.
    return [
        Step(
            f"{path.stem}, {variant}",
            [*PYTEST, "--nbval", str(path.relative_to(ROOT))],
            environment=VARIANTS[variant],
        )
        for path in sorted(notebook_paths(), key=seconds, reverse=True)
    ]


def seconds(path: Path) -> float:
    """How long a notebook took when it was stored; one that never was may take forever."""
    return float(read(path).metadata.get("livetorch", {}).get("seconds", math.inf))


def without_shaking(steps: list[Step], results: list[Result]) -> list[Step]:
    """Those that failed while they were shaken, once more and as they are."""
    failed = {result.name for result in results if result.outcome != "passed"}
    return [
        replace(
            step,
            name=f"{step.name}, not shaken",
            environment={k: v for k, v in step.environment.items() if k != SHAKEN},
        )
        for step in steps
        if step.name in failed and SHAKEN in step.environment
    ]


def told_apart(again: list[Result]) -> list[str]:
    """A sentence for each failure: what the second run says of it."""
    return [
        f"{result.name.partition(',')[0]}: "
        + (
            "a number hangs on its last bits: print it more coarsely, or compute it in float64."
            if result.outcome == "passed"
            else "the emulated processor prints otherwise, without any shaking."
        )
        for result in again
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
        int(n) for result in results for n in re.findall(r"(\d+) (?:passed|failed)", result.printed)
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
    again = run_all(without_shaking(steps, results), quiet=True)
    failed = report([*results, *again])
    shaken = SHAKEN in VARIANTS[variant]
    print("\n".join([*summary(results[: len(steps)], shaken), *told_apart(again)]))
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
