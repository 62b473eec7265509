"""Quizzes: the form of a question, who is told right and wrong, and what a notebook shows."""

from __future__ import annotations

import ast
import itertools
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from book.notebooks import ROOT, chapter_paths
from book.quiz import PLACE, quiz_ids, quiz_path
from livetorch.live import Quiz
from livetorch.live.frame.modules import FOLDER, module_paths
from livetorch.live.quiz.questions import Question, QuizError, layout, load_quiz, question, written
from livetorch.live.quiz.quiz import questions_html
from tests.live.node import node, page_answers

PATHS = {path.stem: quiz_path(path) for path in chapter_paths()}
NAME, PATH = next(iter(PATHS.items()))
every_quiz = pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)

SINGLE: dict[str, Any] = {
    "id": "a",
    "kind": "single",
    "question": "Which?",
    "choices": [{"text": "this", "right": True, "why": "So."}, {"text": "that", "why": "No."}],
}
NUMBER: dict[str, Any] = {
    "id": "n",
    "kind": "numeric",
    "question": "How many?",
    "answer": 60,
    "why": "So.",
    "hints": [{"answer": 20, "why": "No."}, {"answer": 23, "why": "No."}],
}


def choices(*extra: dict[str, Any]) -> dict[str, Any]:
    return {**SINGLE, "choices": [*SINGLE["choices"], *extra]}


def hints(*numbers: float) -> dict[str, Any]:
    return {**NUMBER, "hints": [{"answer": n, "why": "No."} for n in numbers]}


BROKEN = [
    ({**SINGLE, "id": "A b"}, "small letters"),
    ({**SINGLE, "kind": "guess"}, "kind is"),
    ({**SINGLE, "question": " "}, "not a text"),
    ({**SINGLE, "colour": "red"}, "colour"),
    ({**SINGLE, "code": "print(1)"}, "kind predict"),
    ({**SINGLE, "kind": "predict"}, "kind predict"),
    ({**SINGLE, "why": "So."}, "kind numeric"),
    ({**SINGLE, "choices": SINGLE["choices"][:1]}, "1 choices"),
    (choices({"text": "both", "right": True, "why": "So."}), "of which 2"),
    ({**SINGLE, "kind": "multiple", "choices": SINGLE["choices"][1:] * 2}, "of which 0"),
    (choices({"text": "more"}), "why"),
    (choices({"text": "more", "why": ""}), "not a text"),
    (choices({"text": None, "why": "No."}), "not a text"),
    (choices({"text": "that", "why": "No."}), "the same"),
    (choices({"text": "more", "why": "No.", "right": "false"}), "true or false"),
    (choices({"text": "more", "why": "No.", "rihgt": True}), "rihgt"),
    ({**NUMBER, "answer": "many"}, "many"),
    ({**NUMBER, "answer": True}, "not a number"),
    ({**NUMBER, "answer": float("nan")}, "finite"),
    ({**NUMBER, "tolerance": -1}, "negative"),
    ({**NUMBER, "choices": SINGLE["choices"]}, "numeric wants"),
    ({key: value for key, value in NUMBER.items() if key != "why"}, "numeric wants"),
    (hints(20), "two hints"),
    (hints(20, 20), "one number"),
    ({**hints(20, 60.4), "tolerance": 0.5}, "counts as right"),
    ("What?", "not a question"),
]


@pytest.mark.parametrize(("entry", "message"), BROKEN)
def test_a_question_out_of_form_is_refused_with_its_name(entry: Any, message: str) -> None:
    with pytest.raises(QuizError, match=re.escape(message)) as error:
        question(entry, Path("some.yml"))
    assert str(error.value).startswith("some.yml: ")


def test_questions_in_form_are_taken(tmp_path: Path) -> None:
    assert question(SINGLE, Path("some.yml")).choices[1].right is False
    # YAML reads 1e-3 as a text.
    assert question({**NUMBER, "answer": "1e-3"}, Path("some.yml")).answer == 0.001
    assert [written(x) for x in (60.0, 0.25, 2.0**24, -4.0)] == ["60", "0.25", "16777216", "-4"]
    file = tmp_path / "quiz.yml"
    for text, message in (("- [", "not YAML"), ("", "list"), ("a: 1", "list")):
        file.write_text(text)
        with pytest.raises(QuizError, match=message):
            load_quiz(file)
    file.write_text(yaml.safe_dump([SINGLE, SINGLE]))
    with pytest.raises(QuizError, match="one id"):
        load_quiz(file)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(QuizError, match="cannot be read"):
        load_quiz(file)
    with pytest.raises(QuizError, match="no quiz"):
        load_quiz(tmp_path / "none.yml")


