"""How ``pytest --nbval chapters`` checks the notebooks of this book.

With LIVETORCH_REPLAY=1 a notebook is not run again: the outputs of its run in the cache
(``book/execute.py``) are compared with the stored ones. Without it nbval starts a kernel.

Three of nbval's functions are replaced, since it has no hook at these places (CONTRIBUTING.md,
"Private interfaces of others"); all else about collecting, running and comparing cells is nbval's.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbval.plugin
import pytest

from book.compare import comparable, with_tolerance
from book.kernels import kernel_environment, patiently
from book.notebooks import code_cells
from book.runs import executed


class ReplayedKernel:
    """Answers like a kernel, with the messages that a run in the cache amounts to."""

    def __init__(self, path: Path) -> None:
        self.cells = iter(code_cells(executed(path)[0]))
        self.messages: deque[dict[str, Any]] = deque()
        self.number = 0

    def execute_cell_input(self, source: str, allow_stdin: bool | None = None) -> str:  # noqa: ARG002
        cell = next(self.cells)
        if cell.source != source:
            raise RuntimeError("the run in the cache is of other code: run python -m book.execute")
        self.number += 1
        self.messages = deque(self.as_messages(cell.outputs))
        return str(self.number)

    def as_messages(self, outputs: list[Any]) -> Iterator[dict[str, Any]]:
        for output in outputs:
            content = {key: value for key, value in output.items() if key != "output_type"}
            content.setdefault("execution_count", None)
            yield self.message(output["output_type"], content)
        yield self.message("status", {"execution_state": "idle"})

    def message(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        return {"msg_type": kind, "content": content, "parent_header": {"msg_id": str(self.number)}}

    def get_message(self, stream: str, timeout: float | None = None) -> dict[str, Any]:  # noqa: ARG002
        return self.messages.popleft()

    def await_reply(self, msg_id: str, timeout: float | None = None) -> None: ...
    def await_idle(self, parent_id: str, timeout: float) -> None: ...
    def is_alive(self) -> bool:
        return True

    def stop(self) -> None: ...


def compare(self: Any, test: list[Any], ref: list[Any], skip_compare: Any = None) -> Any:
    """nbval's comparison, after figures became texts and tolerances were allowed for."""
    test, ref = comparable(test), comparable(ref)
    tolerance = self.cell.metadata.get("livetorch", {}).get("tolerance")
    if tolerance is not None:
        with_tolerance(ref, test, float(tolerance["relative"]))
    return plain_compare(self, test, ref, skip_compare)


plain_compare = nbval.plugin.IPyNbCell.compare_outputs
nbval.plugin.IPyNbCell.compare_outputs = compare


def start_kernel(*args: Any, **options: Any) -> Any:
    """nbval's kernel, or another one where it does not start."""
    return patiently(lambda: plain_kernel(*args, **options))


plain_kernel = nbval.plugin.RunningKernel
nbval.plugin.RunningKernel = start_kernel


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    session = contextlib.ExitStack()
    session.enter_context(kernel_environment())
    config.add_cleanup(session.close)
    if os.environ.get("LIVETORCH_REPLAY") == "1":

        def setup(self: Any) -> None:
            self.kernel = ReplayedKernel(Path(self.path))
            self.setup_sanitize_files()

        nbval.plugin.IPyNbFile.setup = setup
    config.addinivalue_line("markers", "browser: drives a real browser")
