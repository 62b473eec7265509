"""The graph that autograd records, as a networkx graph that can be looked at and drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx
from torch import Tensor


def autograd_graph(output: Tensor, names: Mapping[str, Tensor] | None = None) -> nx.DiGraph:
    """The operations that made ``output``, from the leaves to the result.

    Args:
        output: a tensor that was computed from tensors with ``requires_grad``.
        names: names of leaf tensors, shown in their place.

    Returns:
        A graph whose edges point the way the values went. Each node has a ``label`` and a
        ``kind``: ``leaf`` (a tensor), ``operation``, or ``output``; all but the output have
        autograd's own name in ``function``.

    Raises:
        ValueError: no graph was recorded for ``output``.
    """
    if output.grad_fn is None:
        raise ValueError(
            "no graph was recorded for this tensor: nothing it was computed from has "
            "requires_grad=True, or it was computed under no_grad or detached"
        )
    known = {id(tensor): name for name, tensor in (names or {}).items()}
    graph = nx.DiGraph()
    numbers: dict[Any, int] = {}

    # A stack of its own: a recursive function would end at Python's limit of nested calls.
    stack: list[tuple[Any, int | None]] = [(output.grad_fn, None)]
    while stack:
        function, follower = stack.pop()
        number = numbers.setdefault(function, len(numbers))
        if number not in graph:
            graph.add_node(number, **description(function, known))
            parents = [parent for parent, _ in function.next_functions if parent is not None]
            stack.extend((parent, number) for parent in reversed(parents))
        if follower is not None:
            graph.add_edge(number, follower)
    graph.add_node(len(numbers), label="output", kind="output")
    graph.add_edge(0, len(numbers))
    return graph


def description(function: Any, known: Mapping[int, str]) -> dict[str, str]:
    """What to show of a graph node: a leaf has its name, or else its shape."""
    name = function.name()
    variable = getattr(function, "variable", None)
    if variable is None:
        return {"label": operation_name(name), "kind": "operation", "function": name}
    label = known.get(id(variable), f"leaf {tuple(variable.shape)}")
    return {"label": label, "kind": "leaf", "function": name}


def operation_name(name: str) -> str:
    """The operation of a graph node: ``MulBackward0`` records a ``mul``."""
    name = name.removeprefix("torch::autograd::")
    name = name.rstrip("0123456789").removesuffix("Backward")
    return name[0].lower() + name[1:] if name else "function"
