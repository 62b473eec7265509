"""Run one submission: its cells in order, the instructor's tests in their places.

A cell that ends the kernel, or that changes what tests rely on, costs only itself: a new kernel
runs the other cells again and goes on after it. What a test has given stays given.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from ..assignment.lab import Lab, LabTest
from ..results import (
    KERNEL_LOST,
    METADATA_LOST,
    NEEDS_REVIEW,
    OK,
    TAMPERED,
    TIMEOUT,
    SubmissionResult,
    TestResult,
)
from ..sandbox.kernel import Kernel, Reply
from ..sandbox.limits import Limits
from ..sandbox.lost_processes import Cause, KernelLostError
from ..tampering.namespace import namespace_of
from ..tampering.probe import Probe
from .messages import (
    NOT_RUN,
    UNANSWERED,
    hidden_words,
    lost_words,
    plain_words,
    tampered_words,
    timeout_words,
)
from .plan import Plan, Step

MOST_KERNELS = 6
SEVERITY = (TAMPERED, NEEDS_REVIEW, KERNEL_LOST, TIMEOUT, METADATA_LOST, OK)
"""Whoever needs a person's eyes can not hide it behind lost labels or an exit()."""


@dataclass
class _BrokenError(Exception):
    """A kernel that can not be used any more, and the step to leave out from now on."""

    status: str
    step: int
    note: str


