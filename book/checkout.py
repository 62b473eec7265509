"""A copy of the working tree in which the book is made, apart from the one that people work in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from book.notebooks import ROOT

COMMAND_SECONDS = 1800


class Checkout:
    """The files of the working tree, changes and new files among them, in a folder of their own.

    What came from npm is lent to it, so that it is not fetched again.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.build = root / "_build"
        self.environment = {"PYTHONPATH": str(root / "src")}
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():  # one that was deleted is still listed
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)
        self.build.mkdir(exist_ok=True)
        if (ROOT / "_build" / "node").is_dir():
            (self.build / "node").symlink_to(ROOT / "_build" / "node")
        self.python("-c", "from book.vendor import node_modules; node_modules()")

    def try_python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a Python program in the copy, with the copy's package."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )

    def python(self, *arguments: str) -> str:
        """What a Python program prints that is run in the copy.

        Raises:
            RuntimeError: it failed; the message holds what it printed.
        """
        done = self.try_python(*arguments)
        if done.returncode:
            output = done.stdout + done.stderr
            raise RuntimeError(f"python {' '.join(arguments)} failed in {self.root}:\n{output}")
        return done.stdout

    def take_runs(self) -> None:
        """Take over the notebooks' runs, and the models that they exported."""
        for name in ("executed", "models"):
            shutil.copytree(ROOT / "_build" / name, self.build / name)

    def forget(self, *kept: str) -> None:
        """Remove what was built, but not what came from npm nor what else is named."""
        for path in self.build.iterdir():
            if path.name in ("node", *kept):
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
