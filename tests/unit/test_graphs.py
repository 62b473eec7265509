"""The graph that autograd recorded."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
import torch
from torch import Tensor

from livetorch.graphs import autograd_graph, operation_name


def edges_by_label(graph: Any) -> set[tuple[str, str]]:
    labels = nx.get_node_attributes(graph, "label")
    return {(labels[source], labels[target]) for source, target in graph.edges}


def kinds_by_label(graph: Any) -> dict[str, str]:
    return {data["label"]: data["kind"] for _, data in graph.nodes(data=True)}


def test_graph_of_a_linear_neuron() -> None:
    w, x = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0)
    b = torch.tensor(1.0, requires_grad=True)
    graph = autograd_graph((w * x + b).relu(), {"w": w, "b": b, "x": x})
    assert edges_by_label(graph) == {
        ("w", "mul"),
        ("mul", "add"),
        ("b", "add"),
        ("add", "relu"),
        ("relu", "output"),
    }
    assert kinds_by_label(graph) == {
        "w": "leaf",
        "b": "leaf",
        "mul": "operation",
        "add": "operation",
        "relu": "operation",
        "output": "output",
    }
    assert len(graph) == 6, "x requires no gradient: it is not part of the graph"


def test_edges_point_the_way_the_values_went() -> None:
    w = torch.randn(3, 2, requires_grad=True)
    graph = autograd_graph((w @ torch.ones(2)).exp().sum(), {"w": w})
    assert nx.is_directed_acyclic_graph(graph)
    order = [graph.nodes[node]["label"] for node in nx.topological_sort(graph)]
    assert order == ["w", "mv", "exp", "sum", "output"]


def test_what_is_used_twice_is_one_node() -> None:
    w = torch.tensor(2.0, requires_grad=True)
    square = w * w
    graph = autograd_graph(square.sin() + square.cos(), {"w": w})
    labels = [data["label"] for _, data in graph.nodes(data=True)]
    assert sorted(labels) == ["add", "cos", "mul", "output", "sin", "w"]
    assert edges_by_label(graph) == {
        ("w", "mul"),
        ("mul", "sin"),
        ("mul", "cos"),
        ("sin", "add"),
        ("cos", "add"),
        ("add", "output"),
    }


def test_leaves_without_a_name_show_their_shape() -> None:
    a, b = torch.ones(2, 3, requires_grad=True), torch.ones(2, 3, requires_grad=True)
    assert kinds_by_label(autograd_graph(a + 1))["leaf (2, 3)"] == "leaf"
    # Two tensors with equal values are two tensors: only the one that was named has the name.
    labels = [data["label"] for _, data in autograd_graph(a + b, {"b": b}).nodes(data=True)]
    assert sorted(labels) == ["add", "b", "leaf (2, 3)", "output"]


def test_graph_of_a_module_agrees_with_its_parameters() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    names = dict(model.named_parameters())
    graph = autograd_graph(model(torch.ones(2, 3)).mean(), names)
    leaves = {data["label"] for _, data in graph.nodes(data=True) if data["kind"] == "leaf"}
    assert leaves == {"0.weight", "0.bias", "2.weight", "2.bias"}
    ends = [node for node in graph if graph.out_degree(node) == 0]
    assert [graph.nodes[node]["label"] for node in ends] == ["output"]


@pytest.mark.parametrize("operations", [1_000, 20_000])
def test_a_graph_may_be_longer_than_pythons_stack(operations: int) -> None:
    value = w = torch.tensor(1.0, requires_grad=True)
    for _ in range(operations):
        value = value + w
    graph = autograd_graph(value, {"w": w})
    assert len(graph) == operations + 2
    assert nx.dag_longest_path_length(graph) == operations + 1
    (leaf,) = (node for node in graph if graph.nodes[node]["label"] == "w")
    assert graph.out_degree(leaf) == operations


def test_nodes_are_listed_from_the_output_along_each_first_input() -> None:
    a, b = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
    graph = autograd_graph((a.exp() * b).sin() + b.cos(), {"a": a, "b": b})
    labels = [data["label"] for _, data in graph.nodes(data=True)]
    assert labels == ["add", "sin", "mul", "exp", "a", "b", "cos", "output"]


def test_looking_at_the_graph_changes_nothing() -> None:
    w = torch.tensor(2.0, requires_grad=True)
    output = (w**2).exp()
    autograd_graph(output)
    assert w.grad is None
    output.backward()
    torch.testing.assert_close(w.grad, 4 * torch.tensor(4.0).exp())


def without_gradients() -> Tensor:
    with torch.no_grad():
        return torch.ones(2, requires_grad=True) * 2


@pytest.mark.parametrize(
    "output",
    [
        torch.ones(2) * 2,
        (torch.ones(2, requires_grad=True) * 2).detach(),
        without_gradients(),
        torch.ones(2, requires_grad=True),
    ],
    ids=["no gradient wanted", "detached", "no_grad", "a leaf"],
)
def test_no_graph_is_an_error(output: Tensor) -> None:
    with pytest.raises(ValueError, match="no graph was recorded"):
        autograd_graph(output)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("MulBackward0", "mul"),
        ("AddmmBackward0", "addmm"),
        ("Log2Backward0", "log2"),
        ("LogSoftmaxBackward0", "logSoftmax"),
        ("torch::autograd::CopySlices", "copySlices"),
        ("StraightThroughBackward", "straightThrough"),
        ("", "function"),
    ],
)
def test_operation_name(name: str, expected: str) -> None:
    assert operation_name(name) == expected
