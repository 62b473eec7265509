"""Build the pages, with every warning an error, and say where they are.

python -m book.build
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time

from book.live import LOST, missing
from book.notebooks import BUILD, ROOT, NotebookError, notebook_paths, pages
from book.runs import executed

JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"


def main() -> int:
    start = time.perf_counter()
    try:
        for path in notebook_paths():
            executed(path)  # else the pages would be made of a run without checks
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    options = ["-W", "-n", "--keep-going", "--path-output", "."]
    command = [sys.executable, "-c", JUPYTER_BOOK, "build", ".", *options]
    log = BUILD / "build.log"
    BUILD.mkdir(exist_ok=True)
    with log.open("w", encoding="utf-8") as file:
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=os.environ | {"NO_COLOR": "1"},
            check=False,
        )
    if done.returncode:
        # What is parsed is not parsed again, and its warnings would not come back.
        shutil.rmtree(BUILD / ".doctrees", ignore_errors=True)
        print("\n".join(causes(log.read_text(encoding="utf-8").splitlines())), file=sys.stderr)
        print(f"\nThe book was not built. The whole log is in {log}", file=sys.stderr)
        return 1
    print(
        f"Built {len(pages())} pages in {time.perf_counter() - start:.0f} s: "
        f"open {BUILD / 'html' / 'index.html'} or say: make serve"
    )
    say_what_is_missing()
    return 0


def causes(log: list[str]) -> list[str]:
    """What a log of a build that failed says of the reason: its warnings, or its last error."""
    warnings = [line for line in log if "WARNING" in line or "ERROR" in line]
    # Sphinx says it in words before Jupyter Book shows where it was raised.
    raised = next((n for n, line in enumerate(log) if line.startswith("Traceback")), len(log))
    return warnings or log[max(0, raised - 12) : raised]


def say_what_is_missing() -> None:
    """One line about what npm did not give, where that is so."""
    if not LOST.exists() and not missing("runtime"):
        return
    reason = " ".join(LOST.read_text(encoding="utf-8").split()) if LOST.exists() else ""
    print(
        "NOT COMPLETE: without npm's onnxruntime-web, widgets with a trained model show a still "
        f"picture. {reason}".rstrip(),
        file=sys.stderr,
    )


if __name__ == "__main__":
    sys.exit(main())
