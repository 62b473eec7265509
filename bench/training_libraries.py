"""The training loops of other libraries beside the usual loop, for what their users get.

Each library has its progress bars, loggers and checkpoints off, trains with the loader of the
usual loop, and keeps the running loss, as the loop by hand does. A library that is not installed
is left out with a line that says so.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import nn

from bench.measure import Row, ratios, row
from bench.tasks import BATCH_SIZE, LEARNING_RATE, Task, make_tasks
from bench.training import usual_loop
from livetorch import RunningMean

INSTALL = 'python -m pip install --constraint constraints.txt --editable ".[bench]"'


def with_lightning(task: Task) -> float:
    pytorch: Any = importlib.import_module("lightning.pytorch")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)  # else five lines a run

    class Module(pytorch.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = task.make_model()
            self.loss_fn = nn.CrossEntropyLoss()

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=LEARNING_RATE)

        def on_train_epoch_start(self) -> None:
            self.mean = RunningMean()

        def training_step(self, batch: Any, batch_index: int) -> Any:  # noqa: ARG002
            inputs, targets = batch
            loss = self.loss_fn(self.model(inputs), targets)
            self.mean.update(loss.item(), len(targets))
            return loss

    switches = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")
    off = dict.fromkeys(switches, False)
    trainer = pytorch.Trainer(accelerator="cpu", devices=1, max_epochs=task.epochs, **off)
    module = Module()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it wants loaders with workers
        trainer.fit(module, task.usual_loader())
    return module.mean.compute()


def with_skorch(task: Task) -> float:
    skorch: Any = importlib.import_module("skorch")
    net = skorch.NeuralNet(
        task.make_model(),
        nn.CrossEntropyLoss,
        optimizer=torch.optim.SGD,
        lr=LEARNING_RATE,
        max_epochs=task.epochs,
        batch_size=BATCH_SIZE,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
        callbacks__print_log=None,
    )
    net.fit(task.usual_loader().dataset, y=None)
    return float(net.history[-1, "train_loss"])


def with_ignite(task: Task) -> float:
    engine: Any = importlib.import_module("ignite.engine")
    means: list[RunningMean] = []

    def loop(model: Any, loader: Any, loss_fn: Any, optimizer: Any, epochs: int) -> None:
        trainer = engine.create_supervised_trainer(
            model,
            optimizer,
            loss_fn,
            output_transform=lambda x, y, y_pred, loss: means[-1].update(loss.item(), len(y)),  # noqa: ARG005
        )
        trainer.add_event_handler(engine.Events.EPOCH_STARTED, lambda: means.append(RunningMean()))
        trainer.run(loader, max_epochs=epochs)

    task.train(loop, task.usual_loader())
    return means[-1].compute()


LIBRARIES: dict[str, tuple[str, Callable[[Task], float]]] = {
    "Lightning": ("lightning", with_lightning),
    "skorch": ("skorch", with_skorch),
    "ignite": ("ignite", with_ignite),
}
"""The name in the table, the name to import, and a whole training that returns its loss."""


def rows(runs: int) -> Iterator[Row]:
    tasks = make_tasks()
    for library, (module, train) in LIBRARIES.items():
        if importlib.util.find_spec(module) is None:
            print(f"  {library} is not installed and gets no row; to compare it: {INSTALL}")
            continue
        for task in tasks:
            measured = ratios(partial(train, task), usual_loop(task), runs)
            yield row(f"{task.name}: {library} / the usual loop", measured)
