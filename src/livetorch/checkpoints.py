"""Checkpoints: weights and what a run needs to go on as if it had never stopped.

A checkpoint is a dictionary of tensors, numbers and strings, so that it loads with
``weights_only=True``: a file from elsewhere can not run code.
"""

from __future__ import annotations

import os
import random
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import DataLoader

from livetorch.distributed import is_main, rank
from livetorch.metrics import History
from livetorch.runtime import seed_everything
from livetorch.wrappers import inner_model

FORMAT = "livetorch checkpoint 1"


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be read, or that belongs to something else."""


def save_checkpoint(
    path: str | Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer | None = None,
    *,
    scheduler: LRScheduler | None = None,
    loader: DataLoader[Any] | None = None,
    history: History | None = None,
) -> None:
    """Write the weights, and the state of all else that is given, to one file.

    With the optimizer, the scheduler, the training loader and the history a run goes on bit for
    bit; the states of the random number generators are always there. The file is written beside
    its place and then moved there, so that a crash or a full disk leaves the old one whole.

    What is wrapped around the model for many processes or by ``torch.compile`` is left out, so that
    the file fits the plain model too. Of many processes only rank 0 writes; the others return at
    once.

    Raises:
        OSError: the folder does not exist or cannot be written, or the disk is full.
        CheckpointError: the model is sharded, so that no process has all of it.
    """
    path, model = Path(path), inner_model(model)
    if any(hasattr(parameter, "full_tensor") for parameter in model.parameters()):
        raise CheckpointError(
            "this model is sharded by fully_shard, and no process has all of it: collect its "
            "state with get_model_state_dict and StateDictOptions(full_state_dict=True), from "
            "torch.distributed.checkpoint.state_dict"
        )
    if not is_main():
        return
    states = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
    content: dict[str, Any] = {
        name: state.state_dict() for name, state in states.items() if state is not None
    }
    content |= {"format": FORMAT, "random": random_states()}
    if loader is not None:
        content["loader"] = order_of(loader).get_state()
    if history is not None:
        content["history"] = history.columns
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)  # once it is closed: Windows moves no open file
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError | RuntimeError):
            raise not_written(path, error) from error
        raise


def not_written(path: Path, error: OSError | RuntimeError) -> OSError:
    """An error that names the file and the system's reason, which torch's second error hides."""
    reason: BaseException = error
    while not isinstance(reason, OSError) and reason.__context__ is not None:
        reason = reason.__context__
    rest = f"{path} could not be written, and what stood there before is unchanged"
    if isinstance(reason, OSError) and reason.errno is not None:
        return OSError(reason.errno, f"{reason.strerror}: {rest}")
    return OSError(f"{reason}: {rest}")


def load_checkpoint(
    path: str | Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer | None = None,
    *,
    scheduler: LRScheduler | None = None,
    loader: DataLoader[Any] | None = None,
    device: torch.device | str = "cpu",
) -> History:
    """Put a checkpoint's state into the model and into all else that is given.

    The random number generators are set as they were when an optimizer is given, which says that
    the run goes on. Nothing is changed where the checkpoint does not fit. Of many processes each
    loads the file; it has the generators of rank 0, from which those of the others are seeded
    anew. So a run of many processes with dropout goes on well, but not bit for bit.

    Returns:
        The history that was saved, or an empty one.

    Raises:
        FileNotFoundError: there is no such file.
        CheckpointError: the file is damaged, is not a checkpoint of this package, holds another
            model, optimizer or scheduler, or lacks the state of something that was given.
        ValueError: the loader has no generator of its own.
    """
    path, model = Path(path), inner_model(model)
    try:
        with zipfile.ZipFile(path) as archive:
            if (damaged := archive.testzip()) is not None:  # torch compares no checksums
                raise zipfile.BadZipFile(damaged)
        content = torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no checkpoint at {path.absolute()}") from None
    except (PermissionError, IsADirectoryError):
        raise
    except Exception as error:  # of nearly any type: torch reads the bytes it finds as commands
        raise CheckpointError(
            f"{path} is not a whole checkpoint: it was cut short, changed, or is another kind of "
            f"file ({type(error).__name__})"
        ) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f"{path} was not written by livetorch.save_checkpoint")
    given = {"optimizer": optimizer, "scheduler": scheduler, "loader": loader}
    for name, value in given.items():
        if value is not None and name not in content:
            raise CheckpointError(f"{path} holds no state of the {name}")
    check_fits(path, model, content["model"])
    if optimizer is not None:
        check_optimizer(path, optimizer, content["optimizer"]["param_groups"])
    if scheduler is not None and scheduler.state_dict().keys() - content["scheduler"].keys():
        raise CheckpointError(f"{path} is of another scheduler than {type(scheduler).__name__}")
    generator = None if loader is None else order_of(loader)
    # Nothing is changed before this line, and nothing is refused after it.
    model.load_state_dict(content["model"])
    if scheduler is not None:
        scheduler.load_state_dict(content["scheduler"])
    if generator is not None:
        generator.set_state(content["loader"].cpu())
    if optimizer is not None:
        optimizer.load_state_dict(content["optimizer"])
        set_random_states(content["random"])
        if not is_main():  # else every process would drop the same units from here on
            seed_everything((int(torch.randint(2**31, ())) + rank()) % 2**32)
    return History(content.get("history"))


def check_fits(path: Path, model: nn.Module, state: dict[str, torch.Tensor]) -> None:
    """Compare names and shapes of a checkpoint with a model's, and say all that differs."""
    own = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    saved = {name: tuple(tensor.shape) for name, tensor in state.items()}
    if own == saved:
        return
    differences = [
        f"{name}: model {own.get(name, 'has none')}, file {saved.get(name, 'has none')}"
        for name in sorted(own.keys() | saved.keys())
        if own.get(name) != saved.get(name)
    ]
    raise CheckpointError(
        f"{path} is the checkpoint of another model than this {type(model).__name__}:\n  "
        + "\n  ".join(differences)
    )


