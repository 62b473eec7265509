"""The way through the book: which lessons there are, what comes next, and how it is drawn."""

from __future__ import annotations

import html
import re

import pytest

from book.notebooks import BUILD, ROOT, pages, read
from book.stamp import stamp
from book.way import (
    CLOSER,
    Chapter,
    Lesson,
    chapters,
    lessons,
    next_on_the_way,
    paragraph,
    title_of,
)
from livetorch_labs.assignment.find import all_lessons, find_all

HTML = BUILD / "html"
LESSONS = list(lessons())
of_each_chapter = pytest.mark.parametrize("chapter", chapters(), ids=lambda c: c.page.split("/")[1])


def test_lessons_are_read_from_their_first_cells() -> None:
    text = "(a)=\n# ★ A look\n\nWhy.\n\n**Afterwards you can** do\nthis.\n\n**Builds on** {ref}`b`."
    assert title_of(text) == "★ A look"
    assert paragraph(text, "Afterwards you can") == "do this."
    assert paragraph(text, "Builds on") == "{ref}`b`."
    assert paragraph(text, "Something else") == ""


def test_every_chapter_begins_on_the_way_and_numbers_ascend() -> None:
    numbers = [chapter.number for chapter in chapters()]
    assert numbers == sorted(set(numbers))
    for chapter in chapters():
        assert not chapter.lessons[0].closer
        assert chapter.title


def test_the_way_leaves_closer_looks_out() -> None:
    way = [lesson.page for lesson in LESSONS if not lesson.closer]
    assert len(way) < len(LESSONS), "no closer look: this test shows nothing"
    walked, here = [], LESSONS[0].page
    while True:
        walked.append(here)
        following = next_on_the_way(here)
        if following is None:
            break
        here = following.page
    assert walked == way
    for lesson in LESSONS:
        if lesson.closer:
            after = LESSONS[LESSONS.index(lesson) + 1 :]
            following = next_on_the_way(lesson.page)
            page = next((each.page for each in after if not each.closer), None)
            assert (following and following.page) == page
    assert next_on_the_way("pages/teach") is None


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_page_says_its_minutes_and_what_comes_next(lesson: Lesson) -> None:
    line = stamp(lesson.page)
    following = next_on_the_way(lesson.page)
    assert re.search(r"Read in about \d+ minutes", line)
    assert ("next on the way: " in line) == (following is not None)
    if following is not None:
        assert f'{following.page}.html">{html.escape(following.title)}</a>' in line
        assert (HTML / f"{following.page}.html").exists()


def stops(page: str) -> list[str]:
    text = (HTML / f"{page}.html").read_text(encoding="utf-8")
    return re.findall(r'data-lt-quiz="([^"]*)"', text)


def test_the_home_page_draws_every_lesson_once_in_order() -> None:
    assert stops("index") == [lesson.name for lesson in LESSONS]


@of_each_chapter
def test_a_chapters_page_draws_its_lessons_with_what_each_gives(chapter: Chapter) -> None:
    assert stops(chapter.page) == [lesson.name for lesson in chapter.lessons]
    text = (HTML / f"{chapter.page}.html").read_text(encoding="utf-8")
    assert text.count("Afterwards you can") == len(chapter.lessons)
    for lesson in chapter.lessons:
        assert f"{lesson.minutes} minutes" in text


def test_the_sidebar_folds_and_stars_closer_looks() -> None:
    text = (HTML / "index.html").read_text(encoding="utf-8")
    tree = text[text.index("sidebar-tree") :]
    for lesson in LESSONS:
        shown = f"{CLOSER}{lesson.title}" if lesson.closer else lesson.title
        words = html.escape(shown, quote=False)
        assert f'href="{lesson.page}.html">{words}</a>' in tree, lesson.page
    assert tree.count('class="toctree-checkbox"') == len(chapters())


def test_instructors_see_each_lesson_with_what_the_command_says_of_it() -> None:
    text = (HTML / "pages" / "teach.html").read_text(encoding="utf-8")
    table = next(t for t in re.findall(r"<table.*?</table>", text, re.DOTALL) if "builds on" in t)
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in table.split("<tr")[2:]]
    labs = {lab.page: lab for lab in all_lessons(ROOT / "chapters")}
    assert len(rows) == len(LESSONS)
    for lesson, cells in zip(LESSONS, rows, strict=True):
        words = [re.sub(r"<[^>]+>|\s+", " ", cell).strip() for cell in cells]
        lab = labs[lesson.page]
        numbers = [f"{lab.minutes}", f"{lab.points:g}", f"{len(lab.exercises)}"]
        assert words[1:4] == numbers
        number, _, title = html.unescape(words[0]).partition(" ")
        assert title.strip().removeprefix(CLOSER) == lesson.title
        assert [each.page for each in find_all(ROOT / "chapters", number)] == [lesson.page]


def test_every_lesson_of_the_list_of_pages_is_on_the_way_or_beside_it() -> None:
    inside = [page for page in pages() if page.startswith("chapters/")]
    own = [[chapter.page, *(x.page for x in chapter.lessons)] for chapter in chapters()]
    assert inside == [page for chapter in own for page in chapter]
    assert all(read(ROOT / f"{lesson.page}.ipynb").cells for lesson in LESSONS)
