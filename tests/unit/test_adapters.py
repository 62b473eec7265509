"""Low-rank adapters: equal to peft's, taken off and put on again, and refused elsewhere."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from livetorch import adapters
from livetorch.adapters import (
    NAMES,
    LowRank,
    adapter_state,
    adapters_of,
    add_adapters,
    base_fingerprint,
    load_adapter,
    merge,
    remove_adapters,
)
from livetorch.models.gpt import GPT, GPTSettings

SIZES: dict[str, Any] = {"context_length": 16, "num_layers": 2, "num_heads": 4, "width": 32}


def gpt(seed: int = 0, **settings: Any) -> GPT:
    """A small GPT in which no parameter has a special value, biases and norms included."""
    torch.manual_seed(seed)
    model = GPT(GPTSettings(50, **SIZES | settings))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model.eval()


def tokens(seed: int = 0) -> Tensor:
    return torch.randint(50, (3, 9), generator=torch.Generator().manual_seed(seed))


def shake(model: nn.Module, seed: int = 1) -> None:
    """Give the adapters values as training would: B is no longer zero."""
    generator = torch.Generator().manual_seed(seed)
    for adapter in adapters_of(model).values():
        for parameter in (adapter.A, adapter.B):
            with torch.no_grad():
                parameter.copy_(0.2 * torch.randn(parameter.shape, generator=generator))


def same_state(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


# One layer


@pytest.mark.parametrize("shape", [(5,), (2, 5), (2, 3, 4, 5)])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("rank", "alpha"), [(1, None), (3, 3.0), (4, 1.0)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_a_layer(
    shape: tuple[int, ...], bias: bool, rank: int, alpha: float | None, dtype: torch.dtype
) -> None:
    torch.manual_seed(rank)
    linear = nn.Linear(5, 7, bias=bias, dtype=dtype)
    adapter, x = LowRank(linear, rank, alpha), torch.randn(shape, dtype=dtype)
    assert torch.equal(adapter(x), linear(x)), "an adapter that is new changes nothing"
    assert adapter.scale == (2.0 if alpha is None else alpha / rank)
    nn.init.normal_(adapter.B)
    change = adapter.scale * x @ adapter.A.T @ adapter.B.T
    tolerance: dict[str, Any] = {"atol": 0.1, "rtol": 0.1} if dtype is torch.bfloat16 else {}
    torch.testing.assert_close(adapter(x), linear(x) + change, **tolerance)
    merged = functional.linear(x, adapter.merged_weight(), linear.bias)
    torch.testing.assert_close(adapter(x), merged, **tolerance)
    assert adapter(x).dtype == dtype


def test_how_it_starts() -> None:
    """A as a linear layer's own weights, so that its size depends on the inputs alone."""
    torch.manual_seed(0)
    for features in (64, 400):
        adapter = LowRank(nn.Linear(features, 50), 16)
        assert not adapter.B.any()
        assert adapter.A.abs().max() <= features**-0.5
        torch.testing.assert_close(
            adapter.A.std().item(), (3 * features) ** -0.5, rtol=0.1, atol=0.0
        )


def test_gradients() -> None:
    torch.manual_seed(0)
    linear = nn.Linear(3, 4).double()
    adapter = LowRank(linear, 2, alpha=3.0)
    x = torch.randn(2, 3, dtype=torch.float64)

    def change(a: Tensor, b: Tensor) -> Tensor:
        return torch.func.functional_call(adapter, {"A": a, "B": b}, (x,))

    a, b = (torch.randn_like(p).requires_grad_() for p in (adapter.A, adapter.B))
    assert torch.autograd.gradcheck(change, (a, b))


def test_at_the_start_only_b_learns() -> None:
    adapter = LowRank(nn.Linear(3, 4), 2)
    adapter(torch.randn(5, 3)).square().sum().backward()
    assert adapter.A.grad is not None
    assert adapter.B.grad is not None
    assert not adapter.A.grad.any()
    assert adapter.B.grad.any()


@pytest.mark.parametrize("rank", [0, -1, 4])
def test_a_rank_that_does_not_fit(rank: int) -> None:
    with pytest.raises(ValueError, match=rf"rank must be from 1 to 3, .* got {rank}"):
        LowRank(nn.Linear(3, 8), rank)


