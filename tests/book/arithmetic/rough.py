"""Prints the bytes of many kinds of results and of their gradients."""

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

torch.manual_seed(0)
whole = torch.arange(4096) * 37 % 1009 + 1


def results(x: Tensor) -> dict[str, Tensor]:
    """What is shaken, computed from a matrix (64, 64)."""

    def several(function: Callable[[Tensor], Tensor]) -> Tensor:
        # A function to one number, for several inputs: a single one may keep its bits by chance.
        return torch.stack([function(x[i : i + 4]) for i in range(30)])

    fixed = x.detach()
    image, row = x.view(1, 4, 32, 32), fixed[0]
    weight = fixed.flatten()[:144].view(4, 4, 3, 3)
    lstm = nn.LSTM(64, 8, batch_first=True, dtype=x.dtype)
    for parameter in lstm.parameters():
        nn.init.constant_(parameter, 0.1)
    spread = fixed + torch.eye(64).to(x)
    return {
        "product": x @ x.T,
        "batched": torch.bmm(image[0], image[0]),
        "vector": x @ row,
        "dot": several(lambda rows: rows[0] @ rows[1]),
        "linear": F.linear(x, x, row),
        "convolution": F.conv2d(image, weight),
        "transposed": F.conv_transpose2d(image, weight),
        "attention": F.scaled_dot_product_attention(image, image, image),
        "lstm": lstm(x[None])[0],
        "solve": torch.linalg.solve(spread, row),
        "svd": torch.linalg.svdvals(spread),
        "sum": x.sum(0),
        "mean": several(torch.mean),
        "std": several(torch.std),
        "norm": several(torch.norm),
        "cumsum": x.cumsum(1),
        "batch norm": F.batch_norm(image, None, None, training=True),
        "layer norm": F.layer_norm(x, (64,)),
        "softmax": x.softmax(1),
        "cross-entropy": several(lambda rows: F.cross_entropy(rows, torch.arange(4))),
        "squares": several(lambda rows: F.mse_loss(rows, rows.detach() * rows.detach())),
        "exp": x.exp(),
        "log in place": fixed.clone().log_(),
        "tanh into": torch.tanh(fixed, out=torch.empty_like(fixed)),
        "gelu": F.gelu(x),
        "power": x**1.7,
        "base": 1.7**x,
        "lerp": x.lerp(x.T, 0.3),
        "randn": torch.randn(64, dtype=x.dtype),
        "linspace": torch.linspace(0, 1, 64, dtype=x.dtype),
        "through vmap": torch.func.vmap(lambda v: (v * v).sum())(x),
    }


def show(*words: object, values: Tensor) -> None:
    print(*words, values.detach().double().numpy().tobytes().hex())


for kind in (torch.float32, torch.float64):
    x = (whole.to(kind) / 1009).view(64, 64).requires_grad_()
    for name, result in results(x).items():
        show(kind, name, values=result)
        if result.requires_grad:
            (gradient,) = torch.autograd.grad(result.sin().sum(), x)
            show(kind, name, "backward", values=gradient)

before = whole[:8] / 1009
for optimizer in ("SGD", "Adam", "AdamW", "Adagrad"):
    parameter = nn.Parameter(before.clone())
    parameter.grad = before / 3
    getattr(torch.optim, optimizer)([parameter], lr=0.1, fused=True).step()
    show(before.dtype, "fused", optimizer, values=parameter)
