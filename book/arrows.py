"""How a package hangs together: its modules, the arrows between them, and its floors.

    python -m book.arrows livetorch_labs [--rooms]

A module stands one floor above the highest that it imports; modules that import each other share
one. With ``--rooms`` each folder right under the package counts as one module.
What may import what is written in pyproject.toml, ``[tool.importlinter]``.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import grimp
import networkx as nx


@dataclass(frozen=True)
class Shape:
    """The size of a package's diagram of imports, and the circles in it."""

    modules: int
    arrows: int
    floors: int
    circles: list[list[str]]


def diagram(package: str, rooms: bool = False) -> nx.DiGraph:
    """The imports inside a package, from the module that imports to the one that is imported."""
    graph = grimp.build_graph(package, cache_dir=None)
    if rooms:
        for child in graph.find_children(package):
            if graph.find_children(child):
                graph.squash_module(child)
    arrows: nx.DiGraph = nx.DiGraph()
    arrows.add_nodes_from(graph.modules)
    for module in graph.modules:
        arrows.add_edges_from(
            (module, imported) for imported in graph.find_modules_directly_imported_by(module)
        )
    return arrows


def shape(arrows: nx.DiGraph) -> Shape:
    """Count what stands in a diagram."""
    floors = nx.condensation(arrows)
    circles = [
        sorted(group) for group in nx.strongly_connected_components(arrows) if len(group) > 1
    ]
    return Shape(
        len(arrows), arrows.size(), nx.dag_longest_path_length(floors) + 1, sorted(circles)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package")
    parser.add_argument("--rooms", action="store_true", help="count folders as one module each")
    options = parser.parse_args()
    size = shape(diagram(options.package, options.rooms))
    print(f"{size.modules} modules, {size.arrows} arrows, {size.floors} floors")
    for circle in size.circles:
        print("import each other:", ", ".join(circle))


if __name__ == "__main__":
    main()