def verdicts(questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [reply["answer"] for reply in page_answers("judging", questions)]


def asked(item: Question, text: str) -> dict[str, Any]:
    return {
        "text": text,
        "number": item.answer,
        "tolerance": item.tolerance,
        "hints": [number for number, _ in item.hints],
    }


@every_quiz
def test_exactly_the_declared_answers_are_right(path: Path) -> None:
    quiz = load_quiz(path)
    tried = [every_answer(item) for item in quiz]
    every = iter(verdicts([answer for answers in tried for answer in answers]))
    for item, answers in zip(quiz, tried, strict=True):
        given = [next(every) for _ in answers]
        if item.answer is not None:
            assert given[0] == {"verdict": "right"}
            assert given[1:] == [{"verdict": "wrong", "hint": i} for i in range(len(item.hints))]
            continue
        right = [choice.right for choice in item.choices]
        good = [
            answer["picked"]
            for answer, verdict in zip(answers, given, strict=True)
            if verdict["verdict"] == "right"
        ]
        assert good == [right]


def every_answer(item: Question) -> list[dict[str, Any]]:
    """All picks that a reader can make; of a number, the right one and each likely wrong one."""
    if item.answer is not None:
        numbers = [item.answer, *(wrong for wrong, _ in item.hints)]
        return [asked(item, written(number)) for number in numbers]
    right = [choice.right for choice in item.choices]
    several = item.kind == "multiple"
    return [
        {"picked": list(picked), "right": right, "several": several}
        for picked in itertools.product([False, True], repeat=len(right))
        if any(picked) and (several or sum(picked) == 1)
    ]


@every_quiz
def test_texts_need_nothing_that_only_the_page_knows(path: Path) -> None:
    for kind, text in layout(load_quiz(path)):
        if kind == "markdown":
            assert not re.search(r"\{[\w:-]+\}`|^(```|:::)\{|\$\$|\\\(", text, re.MULTILINE), text


READ = {
    "60": 60, " 60 ": 60, "+60": 60, "60.0": 60, "-4": -4, "−4": -4, "1e-3": 0.001, "1E3": 1000,
    "0,5": 0.5, ",5": 0.5, ".5": 0.5, "5.": 5, "1,5e2": 150, "3/4": 0.75, "-1 / 4": -0.25,
    "25 %": 0.25, "16_777_216": 2**24, "0,125": 0.125, "1,25": 1.25,
}  # fmt: skip
UNREAD = ["", "  ", "x", "6 0", "1/0", "0/0", "1e999", "--4", "1e", "e3", "1.2.3", "NaN",
          "Infinity", "1/2/3", "3/", "0x10", "1,000", "12,345,678"]  # fmt: skip


def test_numbers_are_read_as_readers_write_them() -> None:
    questions = [
        {"text": text, "number": number, "tolerance": 0, "hints": []}
        for text, number in READ.items()
    ]
    assert dict(zip(READ, verdicts(questions), strict=True)) == {
        text: {"verdict": "right"} for text in READ
    }
    asked_for = {"number": 1, "tolerance": 0, "hints": []}
    replies = verdicts([{"text": text, **asked_for} for text in UNREAD])
    for text, answer in zip(UNREAD, replies, strict=True):
        assert list(answer) == ["told"], text
        assert ("comma" in answer["told"]) == ("," in text)


def test_a_tolerance_reaches_as_far_as_it_says() -> None:
    item = question({**hints(0.3, -0.25), "answer": 0.25, "tolerance": 0.005}, Path("some.yml"))
    texts = ["0.255", "0.245", "0.2551", "0.2449", "1/4", "0.304", "0.306"]
    replies = verdicts([asked(item, text) for text in texts])
    words = [s["verdict"] for s in replies]
    assert words == ["right", "right", "wrong", "wrong", "right", "wrong", "wrong"]
    assert [s.get("hint") for s in replies[-2:]] == [0, -1]


def test_several_picks_are_counted() -> None:
    right = [True, False, True, False]
    picks = [
        [False] * 4,
        [True] * 4,
        [True, True, False, False],
        [True, False, False, False],
        right,
    ]
    replies = verdicts([{"picked": p, "right": right, "several": True} for p in picks])
    assert replies[1:] == [
        {"verdict": "partly", "wrong": 2, "missing": 0},
        {"verdict": "partly", "wrong": 1, "missing": 1},
        {"verdict": "partly", "wrong": 0, "missing": 1},
        {"verdict": "right"},
    ]
    assert "at least one" in replies[0]["told"]
    single = verdicts(
        [
            {"picked": p, "right": [True, False], "several": False}
            for p in ([False, False], [False, True], [True, False])
        ]
    )
    assert single == [
        {"told": "Choose an answer first."},
        {"verdict": "wrong"},
        {"verdict": "right"},
    ]


@every_quiz
def test_a_notebook_shows_each_question_with_all_its_explanations(path: Path) -> None:
    quiz = load_quiz(path)
    text = questions_html(path)
    blocks = text.split('<div class="lt-question"')[1:]
    assert len(blocks) == len(quiz)
    for item, block in zip(quiz, blocks, strict=True):
        assert f'data-id="{item.id}" data-kind="{item.kind}"' in block
        marks = re.findall(r'<details class="lt-choice lt-(right|wrong)', block)
        declared = ["right" if choice.right else "wrong" for choice in item.choices]
        assert marks == (declared or ["right"])
        explained = re.findall(r'<div class="lt-why">\s*<p>\s*\S', block)
        assert len(explained) == len(marks)
        assert block.count('<div class="lt-hint"') == len(item.hints)
        assert ('class="lt-python"' in block) == bool(item.code)
    assert "$" not in re.sub(r"<(code|pre)\b.*?</\1>", "", text, flags=re.DOTALL), "a bare formula"
    assert "<script" not in text
    assert text.count("<div") == text.count("</div>")


def test_a_notebooks_markdown_lets_no_html_in_and_survives_any_formula(tmp_path: Path) -> None:
    file = tmp_path / "quiz.yml"
    words = "<img src=x onerror=alert(1)> `a < b` $2^{24}$ $a_1_2$ **bold**"
    file.write_text(yaml.safe_dump([{**SINGLE, "question": words}]))
    text = questions_html(file)
    assert "<img" not in text
    assert "<code>a &lt; b</code>" in text
    assert "<msup><mn>2</mn>" in text
    assert "<code>a_1_2</code>" in text, "no MathML says this; it stands as it was written"
    assert "<strong>bold</strong>" in text


def test_the_stored_output_is_a_line_that_the_build_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PATH.parent)
    quiz = Quiz(NAME)
    assert "lost" not in quiz.options
    stored = quiz.as_html()
    assert len(stored) < 300
    place = PLACE.search(stored)
    assert place is not None
    assert place[1] == NAME
    assert repr(quiz) == f"Quiz({NAME!r})"


