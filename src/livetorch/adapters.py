"""Small matrices beside frozen ones: low-rank adapters (LoRA).

An adapter is trained in place of the model that it is put into, saved alone, and taken off again.
D_in and D_out are the features that a linear layer reads and gives, r the rank of its adapter.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from livetorch.wrappers import inner_model

FORMAT = "livetorch adapter 1"
NAMES = ("query", "key", "value", "out", "up", "down")
"""The linear layers of a `GPT`'s blocks; with swiglu there is ``gate``, too."""


class LowRank(nn.Module):
    """A frozen linear layer and a trained change of it: Wx + b + alpha / r * B A x.

    A (r, D_in) starts as a linear layer's weights do, B (D_out, r) as zeros, so that nothing is
    changed before the first step. Freezing is left to `add_adapters`, which knows the whole model.

    Args:
        linear: the layer; it is used and kept, not copied.
        rank: r, of the change.
        alpha: over r, the scale of the change. None: twice the rank.

    Raises:
        TypeError: the layer is no `nn.Linear`.
        ValueError: the rank is below 1 or above what the layer's matrix can have.

    Source: Hu et al., 2022, LoRA: Low-rank adaptation of large language models.
    """

    def __init__(self, linear: nn.Linear, rank: int, alpha: float | None = None) -> None:
        super().__init__()
        if not isinstance(linear, nn.Linear):
            raise TypeError(f"an adapter goes around nn.Linear, got {type(linear).__name__}")
        largest = min(linear.weight.shape)
        if not 1 <= rank <= largest:
            raise ValueError(
                f"the rank must be from 1 to {largest}, the smaller side of the layer's weights "
                f"{tuple(linear.weight.shape)}, got {rank}"
            )
        self.linear, self.rank = linear, rank
        self.alpha = 2.0 * rank if alpha is None else float(alpha)
        new = linear.weight.new_empty  # on its device, of its dtype
        self.A = nn.Parameter(new(rank, linear.in_features))
        self.B = nn.Parameter(new(linear.out_features, rank).zero_())
        nn.init.kaiming_uniform_(self.A, a=math.sqrt(5))
        self.train(linear.training)

    @property
    def scale(self) -> float:
        """What the change is multiplied by."""
        return self.alpha / self.rank

    def forward(self, x: Tensor) -> Tensor:
        """x (..., D_in) -> (..., D_out)"""
        change = functional.linear(functional.linear(x, self.A), self.B)
        return self.linear(x) + self.scale * change

    def merged_weight(self) -> Tensor:
        """The weights (D_out, D_in) of one linear layer that does the same."""
        return self.linear.weight + self.scale * (self.B @ self.A)

    def extra_repr(self) -> str:
        return f"rank={self.rank}, alpha={self.alpha:g}"


def add_adapters(
    model: nn.Module, rank: int, names: Iterable[str] = NAMES, alpha: float | None = None
) -> list[nn.Parameter]:
    """Freeze a model and put an adapter around each linear layer that has one of the names.

    Returns:
        The parameters of the adapters, for the optimizer; no other one gets a gradient.

    Raises:
        ValueError: the model has adapters, no linear layer has one of the names, or a rank does
            not fit. The model is then as it was.
    """
    model, names = inner_model(model), list(names)
    if adapters_of(model):
        raise ValueError("the model has adapters: merge or remove them first")
    linear = {
        name: layer
        for name, layer in model.named_modules(remove_duplicate=False)
        if isinstance(layer, nn.Linear)
    }
    last = {name.rpartition(".")[2] for name in linear}
    missing = [name for name in names if name not in last]
    if missing or not names:
        raise ValueError(
            f"name linear layers of this {type(model).__name__}, which are called {sorted(last)}; "
            f"there are none called {missing}"
        )
    chosen = {name: layer for name, layer in linear.items() if name.rpartition(".")[2] in names}
    return _put(model, chosen, rank, alpha)


def _put(
    model: nn.Module, layers: dict[str, nn.Linear], rank: int, alpha: float | None
) -> list[nn.Parameter]:
    """Freeze the model and put adapters around layers; a layer with two names gets one adapter."""
    adapters = {id(layer): LowRank(layer, rank, alpha) for layer in layers.values()}
    model.requires_grad_(False)
    for name, layer in layers.items():
        model.set_submodule(name, adapters[id(layer)])
    return [parameter for adapter in adapters.values() for parameter in (adapter.A, adapter.B)]


