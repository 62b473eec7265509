"""Find a Chromium or Chrome."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
# As root Chromium does not start with its sandbox; it opens this book's pages alone.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ADVICE = (
    "The browser checks need Chromium or Chrome, and none was found. Install one (Debian: apt-get "
    "install chromium; elsewhere: .venv/bin/python -m playwright install chromium) or name one in "
    "the variable LIVETORCH_CHROMIUM."
)


def installed() -> str | None:
    """The path of a browser on this machine, or None."""
    named = os.environ.get("LIVETORCH_CHROMIUM")
    if named:
        if shutil.which(named) is None:
            raise FileNotFoundError(f"LIVETORCH_CHROMIUM is {named!r}: there is no such program")
        return named
    program = next(filter(None, map(shutil.which, NAMES)), None)
    return program or (str(MAC) if MAC.exists() else None)


def playwrights() -> str | None:
    """The browser that Playwright was told to install, or None."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


@cache
def find() -> str:
    """A browser's path. Nothing is installed for it: that is for the owner of the machine to do.

    Raises:
        RuntimeError: there is none, with what to install.
    """
    path = installed() or playwrights()
    if path is None:
        raise RuntimeError(ADVICE)
    return path
