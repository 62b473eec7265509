"""Operators from C++ source: compiled once, kept, and clear about what is missing or wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from livetorch import extensions
from livetorch.extensions import build_operators, first_errors, missing_tool

SOURCE = """
#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>

torch::stable::Tensor doubled(torch::stable::Tensor x) {
  torch::stable::Tensor y = torch::stable::empty_like(x);
  const float* from = x.const_data_ptr<float>();
  float* to = y.mutable_data_ptr<float>();
  for (int64_t i = 0; i < x.numel(); ++i) to[i] = FACTOR * from[i];
  return y;
}

STABLE_TORCH_LIBRARY_FRAGMENT(LIBRARY, m) { m.def("doubled(Tensor x) -> Tensor"); }
STABLE_TORCH_LIBRARY_IMPL(LIBRARY, CPU, m) { m.impl("doubled", TORCH_BOX(&doubled)); }
"""
DOUBLED, TRIPLED = SOURCE.replace("FACTOR", "2"), SOURCE.replace("FACTOR", "3")
compiler = pytest.mark.skipif(missing_tool() is not None, reason=f"here, {missing_tool()}")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@compiler
def test_an_operator_is_compiled_once_and_kept(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = dict(os.environ)
    doubled = build_operators(DOUBLED, "planted", kept)
    assert doubled is not None
    assert torch.equal(doubled.doubled(torch.arange(5.0)), 2 * torch.arange(5.0))
    assert len(list(kept.iterdir())) == 1, "a library, and no rests of the build"
    assert dict(os.environ) == environment
    monkeypatch.setattr(extensions, "compile_and_load", lambda *_: pytest.fail("compiled again"))
    assert build_operators(DOUBLED, "planted", kept) is doubled


@compiler
def test_another_process_takes_what_was_compiled_and_needs_no_compiler(kept: Path) -> None:
    build_operators(DOUBLED, "planted", kept)
    program = (
        "import sys, torch; from pathlib import Path\n"
        "from livetorch.extensions import build_operators\n"
        "made = build_operators(sys.argv[1], 'planted', Path(sys.argv[2]))\n"
        "print(made.doubled(torch.ones(2)).tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, DOUBLED, str(kept)],
        env={**os.environ, "PATH": "", "CXX": "none"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[2.0, 2.0]\n"


@compiler
def test_a_folder_that_cannot_be_written_stops_nothing(kept: Path, tmp_path: Path) -> None:
    doubled = build_operators(DOUBLED, "planted", kept)
    barred = tmp_path / "a file" / "and no folder"
    barred.parent.touch()
    tripled = build_operators(TRIPLED, "planted", barred)
    assert doubled is not None
    assert tripled is not None
    assert tripled.doubled(torch.ones(1)).item() == 3
    assert doubled.doubled(torch.ones(1)).item() == 2, "each source has operators of its own"
    assert build_operators(TRIPLED, "planted", barred) is tripled, "as long as the process lives"


def test_a_broken_library_is_not_loaded(tmp_path: Path) -> None:
    library = tmp_path / f"broken{extensions.ENDING}"
    library.write_bytes(b"half a library")
    assert not extensions.loads(library)
    assert not extensions.loads(tmp_path / "none")


@compiler
def test_an_error_in_the_source_is_named_with_its_line(kept: Path) -> None:
    line = next(n for n, text in enumerate(DOUBLED.splitlines(), 1) if "empty_like" in text)
    source = DOUBLED.replace("empty_like(x);", "empty_lik(x);")
    with pytest.raises(RuntimeError, match=rf"refuses the source\.\nline {line}: .*empty_lik"):
        build_operators(source, "planted", kept)


def test_a_missing_tool_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert build_operators("int a;", "planted", tmp_path) is None
    assert capsys.readouterr().out == (
        "planted: not compiled, because there is no C++ compiler here "
        "(g++, clang++, or one named in CXX).\n"
    )
    monkeypatch.setattr(extensions, "answers", lambda program: program != ["ninja"])
    assert build_operators("int a;", "planted", tmp_path) is None
    assert "ninja is missing (pip install ninja)" in capsys.readouterr().out
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert build_operators("int a;", "planted", tmp_path) is None
    assert "setuptools is missing (pip install setuptools)" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_compiler_that_only_says_how_to_install_one_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "c++"
    program.write_text("#!/bin/sh\necho no developer tools were found >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("CXX", str(program))
    assert "no C++ compiler" in (missing_tool() or "")


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("x/kernel.cpp:3:7: error: expected ';' before 'y'", "line 3: expected ';' before 'y'"),
        ("kernel.cpp:1:10: fatal error: none.h: No such file", "line 1: none.h: No such file"),
        ("kernel.cpp(9): error C2065: 'y': undeclared", "line 9: 'y': undeclared"),
        ("kernel.cpp:(.text+0x7): undefined reference to `twice()'", "reference to `twice()'"),
        ("a\nb\nld: cannot find -lc10", "the build failed:\na\nb\nld: cannot find -lc10"),
    ],
)
def test_the_first_errors_of_each_compiler_are_found(log: str, words: str) -> None:
    assert first_errors(log).endswith(words)
