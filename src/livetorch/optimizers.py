"""Optimizers written out from their papers: a rule of a few lines each, and the loop around it.

A rule moves one parameter by one step, in place. Its settings have the names, the defaults and the
meaning that they have in `torch.optim`, and the two agree. The rules are here to be read:
`torch.optim` takes the same steps in fewer and faster operations.

What a rule remembers of a parameter from step to step is in its ``state``:
``m`` running mean (or sum) of the gradients, ``s`` running mean of their squares, both with the
parameter's shape, and ``t`` the number of steps so far.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.optimizer import ParamsT

State = dict[str, Any]
Rule = Callable[..., None]


def sgd(
    parameter: Tensor,
    gradient: Tensor,
    state: State,  # noqa: ARG001
    *,
    lr: float = 1e-3,
    weight_decay: float = 0.0,
) -> None:
    """A step against the gradient (Robbins and Monro, 1951).

    ``weight_decay`` adds the gradient of a penalty, ``weight_decay / 2`` times the sum of squares.
    """
    gradient = gradient + weight_decay * parameter
    parameter -= lr * gradient


def momentum(
    parameter: Tensor,
    gradient: Tensor,
    state: State,
    *,
    lr: float = 1e-3,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
) -> None:
    """The heavy ball: a step along a fading sum of all gradients so far (Polyak, 1964)."""
    gradient = gradient + weight_decay * parameter
    m = state["m"] = momentum * state.get("m", 0) + gradient
    parameter -= lr * m


def nesterov(
    parameter: Tensor,
    gradient: Tensor,
    state: State,
    *,
    lr: float = 1e-3,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
) -> None:
    """Momentum that looks ahead; ``parameter`` is the point ahead (Sutskever et al., 2013)."""
    gradient = gradient + weight_decay * parameter
    m = state["m"] = momentum * state.get("m", 0) + gradient
    parameter -= lr * (gradient + momentum * m)


def rmsprop(
    parameter: Tensor,
    gradient: Tensor,
    state: State,
    *,
    lr: float = 1e-2,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> None:
    """Each entry's gradient over the root of its mean square (Tieleman and Hinton, 2012)."""
    gradient = gradient + weight_decay * parameter
    s = state["s"] = alpha * state.get("s", 0) + (1 - alpha) * gradient**2
    parameter -= lr * gradient / (s.sqrt() + eps)


def adam(
    parameter: Tensor,
    gradient: Tensor,
    state: State,
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> None:
    """Both means, each corrected for its start at zero (Kingma and Ba, 2015)."""
    gradient = gradient + weight_decay * parameter
    beta1, beta2 = betas
    t = state["t"] = state.get("t", 0) + 1
    m = state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * gradient
    s = state["s"] = beta2 * state.get("s", 0) + (1 - beta2) * gradient**2
    m_hat, s_hat = m / (1 - beta1**t), s / (1 - beta2**t)
    parameter -= lr * m_hat / (s_hat.sqrt() + eps)


def adamw(
    parameter: Tensor,
    gradient: Tensor,
    state: State,
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 1e-2,
) -> None:
    """Adam, with a decay that stays out of the two means (Loshchilov and Hutter, 2019)."""
    parameter *= 1 - lr * weight_decay
    adam(parameter, gradient, state, lr=lr, betas=betas, eps=eps)


def muon(
    parameter: Tensor,
    gradient: Tensor,
    state: State,
    *,
    lr: float = 1e-3,
    momentum: float = 0.95,
    weight_decay: float = 0.1,
    dtype: torch.dtype = torch.bfloat16,
) -> None:
    """Momentum for a matrix (R, C), of which all directions get one length (Jordan et al., 2024).

    ``dtype`` is what `orthogonalize` computes in; torch's own Muon has no choice but bfloat16.

    Raises:
        ValueError: the parameter is no matrix.
    """
    if parameter.ndim != 2:
        raise ValueError(f"muon moves matrices, this parameter is {tuple(parameter.shape)}")
    m = state["m"] = torch.lerp(state.get("m", torch.zeros_like(gradient)), gradient, 1 - momentum)
    direction = orthogonalize(torch.lerp(gradient, m, momentum), dtype)
    rows, columns = parameter.shape
    parameter *= 1 - lr * weight_decay
    parameter -= lr * max(1, rows / columns) ** 0.5 * direction


def orthogonalize(matrix: Tensor, dtype: torch.dtype = torch.bfloat16) -> Tensor:
    """matrix (R, C) -> (R, C) with the same singular vectors and singular values near 1.

    Five steps of a Newton-Schulz iteration, with the coefficients that Jordan et al. (2024) chose
    to be fast rather than exact: the singular values end between about 0.7 and 1.2. bfloat16 is
    enough for that, and fast on a GPU; on a CPU float32 usually takes less time.
    """
    x = matrix.to(dtype)
    x = x.T if len(x) > x.shape[1] else x  # so that the products are the small ones
    x = x / x.norm().clamp(min=1e-7)  # no singular value is above 1 now
    for _ in range(5):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=-4.775, alpha=2.0315), x, beta=3.4445)
    return (x.T if len(matrix) > matrix.shape[1] else x).to(matrix.dtype)