def test_another_layer() -> None:
    with pytest.raises(TypeError, match=r"goes around nn.Linear, got Embedding"):
        LowRank(nn.Embedding(3, 8), 1)  # type: ignore[arg-type]


def test_it_is_in_the_mode_of_its_layer() -> None:
    assert not LowRank(nn.Linear(2, 2).eval(), 1).training
    assert LowRank(nn.Linear(2, 2), 1).training


# Equal to peft


def peft_pair(rank: int, alpha: float, **settings: Any) -> tuple[GPT, GPT, Any]:
    """The base, the base with this package's adapters, and with peft's of the same A and B."""
    peft = pytest.importorskip("peft")
    base = gpt(**settings)
    ours = copy.deepcopy(base)
    add_adapters(ours, rank, alpha=alpha)
    form = peft.LoraConfig(r=rank, lora_alpha=alpha, target_modules=list(NAMES), bias="none")
    theirs = peft.get_peft_model(copy.deepcopy(base), form).eval()
    return base, ours, theirs


def share(ours: nn.Module, theirs: Any) -> None:
    own = adapters_of(ours)
    count = 0
    with torch.no_grad():
        for name, module in theirs.named_modules():
            if hasattr(module, "lora_A"):
                adapter = own[name.removeprefix("base_model.model.")]
                module.lora_A["default"].weight.copy_(adapter.A)
                module.lora_B["default"].weight.copy_(adapter.B)
                count += 1
    assert count == len(own) == 12


@pytest.mark.parametrize("rank", [1, 4, 7])
@pytest.mark.parametrize("alpha", [8.0, 3.0])
@pytest.mark.parametrize("settings", [{}, {"bias": True, "norm": "layer", "num_key_heads": 2}])
def test_equal_to_peft(rank: int, alpha: float, settings: dict[str, Any]) -> None:
    base, ours, theirs = peft_pair(rank, alpha, **settings)
    x = tokens()
    assert torch.equal(ours(x), base(x)), "nothing is changed at the start"
    assert torch.equal(theirs(x), base(x))
    shake(ours)
    share(ours, theirs)
    torch.testing.assert_close(ours(x), theirs(x))
    assert (ours(x) - base(x)).abs().max() > 0.1, "else anything would be equal"
    trained = [p for p in theirs.parameters() if p.requires_grad]
    assert sum(p.numel() for p in trained) == sum(
        p.numel() for p in ours.parameters() if p.requires_grad
    )
    functional.cross_entropy(ours(x).flatten(0, 1), x.flatten()).backward()
    functional.cross_entropy(theirs(x).flatten(0, 1), x.flatten()).backward()
    own = adapters_of(ours)
    for name, module in theirs.named_modules():
        if hasattr(module, "lora_A"):
            adapter = own[name.removeprefix("base_model.model.")]
            torch.testing.assert_close(adapter.A.grad, module.lora_A["default"].weight.grad)
            torch.testing.assert_close(adapter.B.grad, module.lora_B["default"].weight.grad)
    expected = theirs.merge_and_unload().state_dict()
    merge(ours)
    for name, weights in ours.state_dict().items():
        torch.testing.assert_close(weights, expected[name])


def scale_forgotten(self: LowRank, x: Tensor) -> Tensor:
    return self.linear(x) + functional.linear(functional.linear(x, self.A), self.B)


def scale_of_alpha(self: LowRank, x: Tensor) -> Tensor:
    return self.linear(x) + self.alpha * functional.linear(functional.linear(x, self.A), self.B)


def scale_of_the_root(self: LowRank, x: Tensor) -> Tensor:
    change = functional.linear(functional.linear(x, self.A), self.B)
    return self.linear(x) + self.alpha / self.rank**0.5 * change


def no_base(self: LowRank, x: Tensor) -> Tensor:
    return self.scale * functional.linear(functional.linear(x, self.A), self.B)


