"""Run the notebooks again and store their outputs in one canonical form.

    python -m book.refresh [PATH ...]

Nothing of the person who ran a notebook stays in it: counts go from 1, and metadata is what the
book uses. The stamp (date, seconds, versions) changes only where an output did.
"""

from __future__ import annotations

import argparse
import ast
import copy
import datetime
import platform
import re
import sys
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from book.execute import execute, executed
from book.notebooks import NotebookError, code_cells, notebook_paths, read, write

CELL_METADATA = ("livetorch", "mystnb", "nbgrader", "tags")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python",
            "pygments_lexer": "ipython3"}  # fmt: skip


def canonical(notebook: NotebookNode) -> NotebookNode:
    """A copy of a notebook that was run, in the form that is stored."""
    made = copy.deepcopy(notebook)
    stamp = made.metadata.get("livetorch", {})
    made.metadata = NotebookNode(kernelspec=KERNEL, language_info=LANGUAGE)
    if stamp:
        made.metadata["livetorch"] = stamp
    for cell in made.cells:
        cell.metadata = NotebookNode(
            {key: cell.metadata[key] for key in CELL_METADATA if key in cell.metadata}
        )
        cell.pop("attachments", None)
    for count, cell in enumerate(code_cells(made), start=1):
        cell.execution_count = count
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
            if output.output_type in ("execute_result", "display_data"):
                output.metadata = NotebookNode()
    return made


def what_it_says(cell: NotebookNode) -> list[Any]:
    """All that a reader can see of a cell's outputs; nothing where they are timings."""
    if "ignored_because" in cell.metadata.get("livetorch", {}):
        return [cell.source]
    outputs = copy.deepcopy(cell.outputs)
    for output in outputs:
        data = output.get("data", {})
        if "image/svg+xml" in data:
            data["image/svg+xml"] = drawn("".join(data["image/svg+xml"]))
        if "<svg" in "".join(data.get("text/html", "")):
            data["text/html"] = drawn("".join(data["text/html"]))
    return [cell.source, outputs]


def drawn(svg: str) -> str:
    """A figure without what eyes cannot see: names inside the file, and far decimals.

    Another processor moves a point by a millionth of a pixel, which is no reason to store it anew.
    """
    svg = re.sub(r'(id="|#)[\w-]{9,}', r"\1", svg)
    return re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.1f}", svg)


def seed_of(notebook: NotebookNode) -> int | None:
    """The seed that a chapter gives to ``make_reproducible``."""
    for cell in code_cells(notebook):
        if "make_reproducible" not in cell.source:
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("make_reproducible"):
                return int(ast.literal_eval(node.args[0]))
    return None


def stamp(notebook: NotebookNode, seconds: float) -> dict[str, Any]:
    """What the page says of the stored outputs."""
    import torch

    return {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "python": ".".join(platform.python_version_tuple()[:2]),
        "seconds": round(seconds, 1),
        "seed": seed_of(notebook),
        "torch": torch.__version__.split("+")[0],
    }


def refresh(path: Path) -> bool:
    """Store the outputs of a notebook's run in the cache; whether the file changed."""
    stored = read(path)
    fresh, data = executed(path)
    made = canonical(fresh)
    # What differs from run to run without saying anything new stays as it was stored.
    before = {cell.id: cell for cell in code_cells(stored)}
    said = [what_it_says(cell) for cell in code_cells(made)]
    same = said == [what_it_says(cell) for cell in before.values()]
    for cell, says in zip(code_cells(made), said, strict=True):
        old = before.get(cell.id)
        if old is not None and what_it_says(old) == says:
            cell.outputs = old.outputs
    if same and "livetorch" in stored.metadata:
        made.metadata["livetorch"] = stored.metadata["livetorch"]
    else:
        made.metadata["livetorch"] = stamp(made, float(str(data["execution_seconds"])))
    made = canonical(made)
    content = path.read_bytes()
    write(made, path)
    return path.read_bytes() != content


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks; all of _toc.yml if none")
    paths = [path.resolve() for path in parser.parse_args().paths] or notebook_paths()
    try:
        runs = execute(paths)
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    for run in runs:
        if run.error:
            print(f"\n{run.error}\nIts stored outputs are left as they were.", file=sys.stderr)
        else:
            print(f"  {run.path.stem:32} {'changed' if refresh(run.path) else 'unchanged'}")
    return int(any(run.error for run in runs))


if __name__ == "__main__":
    sys.exit(main())
