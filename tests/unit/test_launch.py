"""Functions that run in several processes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from livetorch.launch import torchrun, write_script


def number() -> int:
    return 20


def total() -> None:
    import torch

    from livetorch.distributed import is_main, sum_over_processes, world_size

    (total,) = sum_over_processes([number()])
    if is_main():
        print(world_size(), torch.tensor(total).item(), Path(__file__).name)


def command() -> None:
    import sys

    import torch.distributed as dist

    own = Path("/proc/self/cmdline").read_bytes().split(b"\0")
    commands = [None] * dist.get_world_size()
    dist.all_gather_object(commands, (b"torch.distributed.run" in own, Path(sys.argv[0]).name))
    if dist.get_rank() == 0:
        print(commands)


def fails() -> None:
    raise ValueError("no number on this rank")


def test_functions_run_in_two_processes_and_print(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torchrun(write_script(tmp_path, total, uses=[number]))
    assert capsys.readouterr().out == "2 40.0 total.py\n"


def test_a_run_that_fails_says_why(tmp_path: Path) -> None:
    script = write_script(tmp_path, fails)
    with pytest.raises(RuntimeError, match="FAILED"):
        torchrun(script, processes=1)
    done = torchrun(script, processes=1, check=False)
    assert done.returncode != 0
    assert "no number on this rank" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")
def test_the_processes_are_forks_that_have_imported_torch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torchrun(write_script(tmp_path, command))
    assert capsys.readouterr().out == f"{[(True, 'command.py')] * 2}\n"
