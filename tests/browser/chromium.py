"""Find a Chromium or Chrome, or get one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
# As root Chromium does not start with its sandbox; it opens this book's pages alone.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ADVICE = (
    "The browser checks need Chromium or Chrome, and none was found or could be fetched. Install "
    "one (Debian: apt-get install chromium; elsewhere: python -m playwright install chromium) or "
    "name one in the variable LIVETORCH_CHROMIUM."
)


def installed() -> str | None:
    """The path of a browser on this machine, or None."""
    named = os.environ.get("LIVETORCH_CHROMIUM")
    if named:
        if shutil.which(named) is None:
            raise FileNotFoundError(f"LIVETORCH_CHROMIUM is {named!r}: there is no such program")
        return named
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or (str(MAC) if MAC.exists() else None)


def downloaded() -> str | None:
    """A browser that Playwright has, after asking it to download one."""
    from playwright.sync_api import sync_playwright

    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    subprocess.run(command, capture_output=True, check=False, timeout=600)
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def from_debian() -> str | None:
    """Debian's package, where this runs as root on such a system."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return None
    quiet = {"capture_output": True, "check": False, "timeout": 900}
    subprocess.run(["apt-get", "update"], **quiet)  # type: ignore[call-overload]
    subprocess.run(["apt-get", "install", "--yes", "chromium"], **quiet)  # type: ignore[call-overload]
    return installed()


@cache
def find() -> str:
    """A browser's path, got in whatever way works here.

    Raises:
        RuntimeError: there is none, with what to install.
    """
    for way in (installed, from_debian, downloaded):
        path = way()
        if path is not None:
            return path
    raise RuntimeError(ADVICE)
