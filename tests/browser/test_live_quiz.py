"""The quiz of a chapter, with mouse, touch and keys, and what this browser keeps of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from book.notebooks import chapter_paths, page_of
from book.quiz import Choice, Question, load_quiz, quiz_path
from book.way import chapters, lesson_of, next_on_the_way
from livetorch.live import Quiz
from livetorch.live.frame.modules import bundle
from livetorch.live.frame.widget import style_sheet
from livetorch.live.quiz.questions import written
from tests.browser.visit import NARROW, looks, opened
from tests.browser.widget import at_widget, stays_inside, violations

SOURCE, MODULE = chapter_paths()[0], "quiz"
NAME = SOURCE.stem
PAGE = f"{page_of(SOURCE)}.html"
QUIZ = load_quiz(quiz_path(SOURCE))
BLOCKED = """Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("denied", "SecurityError"); } });"""
FULL = """Storage.prototype.setItem = () => {
  throw new DOMException("full", "QuotaExceededError"); };"""

Pick = Callable[[Locator], None]


def click(control: Locator) -> None:
    control.click()


def tap(control: Locator) -> None:
    control.tap()


def first(kind: str) -> tuple[Question, int]:
    place = next(i for i, item in enumerate(QUIZ) if item.kind == kind)
    return QUIZ[place], place


def plain(markdown: str) -> str:
    """The first words of a text, up to the first mark of Markdown, as they can be found."""
    words = markdown.split("`")[0].split("$")[0].split("*")[0].strip()
    return words if len(words) > 8 else ""


def press(form: Locator, name: str, pick: Pick = click) -> None:
    pick(form.get_by_role("button", name=name, exact=True))


def answer(form: Locator, item: Question, right: bool, pick: Pick = click) -> None:
    """Fill in an answer, all right or somewhere wrong, and check it."""
    if item.answer is not None:
        field = form.get_by_label("Your number")
        pick(field)
        field.fill(written(item.answer if right else item.hints[0][0]))
    for place, choice in enumerate(item.choices):
        if right == choice.right and (right or item.kind == "multiple" or choice is wrong(item)):
            pick(form.locator(".quiz-choice").nth(place))
    press(form, "Check", pick)


def wrong(item: Question) -> Choice:
    return next(choice for choice in item.choices if not choice.right)


def kept(page: Page) -> object:
    return page.evaluate("JSON.parse(localStorage.getItem('livetorch-progress'))")


@looks
def test_every_question_is_answered_wrong_then_right(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    touch = size == NARROW
    pick = tap if touch else click
    with at_widget(browser, f"{site}/{PAGE}", MODULE, scheme, size, touch=touch) as (visit, box):
        forms, status = box.locator("form"), box.get_by_role("status")
        expect(forms).to_have_count(len(QUIZ))
        expect(box.locator(".quiz-score")).to_have_text(
            f"0 of {len(QUIZ)} questions answered right."
        )
        for place, item in enumerate(QUIZ):
            form = forms.nth(place)
            verdict = form.locator(".quiz-verdict")
            answer(form, item, right=False, pick=pick)
            expect(verdict).to_contain_text("Not yet." if item.kind == "multiple" else "Wrong.")
            if place == 0:
                expect(status).to_contain_text("Wrong.")
            expect(verdict).to_contain_text(
                plain(item.hints[0][1] if item.hints else wrong(item).why)
            )
            expect(verdict).not_to_contain_text("You got")
            expect(form.get_by_role("button", name="Check")).to_be_hidden()
            press(form, "Try again", pick)
            expect(verdict).to_be_empty()
            for mark in reversed(form.locator(":checked").all()):
                pick(mark)  # a box is emptied, a radio button stays
            answer(form, item, right=True, pick=pick)
            expect(verdict).to_contain_text("Right.")
            expect(form.locator(".quiz-done")).to_be_visible()
            expect(form.get_by_role("button", name="Try again")).to_be_hidden()
        expect(status).to_contain_text(f"All {len(QUIZ)} questions answered right.")
        assert kept(visit.page) == {"version": 1, "right": {NAME: [item.id for item in QUIZ]}}
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)
        press(box, "Reset", pick)
        expect(box.locator(":checked")).to_have_count(0)
        expect(box.locator(".quiz-score")).to_contain_text("All")


def test_answers_are_shown_after_a_try_with_every_explanation(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (_, box):
        for kind in ("single", "predict", "multiple"):
            item, place = first(kind)
            form = box.locator("form").nth(place)
            expect(form.get_by_role("button", name="Show the answer")).to_be_hidden()
            mark = item.choices.index(wrong(item))
            form.locator(".quiz-choice").nth(mark).click()
            press(form, "Check")
            verdict = form.locator(".quiz-verdict")
            missing = sum(choice.right for choice in item.choices)
            if kind == "multiple":
                expect(verdict).to_contain_text(f"Your pick is wrong, and {missing} are missing.")
            press(form, "Show the answer")
            lines = verdict.locator(".quiz-all").last.locator("> li")
            expect(lines).to_have_count(len(item.choices))
            for line, choice in zip(lines.all(), item.choices, strict=True):
                lost = "Right, and missing from your picks:" if kind == "multiple" else "Right:"
                expect(line.locator("strong").first).to_have_text(
                    lost if choice.right else "Wrong:"
                )
                expect(line).to_contain_text(plain(choice.why))
            expect(verdict).to_be_focused()
        item, place = first("numeric")
        form = box.locator("form").nth(place)
        for text, reply in (("x", "Write a number"), ("1,000", "comma"), ("7e77", "likely slips")):
            form.get_by_label("Your number").fill(text)
            press(form, "Check")
            expect(form.locator(".quiz-verdict")).to_contain_text(reply)
        press(form, "Show the answer")
        expect(form.locator(".quiz-verdict")).to_contain_text(
            f"The answer is {written(item.answer or 0)}."
        )
        # Showing is not answering.
        expect(box.locator(".quiz-score")).to_contain_text("0 of")
        # What was said goes with the answer it was about.
        item, place = first("single")
        form = box.locator("form").nth(place)
        expect(form.locator(".quiz-verdict")).not_to_be_empty()
        right = [choice.right for choice in item.choices].index(True)
        form.locator(".quiz-choice").nth(right).click()
        expect(form.locator(".quiz-verdict")).to_be_empty()
        press(form, "Check")
        expect(form.locator(".quiz-verdict")).to_contain_text("Right.")
        expect(box.locator(".quiz-score")).to_contain_text("1 of")


def test_the_keyboard_alone_is_enough(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        keys, forms = visit.page.keyboard, box.locator("form")
        focused = visit.page.locator(":focus")
        item, place = first("predict")
        form = forms.nth(place)
        right = [choice.right for choice in item.choices].index(True)
        radios = form.get_by_role("radio")
        expect(form.get_by_role("radiogroup", name="What does this print?")).to_be_visible()
        form.get_by_role("button", name="Check").focus()
        keys.press("Enter")  # nothing is chosen: a sentence, and the focus where one chooses
        expect(form.locator(".quiz-verdict")).to_contain_text("Choose an answer first.")
        expect(box.get_by_role("status")).to_contain_text("Choose an answer first.")
        expect(radios.first).to_be_focused()
        other = len(item.choices) - 1 if right == 0 else 0
        keys.press("Space")
        for _ in range(other):
            keys.press("ArrowDown")
        expect(radios.nth(other)).to_be_checked()
        keys.press("Tab")
        expect(focused).to_have_text("Check")
        keys.press("Enter")
        expect(focused).to_have_text("Try again")
        expect(form.locator(".quiz-verdict")).to_contain_text("Wrong.")
        keys.press("Tab")
        expect(focused).to_have_text("Show the answer")
        keys.press("Shift+Tab")
        keys.press("Enter")
        expect(radios.nth(other)).to_be_focused()
        for _ in range((right - other) % len(item.choices)):
            keys.press("ArrowDown")
        keys.press("Enter")  # a form is sent from any of its fields
        expect(focused).to_have_text("Explain every answer")
        expect(form.locator(".quiz-verdict")).to_contain_text("Right.")
        keys.press("Enter")
        expect(form.locator(".quiz-verdict")).to_be_focused()

        item, place = first("numeric")
        field = forms.nth(place).get_by_label("Your number")
        field.focus()
        keys.type(written(item.hints[0][0]))
        keys.press("Enter")
        expect(focused).to_have_text("Try again")
        keys.press("Enter")
        expect(field).to_be_focused()
        keys.type(written(item.answer or 0))  # over the old number, which is selected
        expect(field).to_have_value(written(item.answer or 0))
        keys.press("Enter")
        expect(forms.nth(place).locator(".quiz-verdict")).to_be_focused()

        item, place = first("multiple")
        boxes = forms.nth(place).get_by_role("checkbox")
        boxes.first.focus()
        for choice in item.choices:
            if choice.right:
                keys.press("Space")
            keys.press("Tab")
        keys.press("Enter")
        expect(forms.nth(place).locator(".quiz-verdict")).to_contain_text("Right.")
        expect(box.locator(".quiz-score")).to_contain_text("3 of")


def test_lessons_get_ticks_and_one_button_forgets_them(
    browser: Browser, site: str, axe: str
) -> None:
    lesson = lesson_of(page_of(SOURCE))
    chapter = next(c for c in chapters() if lesson in c.lessons)
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        page = visit.page
        tree = page.locator(".sidebar-tree")
        link = tree.get_by_role("link", name=lesson.title)
        above = tree.get_by_role("link", name=chapter.title)
        assert link.text_content() == lesson.title
        for place, item in enumerate(QUIZ):
            answer(box.locator("form").nth(place), item, right=True)
            if place == 0:
                expect(link).to_have_accessible_name(
                    f"{lesson.title} (quiz: 1 of {len(QUIZ)} questions answered right)"
                )
                expect(link.locator("[aria-hidden]")).to_have_text(f"1 of {len(QUIZ)}")
                assert above.text_content() == chapter.title
        expect(link).to_have_accessible_name(
            f"{lesson.title} (quiz: all {len(QUIZ)} questions answered right)"
        )
        expect(link.locator("[aria-hidden]")).to_have_text("✓")
        done = f"{chapter.title} (1 of {len(chapter.lessons)} quizzes done)"
        expect(above).to_have_accessible_name(done)
        # Another page of the book, with things in the storage that mean nothing.
        other = next(c for c in chapters() if c != chapter).lessons[0].name
        page.evaluate(
            """(other) => { const all = JSON.parse(localStorage.getItem("livetorch-progress"));
              all.right[other] = ["gone"]; all.right["no-such"] = ["a"]; all.right.x = 7;
              localStorage.setItem("livetorch-progress", JSON.stringify(all)); }""",
            other,
        )
        page.goto(f"{site}/pages/how-to-use.html")
        expect(above).to_have_accessible_name(done)
        expect(page.locator(".lt-tick")).to_have_count(2)
        here = page.locator("[data-lt-progress]")
        expect(here).to_contain_text(f"{len(QUIZ)} questions answered right")
        page.evaluate(axe)
        report = page.evaluate("axe.run({include: [['.sidebar-tree'], ['[data-lt-progress]']]})")
        assert not [v["id"] for v in report["violations"]]
        here.get_by_role("button", name="Forget my progress").click()
        expect(page.locator(".lt-tick")).to_have_count(0)
        expect(here.get_by_role("status")).to_have_text("Nothing is kept now.")
        assert kept(page) is None
        page.goto(f"{site}/{PAGE}")
        page.locator(f'.live[data-live="{MODULE}"]').scroll_into_view_if_needed()
        box = page.locator(f'.live[data-live="{MODULE}"] .live-box')
        expect(box.locator(".quiz-score")).to_contain_text("0 of")
        answer(box.locator("form").first, QUIZ[0], right=True)
        expect(box.locator(".quiz-score")).to_contain_text("1 of")
        expect(page.locator(".lt-tick")).to_have_count(1)
        press(box, "Forget my progress")
        expect(page.locator(".lt-tick")).to_have_count(0)
        expect(box.locator(".quiz-score")).to_contain_text("0 of")
        expect(box.locator("form").first.locator(".quiz-done")).to_be_hidden()
        expect(box.get_by_role("status")).to_contain_text("Forgotten")


def test_the_drawn_way_is_ticked_and_home_says_where_to_go_on(
    browser: Browser, site: str, axe: str
) -> None:
    lesson = lesson_of(page_of(SOURCE))
    following = next_on_the_way(lesson.page)
    assert following is not None
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        page = visit.page
        page.goto(f"{site}/index.html")
        resume, stop = page.locator("[data-lt-resume]"), page.locator(f"[data-lt-quiz='{NAME}']")
        expect(resume.get_by_role("link")).to_have_text(lesson.title)
        expect(stop).not_to_have_class(re.compile("lt-done"))
        page.goto(f"{site}/{PAGE}")
        page.locator(f'.live[data-live="{MODULE}"]').scroll_into_view_if_needed()
        box = page.locator(f'.live[data-live="{MODULE}"] .live-box')
        for place, item in enumerate(QUIZ):
            answer(box.locator("form").nth(place), item, right=True)
        page.goto(f"{site}/index.html")
        expect(stop).to_have_class(re.compile("lt-done"))
        expect(resume.get_by_role("link")).to_have_text(following.title)
        page.evaluate(axe)
        report = page.evaluate("axe.run({include: [['[data-lt-resume]'], ['.lt-map']]})")
        assert not [v["id"] for v in report["violations"]]
        resume.get_by_role("link").click()
        expect(page).to_have_url(f"{site}/{following.page}.html")
        page.goto(f"{site}/pages/how-to-use.html")
        page.locator("[data-lt-progress] button").click()
        page.goto(f"{site}/index.html")
        expect(resume).to_be_hidden()


@pytest.mark.parametrize("trouble", [BLOCKED, FULL], ids=["blocked", "full"])
def test_where_nothing_can_be_kept_the_quiz_works_and_says_so(
    browser: Browser, site: str, trouble: str
) -> None:
    context = browser.new_context()
    context.add_init_script(trouble)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{site}/{PAGE}")
    page.locator(f'.live[data-live="{MODULE}"]').scroll_into_view_if_needed()
    box = page.locator(f'.live[data-live="{MODULE}"] .live-box')
    expect(box).to_be_visible()
    answer(box.locator("form").first, QUIZ[0], right=True)
    expect(box.locator(".quiz-score")).to_contain_text("1 of")
    expect(page.locator(".lt-tick")).to_have_count(1)
    expect(box.locator(".quiz-foot")).to_contain_text("lets the page keep nothing")
    press(box, "Forget my progress")
    expect(box.locator(".quiz-score")).to_contain_text("0 of")
    context.close()
    assert not errors


def test_without_scripts_and_in_print_the_questions_stand_there(
    browser: Browser, site: str
) -> None:
    with opened(browser, f"{site}/{PAGE}", scripts=False) as visit:
        quiz = visit.page.locator(f'.live[data-live="{MODULE}"]')
        for place, item in enumerate(QUIZ):
            blocks = quiz.locator(".lt-question").nth(place).locator("details")
            expect(blocks).to_have_count(len(item.choices) or 1)
            block, inside = blocks.first, blocks.first.locator(".lt-why").first
            expect(inside).to_be_hidden()
            block.locator("summary").focus()
            visit.page.keyboard.press("Enter")
            expect(inside).to_be_visible()
            expect(inside).to_contain_text(plain(item.why or item.choices[0].why))
        expect(visit.page.locator("[data-lt-progress]")).to_have_count(0)
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        visit.page.emulate_media(media="print")
        expect(box).to_be_hidden()
        still = visit.page.locator(f'.live[data-live="{MODULE}"] .live-still')
        expect(still).to_be_visible()
        expect(still.locator("summary:visible")).to_have_count(
            sum(len(item.choices) for item in QUIZ)
        )
        expect(still.locator(".lt-why:visible")).to_have_count(0)


def test_a_notebook_has_the_same_quiz(browser: Browser, axe: str) -> None:
    """As anywidget does it: the module as one text, the questions as an option, no page."""
    quiz = Quiz(NAME, folder=SOURCE.parent)
    page = browser.new_page(viewport={"width": NARROW[0], "height": NARROW[1]})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    blank = "<!doctype html><html lang=en><title>n</title><main><h1>Notebook</h1><div id=out>"
    page.route("**/*", lambda route: route.fulfill(body=blank, content_type="text/html"))
    page.goto("http://notebook.test/")
    page.add_style_tag(content=style_sheet())
    page.evaluate(
        """async ([code, options]) => {
          const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
          const { default: widget } = await import(address);
          const model = { get: () => options, on() {}, send() {} };
          await widget.render({ el: document.getElementById("out"), model }); }""",
        [bundle(MODULE), quiz.options],
    )
    box = page.locator(".live-box")
    for place, item in enumerate(QUIZ):
        answer(box.locator("form").nth(place), item, right=True)
    expect(box.locator(".quiz-score")).to_have_text(f"All {len(QUIZ)} questions answered right.")
    assert kept(page) == {"version": 1, "right": {NAME: [item.id for item in QUIZ]}}
    expect(box.locator("math").first).to_be_visible()
    expect(box.locator("pre").first).to_contain_text("import torch")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    page.evaluate(axe)
    report = page.evaluate("axe.run('#out')")["violations"]
    assert not [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in report]
    page.context.close()
    assert not errors
