"""Checkpoints: resuming bit for bit, and files that are damaged, foreign or dangerous."""

from __future__ import annotations

import contextlib
import copy
import errno
import io
import os
import pickle
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader

from livetorch import (
    History,
    fit,
    half_mse_loss,
    load_checkpoint,
    save_checkpoint,
    seed_everything,
)
from livetorch.checkpoints import CheckpointError
from livetorch.datasets import InMemoryDataset, make_linear_data, make_loader

MakeScheduler = Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler]


class Run:
    """A model with dropout and all that trains it."""

    def __init__(self, make: MakeScheduler, seed: int = 0) -> None:
        seed_everything(seed)
        self.model = nn.Sequential(
            nn.Linear(3, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 1)
        )
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.01)
        self.scheduler = make(self.optimizer)
        data = make_linear_data(50, [1.0, 2.0, 3.0], 0.5, noise=0.1, seed=0)
        self.loader = make_loader(data, 16, shuffle=True, seed=seed)

    def fit(self, epochs: int, history: History | None = None) -> History:
        return fit(
            self.model,
            self.loader,
            self.loader,
            half_mse_loss,
            self.optimizer,
            epochs=epochs,
            scheduler=self.scheduler,
            history=history,
        )

    def save(self, path: Path, history: History | None = None) -> None:
        save_checkpoint(
            path,
            self.model,
            self.optimizer,
            scheduler=self.scheduler,
            loader=self.loader,
            history=history,
        )

    def load(self, path: Path) -> History:
        return load_checkpoint(
            path, self.model, self.optimizer, scheduler=self.scheduler, loader=self.loader
        )

    def state(self) -> dict[str, Any]:
        """All that a later step depends on."""
        assert self.loader.generator is not None
        return copy.deepcopy(
            {
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "scheduler": self.scheduler.state_dict(),
                "loader": self.loader.generator.get_state(),
                "torch": torch.get_rng_state(),
                "numpy": tuple(np.random.get_state()),
                "python": random.getstate(),
            }
        )


def assert_same(left: Any, right: Any, at: str = "") -> None:
    """Equal bit for bit, however deep."""
    assert type(left) is type(right), at
    if isinstance(left, Tensor):
        assert left.dtype == right.dtype, at
        assert torch.equal(left, right), at
    elif isinstance(left, np.ndarray):
        assert np.array_equal(left, right), at
    elif isinstance(left, dict):
        assert left.keys() == right.keys(), at
        for name in left:
            assert_same(left[name], right[name], f"{at}.{name}")
    elif isinstance(left, (list, tuple)):
        assert len(left) == len(right), at
        for number, (one, other) in enumerate(zip(left, right, strict=True)):
            assert_same(one, other, f"{at}[{number}]")
    else:
        assert left == right, at


