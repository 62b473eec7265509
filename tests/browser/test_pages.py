"""Every page as a reader's browser sees it: wide and narrow, light and dark.

A page is opened once at a desk, and the tests of it go on where the one before stopped: first what
it loads, last what changes it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from book.figures import figure_texts
from book.gallery import chapter_figures
from book.notebooks import pages
from livetorch.colors import PAPER
from tests.browser.visit import NARROW, SCHEMES, Visit, opened, schemes
from tests.browser.weight import DEFAULT_BYTES, DEFAULT_REQUESTS, bytes_of, read_to_the_end


@pytest.fixture(scope="module")
def desk(browser: Browser, site: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A page, open on a wide screen."""
    with opened(browser, f"{site}/{request.param}.html") as visit:
        yield visit


def of(names: list[str], fixture: str) -> pytest.MarkDecorator:
    """A test of each page; the fixture is the open page, or only its name."""
    return pytest.mark.parametrize(fixture, names, indirect=fixture == "desk")


ALL_PAGES = [*pages(), "search"]
CHAPTERS = [page for page in pages() if page.startswith("chapters/")]
LESSONS = [page for page in CHAPTERS if not page.endswith("/index")]
WITH_WORDS = [
    page for page in LESSONS if any(len(figure_texts(svg)) > 5 for svg, _ in chapter_figures(page))
]
"""Lessons with a figure that has axes or labels."""


@of(ALL_PAGES, "desk")
def test_no_request_elsewhere_no_error_and_half_the_default_weight(desk: Visit, site: str) -> None:
    read_to_the_end(desk.page)
    for widget in desk.page.locator(".live:not([data-bytes], [data-missing])").all():
        widget.scroll_into_view_if_needed()  # a busy browser may have been past it before it looked
        expect(widget.locator(".live-box")).to_be_attached()
    assert not foreign(desk, site)
    assert not desk.errors
    assert all(response.status == 200 for response in desk.responses)
    loaded = [r for r in desk.responses if r.url.startswith(site)]
    assert bytes_of(loaded) <= DEFAULT_BYTES / 2
    # The search page loads the index besides.
    more = 4 if desk.page.url.endswith("/search.html") else 0
    assert len(loaded) <= DEFAULT_REQUESTS / 2 + more, "\n".join(r.url for r in loaded)


def foreign(visit: Visit, site: str) -> list[str]:
    """What was asked of other hosts, answered or not."""
    return [url for url in visit.requests if not url.startswith((site, "data:"))]


@of(ALL_PAGES, "desk")
def test_no_name_is_given_twice(desk: Visit) -> None:
    """Labels, links and clip paths find their elements by it; all widgets are alive here."""
    assert not twice(desk)


def twice(visit: Visit) -> list[str]:
    names: list[str] = visit.page.evaluate("""() => {
      const names = [...document.querySelectorAll("[id]")].map(e => e.id);
      return names.filter((name, place) => names.indexOf(name) !== place); }""")
    return names


LUMINANCE = """
  const channel = v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number);
    return .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b); };
  const contrast = (a, b) => {
    const [dark, bright] = [light(a), light(b)].sort((x, y) => x - y);
    return (bright + .05) / (dark + .05); };
"""
IN_FIGURES = f"""() => {{ {LUMINANCE}
  const page = getComputedStyle(document.body).backgroundColor;
  return [...document.querySelectorAll('.lt-figure > svg text')]
    .filter(t => t.style.fill === 'var(--lt-ink)')
    .map(t => contrast(getComputedStyle(t).fill, page));
}}"""
IN_CODE = f"""() => {{ {LUMINANCE}
  const ground = e => {{ while (getComputedStyle(e).backgroundColor === 'rgba(0, 0, 0, 0)')
    e = e.parentElement; return getComputedStyle(e).backgroundColor; }};
  const pairs = new Set([...document.querySelectorAll('.highlight pre')].flatMap(pre =>
    [pre, ...pre.querySelectorAll('span')].map(e => getComputedStyle(e).color + '/' + ground(e))));
  return [...pairs].map(pair => contrast(...pair.split('/')));
}}"""


@of(WITH_WORDS, "desk")
@schemes
def test_text_in_figures_stands_out_from_the_page(desk: Visit, scheme: str) -> None:
    desk.switch(scheme)
    ratios = desk.page.evaluate(IN_FIGURES)
    assert ratios
    assert min(ratios) >= 7


@of(LESSONS, "desk")
@schemes
def test_every_color_of_code_stands_out_from_its_ground(desk: Visit, scheme: str) -> None:
    desk.switch(scheme)
    ratios = desk.page.evaluate(IN_CODE)
    assert len(ratios) >= 5
    assert min(ratios) >= 4.5


