"""A widget's ES module and those it imports as one text: for a notebook, and for a page.

A notebook gets a widget's code as one text, which cannot import a file beside it; a page that gets
one file asks once. The build of the pages reads this file by its path, so it imports nothing heavy.
"""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent
IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+\.mjs)";\n', re.MULTILINE)


def bundle(name: str) -> str:
    """The module ``name`` with the modules it imports put before it, each once, as one text."""
    seen: set[str] = set()

    def text(file: str) -> str:
        source = (FOLDER / file).read_text(encoding="utf-8")
        before = ""
        for needed in IMPORT.findall(source):
            if needed not in seen:
                seen.add(needed)
                before += re.sub(r"^export (?!default)", "", text(needed), flags=re.MULTILINE)
        return before + IMPORT.sub("", source)

    return text(f"{name}.mjs")
