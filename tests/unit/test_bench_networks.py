"""What the benchmarks of networks compare is the same work, and honest; nothing is timed."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import bench.__main__ as command
from bench import fashion, processes, recurrent, writing
from livetorch import fit
from livetorch.datasets import InMemoryDataset, make_loader
from livetorch.distributed import shard
from livetorch.models.recurrent import Recurrent

SMALL = fashion.Recipe((2, 3), epochs=2, flips=True, mark=0.88, goal=0.5)


def images(count: int, seed: int) -> InMemoryDataset:
    generator = torch.Generator().manual_seed(seed)
    return InMemoryDataset(
        torch.rand(count, 1, 28, 28, generator=generator),
        torch.randint(10, (count,), generator=generator),
    )


class Sealed(InMemoryDataset):
    """Images that nobody may look at before the seal is broken."""

    sealed = True

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        assert not self.sealed, "the test images were looked at before the training was done"
        return super().__getitem__(index)


def trained(seconds: float, accuracy: float, epochs: int = 1) -> fashion.Trained:
    return fashion.Trained(nn.Identity(), seconds, epochs, accuracy)


def test_all_are_found() -> None:
    assert {"fashion", "processes", "recurrent", "writing"} <= set(command.benchmarks())


# --- Fashion-MNIST ---------------------------------------------------------------------------


def test_the_example_network_is_the_published_one() -> None:
    model = fashion.ExampleNet()
    # 32 * 9 + 32, 64 * 288 + 64, 128 * 9216 + 128 and 10 * 128 + 10
    assert sum(parameter.numel() for parameter in model.parameters()) == 1_199_882
    assert model(torch.rand(2, 1, 28, 28)).shape == (2, 10)
    drops = [module.p for module in model.modules() if isinstance(module, nn.Dropout)]
    assert drops == [0.25, 0.5]


@pytest.mark.parametrize(("scores", "epochs"), [([0.5, 0.8799, 0.88, 0.95], 3), ([0.8] * 20, 14)])
def test_the_example_stops_when_it_reaches_its_mark(
    monkeypatch: pytest.MonkeyPatch, scores: list[float], epochs: int
) -> None:
    rates, left = [], iter(scores)

    def note(_model: nn.Module, loader: Any, _loss: Any, optimizer: Any) -> None:
        assert isinstance(optimizer, torch.optim.Adadelta)
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        batches = list(loader)
        assert [len(labels) for _, labels in batches] == [64, 36]
        inputs = torch.cat([batch for batch, _ in batches])
        torch.testing.assert_close(
            [inputs.mean().item(), inputs.std().item()], [0.0, 1.0], atol=1e-4, rtol=0
        )

    monkeypatch.setattr(fashion, "train_epoch", note)
    monkeypatch.setattr(fashion, "accuracy_on", lambda *_: next(left))
    monkeypatch.setattr(fashion, "seconds", lambda run: run() or 2.0)
    trained = fashion.train_example(images(100, 0), images(10, 1), seed=0)
    assert (trained.epochs, trained.seconds, trained.accuracy) == (
        epochs,
        2.0 * epochs,
        scores[epochs - 1],
    )
    assert rates == pytest.approx([0.7**epoch for epoch in range(epochs)])


def test_a_recipe_learns_nothing_from_the_test_images(monkeypatch: pytest.MonkeyPatch) -> None:
    train, honest = images(70, 0), Sealed(*images(30, 1).tensors)
    poisoned = Sealed(torch.full((30, 1, 28, 28), torch.nan), torch.zeros(30, dtype=torch.int64))
    learned = []
    for test in (honest, poisoned):

        def fit_and_break(*args: Any, test: Sealed = test, **kwargs: Any) -> Any:
            history = fit(*args, **kwargs)
            test.sealed = False
            return history

        monkeypatch.setattr(fashion, "fit", fit_and_break)
        trained = fashion.train_recipe(SMALL, train, test, seed=3)
        learned.append(trained.model.state_dict())
        assert not test.sealed
    for one, other in zip(*(weights.values() for weights in learned), strict=True):
        assert one.isfinite().all()
        assert torch.equal(one, other)
    different = fashion.train_recipe(SMALL, train, honest, seed=4).model.state_dict()
    weight = "stages.0.conv.weight"
    assert not torch.equal(different[weight], learned[0][weight]), "the seed says how it begins"


def test_recipes_are_checked_on_training_images_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, test = InMemoryDataset(torch.arange(50.0).view(50, 1, 1), torch.zeros(50)), None
    monkeypatch.setattr(fashion, "load", lambda: (whole, test))

    def note(recipe: Any, train: InMemoryDataset, validation: InMemoryDataset, seed: int) -> Any:
        kept, held = (set(part.tensors[0].flatten().tolist()) for part in (train, validation))
        assert len(kept) == 40
        assert len(held) == 10
        assert not kept & held
        return trained(1.0, recipe.epochs / 100 + seed / 1000)

    monkeypatch.setattr(fashion, "train_recipe", note)
    fashion.validate()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == sum(map(len, fashion.TRIED.values()))
    assert "mean 0.0410" in next(line for line in lines if " 4 epochs" in line)


def test_flipped_mirrors_about_half_and_keeps_the_labels() -> None:
    dataset = images(400, 0)
    before = dataset.tensors[0].clone()
    loader = fashion.Flipped(make_loader(dataset, 64, shuffle=False), seed=0)
    assert len(loader) == 7
    choices = []
    for _ in range(2):
        batches = list(loader)
        seen, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
        assert torch.equal(labels, dataset.tensors[1])
        same, mirrored = ((seen == form).flatten(1).all(dim=1) for form in (before, before.flip(3)))
        assert (same ^ mirrored).all()
        assert 150 < mirrored.sum() < 250
        choices.append(mirrored)
    assert not torch.equal(*choices), "another epoch, other images"
    assert torch.equal(dataset.tensors[0], before)


def test_a_ratio_is_of_one_seed_and_needs_the_mark() -> None:
    own = [trained(2.0, 0.95), trained(6.0, 0.88), trained(4.0, 0.5)]
    made = fashion.row_of(SMALL, own, [trained(10.0, 0.88), trained(10.0, 0.9), trained(8.0, 0.9)])
    assert (made.ratio, made.goal, made.better, made.runs) == (0.5, 0.5, "lower", 3)
    with pytest.raises(RuntimeError, match=r"0\.8790 in the median and not 0\.88"):
        fashion.row_of(SMALL, [*own[::2], trained(4.0, 0.879)], [trained(1.0, 0.9)] * 3)


def test_rows_of_fashion(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVETORCH_DATA", "/no/such/folder")
    asked: list[tuple[float | None, int]] = []

    def recipe(recipe: fashion.Recipe, train: Any, test: Any, seed: int) -> fashion.Trained:
        assert [len(part) for part in (train, test)] == [10_000, 2_000]
        assert train.tensors[0].shape[1:] == (1, 28, 28)
        asked.append((recipe.mark, seed))
        return trained(1.0 + seed, 0.91)

    def example(_train: Any, _test: Any, seed: int) -> fashion.Trained:
        asked.append((None, seed))
        return trained(4.0, 0.88)

    monkeypatch.setattr(fashion, "train_recipe", recipe)
    monkeypatch.setattr(fashion, "train_example", example)
    rows = list(fashion.rows(15))
    assert asked == [(mark, seed) for seed in range(3) for mark in (0.88, 0.9, None)]
    assert [(made.ratio, made.goal, made.runs) for made in rows] == [(0.5, 0.17, 3), (0.5, 1.0, 3)]
    assert "seed 2: 3.0 s, 1 epochs, 0.9100;" in capsys.readouterr().out
    assert [made.runs for made in fashion.rows(1)] == [1, 1]


# --- recurrent layers ------------------------------------------------------------------------


@pytest.mark.parametrize("name", recurrent.PAIRS)
def test_both_recurrent_layers_do_the_same_work(name: str) -> None:
    inputs = torch.randn(3, 5, recurrent.FEATURES, requires_grad=True)
    results = []
    for layer in recurrent.layers(name):
        for _ in range(2):
            outputs = recurrent.training_step(layer, inputs)
            gradients = [x.grad for x in (inputs, *layer.parameters()) if x.grad is not None]
            results.append([outputs.detach(), *(gradient.clone() for gradient in gradients)])
    assert len(results[0]) == 6
    assert min(tensor.abs().max() for tensor in results[0]) > 0
    by_hand, *others = results
    for other in others:  # the second step too: nothing is left of the first
        torch.testing.assert_close(by_hand, other)


def test_rows_of_recurrent(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def fake(contender: nn.Module, baseline: nn.Module, runs: int) -> list[float]:
        compared.append((type(contender), type(baseline)))
        return [1.7] * runs

    monkeypatch.setattr(recurrent, "repeated", lambda layer: layer)
    monkeypatch.setattr(recurrent, "ratios", fake)
    rows = list(recurrent.rows(2))
    assert compared == [(Recurrent, nn.LSTM), (Recurrent, nn.GRU)]
    assert [(made.goal, made.better, made.runs) for made in rows] == [
        (1.75, "lower", 2),
        (None, "lower", 2),
    ]


# --- processes -------------------------------------------------------------------------------

TINY = [processes.Case("MLP", 16, 3), processes.Case("CNN, channels last", 16, 2)]


@pytest.fixture(scope="module")
def weights() -> dict[str, list[dict[str, list[float]]]]:
    """The weights of each of two processes after an epoch, by the network."""
    weights = {}
    with processes.Group(2) as group:
        for case in TINY:
            group.training(case)()
            weights[case.network] = group.ask("weights", case)
    assert [process.exitcode for process in group.processes] == [0, 0]
    return weights


def test_processes_have_equal_weights(weights: dict[str, Any]) -> None:
    for case in TINY:
        first, second = weights[case.network]
        assert first == second
        assert first != processes.Trainer(case).weights(), "it was trained"


def test_two_processes_do_the_work_of_one(weights: dict[str, Any]) -> None:
    # The CNN normalizes over a process's own part of a batch, so it is not compared.
    alone, together = processes.Trainer(TINY[0]), weights["MLP"][0]
    alone.train()
    assert alone.weights().keys() == together.keys()
    for name, numbers in alone.weights().items():
        torch.testing.assert_close(torch.tensor(together[name]), torch.tensor(numbers))


def test_a_process_computes_its_part_of_each_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "shard", partial(shard, place=(1, 2)))
    batches = list(processes.Trainer(TINY[0]).loader)
    assert [len(labels) for _, labels in batches] == [8, 8, 8]


def test_a_process_that_ends_early_is_told_and_none_is_left(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with (
        pytest.raises(RuntimeError, match=r"of 1 processes these .* rank 0 with exit code 1"),
        processes.Group(1) as group,
    ):
        group.ask("dance", TINY[0])
    assert not any(process.is_alive() for process in group.processes)
    assert "no attribute 'dance'" in capfd.readouterr().err


def test_rows_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    class FakeGroup:
        open = 0

        def __init__(self, size: int) -> None:
            self.size = size

        def __enter__(self) -> FakeGroup:
            FakeGroup.open += 1
            return self

        def __exit__(self, *_: object) -> None:
            FakeGroup.open -= 1

        def training(self, case: processes.Case) -> tuple[int, str]:
            return self.size, case.name

    compared = []

    def fake(contender: Any, baseline: Any, runs: int, clock: Callable[[], float]) -> list[float]:
        assert clock is time.perf_counter, "processor time would add up what two processes take"
        assert FakeGroup.open == 2
        compared.append((contender, baseline))
        return [1.7] * runs

    monkeypatch.setattr(processes, "Group", FakeGroup)
    monkeypatch.setattr(processes, "ratios", fake)
    rows = list(processes.rows(2))
    assert FakeGroup.open == 0
    assert compared == [((1, case.name), (2, case.name)) for case in processes.CASES]
    assert {made.better for made in rows} == {"higher"}
    assert {made.name.split(":")[0]: made.goal for made in rows} == {
        "CNN, batch 256": 1.6,
        "CNN, batch 64": None,
        "MLP, batch 64": None,
        "CNN, channels last, batch 256": None,
    }


# --- Writing -------------------------------------------------------------------------------------


def test_with_a_cache_the_same_text_is_written() -> None:
    model = writing.random_model(context=40)
    texts = [writing.written(model, cache=on) for on in (True, False)]
    assert torch.equal(*texts)
    assert texts[0].shape == (40,)
    assert len(texts[0].unique()) > 10, "a text that goes round in circles hides a wrong cache"
