"""Run the notebooks that call ``fit`` with every fit on a second device: python -m book.elsewhere

It fails where a cell then mixes devices, or ends in any other error. Numbers are not compared.
"""

from __future__ import annotations

import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from book.execute import Run, run_notebook
from book.kernels import kernel_environment, set_variables
from book.notebooks import ROOT, code_cells, notebook_paths, read
from book.other_device import NAME

JOBS = 2


def trains(path: Path) -> bool:
    """Whether a notebook trains with the package's loop."""
    return any("fit(" in cell.source for cell in code_cells(read(path)))


def hooked(folder: Path, function: str) -> str:
    """A PYTHONPATH from which torch, wherever it is imported, calls a function of this project.

    It calls what installed packages offer as device backends, and a package is installed where a
    folder of the path holds its metadata. So the processes that a kernel starts are reached too.
    """
    package = folder / "hook-0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: hook\nVersion: 0\n")
    (package / "entry_points.txt").write_text(f"[torch.backends]\nhook = {function}\n")
    before = os.environ.get("PYTHONPATH")
    return os.pathsep.join([str(folder), str(ROOT), *([before] if before else [])])


def run(path: Path) -> Run:
    done = run_notebook(path, read(path))
    print(f"  {path.stem:32} {'FAILED' if done.error else 'ran'} {done.seconds:6.1f} s", flush=True)
    return done


def main() -> int:
    paths = [Path(name).resolve() for name in sys.argv[1:]] or list(
        filter(trains, notebook_paths())
    )
    with tempfile.TemporaryDirectory() as folder, kernel_environment():
        set_variables(
            {
                "PYTHONPATH": hooked(Path(folder), "book.other_device:start"),
                "LIVETORCH_DEVICE": NAME,
                "LIVETORCH_MODELS": folder,
            }
        )
        with ThreadPoolExecutor(JOBS) as pool:
            runs = list(pool.map(run, paths))
    errors = [done.error for done in runs if done.error]
    print("\n".join(errors), file=sys.stderr)
    print(f"{len(runs) - len(errors)} passed, {len(errors)} failed")
    return int(bool(errors))


if __name__ == "__main__":
    sys.exit(main())
