"""What a reader does not need must not stop "Run all": a folder to write in, fonts, programs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from book.notebooks import ROOT
from livetorch_labs import LabError
from livetorch_labs.sandbox.bubblewrap import require_bubblewrap

NOTEBOOK = ROOT / "pages" / "meet-a-trained-model.ipynb"
"""It trains, draws, shows widgets and exports a model, and is the shortest that does."""
RUN = """
import sys
from pathlib import Path
from nbclient import NotebookClient
import nbformat

path = Path(sys.argv[1])
try:
    (path.parent / "here").touch()
except OSError as error:
    print("refused:", error.strerror)
notebook = nbformat.read(path, as_version=4)
for cell in notebook.cells:
    cell["outputs"] = []
NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}).execute()
outputs = [output for cell in notebook.cells for output in cell["outputs"]]
print("errors:", sum(output.output_type == "error" for output in outputs))
print("figures:", sum("image/png" in output.get("data", {}) for output in outputs))
for output in outputs:
    print("".join(output.get("data", {}).get("text/plain", "")))
"""


def test_run_all_in_a_read_only_folder_without_fonts_and_programs(tmp_path: Path) -> None:
    try:
        bubblewrap = require_bubblewrap()
    except LabError as error:
        pytest.skip(str(error))
    program = tmp_path / "run.py"
    program.write_text(RUN, encoding="utf-8")
    fonts = [path for path in ("/usr/share/fonts", "/usr/local/share/fonts") if Path(path).is_dir()]
    system = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    apart = [*system, "--unshare-net", "--tmpfs", "/tmp"]
    without_fonts = [part for path in fonts for part in ("--tmpfs", path)]
    places = ["--ro-bind", str(program), "/tmp/run.py", *without_fonts, "--chdir"]
    run = [str(NOTEBOOK.parent), sys.executable, "/tmp/run.py", str(NOTEBOOK)]
    command = [str(bubblewrap), *apart, *places, *run]
    environment = {
        "PATH": str(Path(sys.executable).parent),  # neither dot nor a compiler
        "PYTHONPATH": str(ROOT / "src"),
        "OMP_NUM_THREADS": "1",
        "HOME": "/tmp/own",
        **{name: os.environ[name] for name in ("LANG", "LD_LIBRARY_PATH") if name in os.environ},
    }
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "refused: Read-only file system" in done.stdout, "the folder could be written"
    assert "errors: 0" in done.stdout
    assert "digits: not exported, and nothing here needs it" in done.stdout
    assert int(done.stdout.split("figures: ")[1].split()[0]) >= 1
