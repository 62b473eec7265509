"""Where each label of the book leads: read from the sources of all its chapters and pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .. import LabError
from .citations import Work, read_works
from .myst import labels

PAGES = "pages"
BIBLIOGRAPHY = "references.bib"


@dataclass(frozen=True)
class Place:
    """Where a label stands."""

    page: str
    """such as chapters/01-tensors"""
    title: str
    """of the page"""
    heading: str
    anchor: str
    """on the built page"""
    equation: int = 0
    """the number of the equation that the label names, on its page"""

    @property
    def words(self) -> str:
        """Where to look, for one who has no link."""
        if self.heading in ("", self.title):
            return f"“{self.title}”"
        return f"“{self.heading}” in “{self.title}”"


@dataclass(frozen=True)
class Book:
    """What references and citations of a lesson can mean."""

    places: dict[str, Place] = field(default_factory=dict)
    works: dict[str, Work] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    """of each page"""
    site: str = ""
    """where the built book is published, with a slash at the end; empty where nobody knows"""

    def place(self, label: str) -> Place:
        """The place of a label.

        Raises:
            LabError: no lesson and no page has it.
        """
        try:
            return self.places[label.lower()]
        except KeyError:
            raise LabError(
                f"a lesson refers to the label {label!r}, which is in no lesson and no page: "
                "write the label that is meant, or put it in front of a heading"
            ) from None

    def address(self, page: str, anchor: str = "") -> str:
        """Where a page is published."""
        return f"{self.site}{page}.html" + (f"#{anchor}" if anchor else "")


def read_book(root: Path, site: str = "", chapters: str = "chapters") -> Book:
    """The labels and the works of the book in a folder: in its chapters, pages and bibliography.

    Raises:
        LabError: two texts have one label.
    """
    places: dict[str, Place] = {}
    titles: dict[str, str] = {}
    for page, sources in texts(root, (chapters, PAGES)):
        title, heading, equations = "", "", 0
        for source in sources:
            page_labels, headings = labels(source)
            title = title or (headings[0] if headings else "")
            for label in page_labels:
                equations += label.equation
                name = f"equation-{label.name}" if label.equation else label.name
                if label.name.lower() in places:
                    other = places[label.name.lower()].page
                    raise LabError(
                        f"the label {label.name!r} is in {page} and in {other}: rename one of them"
                    )
                number = equations if label.equation else 0
                places[label.name.lower()] = Place(
                    page, title, label.heading or heading, name.lower(), number
                )
            heading = headings[-1] if headings else heading
        titles[page] = title
    return Book(places, read_works(root / BIBLIOGRAPHY), titles, site)


def texts(root: Path, folders: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    """Each page's name with its pieces of Markdown, in order."""
    import nbformat

    for folder in ("", *folders):
        inside = (root / folder).rglob("*") if folder else root.glob("index.md")
        for path in sorted(inside):
            page = path.relative_to(root).with_suffix("").as_posix()
            if path.suffix == ".md":
                yield page, [path.read_text(encoding="utf-8")]
            elif path.suffix == ".ipynb" and ".ipynb_checkpoints" not in path.parts:
                notebook = nbformat.read(path, as_version=4)
                yield page, [c.source for c in notebook.cells if c.cell_type == "markdown"]


def linkable(heading: str) -> bool:
    """Whether a link can name a heading's text: browsers write these characters otherwise."""
    return re.fullmatch(r"[!#%-;=?-_a-~ ]+", heading) is not None


def fragment(place: Place, label: str) -> str:
    """The address of a place inside its notebook: its heading as JupyterLab makes anchors of it.

    Where a link cannot name the heading, it is the label, which then stands there as an anchor.
    """
    heading = place.heading or place.title
    text = heading.replace(" ", "-") if linkable(heading) else label
    return f"<#{text}>" if re.search(r"[()]", text) else f"#{text}"
