"""The runs of the notebooks, kept until their code, the package or the environment changes.

The build of the pages and the checks read the outputs of these runs. book/execute.py makes them.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import shutil
from importlib.metadata import distributions
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.base import JupyterCacheAbstract
from jupyter_cache.cache.db import NbCacheRecord
from jupyter_cache.cache.main import CacheBundleIn
from nbformat import NotebookNode

from book.kernels import SHAKEN
from book.live import model_file
from book.notebooks import CACHE, ROOT, NotebookError, exported, read

PROCESSOR = (
    "ATEN_CPU_CAPABILITY",
    "MKL_CBWR",
    "MKL_ENABLE_INSTRUCTIONS",
    "ONEDNN_MAX_CPU_ISA",
    "NPY_DISABLE_CPU_FEATURES",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_NUM_THREADS",
    SHAKEN,
)
"""Variables by which torch, NumPy and their libraries compute as on another processor."""
MARK = "fingerprint.txt"


@functools.cache
def fingerprint() -> str:
    """A hash of all that a notebook's outputs depend on besides its own code.

    It is taken once: a process imports the package once too.
    """
    digest = hashlib.sha256()
    for path in sorted((ROOT / "src" / "livetorch").rglob("*")):
        # What widgets run in a page (modules, style sheets) is no part of a notebook's outputs.
        if path.is_file() and path.suffix not in (".pyc", ".mjs", ".css"):
            digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    digest.update("\n".join(installed()).encode())
    for name in PROCESSOR:
        digest.update(os.environ.get(name, "").encode() + b"\0")
    digest.update(os.environ.get("OMP_NUM_THREADS", "1").encode())
    if os.environ.get(SHAKEN):
        digest.update((ROOT / "book" / "shaken.py").read_bytes())
    return digest.hexdigest()


def installed() -> list[str]:
    """The versions of Python and of each package that is installed."""
    # Once each: a build of the project leaves a second note of it beside its sources.
    versions = {f"{each.name}=={each.version}" for each in distributions()}
    return [platform.python_version(), *sorted(versions)]


def open_cache() -> JupyterCacheAbstract:
    """The cache of executed notebooks, emptied where the package or the environment changed."""
    mark = CACHE / MARK
    if not mark.exists() or mark.read_text() != fingerprint():
        if CACHE.exists():
            shutil.rmtree(CACHE)
        CACHE.mkdir(parents=True)
        mark.write_text(fingerprint())
    return get_cache(CACHE)


def cached(cache: JupyterCacheAbstract, notebook: NotebookNode) -> NbCacheRecord | None:
    """The record of an earlier run of the same code, or None.

    A run whose models are not there counts for nothing; one of other code may have replaced them.
    """
    with contextlib.suppress(KeyError, FileNotFoundError):
        record = cache.match_cache_notebook(notebook)
        if record.data.get("models", {}) == model_hashes(notebook):
            return record
    return None


def model_hashes(notebook: NotebookNode) -> dict[str, str]:
    """A hash of each model that a notebook exported.

    Raises:
        FileNotFoundError: one of them is not there.
    """
    return {
        name: hashlib.sha256(model_file(name).read_bytes()).hexdigest()
        for name in exported(notebook)
    }


def run_file(path: Path) -> Path | None:
    """The file in the cache that holds a notebook's run, or None."""
    record = cached(get_cache(CACHE), read(path))
    return None if record is None else CACHE / "executed" / record.hashkey / "base.ipynb"


def executed(path: Path) -> tuple[NotebookNode, dict[str, object]]:
    """A notebook with the outputs of its run in the cache, and what was noted about that run.

    Raises:
        NotebookError: it was not run, or something changed since.
    """
    notebook = read(path)
    mark = CACHE / MARK
    current = mark.exists() and mark.read_text() == fingerprint()
    cache = get_cache(CACHE)
    record = cached(cache, notebook) if current else None
    if record is None:
        raise NotebookError(
            f"{path.name} was not run since it, the package or the environment changed: run "
            "python -m book.execute"
        )
    return cache.merge_match_into_notebook(notebook, cell_meta=())[1], dict(record.data)


def store(
    cache: JupyterCacheAbstract, path: Path, notebook: NotebookNode, data: dict[str, object]
) -> None:
    cache.cache_notebook_bundle(
        CacheBundleIn(notebook, str(path), data=data), check_validity=False, overwrite=True
    )
