"""``{chapter-figure} PAGE NUMBER``: a figure of a chapter, shown on another page.

It is taken from the outputs that the chapter's notebook stores, so that there is one picture.
"""

from __future__ import annotations

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from book.figures import figure_html
from book.notebooks import ROOT, NotebookError, code_cells, read


def chapter_figures(page: str) -> list[tuple[str, str]]:
    """The figures of a chapter in order: pairs of an SVG text and its alternative text."""
    figures = []
    for cell in code_cells(read(ROOT / f"{page}.ipynb")):
        for output in cell.outputs:
            svg = output.get("data", {}).get("image/svg+xml")
            if svg is not None:
                alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
                figures.append(("".join(svg), alt))
    return figures


class ChapterFigure(SphinxDirective):
    """The figure with a number, counted from 1, of a chapter."""

    required_arguments = 2

    def run(self) -> list[nodes.Node]:
        page, number = self.arguments[0], directives.positive_int(self.arguments[1])
        path = ROOT / f"{page}.ipynb"
        self.env.note_dependency(str(path))
        try:
            figures = chapter_figures(page)
            svg, alt = figures[number - 1]
        except (NotebookError, FileNotFoundError) as error:
            raise self.error(str(error)) from error
        except IndexError:
            raise self.error(f"{page} has {len(figures)} figures, not {number}") from None
        name = f"{page.rsplit('/', 1)[-1]}-{number}"
        return [nodes.raw("", figure_html(svg, alt, name), format="html")]
