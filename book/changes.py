"""What a build may keep of the one before it: the parsed texts of pages of which nothing changed.

Each build writes all of its files anew, into an empty folder, because a page shows more than its
own text (the titles of others, for one). What is kept is Sphinx's environment, the parsed texts.
All of it is dropped where something changed that any page may depend on, and a page is read again
where its own sources did. Contents are compared, since a file that was put back is older than what
was made of it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from book.glossary import PAGE as GLOSSARY
from book.launch import repository
from book.live import SOURCES, missing, model_files
from book.notebooks import ROOT
from book.page_colors import SOURCE as COLORS
from book.runs import installed, run_file

MARK = "made-of.txt"


def digest(paths: Iterable[Path], *texts: str) -> str:
    """A hash of texts, and of files by name and content; one that is not there counts too."""
    made = hashlib.sha256("\0".join(texts).encode())
    for path in paths:
        content = path.read_bytes() if path.is_file() else b"none"
        made.update(f"\0{path}\0{len(content)}\0".encode() + content)
    return made.hexdigest()


def what_pages_are_made_of() -> str:
    """A hash of what any page may depend on besides its own text."""
    files = [
        path
        for folder in (ROOT / "book", SOURCES)
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    settings = [ROOT / "_config.yml", ROOT / "_toc.yml", ROOT / "references.bib", GLOSSARY, COLORS]
    return digest(
        sorted([*files, *settings, *model_files()]),
        str(repository()),
        missing("runtime"),
        *installed(),
    )


def empty_folders(app: Sphinx) -> None:
    """Empty the folder of pages; and that of parsed texts, where all of them have to go."""
    out, texts = Path(app.outdir), Path(app.doctreedir)
    if (out / ".buildinfo").exists():  # else it is none that Sphinx made
        shutil.rmtree(out)
        out.mkdir()
    current, mark = what_pages_are_made_of(), texts / MARK
    if not mark.exists() or mark.read_text(encoding="utf-8") != current:
        shutil.rmtree(texts, ignore_errors=True)
        texts.mkdir(parents=True)
        mark.write_text(current, encoding="utf-8")


def page_digests(env: BuildEnvironment) -> dict[str, str]:
    """A hash of each page's sources: its file, its run, and what it was seen to read besides."""
    digests = {}
    for page in env.found_docs:
        source = Path(env.doc2path(page))
        others = [ROOT / path for path in sorted(env.dependencies.get(page, ()))]
        run = run_file(source) if source.suffix == ".ipynb" else None
        # Which transforms a text went through depends on the format that it was read for.
        digests[page] = digest([source, *others, *([run] if run else [])], env.app.builder.format)
    return digests


def changed_pages(_app: Sphinx, env: BuildEnvironment, *_: Any) -> list[str]:
    """The pages that have to be read again, in whatever order their files were saved."""
    before: dict[str, str] = getattr(env, "livetorch_digests", {})
    return [page for page, now in page_digests(env).items() if before.get(page) != now]


def remember(_app: Sphinx, env: BuildEnvironment) -> None:
    """Note what the pages were read from."""
    env.livetorch_digests = page_digests(env)  # type: ignore[attr-defined]
