"""What mends the theme's pages: once, and with a word where there is nothing to mend."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sphinx.errors import ThemeError

from book.bundles import bundle
from book.notebooks import BUILD, pages
from book.theme import ON_EVERY_PAGE, WITH_CONTENTS, mended

BODY = "\n".join(ON_EVERY_PAGE)


def test_each_mark_is_set_once() -> None:
    body = mended(BODY + "\n".join(WITH_CONTENTS), "pages/one", contents=True)
    for new in [*ON_EVERY_PAGE.values(), *WITH_CONTENTS.values()]:
        assert body.count(new) == 1


@pytest.mark.parametrize("missing", ON_EVERY_PAGE)
def test_what_is_not_there_is_named_with_its_page(missing: str) -> None:
    with pytest.raises(ThemeError, match=rf"pages/one: .*{re.escape(missing)} 0 times"):
        mended(BODY.replace(missing, "moved"), "pages/one", contents=False)


def test_a_page_is_not_mended_twice() -> None:
    twice = BODY + next(iter(ON_EVERY_PAGE))
    with pytest.raises(ThemeError, match="2 times and not once"):
        mended(twice, "pages/one", contents=False)
    with pytest.raises(ThemeError, match="toc-drawer"):
        mended(BODY, "pages/one", contents=True)


@pytest.mark.parametrize("page", [*pages(), "search"])
def test_a_built_page_has_each_mark_once(page: str) -> None:
    text = (BUILD / "html" / f"{page}.html").read_text(encoding="utf-8")
    assert text.count('aria-label="To the top"') == text.count("back-to-top muted-link") == 1
    assert text.count('aria-label="Chapters"') == 1
    levels = re.findall(r'<p\b[^>]*role="heading"[^>]*>', text)
    assert levels
    assert all('aria-level="2"' in tag for tag in levels)
    assert "doc-biblioentry" not in text
    names = re.findall(r'\sid="([^"]+)"', text)
    assert len(names) == len(set(names))


def test_the_address_of_a_bundle_changes_with_its_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a{}\n/*# sourceMappingURL=a.css.map */")
    (tmp_path / "b.css").write_text("b{}")
    first = bundle(tmp_path, ("a.css", "b.css"), "made.css")
    assert (tmp_path / "made.css").read_text() == "a{}\n\nb{}"
    assert first == bundle(tmp_path, ("a.css", "b.css"), "made.css")
    (tmp_path / "b.css").write_text("b{top:0}")
    second = bundle(tmp_path, ("a.css", "b.css"), "made.css")
    assert re.fullmatch(r"_static/made\.css\?v=[0-9a-f]{8}", second)
    assert second != first
