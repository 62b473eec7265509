"""The renderer of mathematics: it may start late, it does not wait for packets, it may fail."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sphinxcontrib import katex
from sphinxcontrib.katex import KaTeXServer

from book.renderer import start_renderer, use_node_binary, use_renderer

LATE = """
import socket, sys, time
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])  # the file is there from here on
time.sleep(0.5)
server.listen()
server.accept()[0].sendall(b"ready")
"""
NEVER = "import time; time.sleep(60)"


@pytest.fixture(params=["short", "long"])
def folder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files, with a path that fits into a socket's address or does not."""
    with tempfile.TemporaryDirectory(prefix="r") as made:
        place = Path(made)
        if request.param == "long":
            place /= "t" * (120 - len(made))
            place.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(place))
        yield place


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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.usefixtures("folder")
def test_a_forked_process_asks_over_a_connection_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else the two would read each other's answers, as they do here without it."""
    monkeypatch.setenv("PATH", "")
    use_renderer()
    server = KaTeXServer.start()
    monkeypatch.setattr(KaTeXServer, "katex_server", server)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        theirs = pool.map_async(render_many, ["x"] * 20)
        ours = render_many("y")
        assert all("<mi>x</mi>" in text for text in theirs.get(60))
    assert "<mi>y</mi>" in ours
    server.terminate()
    atexit.unregister(KaTeXServer.terminate)  # it is done


def render_many(name: str) -> str:
    """A formula set many times, which all have to come back as the same."""
    texts = {katex.render_latex(name) for _ in range(50)}
    assert len(texts) == 1
    return texts.pop()
