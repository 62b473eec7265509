"""C++ kernels as operators of PyTorch: compiled once for each source, and kept."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import logging
import os
import platform
import re
import shlex
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from livetorch.files import write_whole

FLAGS = ("/O2",) if os.name == "nt" else ("-O3", "-fopenmp-simd")
ENDING = ".pyd" if os.name == "nt" else ".so"
SHOWN_ERRORS = 3
_loaded: set[str] = set()


def build_operators(source: str, name: str, folder: Path | None = None) -> Any | None:
    """Compile C++ source and return its operators, or None where that cannot be done here.

    The source registers them with ``STABLE_TORCH_LIBRARY_FRAGMENT(LIBRARY, m)``, where LIBRARY
    stands for ``name`` and a hash of the source. An edited source thus gets operators of its own,
    and one that was compiled before, in this process or another one, is not compiled again.

    Args:
        source: what to compile.
        name: letters, digits and underscores.
        folder: where compiled libraries are kept. By default PyTorch's own folder for extensions;
            where it cannot be written, the library lives as long as this process.

    Returns:
        The namespace in ``torch.ops``. None, and a printed sentence, where a tool is missing.

    Raises:
        RuntimeError: the compiler refuses the source; its first errors are in the message.
    """
    torch_and_machine = f"{torch.__version__} {platform.system()} {platform.machine()}"
    key = "\n".join([source, *FLAGS, torch_and_machine])
    library = f"{name}_{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    if library in _loaded:
        return getattr(torch.ops, library)
    missing = missing_package()
    if missing is None:
        kept = (folder or default_folder()) / f"{library}{ENDING}"
        if not loads(kept):
            missing = missing_tool()
            if missing is None:
                compile_and_load(source, library, kept)
    if missing is not None:
        print(f"{name}: not compiled, because {missing}.")
        return None
    _loaded.add(library)
    return getattr(torch.ops, library)


def default_folder() -> Path:
    """Where PyTorch keeps extensions, or TORCH_EXTENSIONS_DIR where that is set."""
    named = os.environ.get("TORCH_EXTENSIONS_DIR")
    if named is None:
        from torch.utils.cpp_extension import get_default_build_root

        named = get_default_build_root()
    return Path(named) / "livetorch"


def loads(library: Path) -> bool:
    """Load a library that was compiled before; False where there is none, or a broken one."""
    try:
        if not library.is_file():
            return False
        torch.ops.load_library(library)
    except OSError:
        return False
    return True


def missing_package() -> str | None:
    """PyTorch compiles with the help of setuptools, which few environments lack."""
    if importlib.util.find_spec("setuptools") is None:
        return "the package setuptools is missing (pip install setuptools)"
    return None


def missing_tool() -> str | None:
    """What is missing here for a compilation, as the end of a sentence; None if nothing is."""
    with build_environment():
        if not answers(shlex.split(os.environ["CXX"])):
            return "there is no C++ compiler here (g++, clang++, or one named in CXX)"
        if not answers(["ninja"]):
            return "the program ninja is missing (pip install ninja)"
    return None


def answers(program: list[str]) -> bool:
    """Whether a program is there and runs; macOS has a compiler by name that only says how to
    install one."""
    asked = [*program] if os.name == "nt" and program == ["cl"] else [*program, "--version"]
    try:
        done = subprocess.run(asked, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


@contextlib.contextmanager
def build_environment() -> Iterator[None]:
    """The compiler named in CXX, else a usual one, and this Python's own programs on the path."""
    usual = ["cl"] if os.name == "nt" else ["c++", "g++", "clang++"]
    before = {name: os.environ.get(name) for name in ("PATH", "CXX")}
    # A notebook's kernel often has the path of a system that knows nothing of this environment.
    os.environ["PATH"] = os.pathsep.join([before["PATH"] or "", sysconfig.get_path("scripts")])
    try:
        if not before["CXX"]:
            os.environ["CXX"] = next((c for c in usual if answers([c])), usual[0])
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def compile_and_load(source: str, library: str, kept: Path) -> None:
    """Compile in a folder of its own, load the library, and keep a copy if that is possible.

    Two processes that compile the same source do not wait for each other, and one that was
    stopped in the middle leaves no lock for the next.
    """
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)  # no word of CUDA
    from torch.utils import cpp_extension

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, build_environment():
        code = Path(folder, "kernel.cpp")
        code.write_text(source, encoding="utf-8")
        try:
            built = cpp_extension.load(
                library,
                [str(code)],
                extra_cflags=[*FLAGS, f"-DLIBRARY={library}"],
                build_directory=folder,
                is_python_module=False,
            )
        except RuntimeError as error:
            raise RuntimeError(f"{library}: {first_errors(str(error))}") from error
        with contextlib.suppress(OSError):  # a folder that cannot be written: compile next time
            write_whole(kept, Path(built).read_bytes())


def first_errors(log: str) -> str:
    """The lines of a build's log that say why it failed."""
    errors = re.findall(r"kernel\.cpp[:(](\d+)\S* (?:fatal )?error[^:]*: (.*)", log)
    unknown = re.findall(r"undefined reference to .*|unresolved external symbol .*", log)
    if not errors and unknown:
        return "the linker misses a definition.\n" + "\n".join(unknown[:SHOWN_ERRORS])
    if not errors:
        return "the build failed:\n" + "\n".join(log.strip().splitlines()[-SHOWN_ERRORS:])
    shown = [f"line {number}: {words}" for number, words in errors[:SHOWN_ERRORS]]
    return "the compiler refuses the source.\n" + "\n".join(shown)
