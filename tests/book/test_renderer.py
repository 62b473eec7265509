"""The renderer of mathematics: it may start late, it does not wait for packets, it may fail."""

from __future__ import annotations

import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sphinxcontrib import katex

from book.vendor import start_renderer, use_node_binary

LATE = """
import socket, sys, time
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])  # the file is there from here on
time.sleep(0.5)
server.listen()
server.accept()[0].sendall(b"ready")
"""
NEVER = "import time; time.sleep(60)"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path, as a socket wants it."""
    with tempfile.TemporaryDirectory(prefix="r") as made:
        yield Path(made)


def instead(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let a program of Python's stand in for node."""

    def command(socket: str) -> list[str]:
        return [sys.executable, "-S", "-c", code, socket]

    monkeypatch.setattr(katex.KaTeXServer, "build_command", command)


def test_one_that_listens_late_is_waited_for(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    instead(monkeypatch, LATE)
    process, connection = start_renderer(folder, 30)
    with process, connection:
        assert connection.recv(5) == b"ready"


def test_one_that_never_listens_is_an_error(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    instead(monkeypatch, NEVER)
    with pytest.raises(katex.KaTeXError, match=r"0\.3"):
        start_renderer(folder, 0.3)


def test_formulas_come_over_a_socket_that_holds_nothing_back(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setenv("PATH", "")
    use_node_binary()
    process, connection = start_renderer(folder, 60)
    with process, connection:
        assert connection.family == socket.AF_UNIX  # over TCP small packets wait for others
        server = katex.KaTeXServer(folder, process, connection)
        made = server.render({"latex": "x^2", "katex_options": {}}, 30)
        assert "<math" in made["html"]
        process.kill()