# A chapter has thousands of words of code, signs of mathematics and strokes of figures, and axe
# looks at each for a minute in all. What assistive technology reads of them stays: the code as
# text, the MathML, the name of the figure. The colors have tests of their own above; mathematics
# has the color of the text around it. The link that comes when one scrolls up is looked at, too.
FLATTEN = """() => {
  document.documentElement.classList.add('show-back-to-top');
  document.querySelectorAll('details').forEach(d => d.open = true);
  document.querySelectorAll('.highlight pre').forEach(pre => pre.textContent = pre.textContent);
  document.querySelectorAll('.katex-html, .lt-figure svg > *').forEach(e => e.remove());
}"""


@of(ALL_PAGES, "desk")
@schemes
def test_no_accessibility_violation(desk: Visit, axe: str, scheme: str) -> None:
    desk.switch(scheme)
    desk.page.evaluate(FLATTEN)
    faults = desk.axe(axe)
    messages = [
        f"{v['id']}: {v['nodes'][0]['html'][:150]} (+{len(v['nodes']) - 1})" for v in faults
    ]
    assert not messages, "\n".join(messages)
    assert not desk.errors


@of(ALL_PAGES, "name")
def test_phone_shows_the_page_without_scrolling_sideways(
    browser: Browser, site: str, name: str
) -> None:
    with opened(browser, f"{site}/{name}.html", size=NARROW) as visit:
        for scheme in SCHEMES:
            visit.switch(scheme)
            assert visit.sideways() == 0
            assert not small_text(visit)
            assert not tiny_figures(visit)


def small_text(visit: Visit) -> list[str]:
    texts: list[str] = visit.page.evaluate(
        """() => [...document.querySelectorAll('article p, article li')]
            .filter(e => parseFloat(getComputedStyle(e).fontSize) < 12)
            .map(e => e.textContent.slice(0, 60))"""
    )
    return texts


def tiny_figures(visit: Visit) -> list[str]:
    """Text in figures stays at 8 px or more: a wide figure scrolls in its frame instead."""
    names: list[str] = visit.page.evaluate(
        """() => [...document.querySelectorAll('.lt-figure')]
            .filter(f => !f.closest('.lt-card') && [...f.querySelectorAll('text')].some(t => {
                const size = parseFloat(getComputedStyle(t).fontSize);
                const m = t.getScreenCTM();
                return size * Math.hypot(m.a, m.b) < 7.9 && size >= 8;
            })).map(f => f.querySelector('svg').getAttribute('aria-label').slice(0, 60))"""
    )
    return names


def test_there_is_one_search_box_and_it_finds(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/index.html") as visit:
        boxes = visit.page.locator("input[type=search], input[name=q]")
        assert boxes.count() == 1
        boxes.first.fill("broadcasting")
        boxes.first.press("Enter")
        hit = visit.page.locator("#search-results a", has_text="Shapes together").first
        hit.wait_for()
        hit.click()
        visit.page.wait_for_load_state()
        assert "/chapters/01-tensors/2-shapes-together.html" in visit.page.url
        assert not visit.errors


def test_the_color_scheme_can_be_switched_and_stays(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/index.html") as visit:
        ground = "getComputedStyle(document.body).backgroundColor"
        seen = {visit.page.evaluate(ground)}
        for _ in range(2):
            visit.page.locator(".theme-toggle:visible").first.click()
            seen.add(visit.page.evaluate(ground))
        assert len(seen) == 2
        chosen = visit.page.evaluate("document.body.dataset.theme")
        visit.page.reload()
        assert visit.page.evaluate("document.body.dataset.theme") == chosen != "auto"


def test_a_page_is_printed_in_light_colors(browser: Browser, site: str) -> None:
    paper = "getComputedStyle(document.body).getPropertyValue('--lt-paper').trim()"
    with opened(browser, f"{site}/index.html", scheme="dark") as visit:
        for theme in ("auto", "dark"):
            visit.page.evaluate("theme => { document.body.dataset.theme = theme; }", theme)
            visit.page.emulate_media(media="screen")
            assert visit.page.evaluate(paper) == PAPER["dark"]
            visit.page.emulate_media(media="print")
            assert visit.page.evaluate(paper) == PAPER["light"]


def test_the_home_page_can_be_played_with(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/index.html") as visit:
        out, slider = visit.page.locator("#try-out"), visit.page.locator("#try-weight")
        first = out.text_content()
        slider.focus()
        for _ in range(60):
            visit.page.keyboard.press("ArrowRight")
            if "bottom" in (out.text_content() or ""):
                break
        assert out.text_content() != first
        assert "bottom" in (out.text_content() or "")


def test_solutions_and_checks_open_with_the_keyboard(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/chapters/01-tensors/1-first-shapes.html") as visit:
        for kind in ("lt-solution", "lt-checks"):
            block = visit.page.locator(f"details.{kind}").first
            inside = block.locator("xpath=./*[2]")
            assert not inside.is_visible()
            block.locator("summary").first.focus()
            visit.page.keyboard.press("Enter")
            assert inside.is_visible()


def test_code_can_be_copied(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/chapters/01-tensors/1-first-shapes.html") as visit:
        visit.page.locator("div.cell_input").first.hover()
        assert visit.page.locator("div.cell_input button.copybtn").first.is_visible()
