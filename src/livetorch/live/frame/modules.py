"""A widget's ES module and those it imports as one text: for a notebook, and for a page.

A notebook gets a widget's code as one text, which cannot import a file beside it; a page that gets
one file asks once. The build of the pages reads this file by its path, so it imports nothing heavy.
"""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parents[1]
"""Its sub-folders hold modules. A page names each without its folder: no name is there twice."""
IMPORT = re.compile(r'^import \{[^}]*\} from "(\.{1,2}/[\w/-]+\.mjs)";\n', re.MULTILINE)

DOC_COMMENT = re.compile(r"(?:^[ \t]*)?/\*\*(?:[^*]|\*(?!/))*\*/(?:$\n| ?)", re.MULTILINE)


def without_types(script: str) -> str:
    """JavaScript without its doc comments, where its types stand: a third of it, for no browser."""
    return DOC_COMMENT.sub("", script)


def module_paths() -> dict[str, Path]:
    """The file of each module by its name."""
    return {path.stem: path for path in sorted(FOLDER.glob("*/*.mjs"))}


def bundle(name: str) -> str:
    """The module ``name`` with the modules it imports put before it, each once, as one text."""
    seen: set[Path] = set()

    def text(path: Path) -> str:
        source = path.read_text(encoding="utf-8")
        before = ""
        for address in IMPORT.findall(source):
            needed = (path.parent / address).resolve()
            if needed not in seen:
                seen.add(needed)
                before += re.sub(r"^export (?!default)", "", text(needed), flags=re.MULTILINE)
        return before + IMPORT.sub("", source)

    return without_types(text(module_paths()[name]))
