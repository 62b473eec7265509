"""Answers tried once, by processes of their own."""

from __future__ import annotations

from livetorch_labs.soundness.trial import Case, Outcome, Trials


def try_all(setup: str, cases: list[Case], jobs: int = 2) -> dict[str, list[Outcome]]:
    """The outcomes of all cases, by the case's name.

    Args:
        setup: the imports of the lesson, run once.
        cases: the answers and their tests.
        jobs: processes at a time.
    """
    with Trials(jobs) as trials:
        return trials.start(setup, cases)()
