"""A model cut among real processes, compared with one: in layers, in stages, and in its files."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (as in the script that is written)
from torch import nn

from livetorch.distributed import rank, world_size
from livetorch.launch import torchrun, write_script

FOLDER = Path()
"""in the script that is written: its folder"""


def tensor_parallel() -> None:
    """Outputs and all gradients of a block, in random shapes, are those of one process."""
    import copy
    import random

    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor import DTensor, Replicate
    from torch.distributed.tensor.parallel import (
        ColwiseParallel,
        PrepareModuleInput,
        RowwiseParallel,
        parallelize_module,
    )

    from livetorch.models.transformer import Block

    mesh = init_device_mesh("cpu", (world_size(),))
    columns = ["attention.query", "attention.key", "attention.value"]
    columns += ["feed_forward.up", "feed_forward.gate"]
    rows = ["attention.out", "feed_forward.down"]
    draw = random.Random(0)
    for seed in range(6):
        torch.manual_seed(seed)
        heads = draw.choice([2, 4, 6])
        width = 2 * heads * draw.randint(1, 5)
        activation = draw.choice(["gelu", "swiglu", "relu^2"])
        whole = Block(
            *(width, heads, 2 * draw.randint(1, 30)),
            activation=activation,
            bias=draw.random() < 0.5,
            norm=draw.choice(["rms", "layer"]),
            num_key_heads=2,
        )
        cut = copy.deepcopy(whole)
        plan: dict[str, Any] = {name: ColwiseParallel() for name in columns}
        plan |= {name: RowwiseParallel() for name in rows}
        if seed % 2:
            plan["attention"] = PrepareModuleInput(
                input_layouts=Replicate(), desired_input_layouts=Replicate()
            )
        if activation != "swiglu":
            del plan["feed_forward.gate"]
        parallelize_module(cut, mesh, plan)
        x = torch.randn(draw.randint(1, 4), draw.randint(1, 9), width)
        weights = torch.randn_like(x)
        results = []
        for net in (whole, cut):
            own = x.clone().requires_grad_()
            output = net(own, causal=True)
            (output * weights).sum().backward()
            results.append((output.detach(), own.grad))
        torch.testing.assert_close(results[1], results[0])
        parts = 0
        for a, b in zip(whole.parameters(), cut.parameters(), strict=True):
            grad = b.grad
            if isinstance(grad, DTensor):
                parts += grad.to_local().numel() < grad.numel()
                grad = grad.full_tensor()
            torch.testing.assert_close(grad, a.grad)
        assert parts >= 6
    print(f"blocks, rank {rank()}: equal")


def note(order: list[str], _module: nn.Module, _given: object, made: torch.Tensor) -> None:
    """A hook that writes down when a stage computes forward, and later backward."""
    order.append("forward")
    made.register_hook(lambda _: order.append("backward"))


def pipelined() -> None:
    """Outputs, losses and gradients are those of one process; each rank keeps the book's order."""
    import copy
    from functools import partial

    from torch.distributed.pipelining import PipelineStage, Schedule1F1B, ScheduleGPipe

    from livetorch.schedules import pipeline_order

    ranks, own_rank = world_size(), rank()
    for seed, kind, cls in (
        *((0, "gpipe", ScheduleGPipe), (1, "1f1b", Schedule1F1B)),
        (2, "1f1b", Schedule1F1B),
    ):
        torch.manual_seed(seed)
        many, each, width = seed + 3, 2, 3 + seed
        whole = nn.Sequential(
            *(nn.Sequential(nn.Linear(width, width), nn.Tanh()) for _ in range(ranks))
        )
        inputs, targets = torch.randn(2, many * each, width)
        order: list[str] = []
        stage_model = copy.deepcopy(whole[own_rank])

        stage_model.register_forward_hook(partial(note, order))
        shape = torch.empty(each, width, requires_grad=own_rank > 0)  # else it runs once to ask
        made = torch.empty(each, width, requires_grad=True)
        stage = PipelineStage(
            *(stage_model, own_rank, ranks, torch.device("cpu")), input_args=shape, output_args=made
        )
        run = cls(stage, n_microbatches=many, loss_fn=F.mse_loss)
        losses: list[torch.Tensor] = []
        last = own_rank == ranks - 1
        given = {"target": targets, "losses": losses} if last else {}
        output = run.step(*([inputs] if own_rank == 0 else []), **given)
        answer = whole(inputs)
        loss = F.mse_loss(answer, targets)
        loss.backward()
        if last:
            torch.testing.assert_close(output, answer)
            torch.testing.assert_close(torch.stack(losses).mean(), loss)
        for a, b in zip(whole[own_rank].parameters(), stage_model.parameters(), strict=True):
            torch.testing.assert_close(b.grad, a.grad)
        assert order == [step for step, _ in pipeline_order(kind, own_rank, ranks, many)], order
    print(f"stages, rank {rank()}: equal")


