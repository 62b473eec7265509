"""How the way is drawn: on a chapter's page, on the home page, and as a table for instructors.

Each is a list or a table of links that a style sheet draws as a line with stops, so that it can be
clicked, read aloud and read on a phone.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from book.notebooks import ROOT
from book.quiz import raw
from book.way import Chapter, Lesson, chapters

HEAD = "| lesson | minutes | points | exercises | builds on |\n|---|---:|---:|---:|---|"


def named(lesson: Lesson, up: str) -> str:
    """A link to a lesson from a page that lies so many folders deep, as HTML."""
    star = '<span class="live-voice">Closer look: </span>' if lesson.closer else ""
    return f'<a href="{up}{lesson.page}.html">{star}{html.escape(lesson.title)}</a>'


class WayDirective(SphinxDirective):
    """What the three have in common: they read all lessons, and depend on them."""

    def of_book(self) -> list[Chapter]:
        made = chapters()
        for chapter in made:
            self.env.note_dependency(str(ROOT / f"{chapter.page}.md"))
            for lesson in chapter.lessons:
                self.env.note_dependency(str(lesson.path))
        return made

    def up(self) -> str:
        """From this page to the folder of the book."""
        return "../" * self.env.docname.count("/")

    def parsed(self, lines: Iterable[str]) -> list[nodes.Node]:
        """Markdown as this page reads it."""
        holder = nodes.Element()
        self.state.nested_parse(StringList(list(lines), source=""), 0, holder)
        return list(holder.children)


class ChapterLessons(WayDirective):
    """``{lessons}`` on a chapter's page: its lessons as stops, with minutes and what each gives."""

    def run(self) -> list[nodes.Node]:
        chapter = next((c for c in self.of_book() if c.page == self.env.docname), None)
        if chapter is None:
            raise self.error("{lessons} belongs on the page of a chapter with sections in _toc.yml")
        made: list[nodes.Node] = [raw('<ol class="lt-way">')]
        for mark, lesson in chapter.stops:
            kind = "lt-stop lt-closer" if lesson.closer else "lt-stop"
            made.append(
                raw(
                    f'<li class="{kind}" data-lt-quiz="{lesson.name}">'
                    f'<span class="lt-dot" aria-hidden="true">{mark}</span>'
                    f"<strong>{named(lesson, self.up())}</strong> "
                    f'<span class="lt-minutes">{lesson.minutes} minutes</span>'
                )
            )
            if lesson.afterwards:
                made += self.parsed([f"Afterwards you can {lesson.afterwards}"])
            made.append(raw("</li>"))
        return [*made, raw("</ol>")]


class BookMap(WayDirective):
    """``{way}`` on the home page: all chapters along one line, and the lessons of each."""

    def run(self) -> list[nodes.Node]:
        rows = "".join(self.row(chapter) for chapter in self.of_book())
        resume = '<p class="lt-resume" data-lt-resume hidden></p>'
        return [raw(f'{resume}<ol class="lt-map">{rows}</ol>')]

    def row(self, chapter: Chapter) -> str:
        stops = []
        for mark, lesson in chapter.stops:
            title = html.escape(("Closer look: " if lesson.closer else "") + lesson.title)
            kind = "lt-dot lt-closer" if lesson.closer else "lt-dot"
            # Its name begins with what is seen, so that it can be called by voice.
            stops.append(
                f'<a class="{kind}" data-lt-quiz="{lesson.name}" title="{title}" '
                f'aria-label="{mark} {title}" href="{self.up()}{lesson.page}.html">{mark}</a>'
            )
        return (
            f'<li><a class="lt-chapter" href="{self.up()}{chapter.page}.html">'
            f'{html.escape(chapter.title)}</a><span class="lt-dots">{"".join(stops)}</span></li>'
        )


class LessonTable(WayDirective):
    """``{lesson-table}``: every lesson with what an instructor plans by."""

    def run(self) -> list[nodes.Node]:
        lines = HEAD.splitlines()
        for chapter in self.of_book():
            lines += [self.row(chapter, lesson) for lesson in chapter.lessons]
        return self.parsed(lines)

    def row(self, chapter: Chapter, lesson: Lesson) -> str:
        star = "★ " if lesson.closer else ""
        number = f"{chapter.number}/{lesson.name.partition('-')[0]}"  # as commands take it
        cells = [
            f"{number} {{doc}}`{star}{lesson.title} </{lesson.page}>`",
            f"{lesson.lab.minutes}",
            f"{lesson.lab.points:g}",
            f"{len(lesson.lab.exercises)}",
            lesson.builds_on.rstrip("."),
        ]
        return f"| {' | '.join(cells)} |"