def check_optimizer(
    path: Path, optimizer: torch.optim.Optimizer, saved: list[dict[str, Any]]
) -> None:
    """Compare the parameter groups of a checkpoint with an optimizer's: sizes and settings."""
    sizes = [len(group["params"]) for group in optimizer.param_groups]
    same = sizes == [len(group["params"]) for group in saved]
    if not same or any(optimizer.defaults.keys() - group.keys() for group in saved):
        raise CheckpointError(
            f"{path} is of another optimizer than this {type(optimizer).__name__}, "
            "or of one with other parameter groups"
        )


def order_of(loader: DataLoader[Any]) -> torch.Generator:
    """The generator that shuffles a loader."""
    if loader.generator is None:
        raise ValueError(
            "this loader has no generator of its own, so its order can not be saved: "
            "make it with livetorch.datasets.make_loader, or give it generator="
        )
    return loader.generator


def random_states() -> dict[str, Any]:
    """The state of each random number generator, in types that load without running code."""
    version, numbers, gauss = random.getstate()
    name, keys, position, has_gauss, cached = np.random.get_state()
    return {
        "torch": torch.get_rng_state(),
        **accelerator_states(),
        "python": [version, list(numbers), gauss],
        "numpy": [name, np.asarray(keys).tolist(), position, has_gauss, cached],
    }


def set_random_states(states: dict[str, Any]) -> None:
    """Put back what `random_states` read."""
    torch.set_rng_state(states["torch"].cpu())
    set_accelerator_states(states)
    version, numbers, gauss = states["python"]
    random.setstate((version, tuple(numbers), gauss))
    name, keys, position, has_gauss, cached = states["numpy"]
    np.random.set_state((name, np.array(keys, dtype=np.uint32), position, has_gauss, cached))


def accelerator_states() -> dict[str, list[torch.Tensor]]:
    """The generator's state of each GPU, under the name of their kind (cuda, mps, xpu)."""
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    if accelerator is None:
        return {}
    module = torch.get_device_module(accelerator)
    if hasattr(module, "get_rng_state_all"):
        return {accelerator.type: module.get_rng_state_all()}
    return {accelerator.type: [module.get_rng_state()]}  # Apple's GPU is always a single one


def set_accelerator_states(states: dict[str, Any]) -> None:
    """Put back what `accelerator_states` read, on as many devices as there are of this kind."""
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    if accelerator is None or not states.get(accelerator.type):
        return  # it ran on another kind of device, whose generator draws other numbers
    module = torch.get_device_module(accelerator)
    here = [state.cpu() for state in states[accelerator.type][: torch.accelerator.device_count()]]
    if hasattr(module, "set_rng_state_all"):
        module.set_rng_state_all(here)
    else:
        module.set_rng_state(here[0])
