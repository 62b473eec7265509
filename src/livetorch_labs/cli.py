"""``livetorch-labs``: hand out lessons, grade what comes back, report."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import LabError
from .assignment import command as assignment
from .grading import command as grading
from .platforms import SUMMARY
from .report import command as report
from .soundness import command as soundness
from .streams import prepare_all


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    top = argparse.ArgumentParser(prog="livetorch-labs", description=__doc__, epilog=SUMMARY)
    add = top.add_argument
    add("--chapters", type=Path, metavar="DIR", help="the folder of the chapters (default: found)")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("list", help="lessons, points, minutes")
    command.set_defaults(run=assignment.list_lessons)

    command = commands.add_parser("check", help="whether the labs are sound")
    command.set_defaults(run=soundness.run)
    soundness.add_arguments(command)

    command = commands.add_parser("release", help="write what students get")
    command.set_defaults(run=assignment.run_release)
    assignment.add_release_arguments(command)

    command = commands.add_parser("grade", help="grade submissions")
    command.set_defaults(run=grading.run)
    grading.add_arguments(command)

    command = commands.add_parser("report", help="what came out, for you, them and grade books")
    command.set_defaults(run=report.run)
    report.add_arguments(command)
    return top


def main(words: list[str] | None = None) -> int:
    """Run a command. What an instructor can mend is a sentence and exit status 1."""
    prepare_all()
    arguments = parser().parse_args(words)
    try:
        status: int = arguments.run(arguments)
    except LabError as error:
        print(f"livetorch-labs: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        print(f"livetorch-labs: {error.strerror or error}{where}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status


if __name__ == "__main__":
    sys.exit(main())