def step(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
    return lr_scheduler.StepLR(optimizer, 2, gamma=0.5)


def one_cycle(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
    return lr_scheduler.OneCycleLR(optimizer, max_lr=0.05, total_steps=6 * 4)


def plateau(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
    return lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, threshold=0.5)


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETORCH_PROGRESS", "0")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.pt"


def small(out_features: int = 1) -> nn.Linear:
    return nn.Linear(3, out_features)


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


# Going on


@pytest.mark.parametrize("make", [step, one_cycle, plateau])
def test_resumed_run_goes_on_bit_for_bit(make: MakeScheduler, path: Path) -> None:
    whole = Run(make)
    expected_history = whole.fit(6)
    expected = whole.state()

    first = Run(make)
    first.save(path, first.fit(3))
    resumed = Run(make, seed=99)  # other weights, another order, other generators
    history = resumed.load(path)
    assert len(history) == 3
    resumed.fit(3, history)
    assert history.columns == expected_history.columns
    assert_same(resumed.state(), expected)
    assert len(set(history["train_loss"])) == 6, "nothing was trained"


def test_checkpoint_in_the_hook_of_fit(path: Path) -> None:
    run = Run(one_cycle)

    def save_second(epoch: int, _model: nn.Module, history: History) -> None:
        if epoch == 2:
            run.save(path, history)

    expected = fit(
        run.model,
        run.loader,
        None,
        half_mse_loss,
        run.optimizer,
        epochs=4,
        scheduler=run.scheduler,
        on_epoch_end=save_second,
    )
    resumed = Run(one_cycle, seed=99)
    history = resumed.load(path)
    fit(
        resumed.model,
        resumed.loader,
        None,
        half_mse_loss,
        resumed.optimizer,
        epochs=2,
        scheduler=resumed.scheduler,
        history=history,
    )
    assert history.columns == expected.columns
    assert_same(resumed.state(), run.state())


@pytest.mark.parametrize("part", ["optimizer", "scheduler", "loader", "random"])
def test_every_part_of_the_state_matters(part: str, path: Path) -> None:
    # Without this the comparison above could pass because the run does not depend on the part.
    whole = Run(one_cycle)
    whole.fit(6)
    first = Run(one_cycle)
    first.save(path, first.fit(3))
    resumed = Run(one_cycle, seed=99)
    fresh = Run(one_cycle, seed=99).state()
    history = resumed.load(path)
    assert resumed.loader.generator is not None
    if part == "random":
        torch.set_rng_state(fresh["torch"])
    elif part == "loader":
        resumed.loader.generator.set_state(fresh["loader"])
    elif part == "optimizer":
        rate = resumed.optimizer.param_groups[0]["lr"]
        resumed.optimizer.load_state_dict(fresh["optimizer"])
        resumed.optimizer.param_groups[0]["lr"] = rate
    else:
        resumed.scheduler.load_state_dict(fresh["scheduler"])
    resumed.fit(3, history)
    with pytest.raises(AssertionError):
        assert_same(resumed.state()["model"], whole.state()["model"])


def test_generators_go_on_where_they_were(path: Path) -> None:
    seed_everything(1)
    model = small()
    optimizer = torch.optim.SGD(model.parameters())
    random.gauss(0, 1)  # the generators of Python and NumPy keep the second of each pair
    np.random.normal()
    save_checkpoint(path, model, optimizer)

    def draw() -> tuple[float, ...]:
        return (
            random.gauss(0, 1),
            random.random(),
            np.random.normal(),
            np.random.rand(),
            torch.randn(()).item(),
        )

    expected = draw()
    seed_everything(2)
    assert draw() != expected
    load_checkpoint(path, model, optimizer)
    assert draw() == expected


def test_loading_weights_alone_leaves_the_generators_alone(path: Path) -> None:
    model, other = small(), small()
    save_checkpoint(path, model, torch.optim.SGD(model.parameters()))
    seed_everything(5)
    before = torch.get_rng_state(), random.getstate()
    assert load_checkpoint(path, other).columns == {}
    assert_same(other.state_dict(), model.state_dict())
    assert_same((torch.get_rng_state(), random.getstate()), before)


def test_saving_changes_nothing(path: Path) -> None:
    run = Run(step)
    history = run.fit(2)
    before = run.state()
    run.save(path, history)
    assert_same(run.state(), before)


def test_history_comes_back(path: Path) -> None:
    history = History({"train_loss": [0.5, 0.25], "val_loss": [1.0, 0.75]})
    save_checkpoint(path, small(), history=history)
    loaded = load_checkpoint(str(path), small())
    assert loaded.columns == history.columns
    loaded.append(train_loss=0.0, val_loss=0.0)
    assert len(history) == 2


def test_history_of_numpy_numbers_comes_back(path: Path) -> None:
    history = History()
    history.append(loss=np.float64(0.5))
    save_checkpoint(path, small(), history=history)
    assert load_checkpoint(path, small())["loss"] == [0.5]


def test_loaded_model_shares_nothing_with_the_file(path: Path) -> None:
    model, other = small(), small()
    save_checkpoint(path, model)
    load_checkpoint(path, other)
    nn.init.zeros_(other.weight)
    load_checkpoint(path, other)
    assert_same(other.state_dict(), model.state_dict())


class Devices:
    """The generators of GPUs that are not there, as torch's modules for a kind of device give them.

    torch.cuda and torch.xpu have functions for all devices at once; torch.mps has one device.
    """

    def __init__(self, kind: str, count: int) -> None:
        self.kind, self.count = kind, count
        self.states = [torch.full((4,), 7 + number, dtype=torch.uint8) for number in range(count)]

    def module(self) -> SimpleNamespace:
        if self.kind == "mps":
            return SimpleNamespace(
                get_rng_state=lambda: self.states[0].clone(),
                set_rng_state=lambda state: self.states.__setitem__(0, state),
            )
        return SimpleNamespace(
            get_rng_state_all=lambda: [state.clone() for state in self.states],
            set_rng_state_all=lambda states: self.states.__setitem__(
                slice(len(states)), list(states)
            ),
        )

    def draw(self) -> None:
        """Move every generator on."""
        self.states = [state + 10 for state in self.states]


@pytest.fixture
def plug_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[Devices], None]:
    """Make torch believe that these are the accelerators of this machine."""

    def plug(devices: Devices) -> None:
        kind = torch.device(devices.kind)
        accelerator = torch.accelerator
        monkeypatch.setattr(accelerator, "current_accelerator", lambda check_available=False: kind)  # noqa: ARG005
        monkeypatch.setattr(accelerator, "device_count", lambda: devices.count)
        monkeypatch.setattr(torch, "get_device_module", lambda _: devices.module())

    return plug


@pytest.mark.parametrize(("kind", "count"), [("cuda", 2), ("mps", 1), ("xpu", 3)])
def test_generators_of_every_kind_of_gpu_go_on_where_they_were(
    kind: str, count: int, path: Path, plug_in: Callable[[Devices], None]
) -> None:
    devices = Devices(kind, count)
    plug_in(devices)
    model = small()
    optimizer = torch.optim.SGD(model.parameters())
    save_checkpoint(path, model, optimizer)
    before = list(devices.states)
    devices.draw()
    load_checkpoint(path, model, optimizer)
    assert_same(devices.states, before)


@pytest.mark.parametrize("here", [1, 2, 3])
def test_generators_of_more_gpus_than_there_are(
    here: int, path: Path, plug_in: Callable[[Devices], None]
) -> None:
    there, devices = Devices("cuda", 2), Devices("cuda", here)
    devices.draw()
    untouched = devices.states[2:]
    plug_in(there)
    model = small()
    optimizer = torch.optim.SGD(model.parameters())
    save_checkpoint(path, model, optimizer)
    plug_in(devices)
    load_checkpoint(path, model, optimizer)
    assert_same(devices.states, there.states[:here] + untouched)


def test_a_gpu_of_another_kind_keeps_its_generator(
    path: Path, plug_in: Callable[[Devices], None]
) -> None:
    plug_in(Devices("cuda", 2))
    model = small()
    optimizer = torch.optim.SGD(model.parameters())
    save_checkpoint(path, model, optimizer)
    devices = Devices("mps", 1)
    plug_in(devices)
    before = list(devices.states)
    load_checkpoint(path, model, optimizer)
    assert_same(devices.states, before)


def compiled(model: nn.Module) -> nn.Module:
    """Wrapped only: a model that is never called is not compiled."""
    return cast(nn.Module, torch.compile(model))


@pytest.mark.parametrize(
    "wrap",
    [
        compiled,
        nn.DataParallel,
        lambda model: compiled(nn.DataParallel(model)),
        lambda model: nn.DataParallel(compiled(model)),
    ],
    ids=["compiled", "parallel", "compiled parallel", "parallel compiled"],
)
def test_what_is_wrapped_around_a_model_is_left_out(
    wrap: Callable[[nn.Module], nn.Module], path: Path
) -> None:
    model, plain = small(), small()
    save_checkpoint(path, wrap(model))
    assert list(torch.load(path, weights_only=True)["model"]) == ["weight", "bias"]
    load_checkpoint(path, plain)
    assert_same(plain.state_dict(), model.state_dict())
    nn.init.zeros_(model.weight)
    load_checkpoint(path, wrap(model))
    assert_same(model.state_dict(), plain.state_dict())


# Files that must not be trusted


class Malicious:
    """Unpickling this object makes a folder, as it could do anything else."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("wrapped", [True, False], ids=["zip", "pickle"])
def test_file_that_would_run_code_is_refused(wrapped: bool, path: Path, tmp_path: Path) -> None:
    trace = tmp_path / "the code ran"
    content = {"format": "livetorch checkpoint 1", "model": Malicious(trace)}
    if wrapped:
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content))
    with pytest.raises(CheckpointError, match="is not a whole checkpoint"):
        load_checkpoint(path, small())
    assert not trace.exists()
    if wrapped:  # the file does what it says where it is trusted
        torch.load(path, weights_only=False)
        assert trace.exists()


def test_checkpoint_is_read_by_plain_torch(path: Path) -> None:
    run = Run(one_cycle)
    run.save(path, run.fit(2))
    content = torch.load(path, weights_only=True)
    assert content["format"] == "livetorch checkpoint 1"
    assert_same(dict(content["model"]), dict(run.model.state_dict()))


# Loads that fail change nothing


@contextlib.contextmanager
def refused(run: Run, message: str) -> Iterator[None]:
    """What is done in this block raises a CheckpointError and changes nothing of a run."""
    before = run.state()
    with pytest.raises(CheckpointError, match=message):
        yield
    assert_same(run.state(), before)


@pytest.fixture
def run() -> Run:
    """A run that has some state of its own."""
    run = Run(step, seed=4)
    run.fit(1)
    return run


def saved(path: Path) -> bytes:
    run = Run(step)
    run.save(path, run.fit(1))
    return path.read_bytes()


def test_file_that_was_cut_short(path: Path, run: Run) -> None:
    whole = saved(path)
    for size in (*range(0, len(whole), len(whole) // 40), 1, 4, len(whole) - 1):
        path.write_bytes(whole[:size])
        with refused(run, "cut short"):
            run.load(path)


@pytest.mark.parametrize("entry", ["data.pkl", "data/0"])
def test_file_with_a_changed_bit(entry: str, path: Path, run: Run) -> None:
    whole = bytearray(saved(path))
    # Behind the name in its header come the bytes, from the next multiple of 64 on.
    start = -(-(whole.index(entry.encode()) + len(entry)) // 64) * 64
    whole[start + 20] ^= 1
    path.write_bytes(whole)
    with refused(run, "changed"):
        run.load(path)


@pytest.mark.parametrize(
    "content", [b"hello\n", b"\x80\x02.", b"PK\x03\x04", bytes(range(256)), b'{"epoch": 3}']
)
def test_file_of_another_kind(content: bytes, path: Path, run: Run) -> None:
    path.write_bytes(content)
    with refused(run, "another kind of file"):
        run.load(path)


@pytest.mark.parametrize(
    "content",
    [{"format": "another"}, {"weight": torch.zeros(1)}, [1, 2], torch.zeros(3), {}, None],
    ids=str,
)
def test_file_that_torch_saved_otherwise(content: Any, path: Path, run: Run) -> None:
    torch.save(content, path)
    with refused(run, r"not written by livetorch\.save_checkpoint"):
        run.load(path)


def test_missing_file(tmp_path: Path, run: Run) -> None:
    path, before = tmp_path / "nothing.pt", run.state()
    with pytest.raises(FileNotFoundError, match="there is no checkpoint at") as caught:
        run.load(path)
    assert str(path) in str(caught.value)
    with pytest.raises(IsADirectoryError):
        run.load(tmp_path)
    assert_same(run.state(), before)


def test_checkpoint_of_another_model_says_all_that_differs(path: Path) -> None:
    file_model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2), nn.Linear(2, 1))
    save_checkpoint(path, file_model)
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 5), nn.ReLU(), nn.BatchNorm1d(5))
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(CheckpointError, match="another model than this Sequential") as caught:
        load_checkpoint(path, model)
    message = str(caught.value)
    assert "1.weight: model (5, 4), file (2, 4)" in message
    assert "1.bias: model (5,), file (2,)" in message
    assert "2.weight: model has none, file (1, 2)" in message
    assert "3.running_mean: model (5,), file has none" in message
    assert "0.weight" not in message, "what fits need not be read"
    assert_same(model.state_dict(), before)


def test_checkpoint_of_another_model_with_all_else_that_fits(path: Path, run: Run) -> None:
    other = Run(step)
    other.model[4] = nn.Linear(16, 2)
    other.save(path)
    with refused(run, r"4\.bias: model \(1,\), file \(2,\)"):
        run.load(path)


@pytest.mark.parametrize("lacking", ["optimizer", "scheduler", "loader"])
def test_checkpoint_that_lacks_a_state(lacking: str, path: Path, run: Run) -> None:
    other = Run(step)
    parts: dict[str, Any] = {
        "optimizer": other.optimizer,
        "scheduler": other.scheduler,
        "loader": other.loader,
    }
    del parts[lacking]
    save_checkpoint(path, other.model, **parts)
    with refused(run, f"holds no state of the {lacking}"):
        run.load(path)


def adam(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.Adam(model.parameters())


def sgd(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr=0.1)


def adam_in_groups(model: nn.Module) -> torch.optim.Optimizer:
    first, *others = model.parameters()
    return torch.optim.Adam([{"params": [first]}, {"params": others}])


def adam_in_other_groups(model: nn.Module) -> torch.optim.Optimizer:
    first, second, *others = model.parameters()
    return torch.optim.Adam([{"params": [first, second]}, {"params": others}])


@pytest.mark.parametrize(
    ("of_file", "given"),
    [
        (sgd, adam),
        (adam, sgd),
        (adam_in_groups, adam),
        (adam, adam_in_groups),
        (adam_in_groups, adam_in_other_groups),
    ],
)
def test_checkpoint_of_another_optimizer(
    of_file: Callable[[nn.Module], torch.optim.Optimizer],
    given: Callable[[nn.Module], torch.optim.Optimizer],
    path: Path,
    run: Run,
) -> None:
    model = Run(step).model
    save_checkpoint(path, model, of_file(model))
    optimizer = given(run.model)
    with refused(run, f"another optimizer than this {type(optimizer).__name__}"):
        load_checkpoint(path, run.model, optimizer)
    assert not optimizer.state


def test_optimizer_with_a_scheduler_to_come_is_the_same_optimizer(path: Path) -> None:
    # A scheduler adds settings of its own to the groups.
    other = Run(one_cycle)
    other.save(path, other.fit(1))
    model = Run(step).model
    optimizer = adam(model)
    load_checkpoint(path, model, optimizer)
    assert_same(optimizer.state_dict()["state"], other.optimizer.state_dict()["state"])


@pytest.mark.parametrize("make", [one_cycle, plateau])
def test_checkpoint_of_another_scheduler(make: MakeScheduler, path: Path, run: Run) -> None:
    Run(make).save(path)
    with refused(run, "another scheduler than StepLR"):
        run.load(path)


def test_loader_whose_order_cannot_be_saved(path: Path, run: Run) -> None:
    plain = DataLoader(InMemoryDataset(torch.zeros(3)), batch_size=2)
    other = Run(step)
    with pytest.raises(ValueError, match="no generator of its own"):
        save_checkpoint(path, other.model, other.optimizer, loader=plain)
    assert not path.exists()
    other.save(path)
    before = run.state()
    with pytest.raises(ValueError, match="no generator of its own"):
        load_checkpoint(path, run.model, run.optimizer, loader=plain)
    assert_same(run.state(), before)


# Writes that fail leave the old file whole


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(28, "No space left on device"), OSError),
        (RuntimeError("PytorchStreamWriter failed writing file data/1"), OSError),
        (pickle.PicklingError("no"), pickle.PicklingError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
    ids=["disk", "writer", "pickle", "interrupt"],
)
@pytest.mark.parametrize("there_was_one", [True, False])
def test_failed_write_leaves_the_old_file(
    error: BaseException,
    expected: type[BaseException],
    there_was_one: bool,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = small()
    if there_was_one:
        save_checkpoint(path, old)
    files = {name: (path.parent / name).read_bytes() for name in names_in(path.parent)}
    written = []

    def write_half_and_fail(_content: Any, file: io.BufferedWriter) -> None:
        written.append(file.write(b"half of a checkpoint"))
        file.flush()
        assert {name: (path.parent / name).read_bytes() for name in files} == files
        raise error

    monkeypatch.setattr(torch, "save", write_half_and_fail)
    with pytest.raises(expected):
        save_checkpoint(path, small())
    assert written == [20]
    assert names_in(path.parent) == list(files)
    assert {name: (path.parent / name).read_bytes() for name in files} == files
    if there_was_one:
        other = small()
        load_checkpoint(path, other)
        assert_same(other.state_dict(), old.state_dict())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on a file's size")
@pytest.mark.parametrize("share", [0.001, 0.3, 0.9, 0.9999])
def test_full_disk_leaves_the_old_file(share: float, path: Path) -> None:
    import resource

    save_checkpoint(path, nn.Linear(200, 200))
    old = path.read_bytes()
    # The system itself refuses to write on, at the start, in the tensors, or in the last bytes.
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(share * len(old)), hard))
    try:
        with pytest.raises(OSError, match=r"File too large|could not be written"):
            save_checkpoint(path, nn.Linear(200, 200))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == old
    assert names_in(path.parent) == [path.name]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux alone has a full disk at hand")
@pytest.mark.parametrize("size", [8, 600])
def test_full_disk_is_named(size: int, path: Path) -> None:
    save_checkpoint(path, nn.Linear(size, size))
    old = path.read_bytes()
    # What is written beside its place goes to a device that is always full.
    path.with_name(f".{path.name}.{os.getpid()}").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device") as caught:
        save_checkpoint(path, nn.Linear(size, size))
    assert caught.value.errno == errno.ENOSPC
    assert f"{path} could not be written" in str(caught.value)
    assert path.read_bytes() == old
    assert names_in(path.parent) == [path.name]


def test_content_reaches_the_disk_before_the_name(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str | int] = []
    replace, fsync = Path.replace, os.fsync

    def recorded_replace(self: Path, target: Path) -> Path:
        events.append("replace")
        return replace(self, target)

    def recorded_fsync(descriptor: int) -> None:
        events.append(os.fstat(descriptor).st_size)
        fsync(descriptor)

    monkeypatch.setattr(Path, "replace", recorded_replace)
    monkeypatch.setattr(os, "fsync", recorded_fsync)
    save_checkpoint(path, small())
    assert events == [path.stat().st_size, "replace"], "some bytes were still in Python's buffer"
    assert names_in(path.parent) == [path.name]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_others_may_read_the_file_as_any_other(path: Path) -> None:
    save_checkpoint(path, small())
    ordinary = path.with_name("ordinary")
    ordinary.touch()
    assert path.stat().st_mode == ordinary.stat().st_mode


def test_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        save_checkpoint(tmp_path / "no" / "run.pt", small())
    assert names_in(tmp_path) == []