def adapters_of(model: nn.Module) -> dict[str, LowRank]:
    """The adapters in a model, by the names of the layers that they are around."""
    return {
        name: module
        for name, module in inner_model(model).named_modules(remove_duplicate=False)
        if isinstance(module, LowRank)
    }


def remove_adapters(model: nn.Module) -> None:
    """Take the adapters off: the model is the base again, bit for bit.

    Its parameters stay frozen; ``model.requires_grad_()`` changes that.
    """
    for name, adapter in adapters_of(model).items():
        inner_model(model).set_submodule(name, adapter.linear)


def merge(model: nn.Module) -> None:
    """Add each change to the weights that it is a change of: no adapter is left, and no time lost.

    The layers get new parameters, so that a model that shares a layer's weights with another layer
    keeps the other one as it is.
    """
    merged = {id(adapter): adapter.merged_weight() for adapter in adapters_of(model).values()}
    for adapter in adapters_of(model).values():
        adapter.linear.weight = nn.Parameter(merged[id(adapter)].detach(), requires_grad=False)
    remove_adapters(model)


def base_fingerprint(model: nn.Module) -> str:
    """A short text that tells one base from another: of all weights without the adapters."""
    state = inner_model(model).state_dict()
    for name in adapters_of(model):
        for part in ("A", "B"):
            del state[f"{name}.{part}"]
        for part in ("weight", "bias"):
            if f"{name}.linear.{part}" in state:
                state[f"{name}.{part}"] = state.pop(f"{name}.linear.{part}")
    digest = hashlib.sha256()
    for name, tensor in sorted(state.items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()[:16]


def adapter_state(model: nn.Module) -> dict[str, Any]:
    """What is needed to put the adapters into the same base again, for ``torch.save``.

    It holds tensors, numbers and strings alone, so that it loads with ``weights_only=True``.

    Raises:
        ValueError: the model has no adapters.
    """
    adapters = adapters_of(model)
    if not adapters:
        raise ValueError("the model has no adapters whose state there could be")
    some = next(iter(adapters.values()))
    return {
        "format": FORMAT,
        "rank": some.rank,
        "alpha": some.alpha,
        "base": base_fingerprint(model),
        "A": {name: adapter.A.detach().clone() for name, adapter in adapters.items()},
        "B": {name: adapter.B.detach().clone() for name, adapter in adapters.items()},
    }


def load_adapter(model: nn.Module, state: dict[str, Any]) -> list[nn.Parameter]:
    """Put a saved adapter into its base, which has none or one of the same form.

    Returns:
        The parameters of the adapters, as `add_adapters`.

    Raises:
        ValueError: this is no state of an adapter, or one for another model. The message says
            whether layers, shapes, the rank or the weights of the base differ; the model is as it
            was.
    """
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise ValueError("this is no adapter: it was not made by livetorch.adapters.adapter_state")
    model, rank = inner_model(model), state["rank"]
    here, modules = adapters_of(model), dict(model.named_modules(remove_duplicate=False))
    layers, differences = {}, []
    for name, a in state["A"].items():
        layer = here[name].linear if name in here else modules.get(name)
        expected = (state["B"][name].shape[0], a.shape[1])
        if not isinstance(layer, nn.Linear):
            differences.append(f"{name}: the model has no linear layer of this name")
        elif expected != layer.weight.shape:
            differences.append(
                f"{name}: the model's weights are {tuple(layer.weight.shape)}, the adapter is "
                f"for {expected}"
            )
        else:
            layers[name] = layer
    if here and here.keys() != state["A"].keys():
        differences.append("the adapters in the model are around other layers: remove them first")
    if here and {adapter.rank for adapter in here.values()} != {rank}:
        own = ", ".join(sorted({str(adapter.rank) for adapter in here.values()}))
        differences.append(f"the adapters in the model have rank {own}, this one has rank {rank}")
    if not differences and (own := base_fingerprint(model)) != state["base"]:
        differences.append(
            f"names and shapes fit, but the weights are others: fingerprint {own}, "
            f"not {state['base']}"
        )
    if differences:
        raise ValueError(
            f"the adapter is for another base than this {type(model).__name__}:\n  "
            + "\n  ".join(differences)
        )
    if not here:
        _put(model, layers, rank, state["alpha"])
    adapters = adapters_of(model)
    for name, adapter in adapters.items():
        adapter.alpha = float(state["alpha"])
        with torch.no_grad():
            adapter.A.copy_(state["A"][name])
            adapter.B.copy_(state["B"][name])
    unique = {id(adapter): adapter for adapter in adapters.values()}.values()
    return [parameter for adapter in unique for parameter in (adapter.A, adapter.B)]
