"""Run functions of a notebook in several processes, as `torchrun` runs a script.

A process starts with a script and not with a function, so the functions' own source is written
into one.
"""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

HEADER = """\
import os, signal
from contextlib import nullcontext
from pathlib import Path

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn
from torch.distributed.algorithms.ddp_comm_hooks import default_hooks
from torch.distributed.elastic.multiprocessing.errors import record
from torch.nn.parallel import DistributedDataParallel

import livetorch
from livetorch.distributed import is_main, process_group, rank, shard, world_size

FOLDER = Path(__file__).parent
"""
"""What the functions may take for granted."""


def write_script(
    folder: Path,
    *calls: Callable[[], Any],
    uses: Sequence[Callable[..., Any]] = (),
    timeout: float = 60,
) -> Path:
    """A script in which the processes join, on the CPU, and call the functions in this order.

    Args:
        folder: where it is written; the functions know this folder as ``FOLDER``.
        calls: functions without arguments.
        uses: other functions and classes that these need.
        timeout: the seconds that a process waits for the others.
    """
    sources = [inspect.getsource(piece) for piece in (*uses, *calls)]
    main = f'with process_group(timeout={timeout}, device="cpu"):\n' + "".join(
        f"    {function.__name__}()\n" for function in calls
    )
    path = folder / f"{calls[0].__name__}.py"
    path.write_text("\n\n".join([HEADER, *sources, main]), encoding="utf-8")
    return path


def torchrun(
    script: Path,
    *options: str,
    processes: int = 2,
    environment: Mapping[str, str] | None = None,
    check: bool = True,
    quiet: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run a script in several processes, and print what they print.

    Args:
        options: of ``torchrun``, such as ``--max-restarts=2``.
        environment: variables besides those of this process.
        check: raise where the run fails.
        quiet: print nothing; what was printed is in the value that is returned.

    Raises:
        RuntimeError: the run failed; with the end of what it wrote as errors.
    """
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    if sys.platform == "linux":
        # The processes are forks of torchrun: else each imports torch anew, for a second and more.
        command += ["--run-path", "--start-method=fork"]
    command += [f"--nproc-per-node={processes}", *options, str(script)]
    # Else torchrun warns of the one thread that it gives to each process.
    variables = {"OMP_NUM_THREADS": "1", **os.environ, **(environment or {})}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, env=variables, check=False
    )
    if check and done.returncode != 0:
        raise RuntimeError(done.stderr[-3000:])
    if not quiet:
        print(done.stdout, end="")
    return done
