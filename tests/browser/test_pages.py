"""Every page as a reader's browser sees it: wide and narrow, light and dark."""

from __future__ import annotations

import gzip

import pytest
from playwright.sync_api import Browser

from book.notebooks import pages
from tests.browser.visit import NARROW, opened, schemes

DEFAULT_BYTES, DEFAULT_REQUESTS = 952_000, 28
"""What a page of Jupyter Book's default theme weighs, compressed as hosts send it."""
COMPRESSED = ("text/", "application/javascript", "application/json", "image/svg+xml")

ALL_PAGES = [*pages(), "search"]
every_page = pytest.mark.parametrize("name", ALL_PAGES)
# A chapter has thousands of words of code, signs of mathematics and strokes of figures, and axe
# looks at each for a minute in all. What assistive technology reads of them stays: the code as
# text, the MathML, the name of the figure. The colors have tests of their own below; mathematics
# has the color of the text around it.
FLATTEN = """() => {
  document.querySelectorAll('details').forEach(d => d.open = true);
  document.querySelectorAll('.highlight pre').forEach(pre => pre.textContent = pre.textContent);
  document.querySelectorAll('.katex-html, .lt-figure svg > *').forEach(e => e.remove());
}"""
HOW = "{resultTypes: ['violations'], preload: false, elementRef: false}"


@every_page
@schemes
def test_no_accessibility_violation(
    browser: Browser, site: str, axe: str, name: str, scheme: str
) -> None:
    with opened(browser, f"{site}/{name}.html", scheme) as visit:
        visit.page.evaluate(FLATTEN)
        visit.page.evaluate(axe)
        found = visit.page.evaluate(f"axe.run({HOW})")["violations"]
        told = [f"{v['id']}: {v['nodes'][0]['html'][:150]} (+{len(v['nodes']) - 1})" for v in found]
        assert not told, "\n".join(told)
        assert not visit.errors


def test_a_violation_would_be_found(browser: Browser, site: str, axe: str) -> None:
    with opened(browser, f"{site}/pages/notation.html") as visit:
        visit.page.evaluate(FLATTEN)
        visit.page.evaluate(axe)
        faulty = "<img src=''><p style='color:#999;background:#aaa'>Faint</p>"
        visit.page.evaluate("html => document.querySelector('article').innerHTML += html", faulty)
        found = visit.page.evaluate(f"axe.run({HOW})")["violations"]
        assert {violation["id"] for violation in found} == {"image-alt", "color-contrast"}


READ_ALL = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += 700) {
    scrollTo({ top: y, behavior: "instant" });
    await new Promise(requestAnimationFrame);
  }
}"""


@every_page
def test_no_request_elsewhere_no_error_and_half_the_default_weight(
    browser: Browser, site: str, name: str
) -> None:
    with opened(browser, f"{site}/{name}.html") as visit:
        # Down to the end, so that whatever waits until it is seen is counted too.
        visit.page.evaluate(READ_ALL)
        visit.page.wait_for_load_state("networkidle")
        foreign = [r.url for r in visit.responses if not r.url.startswith((site, "data:"))]
        assert not foreign
        assert not visit.errors
        assert all(response.status == 200 for response in visit.responses)
        loaded = [r for r in visit.responses if r.url.startswith(site)]
        weight = 0
        for response in loaded:
            body = response.body()
            kind = response.headers.get("content-type", "")
            weight += len(gzip.compress(body, 6) if kind.startswith(COMPRESSED) else body)
        assert weight <= DEFAULT_BYTES / 2
        # The search page loads the index besides.
        assert len(loaded) <= DEFAULT_REQUESTS / 2 + (4 if name == "search" else 0), "\n".join(
            r.url for r in loaded
        )


@every_page
@schemes
def test_phone_shows_the_page_without_scrolling_sideways(
    browser: Browser, site: str, name: str, scheme: str
) -> None:
    with opened(browser, f"{site}/{name}.html", scheme, NARROW) as visit:
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
        small = visit.page.evaluate(
            """() => [...document.querySelectorAll('article p, article li')]
                .filter(e => parseFloat(getComputedStyle(e).fontSize) < 12)
                .map(e => e.textContent.slice(0, 60))"""
        )
        assert not small
        # Text in figures stays at 8 px or more: a wide figure scrolls in its frame instead.
        tiny = visit.page.evaluate(
            """() => [...document.querySelectorAll('.lt-figure')]
                .filter(f => !f.closest('.lt-card') && [...f.querySelectorAll('text')].some(t => {
                    const size = parseFloat(getComputedStyle(t).fontSize);
                    const m = t.getScreenCTM();
                    return size * Math.hypot(m.a, m.b) < 7.9 && size >= 8;
                })).map(f => f.querySelector('svg').getAttribute('aria-label').slice(0, 60))"""
        )
        assert not tiny


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


@pytest.mark.parametrize("name", [page for page in pages() if page.startswith("chapters/")])
@schemes
def test_text_in_figures_stands_out_from_the_page(
    browser: Browser, site: str, name: str, scheme: str
) -> None:
    with opened(browser, f"{site}/{name}.html", scheme) as visit:
        ratios = visit.page.evaluate(IN_FIGURES)
        assert len(ratios) > 20
        assert min(ratios) >= 7


@pytest.mark.parametrize("name", [page for page in pages() if page.startswith("chapters/")])
@schemes
def test_every_color_of_code_stands_out_from_its_ground(
    browser: Browser, site: str, name: str, scheme: str
) -> None:
    with opened(browser, f"{site}/{name}.html", scheme) as visit:
        ratios = visit.page.evaluate(IN_CODE)
        assert len(ratios) >= 5
        assert min(ratios) >= 4.5


def test_there_is_one_search_box_and_it_finds(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/index.html") as visit:
        boxes = visit.page.locator("input[type=search], input[name=q]")
        assert boxes.count() == 1
        boxes.first.fill("broadcasting")
        boxes.first.press("Enter")
        hit = visit.page.locator("#search-results a", has_text="Tensors").first
        hit.wait_for(timeout=20_000)
        hit.click()
        visit.page.wait_for_load_state()
        assert "/chapters/01-tensors.html" in visit.page.url
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
    with opened(browser, f"{site}/chapters/01-tensors.html") as visit:
        for kind in ("lt-solution", "lt-checks"):
            block = visit.page.locator(f"details.{kind}").first
            inside = block.locator("xpath=./*[2]")
            assert not inside.is_visible()
            block.locator("summary").first.focus()
            visit.page.keyboard.press("Enter")
            assert inside.is_visible()


def test_code_can_be_copied(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/chapters/01-tensors.html") as visit:
        visit.page.locator("div.cell_input").first.hover()
        assert visit.page.locator("div.cell_input button.copybtn").first.is_visible()
