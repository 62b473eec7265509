"""matplotlib's SVG made part of a page: themed, small, and with a text for those who cannot see.

The figure's colors become the theme's variables, so that it follows light and dark. Its text
stays text, in the page's font.
"""

from __future__ import annotations

import html
import re

from book.page_colors import FAINT, INK, LIGHT, PAPER

VARIABLES = {
    **{value.lower(): f"var(--lt-{name})" for name, value in LIGHT.items()},
    INK["light"].lower(): "var(--lt-ink)",
    FAINT["light"].lower(): "var(--lt-faint)",
    PAPER["light"].lower(): "var(--lt-paper)",
}
BACKGROUND = re.compile(
    rf'(<g id="figure_1">\s*)<g id="patch_1">\s*<path d="[^"]*" style="fill: {PAPER["light"]}"/>'
    r"\s*</g>"
)
"""What a figure lies on in a notebook; in a page it is the page."""


def figure_html(svg: str, alt: str, prefix: str) -> str:
    """The ``<figure>`` of an SVG file's text; ``prefix`` makes its identifiers the page's own.

    Raises:
        ValueError: the text is not an SVG of matplotlib, or there is no alternative text.
    """
    if not alt.strip():
        raise ValueError("a figure needs an alternative text")
    drawing = re.search(r"<svg\b[^>]*?viewBox=\"0 0 ([\d.]+) ([\d.]+)\"[^>]*>(.*)</svg>", svg, re.S)
    if drawing is None:
        raise ValueError("this is not an SVG with a viewBox, as matplotlib writes it")
    width, height = float(drawing[1]), float(drawing[2])
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", drawing[3], flags=re.S)
    body = BACKGROUND.sub(r"\1", body, count=1)
    body = re.sub(r"#[0-9a-fA-F]{6}\b", lambda m: VARIABLES.get(m[0].lower(), m[0]), body)
    body = re.sub(r"(?<=font: )([\w ]*[\d.]+px) [^;\"]*", r"\1 var(--lt-figure-font)", body)
    body = re.sub(r"(?<=font-family: )[^;\"]*", "var(--lt-figure-font)", body)
    body = own_identifiers(body, prefix)
    body = re.sub(r"\s*\n\s*", " ", body)
    body = re.sub(r">\s+<(?!/?(?:text|tspan))", "><", body)
    body = re.sub(r"<[^>]*>", shortened, body)
    pixels = width * 96 / 72
    return (
        '<figure class="lt-figure">'
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{html.escape(alt)}" '
        f'style="max-width:{pixels * 1.15:.0f}px;min-width:min({pixels * 0.8:.0f}px,150%)">'
        f"{body}</svg></figure>"
    )


def shortened(tag: re.Match[str]) -> str:
    """A tag with its numbers cut to hundredths of a pixel; what the figure says stands outside."""
    return re.sub(r"(?<![\w.])(-?\d+\.\d\d)\d+", r"\1", tag[0])


def own_identifiers(body: str, prefix: str) -> str:
    """Identifiers that something refers to get the prefix; the others are dropped."""
    used = set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", body))
    names = {first or second for first, second in used}

    def rename(match: re.Match[str]) -> str:
        return f' id="{prefix}-{match[1]}"' if match[1] in names else ""

    body = re.sub(r" id=\"([^\"]+)\"", rename, body)
    return re.sub(r"(url\(#|href=\"#)", rf"\g<1>{prefix}-", body)


def figure_texts(svg: str) -> list[str]:
    """The words and numbers in a figure, in the order drawn: what a check can compare."""
    texts = re.findall(r"<text\b[^>]*>(.*?)</text>", svg, re.S)
    return [html.unescape(re.sub(r"<[^>]+>", "", text)).strip() for text in texts]
