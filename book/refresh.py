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
import sys
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from book.compare import comparable
from book.execute import execute
from book.notebooks import NotebookError, code_cells, notebook_paths, read, write
from book.pictures import looks_the_same, pictures_in
from book.runs import executed

CELL_METADATA = ("livetorch", "mystnb", "nbgrader", "tags")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {
    "name": "python",
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "pygments_lexer": "ipython3",
}


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


def same_to_a_reader(stored: list[NotebookNode], fresh: list[NotebookNode]) -> bool:
    """Whether a cell's outputs say and show the same as those of another run.

    Another processor moves a point by a thousandth of a pixel, which is no reason to store a figure
    anew: figures must have the same words and look the same.
    """
    if [comparison(output) for output in stored] != [comparison(output) for output in fresh]:
        return False
    pairs = [pictures(outputs) for outputs in (stored, fresh)]
    return len(pairs[0]) == len(pairs[1]) and all(map(looks_the_same, *pairs))


def comparison(output: NotebookNode) -> Any:
    """An output with words alone in place of figures that have a PNG, which is looked at apart."""
    (made,) = comparable([copy.deepcopy(output)])
    data = made.get("data", {})
    if "image/png" in data:
        data["image/png"] = "a picture"
    elif "image/svg+xml" in data:
        data["image/svg+xml"] = output.data["image/svg+xml"]
    return made


def pictures(outputs: list[NotebookNode]) -> list[str]:
    """The PNG files of outputs, as base64."""
    images: list[str] = []
    for output in outputs:
        data = output.get("data", {})
        images += [data["image/png"]] if "image/png" in data else []
        images += pictures_in("".join(data.get("text/html", "")))
    return images


def keep_what_is_the_same(fresh: NotebookNode, stored: NotebookNode) -> bool:
    """Put stored outputs in place of fresh ones that say the same; whether that is all of them.

    Timings, which differ from run to run, stay as they were stored where all else does.
    """
    old = {cell.id: cell for cell in code_cells(stored)}
    kept = list(old) == [cell.id for cell in code_cells(fresh)]
    timed = []
    for cell in code_cells(fresh):
        was = old.get(cell.id)
        if was is None or was.source != cell.source or bool(was.outputs) != bool(cell.outputs):
            kept = False
        elif "ignored_because" in cell.metadata.get("livetorch", {}):
            timed.append((cell, was))
        elif same_to_a_reader(was.outputs, cell.outputs):
            cell.outputs = was.outputs
        else:
            kept = False
    for cell, was in timed if kept else []:
        cell.outputs = was.outputs
    return kept


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
    same = keep_what_is_the_same(made, stored) and "livetorch" in stored.metadata
    if same:
        made.metadata["livetorch"] = stored.metadata["livetorch"]
    else:
        made.metadata["livetorch"] = stamp(made, float(str(data["execution_seconds"])))
    made = canonical(made)
    before = path.read_bytes()
    write(made, path)
    return path.read_bytes() != before


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
