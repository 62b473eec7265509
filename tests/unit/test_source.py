"""The package's code as a notebook shows it."""

from __future__ import annotations

import inspect

import pytest

from livetorch import evaluate, fit, train_epoch
from livetorch.metrics import RunningMean
from livetorch.source import LONGEST, show_source, without_docstring


@pytest.mark.parametrize("piece", [train_epoch, evaluate, fit, RunningMean])
def test_code_is_shown_without_its_docstring(piece: type) -> None:
    shown = show_source(piece).data.removeprefix("```python\n").removesuffix("\n```")
    first_words = (inspect.getdoc(piece) or "").splitlines()[0]
    assert first_words not in shown
    assert 0 < len(shown.splitlines()) <= LONGEST
    source = inspect.getsource(piece).splitlines()
    assert all(line in source for line in shown.splitlines())


def test_a_docstring_is_shown_where_it_is_asked_for() -> None:
    assert "The mean over examples" in show_source(RunningMean, docstring=True).data


def test_code_without_a_docstring_stays_as_it_is() -> None:
    code = "def f(x):\n    # a reason\n    return x"
    assert without_docstring(code) == code


def test_a_long_piece_is_refused() -> None:
    with pytest.raises(ValueError, match="more than the 40"):
        show_source(fit, docstring=True)
