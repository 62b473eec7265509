"""What the book says about time on a GPU, as checks of `bench.gpu`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from bench.measure import ratios
from book.gpu import Finding
from livetorch.losses import sequence_cross_entropy
from livetorch.models.gpt import GPT, GPTSettings

MEGABYTE = 2**20
GPT_SETTINGS = GPTSettings(4096, context_length=512, num_layers=6, num_heads=8, width=512)


def wait(device: torch.device) -> None:
    """Until the device has done all that it was asked for; a CPU has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def median_ratio(
    contender: Callable[[], object], baseline: Callable[[], object], device: torch.device, runs: int
) -> float:
    """The median of a time over another, each with the wait for its end."""

    def whole(run: Callable[[], object]) -> Callable[[], None]:
        def timed() -> None:
            run()
            wait(device)

        return timed

    measured = ratios(whole(contender), whole(baseline), runs, clock=time.perf_counter)
    return statistics.median(measured)


def asking(device: torch.device, size: int = 8192, runs: int = 15) -> Finding:
    """How much of a product's time has passed when the call returns."""
    a = torch.randn(size, size, device=device)
    shares = []
    for _ in range(runs + 1):  # the first one warms up
        wait(device)
        start = time.perf_counter()
        product = a @ a
        returned = time.perf_counter()
        wait(device)
        shares.append((returned - start) / (time.perf_counter() - start))
        del product
    share = statistics.median(shares[1:])
    return Finding(
        "A call returns before the device has done its work.",
        "measure-first",
        f"time of the call / time of a product of {size} x {size} numbers with the wait",
        share,
        share < 0.5,
    )


def pinning(device: torch.device, megabytes: int = 256, runs: int = 15) -> Finding:
    """Copies to the device from pinned memory against copies from other memory."""
    pageable = torch.empty(megabytes * MEGABYTE, dtype=torch.uint8)
    pinned = pageable.pin_memory()
    ratio = median_ratio(lambda: pinned.to(device), lambda: pageable.to(device), device, runs)
    return Finding(
        "`pin_memory=True` makes the copy to a GPU faster.",
        "measure-first",
        f"time to copy {megabytes} MiB, pinned / not",
        ratio,
        ratio < 1,
    )


def gpt_step(device: torch.device, settings: GPTSettings, batch: int) -> tuple[GPT, Tensor]:
    """A GPT, and tokens (B, T + 1) to train it on."""
    torch.manual_seed(0)
    tokens = torch.randint(settings.vocabulary_size, (batch, settings.context_length + 1))
    return GPT(settings).to(device), tokens.to(device)


def train(model: nn.Module, tokens: Tensor, dtype: torch.dtype | None = None) -> Tensor:
    """The loss of a step's forward pass, after its backward pass."""
    with torch.autocast(tokens.device.type, dtype=dtype, enabled=dtype is not None):
        loss = sequence_cross_entropy(model(tokens[:, :-1]), tokens[:, 1:])
    model.zero_grad()
    loss.backward()
    return loss.detach()


def autocast_speed(
    device: torch.device, settings: GPTSettings = GPT_SETTINGS, batch: int = 16, runs: int = 15
) -> Finding:
    model, tokens = gpt_step(device, settings, batch)
    ratio = median_ratio(
        lambda: train(model, tokens, torch.bfloat16), lambda: train(model, tokens), device, runs
    )
    return Finding(
        "The gain of autocast depends on the device, so measure it.",
        "mixed-precision-and-memory",
        f"time of a step of a GPT ({settings.num_layers} layers, width {settings.width}), "
        "bfloat16 / float32",
        ratio,
        True,
    )


def compiled(
    device: torch.device, settings: GPTSettings = GPT_SETTINGS, batch: int = 16, runs: int = 15
) -> Finding:
    model, tokens = gpt_step(device, settings, batch)
    faster: nn.Module = torch.compile(model)  # type: ignore[assignment]
    eager = train(model, tokens)
    torch.testing.assert_close(train(faster, tokens), eager, rtol=1e-3, atol=1e-3)
    ratio = median_ratio(lambda: train(faster, tokens), lambda: train(model, tokens), device, runs)
    return Finding(
        "A compiled GPT has the loss of the eager one.",
        "compiling-a-function",
        "time of a step, compiled / eager, compiling not counted",
        ratio,
        True,
    )