def test_without_its_file_a_quiz_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    quiz = Quiz("1-first-shapes")
    assert "put the file 1-first-shapes.quiz.yml beside this notebook" in quiz.options["lost"]
    assert "html" not in quiz.options
    assert "put the file 1-first-shapes.quiz.yml" in quiz.as_html()
    (tmp_path / "1-first-shapes.quiz.yml").write_text("- id: <b>")
    assert "cannot be shown" in Quiz("1-first-shapes").options["lost"]
    assert "<b>" not in Quiz("1-first-shapes").as_html()
    (tmp_path / "folder.quiz.yml").mkdir()
    assert "cannot be read" in Quiz("folder").options["lost"]


PROGRESS = """
const kept = new Map();
const mode = {};
const refuse = (when) => { if (when) throw new Error("no"); };
globalThis.localStorage = {
  getItem: (key) => { refuse(mode.blocked); return kept.get(key) ?? null; },
  setItem: (key, text) => { refuse(mode.blocked || mode.full); mode.deaf || kept.set(key, text); },
  removeItem: (key) => { refuse(mode.blocked); kept.delete(key); },
};
const events = [];
globalThis.dispatchEvent = (event) => events.push(event.detail);
const { progress, remember, forget } = await import(process.argv[1]);
const out = {};
out.garbage = ["", "{", "null", "7", '"x"', "[]", '{"version":1}', '{"version":1,"right":7}',
  '{"version":2,"right":{"q":["a"]}}', '{"version":1,"right":{"q":"a","r":[1,"b"]}}',
  ].map((text) => {
    kept.set("livetorch-progress", text); return progress(); });
out.over = [remember("r", "c"), remember("r", "c"), remember("q", "a"), progress()];
out.keys = [...kept.keys()];
forget();
out.forgotten = [progress(), kept.size];
for (const kind of ["blocked", "full", "deaf"]) {
  mode[kind] = true;
  out[kind] = [remember("q", kind), progress()];
  forget();
  out[kind].push(progress());
  mode[kind] = false;
}
out.again = [remember("q", "z"), JSON.parse(kept.get("livetorch-progress"))];
out.events = [events.length, events.at(-1)];
process.stdout.write(JSON.stringify(out));
"""


def test_progress_outlives_any_storage() -> None:
    done = subprocess.run(
        [node(), "--input-type=module", "--eval", PROGRESS, module_paths()["progress"].as_uri()],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    out = json.loads(done.stdout)
    assert out["garbage"] == [{}] * 9 + [{"r": ["b"]}]
    assert out["over"] == [True, True, True, {"r": ["b", "c"], "q": ["a"]}]
    assert out["keys"] == ["livetorch-progress"]
    assert out["forgotten"] == [{}, 0]
    for kind in ("blocked", "full", "deaf"):
        assert out[kind] == [False, {"q": [kind]}, {}]
    assert out["again"] == [True, {"version": 1, "right": {"q": ["z"]}}]
    assert out["events"] == [11, {"q": ["z"]}]


def test_the_build_reads_the_questions_without_torch() -> None:
    tree = ast.parse((FOLDER / "quiz" / "questions.py").read_text(encoding="utf-8"))
    modules = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    modules |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert modules <= {*sys.stdlib_module_names, "collections.abc", "yaml"}
    program = (
        "import sys, book.vendor; sys.exit('torch' in sys.modules or 'livetorch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
    assert quiz_ids()[NAME] == [q.id for q in load_quiz(PATH)]
