"""Set a kernel's limits, then become the kernel: ``python -c TEXT CPU,DATA,FILE,THREADS ...``.

Runs in the kernel's process before anything else. RLIMIT_DATA counts what a process could write
to, unlike RLIMIT_AS, which torch exceeds by libraries that it only maps.
"""

import resource
import runpy
import sys


def main() -> None:
    cpu, data, size, threads = map(int, sys.argv[1].split(","))
    for kind, most in (
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_DATA, data),
        (resource.RLIMIT_FSIZE, size),
        (resource.RLIMIT_NPROC, threads),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 1024),
    ):
        hard = resource.getrlimit(kind)[1]
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (allowed, allowed))
    sys.argv = ["ipykernel_launcher", *sys.argv[2:]]
    sys.path = [place for place in sys.path if place]
    runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
