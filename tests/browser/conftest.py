"""A real browser, and the built book served plainly on this machine."""

from __future__ import annotations

import functools
import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from xdist.remote import Producer

from book.notebooks import BUILD
from book.vendor import NODE_FOLDER
from tests.browser import chromium
from tests.browser.serving import BookHandler
from tests.browser.sharing import Sharing

# A condition that holds is seen at once; how long a busy machine may take until it does is no
# part of what a test says.
expect.set_options(timeout=60_000)


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of the built book."""
    folder = Path(os.environ.get("LIVETORCH_HTML", BUILD / "html"))
    assert folder.exists(), "there is no built book: run make book"
    handler = functools.partial(BookHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        path = chromium.find()
    except RuntimeError as error:
        pytest.exit(str(error), returncode=1)
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        yield made
        made.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which looks for accessibility violations."""
    return (NODE_FOLDER / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Sharing:
    """Where more processes run these tests, each gets whole pages."""
    return Sharing(config, log)
