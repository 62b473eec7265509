"""What a test said, in plain words."""

from __future__ import annotations

import re

from ..sandbox.kernel import Reply
from ..sandbox.limits import Limits

NOT_RUN = "This check did not run: the notebook stopped before it, and no time was left."
LONGEST = 2000
UNANSWERED = "There is no answer yet: the cell is as it was handed out."
HIDDEN = (
    "The checks that you see passed, and a check that you do not see did not: your code is right "
    "for the examples shown and wrong for others. Try other shapes, other numbers, an edge case."
)


def plain_words(reply: Reply, source: str) -> str:
    """What went wrong in a test, from the error that ended it.

    Args:
        reply: of the kernel, to be mistrusted.
        source: the test's own, to tell an assert of the instructor's from any other error.
    """
    text = _clean(reply.error_text)
    if reply.error_name == "AssertionError":
        return text or f"This must hold and does not: {_last_assert(source)}"
    if reply.error_name == "NotImplementedError":
        return "There is no answer yet: the code still raises NotImplementedError."
    if reply.error_name == "NameError":
        match = re.search(r"name '(\w+)' is not defined", text)
        if match:
            return (
                f"There is no {match[1]}: the cell that defines it is missing, or an error stopped "
                "it before the end. Restart the kernel, run all cells and look for the first error."
            )
    name = _clean(reply.error_name) or "an error"
    return f"Your code stopped with {name}: {text}" if text else f"Your code stopped with {name}."


def hidden_words(reply: Reply) -> str:
    """What a student hears of a hidden test: nothing that the test says."""
    if reply.timeout:
        return "A check that you do not see took longer than is allowed."
    if reply.error_name == "NotImplementedError":
        return "There is no answer yet: the code still raises NotImplementedError."
    return HIDDEN


def timeout_words(limits: Limits) -> str:
    return (
        f"It took longer than {limits.seconds:g} s and was stopped. Look for a loop that does not "
        "end."
    )


def lost_words(why: str) -> str:
    return f"Python ended while this check ran: {why}."


def tampered_words(changed: str) -> str:
    return (
        f"No points: the notebook {changed}, and a check can not be trusted then. Give things of "
        "your own another name."
    )


def _clean(text: str) -> str:
    """Without colors and control characters, and not endless."""
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
    text = "".join(c for c in text if c == "\n" or c.isprintable()).strip()
    return text if len(text) <= LONGEST else text[: LONGEST - 2] + " …"


def _last_assert(source: str) -> str:
    lines = [line.strip() for line in source.splitlines() if line.strip().startswith("assert ")]
    return lines[0].removeprefix("assert ") if len(lines) == 1 else "a condition of the test"
