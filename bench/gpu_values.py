"""What the book says about gradients and memory on a GPU, as checks of `bench.gpu`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel
from torch.utils.checkpoint import checkpoint_sequential

from bench.gpu_times import wait
from book.gpu import Finding


def small_model(device: torch.device) -> tuple[nn.Sequential, Tensor, Tensor]:
    """A network, inputs (64, 8) and labels (64,); the same ones each time."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 3))
    inputs, labels = torch.randn(64, 8), torch.randint(3, (64,))
    return model.to(device), inputs.to(device), labels.to(device)


def gradient(model: nn.Module, inputs: Tensor, labels: Tensor) -> Tensor:
    """The gradient of the mean loss in all parameters, as one vector."""
    parameters = list(model.parameters())
    grads = torch.autograd.grad(functional.cross_entropy(model(inputs), labels), parameters)
    return flat(grads)


def flat(grads: Iterable[Tensor]) -> Tensor:
    """All gradients as one vector."""
    return torch.cat([grad.flatten() for grad in grads])


def relative(result: Tensor, expected: Tensor) -> float:
    """The length of the difference, over that of what is expected."""
    return float((result - expected).norm() / expected.norm())


def autocast_gradients(device: torch.device) -> Finding:
    model, inputs, labels = small_model(device)
    exact = gradient(model, inputs, labels)
    with torch.autocast(device.type, dtype=torch.bfloat16):
        parameters = list(model.parameters())
        loss = functional.cross_entropy(model(inputs), labels)
    off = relative(flat(torch.autograd.grad(loss, parameters)), exact)
    return Finding(
        "Gradients under autocast to bfloat16 are off by less than 2 percent.",
        "mixed-precision-and-memory",
        "length of the difference / length of the gradient",
        off,
        off < 0.02,
    )


def scaler_skips(device: torch.device) -> Finding:
    """A step with an infinite gradient is left out, and the scale is halved."""
    model, inputs, labels = small_model(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler(device.type, init_scale=2.0**10)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    with torch.autocast(device.type, dtype=torch.float16):
        loss = functional.cross_entropy(model(inputs), labels)
    scaler.scale(loss).backward()
    next(iter(model.parameters())).grad.fill_(float("inf"))  # type: ignore[union-attr]
    scaler.step(optimizer)
    scaler.update()
    same = all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    factor = scaler.get_scale() / 2.0**10
    return Finding(
        "Where a gradient overflows, the scaler leaves the step out and halves its scale.",
        "mixed-precision-and-memory",
        "scale after / before, the parameters unchanged",
        factor,
        same and factor == 0.5,
    )


def adamw_memory(device: torch.device, width: int = 4096, layers: int = 4) -> Finding:
    """What tensors take after a step with AdamW, over 16 bytes a parameter."""
    wait(device)
    start = torch.cuda.memory_allocated(device)
    model = nn.Sequential(*(nn.Linear(width, width) for _ in range(layers))).to(device)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.randn(8, width, device=device)).sum().backward()
    optimizer.step()
    parameters = sum(parameter.numel() for parameter in model.parameters())
    share = (torch.cuda.memory_allocated(device) - start) / (16 * parameters)
    return Finding(
        "A parameter with its gradient and AdamW's two means takes 16 bytes in float32.",
        "where-the-memory-goes",
        "bytes that tensors take after a step / 16 bytes a parameter",
        share,
        abs(share - 1) < 0.05,
    )


def peak(device: torch.device, run: Callable[[], Tensor]) -> int:
    """The most bytes that tensors take during a forward and a backward pass, over the start."""
    wait(device)
    torch.cuda.reset_peak_memory_stats(device)
    start = torch.cuda.memory_allocated(device)
    run().sum().backward()
    return torch.cuda.max_memory_allocated(device) - start


def checkpointing(device: torch.device, width: int = 1024, layers: int = 32) -> Finding:
    pairs = [(nn.Linear(width, width), nn.GELU()) for _ in range(layers)]
    model = nn.Sequential(*(module for pair in pairs for module in pair)).to(device)
    inputs = torch.randn(16_384, width, device=device, requires_grad=True)
    model(inputs).sum().backward()  # so that all gradients are there already
    pieces = 8
    less = peak(device, lambda: checkpoint_sequential(model, pieces, inputs, use_reentrant=False))
    share = less / peak(device, lambda: model(inputs))
    return Finding(
        "Checkpointing trades computation for a lower peak of memory.",
        "mixed-precision-and-memory",
        f"peak of {layers} layers in {pieces} pieces / without checkpoints",
        share,
        share < 1,
    )


def data_parallel(device: torch.device) -> Finding:
    """DDP in a group of one: the gradient of the bare model."""
    model, inputs, labels = small_model(device)
    plain = gradient(model, inputs, labels)
    with tempfile.TemporaryDirectory() as folder:
        meeting = (Path(folder).resolve() / "meeting").as_uri()
        backend = "nccl" if device.type == "cuda" else "gloo"
        dist.init_process_group(backend, init_method=meeting, rank=0, world_size=1)
        try:
            wrapped = DistributedDataParallel(model)
            functional.cross_entropy(wrapped(inputs), labels).backward()
            wait(device)
        finally:
            dist.destroy_process_group()
    off = relative(flat(p.grad for p in model.parameters() if p.grad is not None), plain)
    return Finding(
        "DDP over `nccl` has the gradients of the bare model.",
        "data-parallel",
        "length of the difference / length of the gradient, one process",
        off,
        off < 1e-5,
    )
