"""Count the habits of the prose, lesson by lesson: a report, which fails nothing.

    python -m book.prose

Beside the book's own numbers stand those that were wanted for its second edition, and those of
another book on the subject, counted in the same way.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from book.notebooks import chapter_paths, is_solution, page_of, read
from book.way import lesson_of
from livetorch_labs.assignment.reading_time import is_read

SHORT = 5
"""Words of a sentence that counts as short."""
EMPTY = re.compile(r"\b(nothing|nobody|no one|whoever|somebody|what it)\b", re.IGNORECASE)
NOT_PROSE = (
    (re.compile(r"^(```|:::).*?^\1", re.MULTILINE | re.DOTALL), " "),
    (re.compile(r"\$\$.*?\$\$", re.DOTALL), " M "),
    (re.compile(r"\$[^$\n]*\$"), "M"),
    (re.compile(r"^\s*(\(\S+\)=|#|\||>|[-*] |\d+\. ).*$", re.MULTILINE), " "),
    (re.compile(r"\{[\w:]+\}`([^`<]*)(<[^>]*>)?`"), r"\1"),
    (re.compile(r"`[^`]*`"), "code"),
    (re.compile(r"\*\*[^*]{1,40}\*\*\.?"), " "),
)
"""What is no sentence of running text: code, formulas, headings, tables, lists, bold openings."""


@dataclass(frozen=True)
class Counts:
    """The habits of one lesson, or of some."""

    name: str
    words: int
    code: int
    """lines that a page shows"""
    sentences: int
    short: int
    openings: int
    """sentences that begin with So, And or But"""
    empty: int
    """nothing, nobody, whoever, what it"""
    predicts: int
    exercises: int

    @property
    def row(self) -> str:
        share = 100 / max(1, self.sentences)
        return (
            f"{self.name:56}{self.words:7}{self.code:6}{share * self.short:8.1f}"
            f"{share * self.openings:10.1f}{1000 * self.empty / max(1, self.words):10.1f}"
            f"{self.predicts:9}{self.exercises:10}"
        )


HEADER = (
    f"{'':56}{'words':>7}{'code':>6}{'short %':>8}{'So/And/But':>11}{'nothing':>9}"
    f"{'predict':>9}{'exercises':>10}"
)
ELSEWHERE = "Dive into Deep Learning, a section (median)"
REFERENCE = f"{ELSEWHERE:56}{1777:7}{'':6}{1.7:8.1f}{1.4:10.1f}"
WANTED = f"{'wanted: median, longest code, at most':56}{1900:7}{160:6}{5.0:8.1f}{2.0:10.1f}"


def sentences(markdown: str) -> list[str]:
    """The sentences of running text in Markdown."""
    for pattern, instead in NOT_PROSE:
        markdown = pattern.sub(instead, markdown)
    pieces = re.split(r"(?<=[.!?])\s+", " ".join(markdown.split()))
    return [piece for piece in pieces if len(words_of(piece)) > 1]


def words_of(text: str) -> list[str]:
    return re.findall(r"[\w'’-]+", text)


def counts(name: str, notebook: NotebookNode) -> Counts:
    """The habits of a notebook's texts."""
    cells = notebook.cells
    markdown = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    prose = sentences(markdown)
    shown = [cell.source for cell in cells if is_read(cell) and not is_solution(cell.metadata)]
    return Counts(
        name,
        words=len(words_of(markdown)),
        code=sum(bool(line.strip()) for source in shown for line in source.splitlines()),
        sentences=len(prose),
        short=sum(len(words_of(sentence)) <= SHORT for sentence in prose),
        openings=sum(bool(re.match(r"(So|And|But)\b", sentence)) for sentence in prose),
        empty=len(EMPTY.findall(markdown)),
        predicts=markdown.count("**Predict"),
        exercises=sum(is_solution(cell.metadata) for cell in cells if cell.cell_type == "code"),
    )


def together(name: str, some: Iterable[Counts]) -> Counts:
    """Lessons as one: the median of their words, the longest code, the sums of the rest."""
    some = list(some)
    return Counts(
        name,
        words=round(statistics.median(each.words for each in some)),
        code=max(each.code for each in some),
        sentences=sum(each.sentences for each in some),
        short=sum(each.short for each in some),
        openings=sum(each.openings for each in some),
        empty=round(statistics.mean(each.empty for each in some)),
        predicts=round(statistics.mean(each.predicts for each in some)),
        exercises=sum(each.exercises for each in some),
    )


def report(paths: Iterable[Path]) -> Iterable[str]:
    """The table, line by line."""
    way: list[Counts] = []
    closer: list[Counts] = []
    yield HEADER
    for path in paths:
        made = counts(page_of(path).removeprefix("chapters/"), read(path))
        (closer if lesson_of(page_of(path)).closer else way).append(made)
        yield made.row
    yield ""
    for kind, some in (("the way", way), ("closer looks", closer)):
        if some:
            yield together(f"{kind}: {len(some)} lessons (median words)", some).row
    yield REFERENCE
    yield WANTED


def main() -> None:
    for line in report(chapter_paths()):
        print(line)


if __name__ == "__main__":
    main()
