"""Works of ``references.bib`` named in a sentence: author and year, with a link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .. import LabError


@dataclass(frozen=True)
class Work:
    """What a sentence says of a work."""

    authors: str
    year: str
    """or its title, where it has none: pages of documentation do not"""
    title: str
    address: str

    def narrative(self) -> str:
        """Goldberg (1991)"""
        return self.linked(f"{self.authors} ({self.year})")

    def parenthetical(self) -> str:
        """Goldberg, 1991"""
        return self.linked(f"{self.authors}, {self.year}")

    def linked(self, text: str) -> str:
        """The text as a link; with the title where the work has no address."""
        if self.address:
            return f"[{text}]({self.address})"
        return text if self.title in text else f"{text}, *{self.title}*"


def read_works(path: Path) -> dict[str, Work]:
    """The works of a BibTeX file by key; none where there is no file.

    Raises:
        LabError: it is not BibTeX.
    """
    from pybtex.database import parse_file
    from pybtex.exceptions import PybtexError

    if not path.is_file():
        return {}
    try:
        entries: Mapping[str, object] = parse_file(str(path), "bibtex").entries
    except PybtexError as error:
        raise LabError(f"{path} can not be read as BibTeX: {error}") from error
    return {key: work(entry) for key, entry in entries.items()}


def work(entry: object) -> Work:
    """What an entry of pybtex says."""
    fields = {name: plain(value) for name, value in entry.fields.items()}  # type: ignore[attr-defined]
    people = entry.persons.get("author") or entry.persons.get("editor") or []  # type: ignore[attr-defined]
    names = [" ".join(map(plain, [*person.prelast_names, *person.last_names])) for person in people]
    if len(names) > 2:
        names = [f"{names[0]} et al."]
    title = fields.get("title", "")
    doi = fields.get("doi", "")
    address = f"https://doi.org/{doi}" if doi else fields.get("url", "")
    return Work(" and ".join(names) or title, fields.get("year", title), title, address)


def plain(latex: str) -> str:
    """A field without LaTeX's marks; an address, which has none, is left alone."""
    from pybtex.richtext import Text

    return latex if "://" in latex else str(Text.from_latex(latex))
