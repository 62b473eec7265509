"""The counts of the report on the prose."""

from __future__ import annotations

import nbformat.v4
import pytest

from book.notebooks import chapter_paths
from book.prose import counts, report, sentences


@pytest.mark.parametrize(
    ("markdown", "prose"),
    [
        ("(a)=\n# A title\n\nOne sentence here. Another one there?", 2),
        ("It costs 3.5 seconds.", 1),
        ("Before:\n\n```python\nx = 1. Not. Prose. Here.\n```\n\nIt is done here.", 1),
        ("| a table. | with. words. |\n\n- a list. of. pieces.", 0),
        ("The sum $a. b.$ is `x. y.` here, and {ref}`so is this. <label>` one more.", 2),
        ("**Predict.** What does the next cell print?", 1),
        ("Yes.", 0),
    ],
)
def test_sentences_are_those_of_running_text(markdown: str, prose: int) -> None:
    assert len(sentences(markdown)) == prose


def test_habits_are_counted() -> None:
    text = (
        "# A lesson\n\nThis is a sentence of more than five words. It is short. So is this one.\n"
        "And nobody reads it, whatever it says and whoever asks.\n\n**Predict** the sum."
    )
    shown = nbformat.v4.new_code_cell("a = 1\n\nb = 2")
    folded = nbformat.v4.new_code_cell("c = 3", metadata={"livetorch": {"fold": "how it is drawn"}})
    solution = nbformat.v4.new_code_cell("d = 4", metadata={"nbgrader": {"solution": True}})
    cells = [nbformat.v4.new_markdown_cell(text), shown, folded, solution]
    made = counts("a", nbformat.v4.new_notebook(cells=cells))
    assert (made.sentences, made.short, made.openings, made.empty) == (5, 3, 2, 2)
    assert (made.code, made.predicts, made.exercises) == (2, 1, 1)
    assert made.row.split()[1:6] == ["31", "2", "60.0", "40.0", "64.5"]


def test_the_report_has_a_row_for_each_lesson_and_what_to_compare_it_with() -> None:
    lines = list(report(chapter_paths()))
    for path in chapter_paths():
        assert sum(line.split(" ")[0].endswith(path.stem) for line in lines) == 1
    assert any("Dive into Deep Learning" in line for line in lines)
    assert any(line.startswith("wanted") for line in lines)
