"""Pin everything that requirements.txt brings along: ``make constraints``.

    python -m book.constraints [--upgrade] [--upgrade-package NAME]

uv resolves for every system and for all Pythons of the project at once, which pip and pip-tools do
for the one they run on. A pin that still fits stays as it is; other arguments are uv's.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from book.notebooks import ROOT

REQUIREMENTS = ROOT / "requirements.txt"
PINS = ROOT / "constraints.txt"
OLDEST = "3.11"
HEAD = "# All that requirements.txt installs, in exact versions. Made by: make constraints\n"
LEFT_OUT = re.compile(r"(nvidia|cuda)-|(triton|livetorch|setuptools|wheel)\b|-e\b")
"""What is not pinned: torch names the exact libraries for graphics cards that belong to it, and its
CPU build has none; the project itself; and what makes packages, which an environment brings."""


class ConstraintsError(RuntimeError):
    """The pins cannot be made, with what uv says of it."""


def resolve(requirements: str, pins: Path, *arguments: str) -> str:
    """The pins of some requirements as text; those of a file stay where they fit.

    Raises:
        ConstraintsError: no versions fit together, or a package's data cannot be had.
    """
    own = "".join(line for line in requirements.splitlines(True) if not line.startswith("-c "))
    command = [sys.executable, "-m", "uv", "pip", "compile", "-", "--quiet", "--universal"]
    form = ["--python-version", OLDEST, "--no-header", "--no-annotate", "--output-file", str(pins)]
    done = subprocess.run(
        [*command, *form, *arguments],
        cwd=ROOT,
        input=own,
        text=True,
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    if done.returncode:
        raise ConstraintsError(done.stderr.strip())
    lines = pins.read_text(encoding="utf-8").splitlines()
    # A constraint on a package that a system does not need does no harm there.
    names = [line.split(" ;")[0] for line in lines if line and not LEFT_OUT.match(line)]
    return HEAD + "".join(f"{name}\n" for name in names)


def main() -> int:
    requirements = REQUIREMENTS.read_text(encoding="utf-8")
    before = PINS.read_text(encoding="utf-8")
    try:
        after = resolve(requirements, PINS, *sys.argv[1:])
    except ConstraintsError as error:
        PINS.write_text(before, encoding="utf-8")
        print(error, file=sys.stderr)
        return 1
    PINS.write_text(after, encoding="utf-8")
    print("constraints.txt is", "as it was" if after == before else "new: look at git diff")
    return 0


if __name__ == "__main__":
    sys.exit(main())
