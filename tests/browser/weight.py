"""What a page weighs on the way to its reader, and what it is compared with."""

from __future__ import annotations

import gzip
from collections.abc import Iterable

from playwright.sync_api import Page, Response

DEFAULT_BYTES, DEFAULT_REQUESTS = 952_000, 28
"""What a page of Jupyter Book's default theme weighs, compressed as hosts send it."""
COMPRESSED = ("text/", "application/javascript", "application/json", "image/svg+xml")
SCROLL = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += 700) {
    scrollTo({ top: y, behavior: "instant" });
    // A busy machine may draw no frame for long, and nobody should wait for it for ever.
    await new Promise((drawn) => (requestAnimationFrame(drawn), setTimeout(drawn, 500)));
  }
}"""


def read_to_the_end(page: Page) -> None:
    """Go down to the end, so that whatever waits until it is seen is loaded too."""
    page.evaluate(SCROLL)
    page.wait_for_load_state("networkidle")


def bytes_of(responses: Iterable[Response]) -> int:
    """The bytes of their bodies, compressed as hosts send them."""
    total = 0
    for response in responses:
        body = response.body()
        kind = response.headers.get("content-type", "")
        total += len(gzip.compress(body, 6) if kind.startswith(COMPRESSED) else body)
    return total
