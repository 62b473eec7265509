"""The search in its page: words at once, meaning at a click, the lists that Python gives."""

from __future__ import annotations

from playwright.sync_api import Browser, Locator, Route, expect

from livetorch.datasets import load_emoji_names
from livetorch.live.widgets.search_emoji import projected
from livetorch.searching import WordIndex
from livetorch.wordpiece import WordPiece
from tests.browser.recurrent import Model
from tests.browser.visit import NARROW, Visit
from tests.browser.widget import at_widget, stays_inside, violations

PAGE = "chapters/16-text/4-search-by-meaning.html"
MODULE = "search_emoji"
QUERY = "a place where sick people get well"
"""Not among those that the lesson shows."""


def rows(visit: Visit, kind: str) -> list[str]:
    return (
        visit.page.get_by_role("list", name=f"The first by {kind}").locator("li").all_inner_texts()
    )


def by_words(query: str) -> list[str]:
    """The rows that BM25 must give."""
    data = load_emoji_names()
    scores = WordIndex(data.texts).scores(query)
    order = scores.argsort(descending=True, stable=True)[:10].tolist()
    return [f"{data.emoji[i]} {data.names[i]} {scores[i]:.2f}" for i in order if scores[i] > 0]


def by_meaning(site: str, query: str) -> tuple[list[str], int]:
    """The rows that the exported encoder must give, and the percentage that the drawing keeps."""
    data = load_emoji_names()
    ids = WordPiece.shipped().encode(query, 64)
    scores, products = Model(site, "minilm")(ids=ids[None])
    order = scores.argsort(descending=True)[:10].tolist()
    _, kept = projected(products)
    return [f"{data.emoji[i]} {data.names[i]} {scores[i]:.2f}" for i in order], round(100 * kept)


def ask(box: Locator, query: str) -> None:
    box.get_by_label("What do you look for?").fill(query)


def loaded(box: Locator) -> None:
    box.get_by_role("button", name="Load the encoder").click()
    expect(box.get_by_role("list", name="The first by meaning").locator("li")).to_have_count(10)


def test_words_are_searched_before_anything_is_loaded(
    browser: Browser, site: str, axe: str
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        expect(box.get_by_role("list", name="The first by words").locator("li")).to_have_count(10)
        assert rows(visit, "words") == by_words("it is raining cats and dogs")
        ask(box, "Icicles, BLUE!")
        first = by_words("Icicles, BLUE!")
        expect(box.locator(".live-hits li").first).to_have_text(first[0])
        assert rows(visit, "words") == first
        ask(box, "xylophonists")
        expect(box).to_contain_text("No name or tag has a word of this.")
        ask(box, "")
        expect(box.get_by_role("alert")).to_have_text("Write what you look for.")
        ask(box, "snail")
        expect(box.locator(".live-trouble")).to_be_hidden()
        expect(box.locator(".live-hits li").first).to_contain_text("snail")
        assert not violations(visit, MODULE, axe)
        assert not [url for url in visit.requests if ".onnx" in url or "wasm" in url]


def test_meaning_comes_at_a_click_that_says_its_size(browser: Browser, site: str, axe: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        button = box.get_by_role("button", name="Load the encoder")
        expect(button).to_contain_text("MB)")
        asked = float((button.text_content() or "").split("(")[1].split(" MB")[0])
        before = len(visit.responses)
        loaded(box)
        sizes = [len(r.body()) for r in visit.responses[before:] if r.status == 200]
        assert abs(sum(sizes) / 1e6 - asked) < 0.1
        assert sum(len(r.body()) for r in visit.responses if "minilm" in r.url) < 10e6
        expected, _ = by_meaning(site, "it is raining cats and dogs")
        assert rows(visit, "meaning") == expected
        expect(button).to_have_count(0)

        ask(box, QUERY)
        expected, kept = by_meaning(site, QUERY)
        expect(
            box.get_by_role("list", name="The first by meaning").locator("li").first
        ).to_have_text(expected[0])
        assert rows(visit, "meaning") == expected
        assert "hospital" in expected[0]
        expect(box).to_contain_text(f"they keep {kept} % of the squared distances")
        expect(box.locator("svg.live-nearest text")).to_have_count(10)
        expect(box.get_by_role("img", name="Your words as a cross")).to_be_visible()
        expect(box.get_by_role("status")).to_contain_text("By meaning, first:")
        assert not violations(visit, MODULE, axe)
        assert all(url.startswith((site, "data:", "blob:")) for url in visit.requests)


def test_what_it_cannot_read_has_a_sentence_and_loses_nothing(
    browser: Browser, site: str, axe: str
) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE, "dark", NARROW, touch=True) as (visit, box):
        loaded(box)
        meanings = box.get_by_role("list", name="The first by meaning").locator("li")
        box.get_by_role("button", name="I have a cold").tap()
        first = by_meaning(site, "I have a cold")[0]
        expect(meanings.first).to_have_text(first[0])
        ask(box, "🐈‍⬛ ☔️")
        expect(box.get_by_role("alert")).to_contain_text("as of emoji alone: say it in words")
        assert rows(visit, "meaning") == first, "the last list stays"
        ask(box, "ich bin müde")
        expect(box.locator(".live-trouble")).to_be_hidden()
        expect(box).to_contain_text("mud · ##e. A word in pieces says less to it")
        ask(box, "cats " * 80)
        expect(box).to_contain_text("The 18 pieces after these are not read.")
        ask(box, "a" * 2001)
        expect(box.get_by_role("alert")).to_contain_text("At most 2000 characters")
        assert stays_inside(visit, box)
        box.get_by_role("button", name="Reset").tap()
        expect(box.get_by_label("What do you look for?")).to_have_value(
            "it is raining cats and dogs"
        )
        loaded(box)
        assert not violations(visit, MODULE, axe)


def test_a_load_that_fails_can_be_tried_again(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        address = "**/models/wordpiece.onnx*"

        def refuse(route: Route) -> None:
            route.fulfill(status=503, body="")

        visit.page.route(address, refuse)
        box.get_by_role("button", name="Load the encoder").click()
        expect(box.get_by_role("alert")).to_contain_text("answered 503")
        expect(box.get_by_role("button", name="Load the encoder")).to_be_enabled()
        visit.page.unroute(address)
        loaded(box)
        expect(box.locator(".live-trouble")).to_be_hidden()
        visit.errors.clear()  # the browser itself notes the answer 503


def test_keys_alone_are_enough(browser: Browser, site: str) -> None:
    with at_widget(browser, f"{site}/{PAGE}", MODULE) as (visit, box):
        line = box.get_by_label("What do you look for?")
        line.focus()
        line.press("ControlOrMeta+a")
        visit.page.keyboard.type("snow")
        expect(box.locator(".live-hits li").first).to_have_text(by_words("snow")[0])
        for _ in range(2):
            visit.page.keyboard.press("Tab")
        visit.page.keyboard.press("Enter")
        expect(line).to_have_value("something to eat with chopsticks")
        button = box.get_by_role("button", name="Load the encoder")
        button.press("Enter")
        expected = by_meaning(site, "something to eat with chopsticks")[0]
        meanings = box.get_by_role("list", name="The first by meaning").locator("li")
        expect(meanings.first).to_have_text(expected[0])