@pytest.mark.parametrize(
    "wrong", [scale_forgotten, scale_of_alpha, scale_of_the_root, no_base], ids=lambda f: f.__name__
)
def test_a_wrong_form_is_not_equal(
    wrong: Callable[[LowRank, Tensor], Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LowRank, "forward", wrong)
    _, ours, theirs = peft_pair(4, 6.0)
    shake(ours)
    share(ours, theirs)
    with pytest.raises(AssertionError, match="not close"):
        torch.testing.assert_close(ours(tokens()), theirs(tokens()))


# In a model


def test_only_the_adapters_learn() -> None:
    model = gpt()
    before = copy.deepcopy(model.state_dict())
    parameters = add_adapters(model, 2, ("query", "down"))
    assert list(adapters_of(model)) == [
        f"blocks.{block}.{part}"
        for block in (0, 1)
        for part in ("attention.query", "feed_forward.down")
    ]
    learning = [p for p in model.parameters() if p.requires_grad]
    assert {id(p) for p in learning} == {id(p) for p in parameters}
    assert len(parameters) == 8
    optimizer = torch.optim.AdamW(parameters, 0.05, weight_decay=0.1)
    for _ in range(3):
        loss = functional.cross_entropy(model(tokens()).flatten(0, 1), tokens(1).flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert all(adapter.B.any() for adapter in adapters_of(model).values())
    after = gpt()(tokens())
    assert not torch.allclose(model(tokens()), after)
    remove_adapters(model)
    assert same_state(before, model.state_dict()), "the base is back, bit for bit"
    assert torch.equal(model(tokens()), after)
    assert not any(p.requires_grad for p in model.parameters())


def test_merged() -> None:
    model, x = gpt(bias=True), tokens()
    names = model.state_dict().keys()
    add_adapters(model, 3)
    shake(model)
    with_adapters = model(x)
    base = copy.deepcopy(model)
    remove_adapters(base)
    merge(model)
    torch.testing.assert_close(model(x), with_adapters, atol=1e-5, rtol=1e-4)
    assert not torch.allclose(model(x), base(x), atol=1e-2)
    assert model.state_dict().keys() == names
    assert not any(isinstance(module, LowRank) for module in model.modules())


def test_merging_leaves_what_shares_the_weights() -> None:
    model = gpt(tied=True)
    embedding = model.embedding.weight.clone()
    add_adapters(model, 2, ["head"])
    shake(model)
    merge(model)
    assert torch.equal(model.embedding.weight, embedding)
    assert not torch.equal(model.head.weight, embedding)


def test_a_layer_with_two_names_has_one_adapter() -> None:
    shared = nn.Linear(4, 4)
    model = nn.ModuleDict({"query": shared, "key": shared})
    parameters = add_adapters(model, 2, ("query", "key"))
    assert model["query"] is model["key"]
    assert len(parameters) == 2
    shake(model)
    state = adapter_state(model)
    weight = adapters_of(model)["query"].merged_weight().detach()
    merge(model)
    assert torch.equal(model.state_dict()["key.weight"], weight), "merged once, not twice"
    again = nn.ModuleDict({"query": shared, "key": shared})
    shared.weight = nn.Parameter(torch.zeros(4, 4))
    with pytest.raises(ValueError, match="fingerprint"):
        load_adapter(again, state)


def test_a_compiled_model_is_its_inner_one() -> None:
    model = gpt()
    compiled = torch.compile(model)
    add_adapters(compiled, 1)  # type: ignore[arg-type]
    assert len(adapters_of(model)) == len(adapters_of(compiled)) == 12  # type: ignore[arg-type]
    assert all(name.startswith("blocks.") for name in adapter_state(compiled)["A"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["qurey", "key"], r"called \['down', .*'value'\]; there are none called \['qurey'\]"),
        (["embedding"], r"none called \['embedding'\]"),
        ([], r"name linear layers of this GPT"),
    ],
)
def test_names_that_no_layer_has(names: list[str], message: str) -> None:
    model = gpt()
    with pytest.raises(ValueError, match=message):
        add_adapters(model, 2, names)
    assert not adapters_of(model)
    assert all(p.requires_grad for p in model.parameters())


def test_a_rank_that_fits_some_layers_alone_changes_nothing() -> None:
    model = gpt(num_key_heads=1)  # keys are 8 wide
    with pytest.raises(ValueError, match="rank must be from 1 to 8"):
        add_adapters(model, 9)
    assert not adapters_of(model)
    assert all(p.requires_grad for p in model.parameters())


def test_twice() -> None:
    model = gpt()
    add_adapters(model, 2)
    with pytest.raises(ValueError, match="has adapters: merge or remove them first"):
        add_adapters(model, 2)


# The adapter alone


def test_saved_alone_and_put_on_again(tmp_path: Path) -> None:
    model = gpt()
    add_adapters(model, 2, alpha=5.0)
    shake(model)
    torch.save(adapter_state(model), tmp_path / "adapter.pt")
    torch.save(model.state_dict(), tmp_path / "model.pt")
    sizes = {name: (tmp_path / f"{name}.pt").stat().st_size for name in ("adapter", "model")}
    assert sizes["adapter"] < sizes["model"] / 2
    state = torch.load(tmp_path / "adapter.pt", weights_only=True)
    again = gpt()
    parameters = load_adapter(again, state)
    assert torch.equal(again(tokens()), model(tokens()))
    assert all(p.requires_grad for p in parameters)
    assert len(parameters) == 24 == len([p for p in again.parameters() if p.requires_grad])
    shake(again, seed=2)
    assert not torch.equal(again(tokens()), model(tokens()))
    load_adapter(again, state)
    assert torch.equal(again(tokens()), model(tokens())), "into adapters that are there"


def test_a_saved_state_is_not_changed_by_further_training() -> None:
    model = gpt()
    add_adapters(model, 2)
    state = adapter_state(model)
    shake(model)
    assert not any(b.any() for b in state["B"].values())


def test_no_adapters_no_state() -> None:
    with pytest.raises(ValueError, match="has no adapters whose state"):
        adapter_state(gpt())


def test_the_fingerprint_is_of_the_base_alone() -> None:
    model = gpt()
    plain = base_fingerprint(model)
    add_adapters(model, 2)
    shake(model)
    assert base_fingerprint(model) == plain
    assert base_fingerprint(gpt(1)) != plain
    assert base_fingerprint(gpt().bfloat16()) != plain
    assert base_fingerprint(gpt().bfloat16()) == base_fingerprint(gpt().bfloat16())
    with torch.no_grad():
        model.norm.weight[3] += 1e-6
    assert base_fingerprint(model) != plain


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"seed": 1}, r"fit, but the weights are others: fingerprint \w{16}, not \w{16}"),
        (
            {"width": 64},
            r"query: the model's weights are \(64, 64\), the adapter is for \(32, 32\)",
        ),
        ({"num_layers": 1}, r"blocks.1.attention.query: the model has no linear layer of this"),
    ],
)
def test_an_adapter_for_another_base(other: dict[str, Any], message: str) -> None:
    model = gpt()
    add_adapters(model, 2)
    state = adapter_state(model)
    wrong = gpt(**other)
    before = copy.deepcopy(wrong.state_dict())
    with pytest.raises(ValueError, match=r"for another base than this GPT:\n[\s\S]*" + message):
        load_adapter(wrong, state)
    assert same_state(wrong.state_dict(), before)
    assert all(p.requires_grad for p in wrong.parameters())


