"""An environment that holds the package and what it asks for, and not one distribution more.

``pip install`` of the wheel would fetch torch again, a minute and a gigabyte. What it would put
there is installed here already, in the pinned versions: so each distribution that the metadata of
the wheel reaches is linked into a new environment, by the list of files it was installed with, and
``pip check`` says whether one is missing. An import of anything else fails there.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

from bench.wheel import needed


def environment(folder: Path, wheel: Path, *extras: str) -> Path:
    """A new environment with the wheel and what it needs; its interpreter."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(subprocess.check_output([python, "-c", where], text=True).strip())
    for dependency in needed(wheel, *extras).values():
        names = {Path(file).parts[0] for file in dependency.files or []}
        for name in names - {"..", "__pycache__"}:
            if not (packages / name).exists():
                (packages / name).symlink_to(Path(str(dependency.locate_file(name))).resolve())
    pip(python, "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    return python


def pip(python: Path, *arguments: str) -> str:
    """What this environment's pip says about another one, after it did what it was told."""
    command = [sys.executable, "-m", "pip", "--python", str(python), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
