"""Which tests one process must run: those that share what is slow to open."""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling


def scope_of(test: str) -> str:
    """The name of what a test shares: a page that is open, a server, or nothing but itself."""
    file = test.partition("::")[0]
    if file.endswith("test_jupyterlab.py"):
        return file
    page = re.search(r"test_pages\.py::\w+\[(?:light-|dark-)?(.+)\]$", test)
    return page[1] if page is not None else test


class Sharing(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each process whole scopes, those of many tests first, and then single tests."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)