@dataclass
class Runner:
    """The state of one submission's run."""

    plan: Plan
    lab: Lab
    limits: Limits
    bubblewrap: Path | None
    fonts: Path | None
    outcomes: dict[str, TestResult] = field(default_factory=dict)
    left_out: set[int] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    statuses: set[str] = field(default_factory=set)
    causes: set[Cause] = field(default_factory=set)
    """Why kernels were lost."""
    trusted: bool = False
    """The notebook is the instructor's own: what a kernel says when it ends is told."""
    started: bool = False

    def run(self, student: str, source_hash: str) -> SubmissionResult:
        """Run all tests, in as many kernels as it takes."""
        start = time.monotonic()
        self.notes += self.plan.notes
        self.statuses |= self.plan.statuses
        deadline = start + self.limits.total_seconds
        for _ in range(MOST_KERNELS):
            if not self._waiting():
                break
            try:
                with Kernel(
                    self.limits, self.bubblewrap, self.fonts, deadline, self.trusted
                ) as kernel:
                    self._run_in(kernel)
                break
            except _BrokenError as broken:
                self._note(broken.status, broken.note)
                self.left_out.add(broken.step)
            except KernelLostError as lost:
                self.causes |= {Cause.START, lost.cause}
                self._note(KERNEL_LOST, f"a kernel did not start: {lost}")
            if time.monotonic() >= deadline:
                self._note(TIMEOUT, f"in all it took more than {self.limits.total_seconds:.0f} s")
                break
        return self._result(student, source_hash, time.monotonic() - start)

    def _waiting(self) -> list[LabTest]:
        return [test for test in self.lab.tests if test.grade_id not in self.outcomes]

    def _note(self, status: str, note: str) -> None:
        self.statuses.add(status)
        if note not in self.notes:
            self.notes.append(note)

    def _run_in(self, kernel: Kernel) -> None:
        probe = Probe(self.lab)
        probe.start(kernel)
        self.started = True
        suspect = -1  # the last step of the student's own: what breaks later is blamed on it
        for index, step in enumerate(self.plan.steps):
            if not self._waiting():
                return
            if index in self.left_out:
                continue
            if step.test is not None:
                self._test(kernel, probe, index, step, step.test, suspect)
                continue
            if step.changed:
                suspect = index
            self._cell(kernel, index if suspect < 0 else suspect, step)
            if step.changed:
                self._look(kernel, probe, index)

    def _cell(self, kernel: Kernel, blamed: int, step: Step) -> None:
        try:
            reply = kernel.run(step.source)
        except KernelLostError as lost:
            raise self._lost(lost, blamed, f"cell {step.number}") from lost
        if reply.timeout:
            self._note(TIMEOUT, f"cell {step.number} took more than {self.limits.seconds:g} s")
            # Not again, if another kernel is needed.
            self.left_out.add(self.plan.steps.index(step))

    def _look(self, kernel: Kernel, probe: Probe, index: int) -> None:
        number = self.plan.steps[index].number
        try:
            changed = probe.look(kernel)
        except KernelLostError as lost:
            raise self._lost(lost, index, f"cell {number}") from lost
        if changed:
            raise _BrokenError(TAMPERED, index, f"cell {number} {changed}")

    def _test(
        self, kernel: Kernel, probe: Probe, index: int, step: Step, test: LabTest, suspect: int
    ) -> None:
        """Run one test cell, unless it has given its answer already."""
        if test.grade_id in self.outcomes:
            return
        try:
            changed = probe.look(kernel)
            if not changed:
                result = self._parts(kernel, step.exercise, test)
                changed = probe.look(kernel) or kernel.forged
        except KernelLostError as lost:
            broken = self._lost(lost, index, f"the test {test.grade_id}")
            words = timeout_words(self.limits) if lost.cause.slow else lost_words(str(lost))
            self._give_up(step.exercise, words)
            raise broken from lost
        if changed:
            self._give_up(step.exercise, tampered_words(changed))
            where = f"cell {self.plan.steps[suspect].number}" if suspect >= 0 else "the notebook"
            note = f"{where} or what it defines {changed}, seen at the test {test.grade_id}"
            raise _BrokenError(TAMPERED, suspect if suspect >= 0 else index, note)
        self.outcomes[test.grade_id] = result

    def _parts(self, kernel: Kernel, exercise: str, test: LabTest) -> TestResult:
        namespace = namespace_of(test, self.lab)
        for hidden, source in test.parts:
            reply = kernel.run(namespace.running(source))
            if reply.ok:
                continue
            words = self._words(reply, test, source)
            if not any(s.changed for s in self.plan.steps if s.exercise == exercise):
                return test.without_points(UNANSWERED)
            if hidden:
                return TestResult(test.grade_id, 0.0, test.points, True, hidden_words(reply), words)
            return test.without_points(words)
        return TestResult(test.grade_id, test.points, test.points, False, "", "")

    def _words(self, reply: Reply, test: LabTest, source: str) -> str:
        if reply.timeout:
            self._note(
                TIMEOUT, f"the test {test.grade_id} took more than {self.limits.seconds:g} s"
            )
            return timeout_words(self.limits)
        return plain_words(reply, source)

    def _lost(self, lost: KernelLostError, blamed: int, where: str) -> _BrokenError:
        self.causes.add(lost.cause)
        status = TIMEOUT if lost.cause.slow else KERNEL_LOST
        return _BrokenError(status, blamed, f"{where}: {lost}")

    def _give_up(self, exercise: str, words: str) -> None:
        """No points for the tests of an exercise that have not run: they would break the same."""
        part = next(e for e in self.lab.exercises if e.id == exercise)
        for test in part.tests:
            self.outcomes.setdefault(test.grade_id, test.without_points(words))

    def _result(self, student: str, source_hash: str, seconds: float) -> SubmissionResult:
        exercises = []
        for part in self.lab.exercises:
            tests = [self.outcomes.get(t.grade_id, t.without_points(NOT_RUN)) for t in part.tests]
            exercises.append(part.result(tuple(tests)))
        statuses = self.statuses | {OK}
        if self.plan.mild and not statuses & {KERNEL_LOST, TIMEOUT}:
            statuses.add(NEEDS_REVIEW)
        return SubmissionResult(
            student,
            self.lab.lesson,
            next(status for status in SEVERITY if status in statuses),
            sum(part.points for part in exercises),
            self.lab.max_points,
            tuple(exercises),
            tuple(self.notes),
            # Where no kernel came up nothing of the student's ran: the next run tries again.
            source_hash if self.started or not self.plan.steps else "",
            round(seconds, 2),
        )
