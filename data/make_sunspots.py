"""Make the table of sunspot numbers that ships, from the one that statsmodels carries.

    pip download statsmodels==0.15.0 --no-deps
    unzip statsmodels-0.15.0-*.whl 'statsmodels/datasets/sunspots/*'
    python -m data.make_sunspots statsmodels/datasets/sunspots/sunspots.csv

reads the file alone; nothing of statsmodels runs.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

from livetorch.datasets.series import SUNSPOTS_SHIPPED


def make(source: Path, target: Path) -> None:
    """Write the table into the folder ``target``: the same numbers under other headings.

    Raises:
        ValueError: the source has other headings, or its years are not one after the other.
    """
    with source.open(encoding="utf-8", newline="") as file:
        heading, *rows = csv.reader(file)
    if heading != ["YEAR", "SUNACTIVITY"]:
        raise ValueError(f"{source} has the columns {heading}, not YEAR and SUNACTIVITY")
    years = [int(float(year)) for year, _ in rows]
    if years != list(range(years[0], years[0] + len(years))):
        raise ValueError(f"{source} leaves a year out, or has one twice")
    target.mkdir(parents=True, exist_ok=True)
    with (target / "sunspots.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["year", "sunspots"])
        writer.writerows((int(float(year)), float(number)) for year, number in rows)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="the file sunspots.csv of statsmodels")
    parser.add_argument(
        "--target",
        type=Path,
        default=SUNSPOTS_SHIPPED,
        help="where to write (default: into the package)",
    )
    options = parser.parse_args(arguments)
    make(options.source, options.target)


if __name__ == "__main__":
    main()
