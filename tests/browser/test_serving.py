"""A page cut down to one of its widgets is still that page."""

from __future__ import annotations

import urllib.request

import pytest

from tests.browser.serving import with_widget_alone

PAGE = """<head>h</head><aside>chapters</aside><article role="main"><section><h1>Title</h1>
<p>Text.</p><div class="live" data-live="first"><div>1</div></div>
<div class="live" data-live="second"><div>2</div><div><div>3</div></div></div><p>More.</p>
</section></article>
<aside><div class="toc-tree"><ul><li><a href="#x">X</a></li></ul></div></aside>"""


def test_the_widget_and_what_stands_around_the_article_stay() -> None:
    cut = with_widget_alone(PAGE, "second")
    assert "<h1>Title</h1>" in cut
    assert '<div class="live" data-live="second"><div>2</div><div><div>3</div></div></div>' in cut
    for gone in ("Text.", "More.", "first", "#x"):
        assert gone not in cut
    assert cut.startswith('<head>h</head><aside>chapters</aside><article role="main">')
    assert cut.count("<div") == cut.count("</div>")


def test_a_widget_that_is_not_there_is_no_empty_page() -> None:
    with pytest.raises(ValueError, match="no widget 'third'"):
        with_widget_alone(PAGE, "third")


def test_it_is_served_beside_the_whole_page(site: str) -> None:
    address = f"{site}/chapters/01-tensors/3-one-memory.html"
    with (
        urllib.request.urlopen(address) as whole,
        urllib.request.urlopen(f"{address}?only=strides") as cut,
    ):
        page, alone = whole.read().decode(), cut.read().decode()
    assert page.count('class="live"') > 1 == alone.count('class="live"')
    assert len(alone) < len(page) / 3
