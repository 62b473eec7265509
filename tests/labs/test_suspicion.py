"""What asks for a look, and what honest work may do without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from livetorch_labs.assignment.find import all_lessons
from livetorch_labs.assignment.lab import lab_of
from livetorch_labs.assignment.lesson import Lesson
from livetorch_labs.assignment.regions import without_markers
from livetorch_labs.tampering.allowed import Allowed, allowed_by
from livetorch_labs.tampering.suspicion import suspicious

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"
REAL = all_lessons(CHAPTERS)[:4]
ALLOWED = allowed_by(
    ["import torch\nfrom torch import nn", "import inspect\ninspect.getsource(nn)"],
    ["torch.testing.assert_close(f(x).tolist(), y)"],
)

HONEST = [
    "x = torch.ones(3)\nx.grad = None\nmodel.eval()\ntorch.compile(model)",
    "import math, random\nfrom collections import Counter\nimport matplotlib.pyplot as plt",
    "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    "        self.w = nn.Parameter(torch.ones(1))\n    def forward(self, x):\n        return x",
    "copy = x.clone()\nprint(copy, torch, x.__class__.__name__)",
    "import os, sys\nos.path.join('a', 'b')\nsys.getsizeof(3)",
    "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'\nx = 1",
    "%%time\nx = 1",
    "%timeit -n 10 f(x)",
    "inspect.getsource(f)",
    "torch.backends.mkldnn.enabled = False",
    "torch.load('model.pt', weights_only=True)",
    "getattr(x, 'shape')",
    "def broken(:",
]
HIDDEN = [
    "t = torch\nt.allclose = f",
    "torch.allclose, y = f, 1",
    "for torch.allclose in [f]: pass",
    "from torch import testing as t\nt.assert_close = f",
    "setattr(torch, 'allclose', f)",
    "torch.__dict__['allclose'] = f",
    "vars(torch)['allclose'] = f",
    "anything.assert_close = f",
    "def f(module):\n    module.a = 1\nf(torch)",
    "class T(torch.Tensor):\n    def abs(self): return 0",
    "T = type('T', (torch.Tensor,), {})",
    "class A:\n    __eq__ = lambda self, other: True",
    "class A: pass\nA.__eq__ = f",
    "from unittest.mock import ANY",
    "inspect.stack()",
    "torch.os.fork()",
    "import numpy.ctypeslib",
    "from torch import _C",
    "torch._C.x",
    "torch.load('model.pt', weights_only=False)",
    "getattr(x, 'f_' + 'back')",
    "call = getattr",
    "'{0.__globals__}'.format(f)",
    "open('/proc/self/maps')",
    "%matplotlib inline\nimport ctypes",
    "%%time\nimport ctypes",
    "%time __import__('gc')",
    "%config InlineBackend.x = __import__('gc')",
    "%run other.py",
    "!ls",
    "get_ipython().system('ls')\n%matplotlib inline",
    "import timeit\ntimeit.timeit('import gc')",
    "class A:\n    def __del__(self): f()",
    "import threading",
    "import helper",
    "eval('1')",
    "x" * 300_000,
]


@pytest.mark.parametrize("source", HONEST)
def test_honest_code_gets_no_mark(source: str) -> None:
    assert suspicious(source, ALLOWED) == []


@pytest.mark.parametrize("source", HIDDEN, ids=lambda source: source[:40])
def test_what_can_bend_a_check_asks_for_a_look(source: str) -> None:
    assert suspicious(source, ALLOWED)


@pytest.mark.parametrize("source", ["a" + ".b" * 5000 + " = 1", "(" * 5000, "\x00", "-" * 90_000])
def test_code_that_is_hard_to_read_does_no_harm(source: str) -> None:
    suspicious(source, Allowed())


@pytest.mark.parametrize("lesson", REAL, ids=[lesson.name for lesson in REAL])
def test_no_solution_of_the_book_gets_a_mark(lesson: Lesson) -> None:
    lab = lab_of(lesson)
    allowed = allowed_by(sorted(lab.released), [s for test in lab.tests for _, s in test.parts])
    for exercise in lesson.exercises:
        assert suspicious(without_markers(exercise.source), allowed) == []