@pytest.mark.parametrize(
    ("rank", "names", "message"),
    [(3, NAMES, "have rank 3, this one has rank 2"), (2, ("up",), "around other layers")],
)
def test_an_adapter_of_another_form(rank: int, names: tuple[str, ...], message: str) -> None:
    model, other = gpt(), gpt()
    add_adapters(model, 2)
    add_adapters(other, rank, names)
    before = copy.deepcopy(other.state_dict())
    with pytest.raises(ValueError, match=message):
        load_adapter(other, adapter_state(model))
    assert same_state(other.state_dict(), before)


@pytest.mark.parametrize("state", [{}, [], {"format": "another"}, gpt().state_dict()])
def test_what_is_no_adapter(state: Any) -> None:
    with pytest.raises(ValueError, match=r"this is no adapter: it was not made by .*adapter_state"):
        load_adapter(gpt(), state)


def test_a_swapped_product_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Merging A B in place of B A fits square layers in size; the outputs tell."""
    monkeypatch.setattr(
        adapters.LowRank,
        "merged_weight",
        lambda self: self.linear.weight + self.scale * (self.B @ self.A).T,
    )
    model = gpt()
    add_adapters(model, 2, ("query", "key", "value", "out"))
    shake(model)
    before = model(tokens())
    merge(model)
    assert not torch.allclose(model(tokens()), before, atol=1e-2)
