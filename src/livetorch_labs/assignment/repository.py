"""Where the project lives, and the links that follow from it, for pages and for released labs.

The place comes from the setting LIVETORCH_REPOSITORY (``https://github.com/OWNER/NAME``) or else
from the checkout's git remote. Where neither names one, there is no such link.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .. import LabError

PUBLISHED_BRANCH = "gh-pages"
"""The branch the built book is pushed to; Colab opens a page's notebook from there."""


@dataclass(frozen=True)
class Repository:
    """A project on GitHub."""

    owner: str
    name: str
    branch: str = "main"

    @property
    def url(self) -> str:
        return f"https://github.com/{self.owner}/{self.name}"

    @property
    def install(self) -> str:
        """What pip is told to install the book's package from."""
        return f"livetorch @ git+{self.url}"

    @property
    def site(self) -> str:
        """Where the built book is published: GitHub serves the branch from there."""
        host = f"{self.owner.lower()}.github.io"
        return f"https://{host}/" if self.name.lower() == host else f"https://{host}/{self.name}/"

    def links(self, page: str) -> list[tuple[str, str]]:
        """What a lesson's page offers: pairs of a name and an address."""
        slug, notebook = f"{self.owner}/{self.name}", page.rsplit("/", 1)[-1]
        colab = "https://colab.research.google.com/github"
        return [
            ("Colab", f"{colab}/{slug}/blob/{PUBLISHED_BRANCH}/notebooks/{notebook}.ipynb"),
            (
                "Binder",
                f"https://mybinder.org/v2/gh/{slug}/{self.branch}?urlpath=lab/tree/{page}.ipynb",
            ),
            ("Edit", f"{self.url}/edit/{self.branch}/{page}.ipynb"),
        ]


def parse_repository(address: str) -> Repository | None:
    """The GitHub project of an address, web or git; None for any other place."""
    pattern = r"(?:https://|git@|ssh://git@)github\.com[/:]([\w.-]+)/([\w.-]+?)(?:\.git)?/?"
    match = re.fullmatch(pattern, address.strip())
    return Repository(match[1], match[2]) if match else None


def repository_of(checkout: Path) -> Repository | None:
    """The project that a checkout belongs to, where it is known.

    Raises:
        LabError: the setting is there and is not the address of a GitHub project.
    """
    setting = os.environ.get("LIVETORCH_REPOSITORY", "")
    if setting:
        repository = parse_repository(setting)
        if repository is None:
            raise LabError(
                f"LIVETORCH_REPOSITORY is {setting!r}; it wants https://github.com/OWNER/NAME"
            )
        return repository
    if shutil.which("git") is None:
        return None
    command = ["git", "-C", str(checkout), "remote", "get-url", "origin"]
    remote = subprocess.run(command, capture_output=True, text=True, check=False)
    return parse_repository(remote.stdout) if remote.returncode == 0 else None
