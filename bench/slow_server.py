"""A plain server that sends no faster than so many bits a second, all requests together."""

from __future__ import annotations

import functools
import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PIECE = 8192


class Line:
    """A line of limited speed: who sends over it waits for its turn."""

    def __init__(self, bits_a_second: float) -> None:
        self.seconds_a_byte = 8 / bits_a_second
        self.free_at = 0.0
        self.lock = threading.Lock()

    def send(self, size: int) -> None:
        """Return when ``size`` bytes are through."""
        with self.lock:
            start = max(self.free_at, time.monotonic())
            self.free_at = start + size * self.seconds_a_byte
            until = self.free_at
        time.sleep(max(0.0, until - time.monotonic()))


@contextmanager
def served(folder: Path, bits_a_second: float) -> Iterator[str]:
    """The address of ``folder`` behind a line of that speed."""
    line = Line(bits_a_second)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def copyfile(self, source: Any, outputfile: Any) -> None:
            while piece := source.read(PIECE):
                line.send(len(piece))
                outputfile.write(piece)

        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
