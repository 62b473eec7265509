"""The cheat sheet on paper and on screens: one page, and as many columns as there is room for."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser

from book.notebooks import pages
from tests.browser.visit import opened

pytestmark = pytest.mark.skipif("pages/cheat-sheet" not in pages(), reason="it is no page")
ADDRESS = "pages/cheat-sheet.html"
COLUMNS = """() => new Set([...document.querySelectorAll('#cheat-sheet > section')]
    .map(section => Math.round(section.getBoundingClientRect().left))).size"""
CUT = """() => [...document.querySelectorAll('#cheat-sheet pre')]
    .some(block => block.scrollWidth > block.clientWidth)"""


def test_it_prints_on_one_page_of_a4(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/{ADDRESS}") as visit:
        for options in ({"prefer_css_page_size": True}, {"format": "A4"}):
            printed = visit.page.pdf(**options)
            boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
            assert len(re.findall(rb"/Type /Page\b(?!s)", printed)) == 1
            width, height = (float(side) for side in boxes[0])
            assert (width, height) == pytest.approx((595, 842), abs=2)


@pytest.mark.parametrize(("width", "columns"), [(390, 1), (1440, 2)])
def test_columns_follow_the_width(browser: Browser, site: str, width: int, columns: int) -> None:
    with opened(browser, f"{site}/{ADDRESS}", "light", (width, 900)) as visit:
        assert visit.page.evaluate(COLUMNS) == columns
        assert width < 1000 or not visit.page.evaluate(CUT), "a line is longer than its column"
