"""The operator of the lesson on kernels: right at its edges, with and without a compiler."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest
import torch
from torch import Tensor

from book.notebooks import ROOT, code_cells, read
from livetorch import extensions

LESSON = ROOT / "chapters" / "18-fast-code" / "7-a-kernel-of-your-own.ipynb"
WAYS = ("kernel", "formula")


def run_lesson(way: str) -> dict[str, Any]:
    """The names of the lesson after its cells, and under "differs" what it prints otherwise.

    Exercises, the quiz and cells that are not compared are left out, but for the one that builds.
    """
    names: dict[str, Any] = {"__name__": "lesson", "differs": []}
    with pytest.MonkeyPatch.context() as patch:
        if way == "formula":
            patch.setattr(extensions, "missing_tool", lambda: "this test has none")
            patch.setattr(extensions, "loads", lambda _: False)
            patch.setattr(extensions, "_loaded", set())
        for cell in code_cells(read(LESSON)):
            ignored = "nbval-ignore-output" in cell.metadata.get("tags", ())
            if "nbgrader" in cell.metadata or "remove-input" in cell.metadata.get("tags", ()):
                continue
            if ignored and "build_operators" not in cell.source:
                continue
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(cell.source, cell.id, "exec"), names)
            stored = "".join(o.text for o in cell.outputs if o.output_type == "stream")
            if not ignored and printed.getvalue() != stored:
                names["differs"].append((cell.id, printed.getvalue()))
    return names


@pytest.fixture(scope="module", params=WAYS)
def lesson(request: pytest.FixtureRequest) -> dict[str, Any]:
    if request.param == "kernel" and extensions.missing_tool() is not None:
        pytest.skip(f"here, {extensions.missing_tool()}")
    return run_lesson(request.param)


def test_the_lesson_prints_the_same_with_and_without_a_compiler(lesson: dict[str, Any]) -> None:
    assert lesson["differs"] == []
    assert (lesson["forward_kernel"] is lesson["rms_norm_formula"]) == (lesson["kernels"] is None)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_random_shapes_agree_with_torch(
    lesson: dict[str, Any], dtype: torch.dtype, seed: int
) -> None:
    made = torch.Generator().manual_seed(seed)
    shape = [int(torch.randint(0, 7, (), generator=made)) for _ in range(seed)]
    d = int(torch.randint(1, 70, (), generator=made))
    x = torch.randn(d, *shape, generator=made, dtype=dtype).movedim(0, -1).requires_grad_()
    weight = torch.randn(2 * d, generator=made, dtype=dtype)[::2].detach().requires_grad_()
    assert seed < 2 or not x.is_contiguous() or 0 in x.shape or d == 1

    def both(function: Any, v: Tensor | None) -> list[Tensor]:
        y = function()
        v = torch.ones((), dtype=dtype).expand(y.shape) if v is None else v  # as of a sum
        return [y, *torch.autograd.grad(y, (x, weight), v)]

    for v in (None, torch.randn(*x.shape, generator=made, dtype=dtype)):
        ours = both(lambda: lesson["rms_norm"](x, weight, 1e-5)[0], v)
        theirs = both(lambda: torch.nn.functional.rms_norm(x, (d,), weight, 1e-5), v)
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
    assert lesson["rms_norm"](x, weight, 1e-5)[1].shape == (*shape, 1)


def test_gradients_and_registration_hold(lesson: dict[str, Any]) -> None:
    x = torch.randn(5, 2, 3, dtype=torch.float64).movedim(0, -1).requires_grad_()
    weight = torch.randn(5, dtype=torch.float64, requires_grad=True)
    operator = lesson["rms_norm"]
    assert torch.autograd.gradcheck(lambda x, w: operator(x, w, 1e-6)[0], (x, weight))
    torch.library.opcheck(operator, (x, weight, 1e-6))
    torch.library.opcheck(operator, (torch.randn(0, 3), torch.ones(3), 1e-6))


def test_what_is_no_table_of_floats_is_refused(lesson: dict[str, Any]) -> None:
    operator = lesson["rms_norm"]
    with pytest.raises(TypeError, match="not torch"):
        operator(torch.ones(2, 3).half(), torch.ones(3).half(), 1e-6)
    with pytest.raises(TypeError, match="float32, torch"):
        operator(torch.ones(2, 3), torch.ones(3).double(), 1e-6)
    for weight in (torch.ones(2), torch.ones(1, 3), torch.ones(())):
        with pytest.raises(ValueError, match="weights for rows of"):
            operator(torch.ones(2, 3), weight, 1e-6)
    with pytest.raises(ValueError, match="weights for rows of"):
        operator(torch.ones(()), torch.ones(()), 1e-6)
