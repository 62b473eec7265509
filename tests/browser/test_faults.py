"""The checks of pages and widgets find what they look for: faults are put in, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Browser

from tests.browser.test_pages import FLATTEN, foreign, small_text, tiny_figures, twice
from tests.browser.visit import NARROW, Visit, opened, schemes
from tests.browser.widget import at_widget, stays_inside, violations

PAGE = "pages/notation.html"
CHAPTER, MODULE = "chapters/01-tensors/2-shapes-together.html", "broadcasting"
ADD = "([place, html]) => document.querySelector(place).insertAdjacentHTML('beforeend', html)"
ONLY_DARK = """<style>@media (prefers-color-scheme: dark) {
  .faint { color: #555 !important; background: #444 !important; } }</style>
<p class="faint">Faint</p>"""


@schemes
def test_axe_finds_violations_in_a_page(browser: Browser, site: str, axe: str, scheme: str) -> None:
    with opened(browser, f"{site}/{PAGE}") as visit:
        visit.switch(scheme)
        visit.page.evaluate(FLATTEN)
        faulty = "<img src=''><p style='color:#999;background:#aaa'>Faint</p>"
        visit.page.evaluate(ADD, ["article", faulty])
        assert {violation["id"] for violation in visit.axe(axe)} == {"image-alt", "color-contrast"}


def test_axe_finds_what_only_the_other_scheme_has(browser: Browser, site: str, axe: str) -> None:
    with opened(browser, f"{site}/{PAGE}") as visit:
        visit.page.evaluate(ADD, ["article", ONLY_DARK])
        assert not visit.axe(axe)
        visit.switch("dark")
        assert [violation["id"] for violation in visit.axe(axe)] == ["color-contrast"]


def test_axe_finds_violations_in_a_widget_in_both_schemes(
    browser: Browser, site: str, axe: str
) -> None:
    with at_widget(browser, f"{site}/{CHAPTER}", MODULE) as (visit, _):
        assert not violations(visit, MODULE, axe)
        visit.page.evaluate(ADD, [".live-box", f"{ONLY_DARK}<input aria-label=''>"])
        messages = [": ".join(text.split(": ")[:2]) for text in violations(visit, MODULE, axe)]
        assert messages == ["light: label", "dark: color-contrast", "dark: label"]


@pytest.mark.parametrize(
    ("event", "fault", "message"),
    [
        ("pageerror", "setTimeout(() => { throw new Error('lost'); })", "lost"),
        ("console", "console.error('wrong')", "wrong"),
        ("console", "fetch('/nowhere.json')", "404"),
    ],
)
def test_errors_are_remembered(
    browser: Browser, site: str, event: Literal["pageerror", "console"], fault: str, message: str
) -> None:
    with opened(browser, f"{site}/{PAGE}") as visit:
        assert not visit.errors
        with visit.page.expect_event(event):
            visit.page.evaluate(f"() => {{ {fault}; }}")
        assert any(message in error for error in visit.errors), visit.errors


def test_a_request_elsewhere_is_found_also_where_nobody_answers(
    browser: Browser, site: str
) -> None:
    with opened(browser, f"{site}/{PAGE}") as visit:
        assert not foreign(visit, site)
        with visit.page.expect_event("requestfailed"):
            visit.page.evaluate("() => { new Image().src = 'http://elsewhere.invalid/dot.png'; }")
        assert foreign(visit, site) == ["http://elsewhere.invalid/dot.png"]


@pytest.mark.parametrize(
    ("check", "html"),
    [
        (Visit.sideways, "<div style='width: 900px'>Wide</div>"),
        (small_text, "<p style='font-size: 8px'>Small</p>"),
        (
            tiny_figures,
            "<figure class='lt-figure'><svg aria-label='Tiny' viewBox='0 0 900 90' width='300'>"
            "<text y='20' font-size='9'>Tiny</text></svg></figure>",
        ),
        (twice, "<p id='one'></p><p id='one'></p>"),
    ],
)
def test_a_page_that_does_not_fit_is_found(
    browser: Browser, site: str, check: Callable[[Visit], object], html: str
) -> None:
    with opened(browser, f"{site}/{PAGE}", size=NARROW) as visit:
        assert not check(visit)
        visit.page.evaluate(ADD, ["article", html])
        assert check(visit)


@pytest.mark.parametrize(
    "html",
    ["<div style='width: 900px'>Wide</div>", "<svg width='90'><text font-size='7'>T</text></svg>"],
    ids=["wide", "tiny"],
)
def test_a_widget_that_does_not_fit_is_found(browser: Browser, site: str, html: str) -> None:
    with at_widget(browser, f"{site}/{CHAPTER}", MODULE, size=NARROW) as (visit, box):
        assert stays_inside(visit, box)
        visit.page.evaluate(ADD, [".live-box", html])
        assert not stays_inside(visit, box)
