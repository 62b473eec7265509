"""Figures through what a caller sees: the Axes that come back and what is on them."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import matplotlib as mpl
import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.text import Annotation, Text
from torch import Tensor, nn

from livetorch import History
from livetorch.graphs import autograd_graph
from livetorch.plotting import draw_cells, plot_graph, plot_history, plot_surface
from livetorch.style import LIGHT

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _figures_closed() -> Iterator[None]:
    plt.close("all")
    with mpl.rc_context():
        yield
    plt.close("all")


@pytest.fixture
def axes() -> Axes:
    return plt.subplots()[1]


def history() -> History:
    return History({"train_loss": [0.9, 0.5, 0.4], "val_loss": [1.0, 0.7, 0.8]})


def bowl(x: Tensor, y: Tensor) -> Tensor:
    return x**2 + 3 * y**2


def neuron() -> nx.DiGraph:
    w, b = torch.ones(2, requires_grad=True), torch.ones((), requires_grad=True)
    return autograd_graph((w @ torch.ones(2) + b).relu(), {"w": w, "b": b})


# draw_cells


def test_cells_are_squares_with_their_numbers_row_by_row(axes: Axes) -> None:
    draw_cells(axes, torch.tensor([[1.0, 2.5], [3.0, 4.0]]), 0, 2, LIGHT["blue"])
    assert [text.get_text() for text in axes.texts] == ["1", "2.5", "3", "4"]
    assert [text.get_position() for text in axes.texts[:3]] == [(0.5, 1.5), (1.5, 1.5), (0.5, 0.5)]
    assert {to_hex(square.get_edgecolor()) for square in axes.patches} == {LIGHT["blue"].lower()}


def test_marked_cells_lie_over_others_without_numbers(axes: Axes) -> None:
    draw_cells(axes, torch.ones(1, 2), 0, 1, LIGHT["blue"], marked=True)
    assert [text.get_text() for text in axes.texts] == ["", ""]
    assert all(square.get_fill() and (square.get_alpha() or 1) < 1 for square in axes.patches)


# plot_history


def test_history_is_drawn_over_epochs_from_one(axes: Axes) -> None:
    names = {"train_loss": "training", "val_loss": "validation"}
    assert plot_history(history(), names, axes) is axes
    assert [line.get_label() for line in axes.lines] == ["training", "validation"]
    for line, column in zip(axes.lines, names, strict=True):
        assert np.asarray(line.get_xdata()).tolist() == [1, 2, 3]
        assert np.asarray(line.get_ydata()).tolist() == history()[column]
    assert axes.get_xlabel() == "epoch"
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["training", "validation"]


def test_only_the_columns_asked_for_are_drawn(axes: Axes) -> None:
    plot_history(history(), {"val_loss": "validation"}, axes)
    assert len(axes.lines) == 1


def test_column_that_was_not_measured() -> None:
    with pytest.raises(KeyError, match="'accuracy' was not measured"):
        plot_history(history(), {"accuracy": "accuracy"})


# plot_surface


def test_surface_is_drawn_over_its_range(axes: Axes) -> None:
    assert plot_surface(bowl, (-2, 3), (-1, 4), axes) is axes
    assert axes.get_xlim() == (-2, 3)
    assert axes.get_ylim() == (-1, 4)
    assert axes.collections, "no contours"
    assert not axes.lines
    assert axes.get_legend() is None


def test_contours_have_the_height_of_the_function(axes: Axes) -> None:
    # Over x alone each contour is a vertical line, at the x that is its level.
    plot_surface(lambda x, y: x + 0 * y, (0, 1), (0, 1), axes, levels=5)
    contours = axes.collections[0]
    levels = np.asarray(contours.levels)  # type: ignore[attr-defined]
    drawn = 0
    for level, path in zip(levels, contours.get_paths(), strict=True):
        points = np.asarray(path.vertices)
        if len(points) > 0:
            drawn += 1
            assert points[:, 0] == pytest.approx(level, abs=1e-6)
    assert drawn >= 3


def test_path_is_drawn_first_to_last(axes: Axes) -> None:
    path = torch.tensor([[2.0, 1.0], [1.0, 0.5], [0.2, 0.1]], requires_grad=True)
    plot_surface(bowl, (-2, 3), (-1, 4), axes, path=path)
    steps, start, end = axes.lines
    assert np.asarray(steps.get_xydata()) == pytest.approx(path.detach().numpy())
    assert np.asarray(start.get_xydata()) == pytest.approx(np.array([[2.0, 1.0]]))
    assert np.asarray(end.get_xydata()) == pytest.approx(path.detach().numpy()[-1:])
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["start", "end"]


def test_path_that_leaves_the_range_does_not_widen_it(axes: Axes) -> None:
    plot_surface(bowl, (-2, 3), (-1, 4), axes, path=torch.tensor([[9.0, 9.0], [0.0, 0.0]]))
    assert axes.get_xlim() == (-2, 3)
    assert axes.get_ylim() == (-1, 4)


def test_surface_of_a_model_leaves_the_model_alone(axes: Axes) -> None:
    model = nn.Sequential(nn.Linear(2, 4), nn.Dropout(0.5), nn.Linear(4, 1)).train()
    before = copy.deepcopy(model.state_dict())
    recorded = []

    def height(x: Tensor, y: Tensor) -> Tensor:
        assert x.shape == y.shape
        values: Tensor = model(torch.stack([x, y], dim=-1)).squeeze(-1)
        recorded.append(values.requires_grad)
        return values

    plot_surface(height, (-1, 1), (-1, 1), axes)
    assert recorded == [False]
    assert torch.is_grad_enabled()
    assert all(module.training for module in model.modules())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


# plot_graph


def boxes(axes: Axes) -> dict[str, Text]:
    """The texts in boxes, by what they say."""
    return {text.get_text(): text for text in axes.texts if not isinstance(text, Annotation)}


def arrows(axes: Axes) -> list[Annotation]:
    return [text for text in axes.texts if isinstance(text, Annotation)]


def test_graph_has_a_box_per_node_and_an_arrow_per_edge(axes: Axes) -> None:
    graph = neuron()
    assert plot_graph(graph, axes) is axes
    assert set(boxes(axes)) == {"w", "b", "dot", "add", "relu", "output"}
    assert len([text for text in axes.texts if text.get_text()]) == len(graph)
    assert len(arrows(axes)) == graph.number_of_edges()


def test_graph_runs_from_left_to_right(axes: Axes) -> None:
    graph = neuron()
    plot_graph(graph, axes)
    labels = nx.get_node_attributes(graph, "label")
    boxes_drawn = boxes(axes)
    for source, target in graph.edges:
        left, right = boxes_drawn[labels[source]], boxes_drawn[labels[target]]
        assert left.get_position()[0] < right.get_position()[0]
    places = {text.get_position() for text in boxes_drawn.values()}
    assert len(places) == len(graph), "two boxes on one place"
    (low, high), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    for x, y in places:
        assert low < x < high
        assert bottom < y < top


def test_arrows_end_at_the_boxes_that_values_go_to(axes: Axes) -> None:
    graph = neuron()
    plot_graph(graph, axes)
    places = {label: np.array(text.get_position()) for label, text in boxes(axes).items()}
    ends = [
        min(places, key=lambda label: float(np.linalg.norm(places[label] - np.array(arrow.xy))))
        for arrow in arrows(axes)
    ]
    labels = nx.get_node_attributes(graph, "label")
    assert sorted(ends) == sorted(labels[target] for _, target in graph.edges)


def test_kinds_have_their_colors(axes: Axes) -> None:
    plot_graph(neuron(), axes)

    def color(label: str) -> str:
        patch = boxes(axes)[label].get_bbox_patch()
        assert patch is not None
        return to_hex(patch.get_edgecolor())

    assert {color("w"), color("b")} == {LIGHT["blue"]}
    assert {color("dot"), color("add"), color("relu")} == {LIGHT["grey"]}
    assert color("output") == LIGHT["orange"]


def test_graph_of_other_origin_needs_no_attributes(axes: Axes) -> None:
    plot_graph(nx.DiGraph([("data", "model"), ("model", "loss")]), axes)
    assert set(boxes(axes)) == {"data", "model", "loss"}


def test_graph_of_one_node(axes: Axes) -> None:
    graph = nx.DiGraph()
    graph.add_node(0, label="alone")
    plot_graph(graph, axes)
    assert set(boxes(axes)) == {"alone"}


def test_graph_is_left_as_it_was(axes: Axes) -> None:
    graph = neuron()
    before = copy.deepcopy((dict(graph.nodes(data=True)), list(graph.edges(data=True))))
    plot_graph(graph, axes)
    assert (dict(graph.nodes(data=True)), list(graph.edges(data=True))) == before


def test_graphs_that_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="empty graph"):
        plot_graph(nx.DiGraph())
    with pytest.raises(ValueError, match="has a circle"):
        plot_graph(nx.DiGraph([(1, 2), (2, 3), (3, 1)]))
    with pytest.raises(ValueError, match="has a circle"):
        plot_graph(nx.DiGraph([(1, 1)]))
    assert plt.get_fignums() == [], "a figure was opened for nothing"


# All of them


def test_new_axes_are_made_only_where_none_are_given(axes: Axes) -> None:
    plot_history(history(), {"val_loss": "loss"}, axes)
    plot_surface(bowl, (-1, 1), (-1, 1), axes)
    plot_graph(neuron(), axes)
    assert len(plt.get_fignums()) == 1
    made = [
        plot_history(history(), {"val_loss": "loss"}),
        plot_surface(bowl, (-1, 1), (-1, 1)),
        plot_graph(neuron()),
    ]
    assert len(plt.get_fignums()) == 4
    assert all(isinstance(one, Axes) for one in made)
    assert len({id(one) for one in (*made, axes)}) == 4


def test_drawing_changes_no_settings(axes: Axes) -> None:
    before = dict(mpl.rcParams)
    plot_history(history(), {"val_loss": "loss"}, axes)
    plot_surface(bowl, (-1, 1), (-1, 1), axes)
    plot_graph(neuron())
    assert dict(mpl.rcParams) == before
