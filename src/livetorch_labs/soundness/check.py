"""Whether a lab is sound: solvable, not solved already, leaking nothing, fooled by nothing."""

from __future__ import annotations

import contextlib
from collections import Counter
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from .. import LabError
from ..assignment.imports import imports_of
from ..assignment.lab import Lab, lab_of
from ..assignment.leaks import book_leaks, release_leaks
from ..assignment.lesson import Exercise, Lesson
from ..assignment.regions import SOLUTION, inside, without_markers
from ..assignment.release import release_notebook
from ..grading.plan import make_plan
from ..grading.preflight import lean, solved
from ..grading.runner import Runner
from ..results import OK, SubmissionResult
from ..sandbox.bubblewrap import require_bubblewrap
from ..sandbox.limits import Limits
from ..submission.notebook import parse
from .accepted import not_accepted
from .answers import FEWEST, Answers, Entry, RightAnswer, WrongAnswer, load_answers
from .forms import form_of
from .tidy import untidy
from .trial import AFTERWARDS, Case, Outcome, Trials, parts_of

REFERENCE, MEMORY = "the solution", "an answer that knows only the examples of the visible tests"


def check(
    lesson: Lesson,
    built: Path | None = None,
    accepting: bool = False,
    private: bool = False,
    trials: Trials | None = None,
) -> tuple[list[str], str]:
    """What is wrong with a lesson as a lab, as sentences, and one line on what was tried.

    Args:
        lesson: the instructor's version.
        built: the built book; by default ``_build/html`` beside the chapters, if it is there.
        accepting: the tests as they are now are about to be accepted.
        private: hidden tests come from elsewhere, so they can not be the accepted ones.
        trials: processes that try answers; None starts some.
    """
    problems = _form(lesson)
    if problems:
        return problems, "its form is not right, so nothing was run"
    lab, released = lab_of(lesson), release_notebook(lesson)
    built = built or lesson.folder.parent / "_build" / "html"
    problems += [f"the release gives away {leak}" for leak in release_leaks(lesson, released)]
    pages = "the built book" if built.is_dir() else "no built book to look at"
    problems += [f"the built book gives away {leak}" for leak in book_leaks(lesson, built)]
    if not accepting and not private:
        problems += not_accepted(lesson)
    answers = load_answers(lesson)
    problems += _catalogue(lesson, answers)
    problems += untidy(lesson)
    with contextlib.ExitStack() as stack:
        problems += _tried(lesson, lab, answers, trials or stack.enter_context(Trials()))
    problems += _graded(lesson, lab, released)
    tried = (
        f"{len(lesson.exercises)} exercises, {len(lab.tests)} tests, "
        f"{len(answers.right)} right and {len(answers.wrong)} wrong answers"
    )
    return problems, f"{tried}, {pages}"


def _form(lesson: Lesson) -> list[str]:
    """What can be seen without running anything."""
    problems = []
    for exercise in lesson.exercises:
        if not inside(exercise.source, SOLUTION).strip():
            problems.append(f"{exercise.id} has no solution between its marks")
        if not exercise.tests:
            problems.append(f"{exercise.id} has no test")
        for test in exercise.tests:
            for part in test.parts:
                try:
                    compile(part.source, test.grade_id, "exec")
                except SyntaxError as error:
                    where = "a hidden part" if part.inside else "a visible part"
                    problems.append(
                        f"{test.grade_id}: {where} does not run by itself ({error.msg}): hidden "
                        "tests must be whole statements, not lines inside a loop or function"
                    )
        if not any(test.hidden.strip() for test in exercise.tests):
            problems.append(f"{exercise.id} has no hidden test: {MEMORY} passes")
    return problems


def _catalogue(lesson: Lesson, answers: Answers) -> list[str]:
    known = {exercise.id for exercise in lesson.exercises}
    counts = Counter(answer.exercise for answer in answers.wrong)
    entries: list[Entry] = [*answers.right, *answers.wrong, *answers.equivalent]
    problems = [
        f"the answer {a.name!r} is to no exercise" for a in entries if a.exercise not in known
    ]
    problems += [
        f"{name} has {counts[name]} wrong answers in the catalogue, and needs {FEWEST}"
        for name in sorted(known)
        if counts[name] < FEWEST
    ]
    for exercise in lesson.exercises:
        problems += _forms(exercise, [a for a in answers.right if a.exercise == exercise.id])
    names = Counter(answer.name for answer in entries)
    return problems + [f"the answer {name!r} is there twice" for name, n in names.items() if n > 1]


def _forms(exercise: Exercise, right: list[RightAnswer]) -> list[str]:
    """Right answers are some, and each in a form of its own."""
    problems = []
    if len(right) < FEWEST:
        problems.append(
            f"{exercise.id} has {len(right)} right answers in the catalogue, and needs {FEWEST}"
        )
    forms = {form_of(without_markers(exercise.source)): REFERENCE}
    for answer in right:
        try:
            form = form_of(answer.code)
        except SyntaxError as error:
            problems.append(f"the right answer {answer.name!r} is no Python: {error.msg}")
            continue
        if form in forms:
            problems.append(
                f"the right answer {answer.name!r} differs only in names from {forms[form]}"
            )
        forms.setdefault(form, repr(answer.name))
    return problems


