"""Run on a GPU what the book says about GPUs, and write it down for the pages.

    python -m bench.gpu

Each check is a statement of a lesson: a number, and whether the statement holds. Without a GPU this
says so and ends with 2; where a statement does not hold, or a check breaks, it ends with 1.
Checks take their device, so that tests can run on a CPU those that have a meaning there.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import torch

from bench import gpu_times, gpu_values
from book.gpu import Finding, GpuRecord
from book.notebooks import ROOT

OUT = ROOT / "_build" / "gpu.json"
NO_GPU = (
    "make test-gpu needs a GPU that torch can use through CUDA, and this machine has none "
    "(torch.cuda.is_available() is False), so nothing was run."
)
Check = Callable[[torch.device], Finding]
CHECKS: tuple[Check, ...] = (
    gpu_times.asking,
    gpu_times.pinning,
    gpu_times.autocast_speed,
    gpu_times.compiled,
    gpu_values.autocast_gradients,
    gpu_values.scaler_skips,
    gpu_values.adamw_memory,
    gpu_values.checkpointing,
    gpu_values.data_parallel,
)


def run_checks(device: torch.device, checks: Sequence[Check] = CHECKS) -> tuple[Finding, ...]:
    """What each check finds; one that breaks is a finding too, and the others go on."""
    findings = []
    for check in checks:
        print(f"Running {check.__name__} ...", flush=True)
        try:
            findings.append(check(device))
        except Exception as error:
            first = (str(error).splitlines() or [""])[0]
            broke = f"{type(error).__name__}: {first}"
            name = check.__name__.replace("_", " ")
            findings.append(Finding(f"The check of {name}.", "fast-code", "", None, False, broke))
    return tuple(findings)


def described(device: torch.device, findings: tuple[Finding, ...]) -> GpuRecord:
    """The record of a run on this device, today."""
    properties = torch.cuda.get_device_properties(device)
    versions = {"python": platform.python_version(), "torch": torch.__version__}
    versions["cuda"] = torch.version.cuda or "none"
    if (cudnn := torch.backends.cudnn.version()) is not None:
        versions["cudnn"] = str(cudnn)
    today = datetime.now(UTC).date().isoformat()
    gigabytes = round(properties.total_memory / 2**30, 1)
    return GpuRecord(properties.name, gigabytes, today, versions, findings)


def main(out: Path = OUT) -> int:
    if not torch.cuda.is_available():
        print(NO_GPU, file=sys.stderr)
        return 2
    device = torch.device("cuda", 0)
    record = described(device, run_checks(device))
    record.write(out)
    print("\n".join(record.markdown()), f"\nWritten: {out}")
    return int(not all(finding.holds for finding in record.findings))


if __name__ == "__main__":
    sys.exit(main())