class ByHand(torch.optim.Optimizer):
    """The loop: a rule, applied to every parameter that has a gradient.

    It is an optimizer of torch: it takes parameter groups, a schedule can drive it, and its state
    can be saved.

    >>> optimizer = ByHand(model.parameters(), adam, lr=0.01)

    Raises:
        TypeError: the rule has no such setting.
        ValueError: a setting is out of its range, or there is no parameter.
    """

    def __init__(self, params: ParamsT, rule: Rule, **settings: Any) -> None:
        options = inspect.signature(rule).parameters.values()
        defaults = {each.name: each.default for each in options if each.kind is each.KEYWORD_ONLY}
        if unknown := settings.keys() - defaults.keys():
            raise TypeError(
                f"{rule.__name__} has the settings {', '.join(defaults)}; not {sorted(unknown)}"
            )
        self.rule, self.settings = rule, list(defaults)
        super().__init__(params, defaults | settings)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with settings of their own; what is left out has the default."""
        check_settings(self.defaults | param_group)
        super().add_param_group(param_group)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient; returns what ``closure`` returns."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            settings = {name: group[name] for name in self.settings}
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self.rule(parameter, parameter.grad, self.state[parameter], **settings)
        return loss


def muon_or_adamw(
    parameter: Tensor,
    gradient: Tensor,
    state: State,
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.99),
    weight_decay: float = 0.0,
    orthogonal: bool = False,
) -> None:
    """`muon` in float32 where ``orthogonal`` is set, else `adamw`: two rules in one optimizer."""
    if orthogonal:
        muon(parameter, gradient, state, lr=lr, weight_decay=weight_decay, dtype=torch.float32)
    else:
        adamw(parameter, gradient, state, lr=lr, betas=betas, weight_decay=weight_decay)


def muon_and_adamw(model: nn.Module, muon_lr: float = 0.02, adamw_lr: float = 0.004) -> ByHand:
    """Muon for the matrices of a transformer's ``blocks``, AdamW for all else; no weight decay."""
    matrices = [each for each in model.blocks.parameters() if each.ndim == 2]  # type: ignore[union-attr]
    known = {id(each) for each in matrices}
    others = [each for each in model.parameters() if id(each) not in known]
    matrix_group: dict[str, Any] = {"params": matrices, "lr": muon_lr, "orthogonal": True}
    return ByHand([matrix_group, {"params": others}], muon_or_adamw, lr=adamw_lr)


def check_settings(settings: dict[str, Any]) -> None:
    """Refuse numbers with which a step makes no sense."""
    for name in ("lr", "eps", "weight_decay"):
        if not settings.get(name, 0) >= 0:
            raise ValueError(f"{name} must be at least 0, got {settings[name]}")
    shares = [("momentum", settings.get("momentum", 0)), ("alpha", settings.get("alpha", 0))]
    shares += [("each of betas", beta) for beta in settings.get("betas", ())]
    for name, share in shares:
        if not 0 <= share < 1:
            raise ValueError(f"{name} must be at least 0 and below 1, got {share}")