def sharded() -> tuple[nn.Module, torch.optim.Optimizer]:
    """A model and an optimizer, cut among the processes; rows that no 2 or 3 ranks share evenly."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    torch.manual_seed(world_size())  # other numbers on loading than were saved
    model = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 4))
    mesh = init_device_mesh("cpu", (world_size(),))
    for layer in (model[0], model[2], model):
        fully_shard(layer, mesh=mesh)
    return model, torch.optim.AdamW(model.parameters(), lr=0.1)


def write_parts() -> None:
    from torch.distributed.checkpoint.state_dict import (
        StateDictOptions,
        get_model_state_dict,
        get_state_dict,
    )
    from torch.distributed.checkpoint.state_dict_saver import save

    model, optimizer = sharded()
    for _ in range(2):
        model(torch.randn(3, 5)).square().sum().backward()
        optimizer.step()
    state, moments = get_state_dict(model, optimizer)
    save({"model": state, "optimizer": moments}, checkpoint_id=FOLDER / "parts")
    options = StateDictOptions(full_state_dict=True)
    full, whole = get_state_dict(model, optimizer, options=options)
    assert full.keys() == get_model_state_dict(model).keys()
    if rank() == 0:
        torch.save({"model": full, "optimizer": whole}, FOLDER / "whole.pt")


def read_parts() -> None:
    from torch.distributed.checkpoint.state_dict import (
        StateDictOptions,
        get_state_dict,
        set_state_dict,
    )
    from torch.distributed.checkpoint.state_dict_loader import load

    model, optimizer = sharded()
    state, moments = get_state_dict(model, optimizer)
    load({"model": state, "optimizer": moments}, checkpoint_id=FOLDER / "parts")
    set_state_dict(model, optimizer, model_state_dict=state, optim_state_dict=moments)
    options = StateDictOptions(full_state_dict=True)
    full, whole = get_state_dict(model, optimizer, options=options)
    if rank() == 0:
        torch.save({"model": full, "optimizer": whole}, FOLDER / "read.pt")
    print(f"read, rank {rank()}")


def same_bits(a: Any, b: Any) -> None:
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            same_bits(a[key], b[key])
    elif isinstance(a, torch.Tensor):
        assert torch.equal(a, b)
    else:
        assert a == b


def told_by_all(printed: str, words: str, processes: int) -> None:
    """Each rank has said so; what several print at once may share a line."""
    for number in range(processes):
        assert printed.count(words.format(number)) == 1, printed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two processes have been here: their checks passed, and they left a checkpoint."""
    folder = tmp_path_factory.mktemp("cut")
    calls = [tensor_parallel, pipelined, write_parts]
    done = torchrun(write_script(folder, *calls, uses=[sharded, note]), quiet=True)
    for name in ("blocks", "stages"):
        told_by_all(done.stdout, name + ", rank {}: equal", 2)
    return folder


def test_three_processes_read_what_two_wrote_bit_for_bit_and_make_a_pipeline(folder: Path) -> None:
    done = torchrun(
        write_script(folder, read_parts, pipelined, uses=[sharded, note]), processes=3, quiet=True
    )
    for words in ("read, rank {}", "stages, rank {}: equal"):
        told_by_all(done.stdout, words, 3)
    written, read = (torch.load(folder / name) for name in ("whole.pt", "read.pt"))
    same_bits(read, written)
    assert written["optimizer"]["state"]["0.weight"]["exp_avg"].abs().sum() > 0


def test_one_process_reads_what_two_wrote_bit_for_bit(folder: Path) -> None:
    from torch.distributed.checkpoint.state_dict_loader import load

    written = torch.load(folder / "whole.pt")
    state: Any = copy.deepcopy(written)
    for tensor in (*state["model"].values(), *state["optimizer"]["state"]["0.weight"].values()):
        tensor.fill_(7)
    load(state, checkpoint_id=folder / "parts", no_dist=True)
    same_bits(state, written)


def test_a_checkpoint_of_another_model_is_refused_by_the_tensors_name(folder: Path) -> None:
    from torch.distributed.checkpoint.api import CheckpointException
    from torch.distributed.checkpoint.state_dict_loader import load

    for name, words in (("0.weight", "Size mismatch"), ("9.weight", "Missing key")):
        state = {"model": {name: torch.zeros(2, 5)}}
        with pytest.raises(CheckpointException) as refused:
            load(state, checkpoint_id=folder / "parts", no_dist=True)
        assert words in str(refused.value)
        assert f"model.{name}" in str(refused.value)