def _tried(lesson: Lesson, lab: Lab, answers: Answers, trials: Trials) -> list[str]:
    """Solutions, the catalogue and answers by heart, each against its exercise's tests."""
    exercises = {exercise.id: exercise for exercise in lesson.exercises}
    cases = []
    for part in lab.exercises:
        tests, solution = parts_of(exercises[part.id]), without_markers(exercises[part.id].source)
        cases.append(Case(f"{REFERENCE} of {part.id}", solution, tests))
        cases.append(Case(f"{MEMORY}, {part.id}", solution, tests, part.names))
    right = [answer for answer in answers.right if answer.exercise in exercises]
    wrong = [answer for answer in answers.wrong if answer.exercise in exercises]
    tried: list[RightAnswer | WrongAnswer] = [*right, *wrong]
    cases += [Case(a.name, a.code, parts_of(exercises[a.exercise])) for a in tried]
    sources = [cell.source for cell in lesson.notebook.cells if cell.cell_type == "code"]
    outcomes_of = trials.start(imports_of(sources), cases)()
    problems = _left_behind(cases, outcomes_of, {answer.name for answer in wrong})
    for part in lab.exercises:
        for outcome in outcomes_of[f"{REFERENCE} of {part.id}"]:
            if not outcome.ok:
                message = outcome.message[:300]
                problems.append(f"{REFERENCE} of {part.id} fails {outcome.test}: {message}")
        problems += _by_heart(exercises[part.id], outcomes_of[f"{MEMORY}, {part.id}"])
    for a in right:
        problems += _refused(a, outcomes_of[a.name])
    for b in wrong:
        problems += _fooled(b, outcomes_of[b.name])
    return problems


def _left_behind(
    cases: list[Case], outcomes_of: dict[str, list[Outcome]], wrong: set[str]
) -> list[str]:
    """What tests changed in a notebook, taken out of the outcomes."""
    problems: dict[str, None] = {}
    for case in cases:
        outcomes = outcomes_of[case.name]
        changes = [outcome.message for outcome in outcomes if outcome.test == AFTERWARDS]
        outcomes_of[case.name] = [outcome for outcome in outcomes if outcome.test != AFTERWARDS]
        tests = " and ".join(case.tests)
        for name in changes:
            if not (case.name in wrong and name.endswith("()")):  # a wrong answer's own doing
                problems[f"{tests} must leave {name} as it was"] = None
    return list(problems)


def _by_heart(exercise: Exercise, outcomes: list[Outcome]) -> list[str]:
    """Hidden tests that an answer passes which has only learned the visible ones."""
    hidden = {test.grade_id for test in exercise.tests if test.hidden.strip()}
    return [
        f"{MEMORY} passes the hidden tests of {outcome.test}"
        for outcome in outcomes
        if outcome.ok and outcome.test in hidden
    ]


def _refused(answer: RightAnswer, outcomes: list[Outcome]) -> list[str]:
    return [
        f"the right answer {answer.name!r} fails {outcome.test}: {outcome.message[:300]}"
        for outcome in outcomes
        if not outcome.ok
    ]


def _fooled(answer: WrongAnswer, outcomes: list[Outcome]) -> list[str]:
    failed = [outcome for outcome in outcomes if not outcome.ok]
    if not failed:
        return [f"the wrong answer {answer.name!r} passes"]
    feedback = " ".join(answer.feedback.split())
    if not any(feedback in " ".join(outcome.message.split()) for outcome in failed):
        messages = "; ".join(outcome.message[:200] for outcome in failed)
        return [f"the wrong answer {answer.name!r} does not hear {feedback!r}, but: {messages}"]
    return []


def _graded(lesson: Lesson, lab: Lab, released: NotebookNode) -> list[str]:
    """The solution and the untouched release, graded as a submission is."""
    problems = []
    best, none = _run(solved(lesson, released), lab), _run(released, lab)
    if best.status != OK or best.points != best.max_points:
        reasons = "; ".join([*best.notes, *best.lost_messages])[:600]
        points = f"{best.points:g} of {best.max_points:g}"
        problems.append(f"the reference gets {points}, status {best.status}: {reasons}")
    if none.status != OK or none.points != 0:
        earned = [t.grade_id for e in none.exercises for t in e.tests if t.points > 0]
        reasons = "; ".join([*none.notes, *earned])[:600]
        points = f"{none.points:g} points"
        problems.append(f"the untouched release gets {points}, status {none.status}: {reasons}")
    return problems


def _run(notebook: NotebookNode, lab: Lab) -> SubmissionResult:
    """Grade a notebook's exercises; of its other cells only the imports run, to save time."""
    try:
        bubblewrap = require_bubblewrap()
    except LabError:
        bubblewrap = None  # this is the instructor's own code
    plan = make_plan(parse(nbformat.writes(lean(notebook)).encode()), lab)
    plan.statuses.clear()  # the first cell, and a solution may do what a student's may not
    plan.notes.clear()
    return Runner(plan, lab, Limits(total_seconds=600), bubblewrap, None).run("check", "")
