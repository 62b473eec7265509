"""The questions people ask: each is listed, runs, shows its message, and names a chapter."""

from __future__ import annotations

import re

import pytest

from book.notebooks import ROOT, code_cells, read

PAGE = ROOT / "pages" / "questions-people-ask.ipynb"
NOTEBOOK = read(PAGE)
TEXT = "\n\n".join(cell.source for cell in NOTEBOOK.cells if cell.cell_type == "markdown")
LISTED = re.findall(r"^- \{ref\}`(.+) <(q-[\w-]+)>`$", TEXT, re.MULTILINE)
ASKED = re.findall(r"^\((q-[\w-]+)\)=\n### (.+)$", TEXT, re.MULTILINE)


def test_the_list_at_the_top_has_every_question_in_order() -> None:
    assert [(label, title) for title, label in LISTED] == ASKED
    assert len(ASKED) >= 30


@pytest.mark.parametrize(("label", "title"), ASKED)
def test_a_question_has_code_and_a_way_on(label: str, title: str) -> None:
    cells = NOTEBOOK.cells
    start = next(i for i, cell in enumerate(cells) if f"({label})=" in cell.source.splitlines())
    end = next(
        (i for i in range(start + 1, len(cells)) if re.search(r"^#{2,3} ", cells[i].source, re.M)),
        len(cells),
    )
    own = cells[start:end]
    assert any(cell.cell_type == "code" for cell in own), title
    words = "\n".join(cell.source for cell in own if cell.cell_type == "markdown")
    assert re.search(r"\{ref\}`[^`]*<(?!q-)[\w-]+>`", words), f"{title} names no chapter"
    if title.startswith('"') and label not in ("q-oom", "q-device", "q-long"):
        printed = "".join(o.get("text", "") for c in own for o in c.get("outputs", []))
        for quoted in re.findall(r'"([^"]+)"', title):
            parts = re.split(r"\(s\)| a must | b$", quoted)
            assert all(" ".join(part.split()) in " ".join(printed.split()) for part in parts), title


def test_no_message_is_cut_by_a_path_or_a_color() -> None:
    printed = "".join(o.get("text", "") for c in code_cells(NOTEBOOK) for o in c.outputs)
    assert "\x1b" not in printed
    assert not re.search(r"/(home|root|tmp|Users|usr|work)/|site-packages", printed)
